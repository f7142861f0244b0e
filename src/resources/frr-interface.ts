/**
 * What FRR says of a device: `interface X`, in which are ours the lines by which zebra advertises itself there as a router
 * of IPv6 (RFC 4861 §6.2). Lines of others in it, such as `ipv6 nd ra-interval`, are left alone.
 */

import { equalData } from '../base/equal.ts';
import type { IfName } from '../net/if-name.ts';
import { formatIp, type Ip6 } from '../net/ip.ts';
import { formatPrefix, type Prefix } from '../net/prefix.ts';
import { vtysh } from './frr.ts';
import { linkKey } from './link.ts';
import type { Comparison, Key, Kind, Verb } from './resource.ts';

/** FRR has one for every device, so that it is awaited; it goes after the device, as FRR refuses to forget a live one. */
export interface FrrInterfaceSpec {
  readonly kind: 'frr-interface';
  readonly link: IfName;
}

/** Router advertisements on a device. Their order does not matter. */
export interface FrrAdvertisementSpec {
  readonly kind: 'frr-advertisement';
  readonly link: IfName;
  readonly prefixes: readonly AdvertisedPrefix[];
  /** Recursive DNS servers, RFC 8106 §5.1. */
  readonly dnsServers: readonly Ip6[];
  /** Flag M: addresses come by DHCPv6, RFC 4861 §4.2. */
  readonly managed: boolean;
  /** Flag O: other things do. */
  readonly other: boolean;
  /** As of `FrrBgpSpec`: lines that say it in other words. Never wanted. */
  readonly deviations?: readonly string[];
}

export interface AdvertisedPrefix {
  /** With its host bits cleared. */
  readonly prefix: Prefix;
  /** Whether hosts make addresses of their own from it, RFC 4862 §5.5.3. */
  readonly autonomous: boolean;
}

export function frrInterfaceKey(link: IfName): Key {
  return `frr interface ${link}` as Key;
}

export function frrAdvertisementKey(link: IfName): Key {
  return `frr advertisement ${link}` as Key;
}

export const frrInterface: Kind<FrrInterfaceSpec> = {
  kind: 'frr-interface',
  target: 'frr',
  marked: false,
  announces: false,
  key: ({ link }) => frrInterfaceKey(link),
  needs: () => [],
  outlives: ({ link }) => [linkKey(link)],
  compare: () => 'same',
  adoptable: () => true,
  grace: () => 0,
  rest: () => 0,
  print: (verb, { link }) =>
    verb === 'remove' ? vtysh(`no interface ${link}`) : `# until there is a device ${link}`,
};

export const frrAdvertisement: Kind<FrrAdvertisementSpec> = {
  kind: 'frr-advertisement',
  target: 'frr',
  marked: false,
  announces: false,
  key: ({ link }) => frrAdvertisementKey(link),
  needs: ({ link }) => [frrInterfaceKey(link), linkKey(link)],
  outlives: () => [],
  compare: compareAdvertisement,
  adoptable: () => false,
  grace: () => 0,
  rest: () => 0,
  print: printAdvertisement,
};

function compareAdvertisement(
  wanted: FrrAdvertisementSpec,
  observed: FrrAdvertisementSpec,
): Comparison {
  return equalData(asSets(wanted), asSets(observed)) ? 'same' : 'change';
}

function asSets(spec: FrrAdvertisementSpec): object {
  return { lines: new Set(advertisementLines(spec)), deviations: spec.deviations };
}

/** Without their indentation. Until the first of them is said, zebra is silent on every device (`suppress-ra`). */
export function advertisementLines(spec: FrrAdvertisementSpec): readonly string[] {
  return [
    ...spec.prefixes.map(prefixLine),
    ...spec.dnsServers.map((ip) => `ipv6 nd rdnss ${formatIp(ip)}`),
    ...(spec.managed ? ['ipv6 nd managed-config-flag'] : []),
    ...(spec.other ? ['ipv6 nd other-config-flag'] : []),
    'no ipv6 nd suppress-ra',
  ];
}

function prefixLine({ prefix, autonomous }: AdvertisedPrefix): string {
  return `ipv6 nd prefix ${formatPrefix(prefix)}${autonomous ? '' : ' no-autoconfig'}`;
}

function printAdvertisement(verb: Verb, spec: FrrAdvertisementSpec): string {
  const lines = advertisementLines(spec);
  const said = verb === 'remove' ? lines.map(withdrawn).toReversed() : lines;
  return vtysh(`interface ${spec.link}`, ...said);
}

function withdrawn(line: string): string {
  return line.startsWith('no ') ? line.slice(3) : `no ${line.replace(/ no-autoconfig$/, '')}`;
}
