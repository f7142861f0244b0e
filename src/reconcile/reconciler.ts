/**
 * The core: looks at the keys that may have changed, decides what each needs, orders that, hands to the targets what
 * can be done at once, and looks on when it comes back. One code path for start, event, resync and repair; it knows
 * no kind and no mode. A target that is slow or away holds up nothing but what needs it.
 */

import { type BackOff, backOffDelay } from '../base/back-off.ts';
import type { Clock, Random } from '../base/ports.ts';
import type { Condition, Planned } from '../resources/condition.ts';
import type { Key, Kind, Reason, Resource, TargetName, Verb } from '../resources/resource.ts';
import {
  isRetriedOnChange,
  type Observed,
  type Operation,
  type Outcome,
} from '../resources/target.ts';
import { Agenda } from './agenda.ts';
import { Claims } from './claims.ts';
import { type Decision, decide } from './decide.ts';
import { Dispatcher } from './dispatcher.ts';
import { Entries, type Entry, type Standing } from './entries.ts';
import { Journal, type JournalEntry } from './journal.ts';
import { type Ordered, order } from './order.ts';
import { Relations } from './relations.ts';
import { type Progress, progressOf, refusals } from './status.ts';
import { View, type ViewPorts } from './view.ts';
import { Waiters } from './waiters.ts';

/**
 * Milliseconds that an object may be missing before what stands on it is taken down, and so what is announced over it
 * withdrawn. Long enough for daemons to come back and for a few tries.
 */
export const patience = 10_000;

/** Repairs of one object in a row, each within `calm` milliseconds of the one before, after which it is not put right at once. */
export const tolerance = 8;
const calm = 10_000;

/** `source` of a reason that is no fact of a database, but of the core itself. */
export const ownSource = 'Selvedge';

export interface ReconcilerPorts extends ViewPorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly retry: BackOff;
  /** Every operation, when its outcome is known. */
  readonly onOperation?: (entry: JournalEntry) => void;
}

export class Reconciler {
  readonly journal = new Journal(10_000);
  readonly #ports: ReconcilerPorts;
  readonly #claims = new Claims();
  readonly #entries = new Entries();
  readonly #view: View;
  readonly #relations: Relations;
  readonly #conditions = new Map<string, readonly Condition[]>();
  readonly #dirty = new Set<Key>();
  readonly #agenda = new Agenda();
  readonly #waiters = new Waiters();
  readonly #dispatcher: Dispatcher;
  /**
   * Everything is to be looked at, as it will be then. So from the start: what is there must be known before anything is
   * altered.
   */
  #isAllDirty = true;
  #mayRemove = false;

