/**
 * The kernel as a target: links, addresses, routes, neighbours, rules and settings, watched and written by rtnetlink.
 * Decides nothing.
 *
 *   state.ts      what is known, as a fold of notices; devices.ts, rules.ts, sysctls.ts, facts.ts are its parts
 *   owner.ts      whose an object is; mark.ts our marks; bgp-driver.ts what the BGP drivers of ovn-bgp-agent leave
 *   read.ts       dumps, as notices
 *   lower.ts      an operation as requests; lower-link.ts those on devices
 *   apply.ts      sends them and brings what is known up to date
 */

import { release } from 'node:os';
import { equalData } from '../../base/equal.ts';
import type { Clock, Log, Random } from '../../base/ports.ts';
import { err, ok } from '../../base/result.ts';
import { Turns } from '../../base/turns.ts';
import type { IfName } from '../../net/if-name.ts';
import type { Mac } from '../../net/mac.ts';
import {
  formatNetlinkError,
  linkOf,
  type Monitor,
  type MonitorListener,
  type NetlinkEvent,
  NetlinkSocket,
  objects,
  watchNetlink,
} from '../../protocols/netlink/index.ts';
import type { Spec } from '../../resources/index.ts';
import { linkKey } from '../../resources/link.ts';
import type { Key } from '../../resources/resource.ts';
import {
  failed,
  type Observed,
  type Operation,
  type Outcome,
  type Owner,
  type Target,
  type TargetEvents,
  type TargetState,
} from '../../resources/target.ts';
import { Application, type Applied } from './apply.ts';
import type { BgpDriver } from './bgp-driver.ts';
import { chooseFirstIndex } from './devices.ts';
import { leads } from './lower.ts';
import { notice, type Reading, readAll, readDevice } from './read.ts';
import { KernelState, type Taken } from './state.ts';
import { Sysctls } from './sysctls.ts';

/** What others must know of the devices of this node. */
export interface KernelLinks {
  macOf(name: string): Mac | undefined;
  /** Whose a device is; `undefined` when there is none of that name. */
  ownerOf(name: string): Owner | undefined;
  /** A device with this address. */
  nameOf(mac: Mac): IfName | undefined;
  /** Calls back when a device has come, gone, or got another address. */
  onLinksChanged(listener: () => void): void;
}

export interface KernelTarget extends Target {
  readonly links: KernelLinks;
  /** Calls back with all that the kernel tells of changes: one ear for the whole program. */
  watch(listener: MonitorListener): void;
  /** Reads everything again, also what the kernel gives no notice of. Who asks for it then looks at everything. */
  resync(): Promise<void>;
}

export interface KernelTargetOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Whether the kernel remembers who made an address; by its version when absent. */
  readonly marksAddresses?: boolean;
  /** As for `KernelState`; nothing of such a driver is known when absent. */
  readonly bgpDriver?: BgpDriver | undefined;
  /** Octets of the buffer for notices, for tests of its overflow. */
  readonly noticeBuffer?: number;
}

export function openKernelTarget(options: KernelTargetOptions): KernelTarget {
  return new RtnetlinkTarget(options);
}

/** Milliseconds until a kernel that could not be read is tried again. */
const retryTime = 1_000;
/** Turns of the event loop after which the core is told although notices keep coming: many thousands of them. */
const drainTurns = 64;
/** Milliseconds from an overflow until everything is read. */
const drainTime = 20;

class RtnetlinkTarget implements KernelTarget {
  readonly name = 'kernel';
  readonly #options: KernelTargetOptions;
  readonly #wanted = new Set<Key>();
  readonly #sysctls = new Sysctls();
  readonly #listeners: (() => void)[] = [];
  readonly #watchers: MonitorListener[] = [];
  readonly #unreported = new Set<Key>();
  readonly #rereads = new Set<number>();
  readonly #looks = new Set<number>();
  readonly #firstIndex: number;
  #known: KernelState;
  #state: TargetState = { state: 'starting' };
  #events: TargetEvents | undefined;
  #netlink: NetlinkSocket | undefined;
  #monitor: Monitor | undefined;
  /** How many were heard. */
  #notices = 0;
  /** Notices heard while something is read. */
  #heard: NetlinkEvent[] | undefined;
  #isReloadDue = false;
  #isClosed = false;
  /** What is known is read and altered by one at a time. */
  readonly #turns = new Turns();

