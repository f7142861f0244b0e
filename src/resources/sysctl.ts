/** Per-device settings under /proc/sys/net. They go with their device, so nothing here is ever put back. */

import type { IfName } from '../net/if-name.ts';
import type { Family } from '../net/ip.ts';
import { linkKey } from './link.ts';
import type { Key, Kind } from './resource.ts';

export const sysctlNames = [
  'forwarding',
  'rp_filter',
  'proxy_arp',
  'proxy_ndp',
  'accept_dad',
  'accept_ra',
  'arp_ignore',
] as const;
export type SysctlName = (typeof sysctlNames)[number];

export interface SysctlSpec {
  readonly kind: 'sysctl';
  readonly family: Family;
  readonly link: IfName;
  readonly name: SysctlName;
  readonly value: number;
}

/** Below /proc/sys. Interface names hold no slash, so the path is safe by type. */
export function sysctlPath(spec: Pick<SysctlSpec, 'family' | 'link' | 'name'>): string {
  return `net/ipv${spec.family}/conf/${spec.link}/${spec.name}`;
}

function sysctlKey(spec: Pick<SysctlSpec, 'family' | 'link' | 'name'>): Key {
  return `sysctl ${sysctlPath(spec)}` as Key;
}

/** The setting without which the kernel forwards no packet of this family that comes in by the device. */
export function forwardingKey(link: IfName, family: Family): Key {
  return sysctlKey({ link, family, name: 'forwarding' });
}

/** The setting with which the kernel answers on a device for addresses that it routes elsewhere. */
export function proxyKey(link: IfName, family: Family): Key {
  return sysctlKey({ link, family, name: family === 4 ? 'proxy_arp' : 'proxy_ndp' });
}

export const sysctl: Kind<SysctlSpec> = {
  kind: 'sysctl',
  target: 'kernel',
  marked: false,
  announces: false,
  key: sysctlKey,
  needs: (spec) => [linkKey(spec.link)],
  outlives: () => [],
  compare: (wanted, observed) => (wanted.value === observed.value ? 'same' : 'change'),
  adoptable: () => true,
  grace: () => 0,
  rest: () => 0,
  print: (_, spec) => `sysctl -w ${sysctlPath(spec)}=${spec.value}`,
};
