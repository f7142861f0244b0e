/**
 * The VRFs and MAC-VRFs of a speaker: declared by name, filled from the ribs of EVPN and VPN routes by route target, and
 * heard by others as what they originate. Where there is no table, nothing here costs anything; where there are, a change of
 * a rib costs what it changes in them. Works at the turns of `Routing`.
 */

import { type Issue, issue } from '../../../../base/issue.ts';
import { err, ok, type Result } from '../../../../base/result.ts';
import { formatRd } from '../../wire/administered.ts';
import type { FamilyName } from '../../wire/family.ts';
import type { RouteTargetCommunity } from '../../wire/extended-community/administered.ts';
import type { Neighbour } from '../peer.ts';
import type { Rib } from '../rib.ts';
import type { Job, Routing, Worker } from '../routing.ts';
import { Feed } from './feed.ts';
import { IpVrf, type IpVrfSettings } from './ip-vrf.ts';
import type { TableRoute } from './key.ts';
import { type MacReport, MacVrf, type MacVrfSettings } from './mac-vrf.ts';
import type { PathSource } from './path.ts';
import type { Table, TableContext } from './table.ts';
import { type ImportTarget, TargetIndex } from './targets.ts';

/** As io/timers.ts has them. */
export interface TableTimers {
  /** Milliseconds on a clock that never goes back. */
  now(): number;
  /** Rings once after so many milliseconds, unless what is returned is called before. */
  after(ms: number, ring: () => void): () => void;
}

export type TableReport = MacReport & { readonly table: MacVrf };

export interface TablesOptions {
  readonly routing: Routing;
  readonly timers: TableTimers;
  /** RFC 7432 §15.1: what an operator is to be told, as it happens. */
  readonly report?: (report: TableReport) => void;
}

/** What of a table may change while it is there. */
export interface TableChanges {
  readonly imports?: readonly ImportTarget[];
  readonly exports?: readonly RouteTargetCommunity[];
}

/** Whose routes tables are made of. */
const fed = ['l2vpn-evpn', 'ipv4-vpn', 'ipv6-vpn'] as const satisfies readonly FamilyName[];
/** Destinations that are looked at, and keys that are decided, before others get their turn. */
const portion = 2048;
/** RFC 8365 §5.1: 24 bits; RFC 7348 §5 knows no reserved ones, and nobody uses 0. */
const lastVni = 0xff_ffff;

export class Tables implements Worker {
  readonly #routing: Routing;
  readonly #timers: TableTimers;
  readonly #report: (report: TableReport) => void;
  readonly #index = new TargetIndex<Table>();
  readonly #byName = new Map<string, MacVrf | IpVrf>();
  readonly #byRd = new Map<bigint, MacVrf | IpVrf>();
  readonly #context: TableContext;
  /** Those that have something to settle or to tell: others cost nothing at a turn. */
  readonly #awake = new Set<Table>();
  #feeds: readonly Feed[] = [];
  #detach: (() => void) | undefined;
  /** When the next frozen MAC is due, and what takes that back. */
  #alarm: { readonly at: number; readonly cancel: () => void } | undefined;
  #isAlarmStale = false;

  constructor({ routing, timers, report = () => {} }: TablesOptions) {
    this.#routing = routing;
    this.#timers = timers;
    this.#report = report;
    this.#context = {
      local: routing.local,
      ourselves: routing.ourselves,
      announce: (route, attributes, nextHop) =>
        routing.originate('l2vpn-evpn', route, { attributes, nextHop }),
      withdraw: (route) => routing.withdraw('l2vpn-evpn', route),
      wake: (table) => {
        // Of one that is no more, paths may yet go.
        if (this.#byName.get(table.name) === table) this.#awake.add(table);
        routing.wake();
      },
      now: () => timers.now(),
    };
  }

  [Symbol.iterator](): Iterator<MacVrf | IpVrf> & Iterable<MacVrf | IpVrf> {
    return this.#byName.values();
  }

  get(name: string): MacVrf | IpVrf | undefined {
    return this.#byName.get(name);
  }

  /** How many destinations of ribs were looked at. */
  get looks(): number {
    return this.#feeds.reduce((sum, { looks }) => sum + looks, 0);
  }

  declareMacVrf(settings: MacVrfSettings): Result<MacVrf, readonly Issue[]> {
    const issues = this.#issuesOf(settings);
    if (issues.length > 0) return err(issues);
    const table: MacVrf = new MacVrf(settings, this.#context, (report) => {
      this.#isAlarmStale = true;
      this.#report({ ...report, table });
    });
    return ok(this.#enter(table));
  }

