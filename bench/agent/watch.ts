/**
 * A process in the network namespace of one node that listens to the kernel, and tells when all of a set of host
 * prefixes have come, or gone: addresses of any device, or routes of one table. Started by `watcher.ts`, before all
 * others in the kernel's eyes: the moment is that of having the notice, still in octets, on the clock that all processes
 * of a machine share, and with one processor whoever is watched would otherwise go on until it rests.
 *
 *   watch.ts address | watch.ts route TABLE
 */

import { unwrap } from '../../src/base/result.ts';
import { formatIp } from '../../src/net/ip.ts';
import { isHostPrefix } from '../../src/net/prefix.ts';
import type { Prefix } from '../../src/net/prefix.ts';
import { type NetlinkEvent, watchNetlink } from '../../src/protocols/netlink/index.ts';
import { netlinkTransport } from '../../src/protocols/netlink/io/transport.ts';
import type { Expectation, Seen } from './watcher.ts';

const [what = '', table = ''] = process.argv.slice(2);
let change: Expectation['change'] = 'new';
let open = new Set<string>();
let first: number | undefined;
let arrivedAt = 0;

function prefixOf(event: NetlinkEvent): Prefix | undefined {
  if (event.object === 'address') return event.value.prefix;
  if (event.object !== 'route') return undefined;
  return event.value.table === Number(table) ? event.value.destination : undefined;
}

function hear(event: NetlinkEvent): void {
  const prefix = prefixOf(event);
  if (prefix === undefined || event.change !== change || !isHostPrefix(prefix)) return;
  if (!open.delete(formatIp(prefix.ip))) return;
  first ??= arrivedAt;
  if (open.size === 0) tell({ first, last: arrivedAt });
}

function tell(seen: Seen): void {
  process.send?.(seen);
}

function lose(): void {
  throw new Error('notices of the kernel were lost; the figures would be wrong');
}

process.on('message', (expected: Expectation) => {
  ({ change } = expected);
  open = new Set(expected.ips);
  first = undefined;
  tell({ ready: true });
});
process.on('disconnect', () => process.exit(0));

const groups = what === 'route' ? (['ipv4Route'] as const) : (['ipv4Address'] as const);
const kernel = netlinkTransport();
const transport: typeof kernel = {
  ...kernel,
  onData: (to) =>
    kernel.onData((arrival) => {
      arrivedAt = Number(process.hrtime.bigint()) / 1e6;
      to(arrival);
    }),
};
unwrap(watchNetlink({ event: hear, overflow: lose }, { groups, keepAlive: true, transport }));
