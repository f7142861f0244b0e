/**
 * Reads from the kernel what the plans depend on: the VTEP address and the MTU of the underlay. Reads anew, a moment
 * after any change that may bear on them, because both follow from few objects and change rarely; on a node whose
 * routes come and go all the time, for a small part of the time.
 */

import { readFile } from 'node:fs/promises';
import { equalData } from '../../base/equal.ts';
import type { Clock, Log } from '../../base/ports.ts';
import { ok, type Result } from '../../base/result.ts';
import type { Host } from '../../inventory/host.ts';
import type { Source, SourceEvents, SourceState } from '../../inventory/source.ts';
import type { TableId } from '../../net/numbers.ts';
import {
  type Address,
  address,
  formatNetlinkError,
  link,
  type MonitorListener,
  type NetlinkError,
  type NetlinkEvent,
  NetlinkSocket,
  route,
  RT_TABLE,
} from '../../protocols/netlink/index.ts';
import {
  devicesOf,
  type HostSettings,
  type KernelFacts,
  nicOf,
  readHost,
  uplinksOf,
} from './facts.ts';

export interface HostSourceOptions extends HostSettings {
  /** Calls back with what changes in the kernel: links, addresses, routes. */
  readonly watch: (listener: MonitorListener) => void;
  /** The devices whose addresses are told, as of now. */
  readonly faces: () => ReadonlySet<string>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Milliseconds after a notice, so that a routing daemon that starts costs few readings. */
const settleTime = 100;
/** After one that most likely alters nothing, of which a million may come at once. */
const lazyTime = 30_000;
/** Until a kernel that could not be read is tried again. */
const retryTime = 1_000;
/** Reading takes at most one part in so many of the time: a full table takes a while. */
const restShare = 20;
const main = RT_TABLE.main as TableId;

export interface HostSource extends Source {
  /** Tells it that other devices are asked for. */
  facesChanged(): void;
}

export function openHostSource(options: HostSourceOptions, events: SourceEvents): HostSource {
  return new KernelHostSource(options, events);
}

class KernelHostSource implements HostSource {
  readonly name = 'host';
  state: SourceState = { state: 'connecting' };
  readonly #options: HostSourceOptions;
  readonly #events: SourceEvents;
  readonly #stop = new AbortController();
  #last: Host | undefined;
  /** Waits that are under way. */
  readonly #due = new Set<number>();
  /** How often reading has begun. */
  #turn = 0;
  /** Not to be read again before, on the clock. */
  #restUntil = 0;
  /** What the last reading stood on; before the first one anything may matter. */
  #basis: Basis | undefined;

  constructor(options: HostSourceOptions, events: SourceEvents) {
    this.#options = options;
    this.#events = events;
    options.watch({
      event: (event) => {
        const wait = waitAfter(event, this.#basis);
        if (wait !== undefined) void this.#readIn(wait);
      },
      overflow: () => void this.#readIn(settleTime),
    });
    void this.#read();
  }

  /** At once: that does not come often. */
  facesChanged(): void {
    void this.#read();
  }

  /** Once for all who ask for the same wait. */
  async #readIn(wait: number): Promise<void> {
    if (this.#due.has(wait) || this.#stop.signal.aborted) return;
    this.#due.add(wait);
    const { clock } = this.#options;
    const rest = Math.max(wait, this.#restUntil - clock.now());
    await clock.sleep(rest, this.#stop.signal).catch(() => {});
    this.#due.delete(wait);
    if (!this.#stop.signal.aborted) await this.#read();
  }

  async #read(): Promise<void> {
    const { clock } = this.#options;
    const begun = clock.now();
    const turn = ++this.#turn;
    const facts = await readFacts(this.#options);
    const ended = clock.now();
    this.#restUntil = ended + (ended - begun) * restShare;
    // One that began later knows better what was asked for.
    if (this.#stop.signal.aborted || turn !== this.#turn) return;
    if (typeof facts === 'string') {
      this.#to({ state: 'down', reason: facts });
      void this.#readIn(retryTime);
      return;
    }
    const names = namesOf(this.#options);
    const nics = facts.links.filter(({ name = '' }) => names.has(name)).map(({ index }) => index);
    this.#basis = { names, nics: new Set(nics), uplinks: uplinksOf(facts.routes) };
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

  /** Nothing is told afterwards, also of what is being read. */
  async close(): Promise<void> {
    this.#stop.abort();
  }
}

/** The devices that tell of this node's place in the underlay. */
interface Basis {
  /** Of the devices whose addresses matter. */
  readonly names: ReadonlySet<string>;
  /** Their indexes, as far as there are such devices. */
  readonly nics: ReadonlySet<number>;
  readonly uplinks: ReadonlySet<number>;
}

/** The device that has the VTEP address, and those that are asked for. */
function namesOf(options: HostSourceOptions): ReadonlySet<string> {
  return new Set([nicOf(options), ...options.faces()]);
}

/**
 * A node has thousands of addresses and devices that come and go with its VMs: only those of the basis matter. Of routes
 * only the main table's, and of those the ones with a gateway. A new one by a device that is an uplink already may only
 * have taken the place of the last by another: that can wait.
 */
function waitAfter(event: NetlinkEvent, basis: Basis | undefined): number | undefined {
  if (basis === undefined) return settleTime;
  const { names, nics, uplinks } = basis;
  if (event.object === 'address') return nics.has(event.value.index) ? settleTime : undefined;
  if (event.object === 'link') {
    const { index, name = '' } = event.value;
    const matters = names.has(name) || nics.has(index) || uplinks.has(index);
    return matters ? settleTime : undefined;
  }
  if (event.object !== 'route' || event.value.table !== main) return undefined;
  const devices = devicesOf(event.value);
  if (devices.length === 0) return undefined;
  const isKnown = event.change === 'new' && devices.every((each) => uplinks.has(each));
  return isKnown ? lazyTime : settleTime;
}

async function readFacts(options: HostSourceOptions): Promise<KernelFacts | string> {
  const socket = NetlinkSocket.open();
  if (!socket.ok) return formatNetlinkError(socket.error);
  using open = socket.value;
  const links = await open.dump(link, {});
  if (!links.ok) return formatNetlinkError(links.error);
  const names = namesOf(options);
  const addresses: Address[] = [];
  for (const { name = '', index } of links.value) {
    if (!names.has(name)) continue;
    const dumped = await open.dump(address, { index });
    if (!dumped.ok) return formatNetlinkError(dumped.error);
    addresses.push(...dumped.value);
  }
  const v4 = orNone(await open.dump(route, { family: 4, table: main }));
  const v6 = orNone(await open.dump(route, { family: 6, table: main }));
  if (!v4.ok) return formatNetlinkError(v4.error);
  if (!v6.ok) return formatNetlinkError(v6.error);
  const routes = [...v4.value, ...v6.value];
  const tables = await readFile(tablesFile, 'utf8').catch(() => '');
  return { links: links.value, addresses, faces: options.faces(), routes, tables };
}

/** Where tables have names; a node without that file has none. */
const tablesFile = '/etc/iproute2/rt_tables';

/** A table that never had a route does not exist: in a network namespace that is new, not even the main one. */
function orNone<T>(dumped: Result<readonly T[], NetlinkError>): Result<readonly T[], NetlinkError> {
  return dumped.ok || dumped.error.code !== 'ENOENT' ? dumped : ok([]);
}
