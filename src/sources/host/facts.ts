/** From links, addresses and routes of the kernel to what the inventory holds of the host. Pure. */

import type { Face, Host } from '../../inventory/host.ts';
import type { IfName } from '../../net/if-name.ts';
import { type Ip, isLinkLocal, isLoopback } from '../../net/ip.ts';
import type { TableId } from '../../net/numbers.ts';
import { isHostPrefix } from '../../net/prefix.ts';
import type { Address, Link, Route } from '../../protocols/netlink/index.ts';

export interface HostSettings {
  readonly localIp: Ip | undefined;
  readonly localNic: IfName | undefined;
  readonly underlayMtu: number | undefined;
}

export interface KernelFacts {
  readonly links: readonly Link[];
  /** At least those of the device that `nicOf` names, and of `faces`. */
  readonly addresses: readonly Address[];
  /** The names of further devices to tell the addresses of. */
  readonly faces: ReadonlySet<string>;
  /** Of the main table. */
  readonly routes: readonly Route[];
  /** What /etc/iproute2/rt_tables says, or nothing. */
  readonly tables: string;
}

export function readHost(settings: HostSettings, facts: KernelFacts): Host {
  return {
    vtep: settings.localIp ?? findVtep(settings, facts),
    underlayMtu: settings.underlayMtu ?? findUnderlayMtu(facts),
    tables: parseTables(facts.tables),
    faces: new Map(facts.links.flatMap((link) => faceOf(link, facts))),
  };
}

function faceOf(
  { name, index, address: mac }: Link,
  { addresses, faces }: KernelFacts,
): readonly (readonly [string, Face])[] {
  if (name === undefined || !faces.has(name) || mac === undefined) return [];
  const own = addresses.filter(({ index: of, prefix }) => of === index && !isLinkLocal(prefix.ip));
  return [[name, { mac, addresses: own.map(({ prefix }) => prefix) }]];
}

/** Lines of number and name; iproute2 takes the last of several with one name. */
function parseTables(text: string): ReadonlyMap<string, TableId> {
  const tables = new Map<string, TableId>();
  for (const line of text.split('\n')) {
    const [, number, name] = /^\s*(\d+|0x[0-9a-f]+)\s+([^\s#]+)/i.exec(line) ?? [];
    if (number !== undefined && name !== undefined) tables.set(name, Number(number) as TableId);
  }
  return tables;
}

/** The device that has the VTEP address. */
export function nicOf({ localNic }: HostSettings): IfName {
  return localNic ?? ('lo' as IfName);
}

/** The first address of `local_nic`, else the first host address of the loopback device; IPv4 first. */
function findVtep(settings: HostSettings, { links, addresses }: KernelFacts): Ip | undefined {
  const { localNic } = settings;
  const index = links.find(({ name }) => name === nicOf(settings))?.index;
  const candidates = addresses.filter(
    ({ index: of, prefix: { ip, length } }) =>
      of === index &&
      !isLoopback(ip) &&
      !isLinkLocal(ip) &&
      (localNic !== undefined || isHostPrefix({ ip, length })),
  );
  const v4 = candidates.find(({ prefix }) => prefix.ip.family === 4);
  return (v4 ?? candidates[0])?.prefix.ip;
}

/**
 * The smallest MTU of the devices through which routes with a gateway lead. On a routed fabric those are the uplinks:
 * VXLAN packets to other VTEPs leave by them.
 */
function findUnderlayMtu({ links, routes }: KernelFacts): number | undefined {
  const uplinks = uplinksOf(routes);
  const mtus = links.flatMap(({ index, mtu }) =>
    mtu !== undefined && uplinks.has(index) ? [mtu] : [],
  );
  return mtus.length === 0 ? undefined : Math.min(...mtus);
}

/** Indexes of the devices through which routes with a gateway lead. */
export function uplinksOf(routes: readonly Route[]): ReadonlySet<number> {
  return new Set(routes.flatMap(devicesOf));
}

/** The devices through which a route leads to a gateway. */
export function devicesOf({ type, multipath = [], oif, gateway, via }: Route): readonly number[] {
  if (type !== 'unicast') return [];
  if (multipath.length > 0) return multipath.map(({ index }) => index);
  return oif !== undefined && (gateway !== undefined || via !== undefined) ? [oif] : [];
}
