/**
 * Addresses of our devices, marked by IFA_PROTO. `localRoute: 'removed'` is an address that is only there to be
 * announced: the kernel's own route that would deliver its packets to this node is taken away, so that they follow
 * the route of the subnet instead.
 */

import type { IfName } from '../net/if-name.ts';
import { formatPrefix, isHostPrefix, type Prefix } from '../net/prefix.ts';
import { linkKey } from './link.ts';
import type { Key, Kind, Verb } from './resource.ts';

export interface AddressSpec {
  readonly kind: 'address';
  readonly link: IfName;
  readonly prefix: Prefix;
  /** Left as the kernel has it when absent. */
  readonly localRoute?: 'kept' | 'removed';
}

export function addressKey(name: IfName, prefix: Prefix): Key {
  return `address ${name} ${formatPrefix(prefix)}` as Key;
}

export const address: Kind<AddressSpec> = {
  kind: 'address',
  target: 'kernel',
  marked: true,
  announces: true,
  key: (spec) => addressKey(spec.link, spec.prefix),
  needs: (spec) => [linkKey(spec.link)],
  outlives: () => [],
  compare: ({ localRoute = 'any' }, observed) =>
    localRoute === 'any' || localRoute === observed.localRoute ? 'same' : 'change',
  adoptable: () => false,
  grace: () => 0,
  rest: () => 0,
  print: printAddress,
};

function printAddress(verb: Verb, spec: AddressSpec): string {
  const prefix = formatPrefix(spec.prefix);
  if (verb === 'remove') return `ip address del ${prefix} dev ${spec.link}`;
  const add = `ip address replace ${prefix} dev ${spec.link}`;
  if (spec.localRoute !== 'removed' || !isHostPrefix(spec.prefix)) return add;
  const ip = spec.prefix.ip.family === 4 ? 'ip' : 'ip -6';
  return `${add} && ${ip} route flush table all type local exact ${prefix} dev ${spec.link}`;
}