  constructor(options: KernelTargetOptions) {
    this.#options = options;
    this.#firstIndex = chooseFirstIndex(options.random);
    this.#known = this.#emptyState();
  }

  readonly links: KernelLinks = {
    macOf: (name) => this.#known.devices.named(name)?.address,
    ownerOf: (name) => {
      const { devices } = this.#known;
      const device = devices.named(name);
      return device === undefined ? undefined : this.#known.ownerOf(device);
    },
    nameOf: (mac) => this.#known.devices.nameOf(mac),
    onLinksChanged: (listener) => void this.#listeners.push(listener),
  };

  get state(): TargetState {
    return this.#state;
  }

  observe(key: Key): Observed<Spec> | undefined {
    return this.#known.observe(key);
  }

  all(): Iterable<Observed<Spec>> {
    return this.#known.all();
  }

  async start(events: TargetEvents): Promise<void> {
    this.#events = events;
    while (!this.#isClosed) {
      const reason = this.#open() ?? (await this.#turns.take(() => this.#reload()));
      if (reason === undefined) return;
      this.#enter({ state: 'down', reason });
      await this.#options.clock.sleep(retryTime);
    }
  }

  wanted(keys: Iterable<Key>): void {
    for (const key of keys) {
      this.#wanted.add(key);
      if (key.startsWith('sysctl ')) this.#sysctls.want(key);
    }
  }

  leads({ spec }: Operation): boolean {
    return leads(spec.kind);
  }

  async apply(operations: readonly Operation[]): Promise<readonly Outcome[]> {
    // The core hands each operation to the target that its kind names, so these are of our kinds.
    const ours = operations as readonly Operation<Spec>[];
    const applied = await this.#turns.take(() => this.#apply(ours));
    if (applied.isUnsure) this.#reloadSoon();
    this.#report(applied.changed);
    return applied.outcomes;
  }

  async #apply(operations: readonly Operation<Spec>[]): Promise<Applied> {
    const netlink = this.#netlink;
    if (netlink === undefined) {
      const outcomes = operations.map(() => failed('the kernel is not being watched'));
      return { outcomes, changed: new Set(), isUnsure: false };
    }
    return new Application(netlink, this.#reading, this.#known, this.#sysctls).run(operations);
  }

  async resync(): Promise<void> {
    const reason = await this.#turns.take(() => this.#replace());
    if (reason !== undefined) this.#reloadSoon();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#monitor?.close();
    this.#netlink?.close();
    await this.#turns.idle();
  }

