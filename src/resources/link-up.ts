/**
 * A device of somebody else that has to be up, such as the internal port of a provider bridge. Nothing else of it is ours,
 * so nothing is ever put back.
 */

import type { IfName } from '../net/if-name.ts';
import { linkKey } from './link.ts';
import type { Key, Kind } from './resource.ts';

export interface LinkUpSpec {
  readonly kind: 'link-up';
  readonly link: IfName;
}

export function linkUpKey(link: IfName): Key {
  return `link-up ${link}` as Key;
}

export const linkUp: Kind<LinkUpSpec> = {
  kind: 'link-up',
  target: 'kernel',
  marked: false,
  announces: false,
  key: (spec) => linkUpKey(spec.link),
  needs: (spec) => [linkKey(spec.link)],
  outlives: () => [],
  compare: () => 'same',
  adoptable: () => true,
  grace: () => 0,
  rest: () => 0,
  print: (_, spec) => `ip link set ${spec.link} up`,
};