  declareIpVrf(settings: IpVrfSettings): Result<IpVrf, readonly Issue[]> {
    const issues = this.#issuesOf(settings);
    if (issues.length > 0) return err(issues);
    return ok(this.#enter(new IpVrf(settings, this.#context)));
  }

  /** Lets a table take, or give, other route targets. What it has of others or says itself changes with that alone. */
  alter(table: MacVrf | IpVrf, changes: TableChanges): void {
    if (this.#byName.get(table.name) !== table) return;
    const before = table.settings;
    if (table.kind === 'mac-vrf') table.settings = { ...table.settings, ...changes };
    else table.settings = { ...table.settings, ...changes };
    if (changes.imports !== undefined) {
      for (const each of before.imports) this.#index.remove(each, table);
      for (const each of changes.imports) this.#index.add(each, table);
      for (const feed of this.#feeds) feed.walk();
    }
    if (changes.exports !== undefined && table.kind === 'ip-vrf') this.#sayHostsAgain(table);
    this.#routing.wake();
  }

  /** Withdraws what it says, and forgets it. Whoever watches it hears nothing more. */
  remove(table: MacVrf | IpVrf): void {
    if (this.#byName.get(table.name) !== table) return;
    this.#byName.delete(table.name);
    this.#byRd.delete(table.settings.rd);
    this.#awake.delete(table);
    this.#isAlarmStale = true;
    for (const each of table.settings.imports) this.#index.remove(each, table);
    for (const feed of this.#feeds) feed.targetsChanged();
    table.close();
    for (const other of this) {
      if (other.kind !== 'mac-vrf' || other.settings.ipVrf !== table) continue;
      const { ipVrf: _gone, ...settings } = other.settings;
      other.settings = settings;
    }
    if (this.#byName.size === 0) this.#stop();
    else this.#routing.begin(this.#forgetting(table));
  }

  /** Work in portions, by `Routing`: whether there is more. */
  advance(): boolean {
    let isBehind = false;
    for (const feed of this.#feeds) if (feed.advance(portion)) isBehind = true;
    for (const table of this.#awake) if (table.settle(portion)) isBehind = true;
    let isMore = isBehind;
    for (const table of this.#awake) {
      if (table.tell(isBehind)) isMore = true;
      else if (!isBehind) this.#awake.delete(table);
    }
    if (this.#isAlarmStale) this.#setAlarm();
    return isMore;
  }

  /** By `Routing`: the distance to the next hop of this destination has changed. */
  reconsidered(rib: Rib, destination: number): void {
    this.#feeds.find((each) => each.rib === rib)?.reconsidered(destination);
  }

  #issuesOf({ name, rd, vni }: MacVrfSettings | IpVrfSettings): readonly Issue[] {
    const issues: Issue[] = [];
    if (this.#byName.has(name)) issues.push(issue(`another table is called '${name}'`, 'name'));
    const other = this.#byRd.get(rd);
    if (other !== undefined) {
      issues.push(issue(`${formatRd(rd)} is that of table '${other.name}'; give it another`, 'rd'));
    }
    if (!Number.isInteger(vni) || vni < 1 || vni > lastVni) {
      issues.push(issue(`${vni} is no VNI of 1 to ${lastVni}`, 'vni'));
    }
    return issues;
  }

  #enter<T extends MacVrf | IpVrf>(table: T): T {
    this.#byName.set(table.name, table);
    this.#byRd.set(table.settings.rd, table);
    for (const each of table.settings.imports) this.#index.add(each, table);
    if (this.#detach === undefined) this.#start();
    else for (const feed of this.#feeds) feed.walk();
    this.#routing.wake();
    return table;
  }

  #start(): void {
    this.#feeds = fed.flatMap((name) => {
      const rib = this.#routing.rib(name);
      if (rib === undefined) return [];
      const admit = this.#admit.bind(this);
      return [new Feed({ rib, index: this.#index, admit, isRoute: isTableRoute })];
    });
    this.#detach = this.#routing.attach(this);
  }

  #stop(): void {
    for (const feed of this.#feeds) feed.close();
    this.#feeds = [];
    this.#detach?.();
    this.#detach = undefined;
    this.#alarm?.cancel();
    this.#alarm = undefined;
  }

  #admit(table: Table, route: TableRoute, from: Neighbour): PathSource | undefined {
    const rd = 'rd' in route ? route.rd : undefined;
    // A distinguisher is one table's: what comes with ours of somebody else is ours that went astray, or a mistake of his.
    if (rd === table.settings.rd) return undefined;
    if (from.role !== 'local') return 'remote';
    if (table.kind === 'mac-vrf') return undefined;
    // The hosts of a MAC-VRF are connected to the IP-VRF that routes it.
    const owner = rd === undefined ? undefined : this.#byRd.get(rd);
    const isConnected = owner?.kind === 'mac-vrf' && owner.settings.ipVrf === table;
    return isConnected ? undefined : 'leaked';
  }

  #sayHostsAgain(ipVrf: IpVrf): void {
    for (const table of this) {
      if (table.kind === 'mac-vrf' && table.settings.ipVrf === ipVrf) table.sayAgain();
    }
  }

  #forgetting(table: Table): Job {
    const paths = table.imported();
    return (most) => {
      for (let count = 0; count < most; count += 1) {
        const next = paths.next();
        if (next.done === true) return false;
        for (const feed of this.#feeds) feed.forget(next.value);
      }
      return true;
    };
  }

  #setAlarm(): void {
    this.#isAlarmStale = false;
    const due = [...this].flatMap((table) => (table.kind === 'mac-vrf' ? [table.nextDue] : []));
    const at = due.reduce<number | undefined>(earlier, undefined);
    if (at === this.#alarm?.at) return;
    this.#alarm?.cancel();
    this.#alarm = undefined;
    if (at === undefined) return;
    const cancel = this.#timers.after(Math.max(0, at - this.#timers.now()), () => {
      this.#alarm = undefined;
      this.#isAlarmStale = true;
      for (const table of this) if (table.kind === 'mac-vrf') table.clearDue();
      this.#routing.wake();
    });
    this.#alarm = { at, cancel };
  }
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}

/** What the codecs of the families in `fed` make. */
function isTableRoute(value: unknown): value is TableRoute {
  if (typeof value !== 'object' || value === null) return false;
  return 'type' in value || ('rd' in value && 'prefix' in value);
}
