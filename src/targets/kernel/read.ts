/** Reads the kernel as notices: all that may concern us, one device, or the routes of one identity. */

import { err, ok, type Result } from '../../base/result.ts';
import type { IfName } from '../../net/if-name.ts';
import type { TableId } from '../../net/numbers.ts';
import type { Prefix } from '../../net/prefix.ts';
import {
  formatNetlinkError,
  type NetlinkError,
  type NetlinkSocket,
  type ObjectName,
  type ObjectValue,
  objects,
  type Route,
  RTPROT,
} from '../../protocols/netlink/index.ts';
import { ourProtocol } from './mark.ts';
import type { Notice } from './state.ts';

export type Dumped = Result<readonly Notice[], string>;

/**
 * Reads, and puts behind what was read the notices that came meanwhile: a dump of several parts is older than those,
 * and what they tell must not be undone by it.
 */
export type Reading = (read: (netlink: NetlinkSocket) => Promise<Dumped>) => Promise<Dumped>;

/** Devices first, because everything else is told by their index. */
export async function readAll(netlink: NetlinkSocket): Promise<Dumped> {
  const { link, address, rule, neigh, route } = objects;
  return joined([
    noticesOf('link', await netlink.dump(link, {})),
    noticesOf('address', await netlink.dump(address, {})),
    noticesOf('rule', await netlink.dump(rule, {})),
    noticesOf('neigh', await netlink.dump(neigh, {})),
    noticesOf('neigh', await netlink.dump(neigh, { proxy: true })),
    // Filtered by the kernel: FRR may have a million others.
    noticesOf('route', await netlink.dump(route, { protocol: ourProtocol })),
    noticesOf('route', await netlink.dump(route, { protocol: RTPROT.boot })),
    noticesOf('route', await netlink.dump(route, { protocol: RTPROT.kernel })),
  ]);
}

/** What stands on one device: nothing, when that has just gone. */
export async function readDevice(netlink: NetlinkSocket, index: number): Promise<Dumped> {
  const { address, neigh, route } = objects;
  return joined([
    standing('address', await netlink.dump(address, { index })),
    standing('neigh', await netlink.dump(neigh, { index })),
    standing('neigh', await netlink.dump(neigh, { index, proxy: true })),
    standing('route', await netlink.dump(route, { oif: index })),
  ]);
}

function standing<K extends ObjectName>(
  object: K,
  dumped: Result<readonly ObjectValue<K>[], NetlinkError>,
): Dumped {
  const isGone = !dumped.ok && dumped.error.code === 'ENODEV';
  return isGone ? ok([]) : noticesOf(object, dumped);
}

/** The routes of a table, of which one has a key that was found taken. */
export async function readTable(
  netlink: NetlinkSocket,
  table: TableId,
  { ip: { family } }: Prefix,
): Promise<Dumped> {
  return noticesOf('route', await netlink.dump(objects.route, { table, family }));
}

/** All routes of a table, of both families; one that was never used does not exist. */
export async function readRoutesIn(
  netlink: NetlinkSocket,
  table: TableId,
): Promise<Result<readonly Route[], NetlinkError>> {
  const routes: Route[] = [];
  for (const family of [4, 6] as const) {
    const dumped = await netlink.dump(objects.route, { table, family });
    if (dumped.ok) routes.push(...dumped.value);
    else if (dumped.error.code !== 'ENOENT') return dumped;
  }
  return ok(routes);
}

/** The VRF device of a table, as the kernel says it now: what it has told us may be a moment old. */
export async function readVrfOf(
  netlink: NetlinkSocket,
  table: TableId,
): Promise<Result<IfName | undefined, NetlinkError>> {
  const dumped = await netlink.dump(objects.link, { kind: 'vrf' });
  if (!dumped.ok) return dumped;
  const found = dumped.value.find(
    ({ info }) => info?.is?.type === 'vrf' && info.is.table === table,
  );
  return ok(found?.name);
}

function noticesOf<K extends ObjectName>(
  object: K,
  dumped: Result<readonly ObjectValue<K>[], NetlinkError>,
): Dumped {
  if (!dumped.ok) return err(formatNetlinkError(dumped.error));
  // Name and value come from the same row of the table of codecs.
  return ok(dumped.value.map((value) => notice('new', object, value)));
}

/** A notice about something that we know without having been told. */
export function notice<K extends ObjectName>(
  change: Notice['change'],
  object: K,
  value: ObjectValue<K>,
): Notice {
  return { object, change, value, by: 0 } as Notice;
}

function joined(parts: readonly Dumped[]): Dumped {
  const all: Notice[] = [];
  for (const part of parts) {
    if (!part.ok) return part;
    for (const one of part.value) all.push(one);
  }
  return ok(all);
}