  constructor(ports: ReconcilerPorts) {
    this.#ports = ports;
    this.#view = new View(ports, this.#entries);
    this.#relations = new Relations(this.#view, this.#claims, this.#entries);
    this.#dispatcher = new Dispatcher({
      targets: ports.targets,
      returned: (operation, outcome, again) => this.#record(operation, outcome, again),
      free: (parked) => {
        this.mark(parked);
        this.advance();
      },
    });
  }

  /** Replaces what a scope wants; `undefined` when the scope is gone. */
  setScope(scope: string, planned: Planned | undefined): void {
    const changed = this.#claims.set(scope, planned?.resources ?? []);
    if (planned === undefined || planned.conditions.length === 0) this.#conditions.delete(scope);
    else this.#conditions.set(scope, planned.conditions);
    const wanted = new Map<TargetName, Key[]>();
    for (const key of changed) {
      this.observedChange([key]);
      // What was refused in another form is worth a try at once.
      this.#entries.forgive(key);
      const resource = this.#claims.wanted(key);
      if (resource === undefined) continue;
      const { target } = this.#view.kind(resource.spec.kind);
      if (this.#entries.get(key) === undefined) this.#noteFound(key, target);
      this.#entries.ensure(key, target).because = resource.because;
      this.#entries.setNeeds(key, resource.needs);
      wanted.set(target, [...(wanted.get(target) ?? []), key]);
    }
    for (const [target, keys] of wanted) this.#ports.targets[target].wanted(keys);
  }

  /** What an earlier run has left stands on what it was made on, until it is as it is wanted. */
  #noteFound(key: Key, target: TargetName): void {
    const observed = this.#view.observe(key);
    if (observed === undefined) return;
    this.#entries.ensure(key, target);
    this.#entries.setNeeds(key, this.#view.kind(observed.spec.kind).needs(observed.spec));
  }

  /** Every source has been read: from now on what is not wanted may be removed. */
  allowRemoval(): void {
    if (this.#mayRemove) return;
    this.#mayRemove = true;
    // What is wanted, and stands, is not altered by that.
    for (const key of this.#view.keys()) {
      if (this.#claims.wanted(key) === undefined) this.#dirty.add(key);
    }
    this.mark(this.troubled().map(({ key }) => key));
  }

  mark(keys: Iterable<Key>): void {
    for (const key of keys) this.#dirty.add(key);
  }

  /** A target says that these objects may have changed. */
  observedChange(keys: Iterable<Key>): void {
    for (const key of keys) {
      this.#dirty.add(key);
      this.mark(this.#waiters.release(key));
      const standing = this.#entries.get(key)?.standing;
      if (standing?.is === 'failed' && standing.untilChange === true) this.#entries.forgive(key);
    }
  }

  /** Looks at everything again: after the state of a target has changed, and at each resync. */
  markAll(): void {
    this.#isAllDirty = true;
  }

  get hasWork(): boolean {
    return this.#isAllDirty || this.#dirty.size > 0;
  }

  /** Whether nothing is left to do, nothing is under way, and nothing stands otherwise than it should. */
  get isSettled(): boolean {
    return !this.hasWork && this.#dispatcher.isIdle && this.#entries.isUntroubled;
  }

  /** When something is due without an event: a retry, or the end of a grace; `undefined` when nothing is. */
  get nextDue(): number | undefined {
    return this.#agenda.next;
  }

  /** Looks at what is dirty or due and hands over what can be done now. Returns at once, and looks on by itself. */
  advance(): void {
    this.mark(this.#agenda.take(this.#ports.clock.now()));
    const { levels, after, along, blocked } = order(this.#lookAtDirty(), this.#relations);
    for (const { operation, on } of blocked) this.#wait(operation.key, on);
    const [first = [], ...later] = levels;
    const now = [...first];
    for (const operation of later.flat()) {
      const { key } = operation;
      const leaders = along.get(key);
      if (leaders === undefined) this.#wait(key, after.get(key) ?? key);
      else now.push({ ...operation, after: leaders });
    }
    for (const [target, ready] of Map.groupBy(now, (operation) => operation.target)) {
      const obstacle = this.#dispatcher.hand(target, ready);
      if (obstacle === undefined) continue;
      for (const { key } of ready) this.#entries.mark(key, { is: 'waiting', for: obstacle });
    }
  }

  /** Resolves when no operation is under way, and none can be begun without a new event. */
  async settled(): Promise<void> {
    await this.#dispatcher.settled();
  }

  /** `advance`, until nothing more follows from it. */
  async round(): Promise<void> {
    this.advance();
    await this.settled();
  }

  /**
   * All that would be done if nothing failed and all grace times were over, without doing it, and the conditions that
   * would follow.
   */
  preview(): Ordered & { readonly conditions: readonly Condition[] } {
    const refused = new Map<Key, string>();
    const keys = new Set([...this.#claims.keys(), ...this.#view.keys()]);
    const operations = [...keys].sort().flatMap((key) => {
      const found = this.#find(key);
      if (found === undefined) return [];
      const decision = this.#decide(found, Number.POSITIVE_INFINITY);
      if (decision.do === 'refuse') refused.set(key, decision.reason);
      return this.#operation(found, decision) ?? [];
    });
    const standings = [...refused].map(([key, reason]) => {
      return { key, standing: { is: 'refused', reason } as const };
    });
    const troubled = this.troubled().filter(({ standing }) => standing.is !== 'refused');
    return {
      ...order(operations, this.#relations.previewed(new Set(refused.keys()))),
      conditions: this.#conditionsOf([...troubled, ...standings]),
    };
  }

  /** Conditions of planning, of conflicting scopes, and of names taken by others. */
  conditions(): readonly Condition[] {
    return this.#conditionsOf(this.troubled());
  }

  #conditionsOf(troubled: readonly Pick<Entry, 'key' | 'standing'>[]): readonly Condition[] {
    const planned = [...this.#conditions.values()].flat();
    return [...planned, ...this.#claims.conflicts(), ...refusals(troubled, this.#claims)];
  }

  /** Objects that are not as they should be, with the reason. */
  troubled(): readonly Entry[] {
    return this.#entries.troubled();
  }

  /** `undefined` for what is no concern of ours. */
  standing(key: Key): Standing | undefined {
    return this.#entries.get(key)?.standing;
  }

  get progress(): Progress {
    return progressOf(this.troubled());
  }

  get claims(): Claims {
    return this.#claims;
  }

  /** One key with all that is known of it; `undefined`, and forgotten, when it is no concern of ours. */
  #find(key: Key): Found | undefined {
    const wanted = this.#claims.wanted(key);
    const observed = this.#view.observe(key);
    const spec = wanted?.spec ?? observed?.spec;
    if (spec === undefined || (wanted === undefined && this.#view.observeOurs(key) === undefined)) {
      this.#forget(key);
      return undefined;
    }
    const kind = this.#view.kind(spec.kind);
    const entry = this.#entries.ensure(key, kind.target);
    const lost = this.#entries.givenUpOf(wanted?.needs ?? []);
    if (wanted === undefined && entry.needs.length === 0) {
      this.#entries.setNeeds(key, kind.needs(spec));
    }
    if (observed === undefined) this.#explain(entry);
    else if (kind.announces && !entry.isExplained) this.#relations.suspect(key);
    if (wanted !== undefined && lost === undefined) entry.unwantedSince = undefined;
    else entry.unwantedSince ??= this.#ports.clock.now();
    return { key, kind, entry, wanted, lost, observed };
  }

  #explain(entry: Entry): void {
    entry.isExplained = true;
    if (this.#relations.explain(entry.key)) this.mark(this.#waiters.release(entry.key));
  }

  #forget(key: Key): void {
    this.#relations.explain(key);
    this.#entries.forget(key);
  }

  #decide({ kind, entry, wanted, lost, observed }: Found, now: number): Decision {
    return decide(kind, lost === undefined ? wanted : undefined, observed, {
      now,
      mayRemove: this.#mayRemove,
      inheritLeftovers: this.#ports.inheritLeftovers,
      lacks: () => wanted && this.#view.lacks(kind, wanted),
      standsOnOurs: () => wanted !== undefined && this.#view.standsOnOurs(kind, wanted.spec),
      unwantedSince: entry.unwantedSince ?? now,
      leftAt: entry.leftAt,
    });
  }

  /** Looks until nothing is dirty: what is forgotten or let go lets others be looked at. */
  #lookAtDirty(): readonly Operation[] {
    const operations = new Map<Key, Operation>();
    if (this.#isAllDirty) {
      this.#isAllDirty = false;
      this.mark(this.#claims.keys());
      this.mark(this.#view.keys());
    }
    while (this.#dirty.size > 0) {
      const dirty = [...this.#dirty].filter((key) => !this.#dispatcher.postpone(key));
      this.#dirty.clear();
      for (const key of dirty) {
        const operation = this.#look(key);
        if (operation === undefined) operations.delete(key);
        else operations.set(key, operation);
      }
      // Only now is it known how the needs of each stand.
      for (const key of dirty) this.#letGo(key);
    }
    return [...operations.values()];
  }

  /** Decides about one key, updates what is remembered of it, and returns the operation it needs now. */
  #look(key: Key): Operation | undefined {
    this.#agenda.delete(key);
    const found = this.#find(key);
    if (found === undefined) return undefined;
    const { entry, lost } = found;
    const now = this.#ports.clock.now();
    const decision = this.#decide(found, now);
    this.#judge(found, decision, now);
    if (decision.do === 'apply') {
      return this.#isDue(entry, decision.verb, now) ? this.#begin(found, decision) : undefined;
    }
    this.#entries.settle(key);
    if (decision.do === 'later') this.#agenda.set(key, decision.at);
    if (decision.do === 'await') {
      this.#entries.mark(key, { is: 'awaiting', for: decision.what });
      this.#agenda.set(key, now + patience);
    }
    if (decision.do === 'refuse') {
      this.#entries.mark(key, { is: 'refused', reason: decision.reason });
    }
    if (lost !== undefined) this.#wait(key, lost);
    return undefined;
  }

  /** Notes whether it is to be had at all, and tells what stands on it when that changes. */
  #judge({ key, entry, wanted, lost, observed }: Found, decision: Decision, now: number): void {
    const isReady = this.#view.isReady(entry.target);
    const isMissing = observed === undefined || decision.do === 'refuse';
    entry.missingSince =
      wanted !== undefined && isMissing && isReady ? (entry.missingSince ?? now) : undefined;
    const giveUpAt = (entry.missingSince ?? Number.POSITIVE_INFINITY) + patience;
    if (giveUpAt > now && entry.missingSince !== undefined) this.#agenda.set(key, giveUpAt);
    const isGivenUp = wanted !== undefined && (lost !== undefined || giveUpAt <= now);
    if (isGivenUp === entry.isGivenUp) return;
    this.#entries.giveUp(key, isGivenUp);
    this.mark(this.#entries.standingOn(key));
  }

  /** Whether to try now: not while backing off, and not again what was said to be done and is not. */
  #isDue({ key, standing, applied, repairs, restsUntil }: Entry, verb: Verb, now: number): boolean {
    if (applied === verb) this.#fail(key, 'reported as done, but it is not so');
    else if (verb !== 'remove' && now < restsUntil) this.#rest(key, repairs, restsUntil);
    else if (standing.is !== 'failed' || standing.retryAt <= now) return true;
    else this.#agenda.set(key, standing.retryAt);
    return false;
  }

  #begin(found: Found, decision: Decision): Operation | undefined {
    if (found.observed === undefined) this.mark(this.#entries.letGo(found.key));
    this.#entries.mark(found.key, { is: 'pending' });
    return this.#operation(found, decision);
  }

  #operation(found: Found, decision: Decision): Operation | undefined {
    if (decision.do !== 'apply') return undefined;
    const { key, wanted, observed } = found;
    const isRemoval = decision.verb === 'remove';
    const spec = isRemoval ? observed?.spec : wanted?.spec;
    if (spec === undefined) return undefined;
    const { target } = this.#view.kind(spec.kind);
    const because = isRemoval ? whyRemoved(found) : (wanted?.because ?? []);
    return { verb: decision.verb, key, target, spec, observed: observed?.spec, because };
  }

  /** Once it is as it is wanted, and its present needs are met, those before them may go. */
  #letGo(key: Key): void {
    const entry = this.#entries.get(key);
    if (entry === undefined || (entry.former.length === 0 && !this.#relations.isUnexplained(key)))
      return;
    if (entry.standing.is !== 'settled' || this.#claims.wanted(key) === undefined) return;
    const missing = entry.needs.find((need) => !this.#relations.serves(need));
    if (missing !== undefined) {
      this.#waiters.add(key, missing);
      return;
    }
    this.#explain(entry);
    this.mark(this.#entries.letGo(key));
  }

  #wait(key: Key, on: Key): void {
    const isWanted = this.#claims.wanted(on) !== undefined;
    this.#entries.mark(key, { is: 'waiting', for: isWanted ? on : `${on} to be gone` });
    this.#waiters.add(key, on);
  }

  #record(operation: Operation, outcome: Outcome, again: boolean): void {
    const { key, verb, target, because, after } = operation;
    const entry = this.#entries.ensure(key, target);
    // What came after something that was not carried out waits for that from now on.
    if (again || outcome.done || after !== undefined) this.#dirty.add(key);
    if (!outcome.done && 'waiting' in outcome) {
      this.#entries.mark(key, { is: 'waiting', for: outcome.waiting });
      // Its target tells when that has come; should it ever fail to, not all is lost until the next resync.
      this.#agenda.set(key, this.#ports.clock.now() + patience);
      return;
    }
    const error = outcome.done ? undefined : outcome.error;
    const at = this.#ports.clock.now();
    const written = this.journal.write({ at, verb, key, target, because, error });
    this.#ports.onOperation?.(written);
    if (error !== undefined) {
      this.#fail(key, error, isRetriedOnChange(outcome));
      return;
    }
    entry.applied = verb;
    this.#countRepair(entry, at);
    if (verb === 'remove') this.#entries.leave(key, at);
    this.mark(this.#waiters.release(key));
  }

  /** Somebody who alters an object as soon as it is put right would have us do so without end. */
  #countRepair(entry: Entry, at: number): void {
    entry.repairs =
      at < Math.max(entry.restsUntil, entry.repairedAt) + calm ? entry.repairs + 1 : 0;
    entry.repairedAt = at;
    if (entry.repairs < tolerance) return;
    const times = entry.repairs - tolerance + 1;
    entry.restsUntil = at + backOffDelay(this.#ports.retry, times, this.#ports.random);
  }

  #rest(key: Key, count: number, retryAt: number): void {
    const error =
      'something alters it as soon as it is put right; stop what else manages this node';
    this.#entries.mark(key, { is: 'failed', error, count, retryAt });
    this.#agenda.set(key, retryAt);
  }

  #fail(key: Key, error: string, untilChange = false): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    entry.applied = undefined;
    entry.failures += 1;
    const delay = backOffDelay(this.#ports.retry, entry.failures, this.#ports.random);
    const retryAt = this.#ports.clock.now() + delay;
    const count = entry.failures;
    const failed = { is: 'failed', error, count, retryAt } as const;
    this.#entries.mark(key, untilChange ? { ...failed, untilChange } : failed);
    this.#agenda.set(key, retryAt);
  }
}

/** What it was wanted for as long as it was, or what it had to go for. */
function whyRemoved({ entry, lost, observed }: Found): readonly Reason[] {
  if (lost !== undefined)
    return [{ source: ownSource, object: lost, fact: 'is needed and missing' }];
  if (entry.because.length > 0) return entry.because;
  const maker = observed?.owner === 'predecessor' ? 'an agent that was replaced' : 'an earlier run';
  return [{ source: ownSource, object: entry.key, fact: `was left by ${maker}; nothing wants it` }];
}

/** One key with all that is known of it. */
interface Found {
  readonly key: Key;
  readonly kind: Kind;
  readonly entry: Entry;
  readonly wanted: Resource | undefined;
  /** A need that was given up: as long as that is so, the object is treated as unwanted. */
  readonly lost: Key | undefined;
  readonly observed: Observed | undefined;
}