  #emptyState(): KernelState {
    const { marksAddresses = kernelMarksAddresses() } = this.#options;
    return new KernelState({
      wanted: this.#wanted,
      sysctls: this.#sysctls,
      marksAddresses,
      firstIndex: this.#firstIndex,
      bgpDriver: this.#options.bgpDriver,
    });
  }

  /** Listens first, so that nothing falls between the dump and the notices. Returns why it cannot. */
  #open(): string | undefined {
    if (this.#monitor === undefined) {
      const { noticeBuffer } = this.#options;
      const watched = watchNetlink(
        { event: (event) => this.#hear(event), overflow: () => this.#miss() },
        noticeBuffer === undefined ? {} : { receiveBuffer: noticeBuffer },
      );
      if (!watched.ok) return formatNetlinkError(watched.error);
      this.#monitor = watched.value;
    }
    if (this.#netlink === undefined) {
      const opened = NetlinkSocket.open();
      if (!opened.ok) return formatNetlinkError(opened.error);
      this.#netlink = opened.value;
    }
    return undefined;
  }

  /** Reads everything, and tells what differs from before; why not, when it cannot. */
  async #reload(): Promise<string | undefined> {
    const before = this.#known;
    const reason = await this.#replace();
    if (reason === undefined) this.#report(this.#difference(before, this.#known));
    return reason;
  }

  /** Reads everything into a new state; why not, when it cannot. */
  async #replace(): Promise<string | undefined> {
    const read = await this.#reading(readAll);
    if (!read.ok) return read.error;
    const before = this.#known;
    const next = this.#emptyState();
    next.load(read.value);
    next.devices.takeIndexesAfter(before.devices);
    this.#known = next;
    this.#report(this.#sysctls.refresh());
    if (!next.devices.equals(before.devices)) this.#linksChanged();
    this.#enter({ state: 'ready' });
    return undefined;
  }

  readonly #reading: Reading = async (read) => {
    if (this.#netlink === undefined) return err('the kernel is not being watched');
    const heard: NetlinkEvent[] = [];
    this.#heard = heard;
    const dumped = await read(this.#netlink);
    this.#heard = undefined;
    // Some are older than the dump; in their order they lead to the same end.
    return dumped.ok ? ok([...dumped.value, ...heard]) : dumped;
  };

  #difference(before: KernelState, after: KernelState): readonly Key[] {
    const keys = new Set<Key>(this.#wanted);
    for (const state of [before, after]) for (const { key } of state.all()) keys.add(key);
    return [...keys].filter((key) => !equalData(before.observe(key), after.observe(key)));
  }

  #reloadSoon(): void {
    if (this.#isReloadDue || this.#isClosed) return;
    this.#isReloadDue = true;
    this.#options.log('info', 'the kernel is read again, because notices of it were lost');
    void this.#turns.take(async () => {
      // Until the notices are drained, the kernel drops further ones without saying so again (NETLINK_S_CONGESTED).
      await this.#options.clock.sleep(drainTime);
      this.#isReloadDue = false;
      const reason = await this.#reload();
      if (reason === undefined || this.#isClosed) return;
      this.#enter({ state: 'down', reason });
      void this.#options.clock.sleep(retryTime).then(() => this.#reloadSoon());
    });
  }

  watch(listener: MonitorListener): void {
    this.#watchers.push(listener);
  }

  #miss(): void {
    for (const watcher of this.#watchers) watcher.overflow();
    this.#reloadSoon();
  }

  #hear(event: NetlinkEvent): void {
    this.#notices += 1;
    for (const watcher of this.#watchers) watcher.event(event);
    this.#heard?.push(event);
    const index = event.object === 'link' ? event.value.index : undefined;
    const before = this.#known.devices.get(index);
    this.#follow(this.#known.take(event));
    // Most notices about a device are of what nobody asks for.
    if (!equalData(before, this.#known.devices.get(index))) this.#linksChanged();
  }

  #follow({ changed, reread, look }: Taken): void {
    this.#report(changed);
    const isIdle = this.#rereads.size === 0 && this.#looks.size === 0;
    for (const index of reread) this.#rereads.add(index);
    for (const index of look) if (this.#concerns(index)) this.#looks.add(index);
    if (isIdle && (this.#rereads.size > 0 || this.#looks.size > 0)) {
      void this.#turns.take(() => this.#lookAgain());
    }
  }

  #concerns(index: number): boolean {
    const device = this.#known.devices.get(index);
    if (device === undefined) return false;
    const key = linkKey(device.name);
    return this.#wanted.has(key) || this.observe(key)?.owner !== 'nobody';
  }

  /** Reads what the kernel has only hinted at. */
  async #lookAgain(): Promise<void> {
    const looks = [...this.#looks];
    const rereads = [...this.#rereads];
    this.#looks.clear();
    this.#rereads.clear();
    if (this.#netlink === undefined || this.#isClosed) return;
    for (const index of looks) {
      const found = await this.#netlink.get(objects.link, linkOf({ index }));
      if (found.ok) this.#follow(this.#known.take(notice('new', 'link', found.value)));
    }
    for (const index of rereads) {
      const read = await this.#reading((netlink) => readDevice(netlink, index));
      if (read.ok) this.#report(this.#known.replaceOn(index, read.value));
      else this.#reloadSoon();
    }
  }

  #report(keys: Iterable<Key>): void {
    const isIdle = this.#unreported.size === 0;
    for (const key of keys) this.#unreported.add(key);
    if (isIdle && this.#unreported.size > 0) this.#tellSoon(drainTurns);
  }

  /** Tells the core after a turn of the event loop without notices: in the midst of them things look as they were. */
  #tellSoon(turns: number): void {
    const before = this.#notices;
    setImmediate(() => {
      if (this.#notices !== before && turns > 0) {
        this.#tellSoon(turns - 1);
        return;
      }
      const changed = [...this.#unreported];
      this.#unreported.clear();
      if (!this.#isClosed) this.#events?.changed(changed);
    });
  }

  #linksChanged(): void {
    for (const listener of this.#listeners) listener();
  }

  #enter(state: TargetState): void {
    if (equalData(this.#state, state)) return;
    this.#state = state;
    this.#events?.stateChanged();
  }
}

/** IFA_PROTO came with Linux 5.18. */
function kernelMarksAddresses(): boolean {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return major > 5 || (major === 5 && minor >= 18);
}
