/**
 * Addresses of our devices, marked by IFA_PROTO. `localRoute: 'removed'` is an address that is only there to be
 * announced: the kernel's own route that would deliver its packets to this node is taken away, so that they follow
 * the route of the subnet instead.
 */

import type { IfName } from '../net/if-name.ts';
import { formatPrefix, hostPrefix, type Prefix } from '../net/prefix.ts';
import { linkKey } from './link.ts';
import type { Comparison, Key, Kind, Verb } from './resource.ts';

export interface AddressSpec {
  readonly kind: 'address';
  readonly link: IfName;
  readonly prefix: Prefix;
  /** Of the kernel's own route to the prefix, where that has to give way to another; the usual one when absent. */
  readonly metric?: number;
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
  compare: compareAddress,
  adoptable: () => false,
  grace: () => 0,
  rest: () => 0,
  print: printAddress,
};

function compareAddress(wanted: AddressSpec, observed: AddressSpec): Comparison {
  const { localRoute = observed.localRoute, metric = observed.metric } = wanted;
  return localRoute === observed.localRoute && metric === observed.metric ? 'same' : 'change';
}

function printAddress(verb: Verb, spec: AddressSpec): string {
  const prefix = formatPrefix(spec.prefix);
  if (verb === 'remove') return `ip address del ${prefix} dev ${spec.link}`;
  const metric = spec.metric === undefined ? '' : ` metric ${spec.metric}`;
  const add = `ip address replace ${prefix} dev ${spec.link}${metric}`;
  if (spec.localRoute !== 'removed') return add;
  const ip = spec.prefix.ip.family === 4 ? 'ip' : 'ip -6';
  const own = formatPrefix(hostPrefix(spec.prefix.ip));
  return `${add} && ${ip} route flush table all type local exact ${own} dev ${spec.link}`;
}
