/**
 * Reads from the kernel what the plans depend on: the VTEP address and the MTU of the underlay. Reads anew, a moment
 * after any change that may bear on them, because both follow from few objects and change rarely.
 */

import { equalData } from '../../base/equal.ts';
import type { Clock, Log } from '../../base/ports.ts';
import { ok, type Result } from '../../base/result.ts';
import type { Host } from '../../inventory/host.ts';
import type { Source, SourceEvents, SourceState } from '../../inventory/source.ts';
import type { TableId } from '../../net/numbers.ts';
import {
  address,
  formatNetlinkError,
  link,
  type NetlinkError,
  type NetlinkEvent,
  NetlinkSocket,
  route,
  RT_TABLE,
  watchNetlink,
} from '../../protocols/netlink/index.ts';
import { type HostSettings, type KernelFacts, readHost } from './facts.ts';

export interface HostSourceOptions extends HostSettings {
  readonly clock: Clock;
  readonly log: Log;
}

/** Milliseconds after a notice, so that a routing daemon that starts costs few readings. */
const settleTime = 100;
const main = RT_TABLE.main as TableId;

export function openHostSource(options: HostSourceOptions, events: SourceEvents): Source {
  return new HostSource(options, events);
}

class HostSource implements Source {
  readonly name = 'host';
  state: SourceState = { state: 'connecting' };
  readonly #options: HostSourceOptions;
  readonly #events: SourceEvents;
  readonly #stop = new AbortController();
  #last: Host | undefined;
  #isStale = false;

  constructor(options: HostSourceOptions, events: SourceEvents) {
    this.#options = options;
    this.#events = events;
    const monitor = watchNetlink(
      {
        event: (event) => {
          if (bears(event)) void this.#stale();
        },
        overflow: () => void this.#stale(),
      },
      { groups: ['link', 'ipv4Address', 'ipv6Address', 'ipv4Route', 'ipv6Route'] },
    );
    if (monitor.ok) this.#stop.signal.addEventListener('abort', () => monitor.value.close());
    else this.#to({ state: 'down', reason: formatNetlinkError(monitor.error) });
    void this.#read();
  }

  async #stale(): Promise<void> {
    if (this.#isStale) return;
    this.#isStale = true;
    await this.#options.clock.sleep(settleTime);
    this.#isStale = false;
    if (!this.#stop.signal.aborted) await this.#read();
  }

  async #read(): Promise<void> {
    const facts = await readFacts();
    if (typeof facts === 'string') {
      this.#to({ state: 'down', reason: facts });
      return;
    }
    const value = readHost(this.#options, facts);
    if (!equalData(value, this.#last)) {
      this.#last = value;
      this.#events.updated([{ of: 'host', value }]);
    }
    this.#to({ state: 'synced' });
  }

  #to(state: SourceState): void {
    if (equalData(state, this.state)) return;
    this.state = state;
    // The one who opens this source does not have it yet.
    queueMicrotask(() => this.#events.stateChanged());
  }

  async close(): Promise<void> {
    this.#stop.abort();
  }
}

/** Links and addresses are few; of routes only the main table's matter, and of those the ones with a gateway. */
function bears(event: NetlinkEvent): boolean {
  if (event.object !== 'route') return true;
  return event.value.table === main && event.value.type === 'unicast';
}

async function readFacts(): Promise<KernelFacts | string> {
  const socket = NetlinkSocket.open();
  if (!socket.ok) return formatNetlinkError(socket.error);
  using open = socket.value;
  const links = await open.dump(link, {});
  const addresses = await open.dump(address, {});
  const v4 = orNone(await open.dump(route, { family: 4, table: main }));
  const v6 = orNone(await open.dump(route, { family: 6, table: main }));
  for (const each of [links, addresses, v4, v6])
    if (!each.ok) return formatNetlinkError(each.error);
  if (!links.ok || !addresses.ok || !v4.ok || !v6.ok) return 'cannot read the kernel';
  return { links: links.value, addresses: addresses.value, routes: [...v4.value, ...v6.value] };
}

/** A table that never had a route does not exist: in a network namespace that is new, not even the main one. */
function orNone<T>(dumped: Result<readonly T[], NetlinkError>): Result<readonly T[], NetlinkError> {
  return dumped.ok || dumped.error.code !== 'ENOENT' ? dumped : ok([]);
}
