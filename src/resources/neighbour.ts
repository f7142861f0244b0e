/** Permanent neighbour entries and proxy entries, marked by NDA_PROTOCOL. */

import type { IfName } from '../net/if-name.ts';
import { formatIp, type Ip } from '../net/ip.ts';
import { formatMac, type Mac } from '../net/mac.ts';
import { linkKey } from './link.ts';
import type { Key, Kind, Verb } from './resource.ts';

export interface NeighbourSpec {
  readonly kind: 'neighbour';
  readonly link: IfName;
  readonly ip: Ip;
  /** The address it resolves to, or `proxy`: this node answers for it. */
  readonly mac: Mac | 'proxy';
}

export function neighbourKey(name: IfName, ip: Ip, isProxy: boolean): Key {
  return `${isProxy ? 'proxy' : 'neighbour'} ${name} ${formatIp(ip)}` as Key;
}

export const neighbour: Kind<NeighbourSpec> = {
  kind: 'neighbour',
  target: 'kernel',
  marked: true,
  announces: false,
  key: (spec) => neighbourKey(spec.link, spec.ip, spec.mac === 'proxy'),
  needs: (spec) => [linkKey(spec.link)],
  outlives: () => [],
  compare: (wanted, observed) => (wanted.mac === observed.mac ? 'same' : 'change'),
  // What the kernel has learned by itself on a device of ours is overruled.
  adoptable: () => true,
  grace: () => 0,
  rest: () => 0,
  print: printNeighbour,
};

function printNeighbour(verb: Verb, spec: NeighbourSpec): string {
  const action = verb === 'remove' ? 'del' : 'replace';
  const ip = formatIp(spec.ip);
  if (spec.mac === 'proxy') {
    return `ip neigh ${verb === 'remove' ? 'del' : 'add'} proxy ${ip} dev ${spec.link}`;
  }
  const to = verb === 'remove' ? '' : ` lladdr ${formatMac(spec.mac)} nud permanent`;
  return `ip neigh ${action} ${ip}${to} dev ${spec.link}`;
}
