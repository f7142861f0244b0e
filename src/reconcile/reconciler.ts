/**
 * The loop: looks at the keys that may have changed, decides what each needs, orders that, has the targets carry it
 * out, and remembers what failed. One code path for start, event, resync and repair; it knows no kind and no mode.
 */

import { type BackOff, backOffDelay } from '../base/back-off.ts';
import type { Clock, Random } from '../base/ports.ts';
import type { Condition, Planned } from '../resources/condition.ts';
import type { Key, Kind, TargetName } from '../resources/resource.ts';
import type { Observed, Operation, Outcome, Target } from '../resources/target.ts';
import { Claims } from './claims.ts';
import { type Decision, decide } from './decide.ts';
import { Entries, type Entry } from './entries.ts';
import { Journal, type JournalEntry } from './journal.ts';
import { type Blocked, type Ordered, order } from './order.ts';

export interface ReconcilerPorts {
  readonly kinds: Readonly<Record<string, Kind>>;
  readonly targets: Readonly<Record<TargetName, Target>>;
  readonly clock: Clock;
  readonly random: Random;
  readonly retry: BackOff;
  /** Remove what a replaced agent left behind and nothing wants. */
  readonly inheritLeftovers: boolean;
  /** Every operation, when its outcome is known. */
  readonly onOperation?: (entry: JournalEntry) => void;
}

/** How far the node is from what is wanted. */
export interface Progress {
  readonly failed: number;
  readonly waiting: number;
  readonly refused: number;
}

export class Reconciler {
  readonly journal = new Journal(10_000);
  readonly #ports: ReconcilerPorts;
  readonly #claims = new Claims();
  readonly #entries = new Entries();
  readonly #conditions = new Map<string, readonly Condition[]>();
  readonly #dirty = new Set<Key>();
  #mayRemove = false;

  constructor(ports: ReconcilerPorts) {
    this.#ports = ports;
  }

  /** Replaces what a scope wants; `undefined` when the scope is gone. */
  setScope(scope: string, planned: Planned | undefined): void {
    const changed = this.#claims.set(scope, planned?.resources ?? []);
    if (planned === undefined || planned.conditions.length === 0) this.#conditions.delete(scope);
    else this.#conditions.set(scope, planned.conditions);
    const wanted = new Map<TargetName, Key[]>();
    for (const key of changed) {
      this.#dirty.add(key);
      const resource = this.#claims.wanted(key);
      if (resource === undefined) continue;
      const target = this.#kind(resource.spec.kind).target;
      this.#entries.setNeeds(this.#entries.ensure(key, target), resource.needs);
      wanted.set(target, [...(wanted.get(target) ?? []), key]);
    }
    for (const [target, keys] of wanted) this.#ports.targets[target].wanted(keys);
  }

  /** Every source has been read: from now on what is not wanted may be removed. */
  allowRemoval(): void {
    if (this.#mayRemove) return;
    this.#mayRemove = true;
    this.markAll();
  }

  mark(keys: Iterable<Key>): void {
    for (const key of keys) this.#dirty.add(key);
  }

  /** Looks at everything again: after a target came back, and at each resync. */
  markAll(): void {
    this.mark(this.#claims.keys());
    for (const target of Object.values(this.#ports.targets)) {
      for (const observed of target.all()) this.#dirty.add(observed.key);
    }
  }

  get hasWork(): boolean {
    return this.#dirty.size > 0;
  }

  /** When something is due without an event: a retry, or the end of a grace; `undefined` when nothing is. */
  get nextDue(): number | undefined {
    const due = this.#entries.troubled().flatMap((entry) => entry.failure?.retryAt ?? []);
    const grace = [...this.#later.values()];
    return due.length + grace.length === 0 ? undefined : Math.min(...due, ...grace);
  }

  readonly #later = new Map<Key, number>();

  /** One round over what is dirty or due. Resolves when all its operations have an outcome. Never rejects. */
  async round(): Promise<void> {
    this.#markDue();
    const dirty = [...this.#dirty];
    this.#dirty.clear();
    const operations = dirty.flatMap((key) => this.#look(key) ?? []);
    const ordered = this.#order(operations);
    for (const blocked of ordered.blocked) this.#markBlocked(blocked);
    for (const level of ordered.levels) await this.#applyLevel(level);
  }

  /** What a round over everything would do, without doing it. */
  preview(): Ordered {
    const keys = new Set<Key>(this.#claims.keys());
    for (const target of Object.values(this.#ports.targets)) {
      for (const observed of target.all()) keys.add(observed.key);
    }
    const operations = [...keys].sort().flatMap((key) => {
      const { decision, observed } = this.#decide(key, Number.POSITIVE_INFINITY);
      return this.#operation(key, decision, observed) ?? [];
    });
    return this.#order(operations);
  }

  /** Conditions of planning, of conflicting scopes, and of names taken by others. */
  conditions(): readonly Condition[] {
    const planned = [...this.#conditions.values()].flat();
    const refused = this.#entries.troubled().flatMap((entry) =>
      entry.refused === undefined
        ? []
        : this.#claims.scopesOf(entry.key).map(
            (scope): Condition => ({
              scope,
              severity: 'error',
              message: `cannot set up ${entry.key}: ${entry.refused ?? ''}`,
            }),
          ),
    );
    const conflicts = [...this.#shared()].flatMap((key) => this.#claims.conflicts(key));
    return [...planned, ...conflicts, ...refused];
  }

  *#shared(): Iterable<Key> {
    for (const key of this.#claims.keys()) if (this.#claims.scopesOf(key).length > 1) yield key;
  }

  /** Objects that are not as they should be, with the reason. */
  troubled(): readonly Entry[] {
    return this.#entries.troubled();
  }

  get progress(): Progress {
    const troubled = this.#entries.troubled();
    return {
      failed: troubled.filter((entry) => entry.failure !== undefined).length,
      waiting: troubled.filter((entry) => entry.waiting !== undefined).length,
      refused: troubled.filter((entry) => entry.refused !== undefined).length,
    };
  }

  get claims(): Claims {
    return this.#claims;
  }

  #kind(name: string): Kind {
    const kind = this.#ports.kinds[name];
    if (kind === undefined) throw new Error(`no such kind of resource: ${name}`);
    return kind;
  }

  #observe(key: Key, target: TargetName | undefined): Observed | undefined {
    if (target !== undefined) return this.#ports.targets[target].observe(key);
    for (const each of Object.values(this.#ports.targets)) {
      const observed = each.observe(key);
      if (observed !== undefined) return observed;
    }
    return undefined;
  }

  #decide(
    key: Key,
    now: number,
  ): { readonly decision: Decision; readonly observed: Observed | undefined } {
    const wanted = this.#claims.wanted(key);
    const entry = this.#entries.get(key);
    const observed = this.#observe(key, entry?.target);
    const kindName = wanted?.spec.kind ?? observed?.spec.kind;
    if (kindName === undefined) return { decision: { do: 'nothing' }, observed };
    const decision = decide(this.#kind(kindName), wanted, observed, {
      now,
      mayRemove: this.#mayRemove,
      inheritLeftovers: this.#ports.inheritLeftovers,
      unwantedSince: entry?.unwantedSince ?? this.#ports.clock.now(),
    });
    return { decision, observed };
  }

  /** Decides about one key, updates its entry, and returns the operation it needs now. */
  #look(key: Key): Operation | undefined {
    const now = this.#ports.clock.now();
    const wanted = this.#claims.wanted(key);
    const observed = this.#observe(key, this.#entries.get(key)?.target);
    if (wanted === undefined && (observed === undefined || observed.owner === 'nobody')) {
      this.#forget(key);
      return undefined;
    }
    const kind = this.#kind((wanted ?? observed)?.spec.kind ?? '');
    const entry = this.#entries.ensure(key, kind.target);
    if (wanted === undefined && observed !== undefined) {
      entry.unwantedSince ??= now;
      if (entry.needs.length === 0) this.#entries.setNeeds(entry, kind.needs(observed.spec));
    } else entry.unwantedSince = undefined;
    const { decision } = this.#decide(key, now);
    this.#later.delete(key);
    if (decision.do === 'later') this.#later.set(key, decision.at);
    if (decision.do === 'apply') {
      if (entry.failure !== undefined && entry.failure.retryAt > now) return undefined;
      return this.#operation(key, decision, observed);
    }
    this.#entries.mark(entry, decision.do === 'refuse' ? { refused: decision.reason } : undefined);
    return undefined;
  }

  #forget(key: Key): void {
    this.#later.delete(key);
    if (this.#entries.get(key) === undefined) return;
    const needs = this.#entries.get(key)?.needs ?? [];
    this.#entries.forget(key);
    // What was to be removed after this one may go now.
    this.mark(needs.filter((need) => this.#claims.wanted(need) === undefined));
  }

  #operation(key: Key, decision: Decision, observed: Observed | undefined): Operation | undefined {
    if (decision.do !== 'apply') return undefined;
    const wanted = this.#claims.wanted(key);
    const spec = wanted?.spec ?? observed?.spec;
    if (spec === undefined) return undefined;
    const target = this.#kind(spec.kind).target;
    const because = wanted?.because ?? [];
    return { verb: decision.verb, key, target, spec, observed: observed?.spec, because };
  }

  #order(operations: readonly Operation[]): Ordered {
    const specs = new Map(operations.map((operation) => [operation.key, operation.spec]));
    return order(operations, {
      exists: (key) => this.#observe(key, this.#entries.get(key)?.target) !== undefined,
      needs: (key) => this.#claims.wanted(key)?.needs ?? this.#entries.get(key)?.needs ?? [],
      neededBy: (key) => this.#entries.neededBy(key),
      outlives: (key) => {
        const spec = specs.get(key);
        return spec === undefined ? [] : this.#kind(spec.kind).outlives(spec);
      },
    });
  }

  #markBlocked({ operation, on }: Blocked): void {
    const entry = this.#entries.ensure(operation.key, operation.target);
    const what = operation.verb === 'remove' ? `until ${on} is gone` : `for ${on}`;
    this.#entries.mark(entry, { waiting: what });
    this.#blockedOn.set(on, (this.#blockedOn.get(on) ?? new Set()).add(operation.key));
  }

  /** For each key the operations that wait for it to come or go. */
  readonly #blockedOn = new Map<Key, Set<Key>>();

  async #applyLevel(level: readonly Operation[]): Promise<void> {
    const byTarget = Map.groupBy(level, (operation) => operation.target);
    await Promise.all(
      [...byTarget].map(async ([name, operations]) => {
        const ready = operations.filter((operation) => this.#stillPossible(operation));
        if (ready.length === 0) return;
        const outcomes = await this.#ports.targets[name].apply(ready);
        for (const [index, operation] of ready.entries()) {
          this.#record(operation, outcomes[index] ?? { done: false, error: 'no outcome' });
        }
      }),
    );
  }

  /** An operation whose need failed in an earlier level is not even tried. */
  #stillPossible(operation: Operation): boolean {
    if (operation.verb === 'remove') {
      const inTheWay = [...this.#entries.neededBy(operation.key)].find(
        (key) => this.#observe(key, this.#entries.get(key)?.target) !== undefined,
      );
      if (inTheWay === undefined) return true;
      this.#markBlocked({ operation, on: inTheWay });
      return false;
    }
    const needs = this.#claims.wanted(operation.key)?.needs ?? [];
    const missing = needs.find(
      (key) => this.#observe(key, this.#entries.get(key)?.target) === undefined,
    );
    if (missing === undefined) return true;
    this.#markBlocked({ operation, on: missing });
    return false;
  }

  #record(operation: Operation, outcome: Outcome): void {
    const { key, verb, target, because } = operation;
    const entry = this.#entries.ensure(key, target);
    if (!outcome.done && 'waiting' in outcome) {
      this.#entries.mark(entry, { waiting: outcome.waiting });
      return;
    }
    const now = this.#ports.clock.now();
    const error = outcome.done ? undefined : outcome.error;
    const written = this.journal.write({ at: now, verb, key, target, because, error });
    this.#ports.onOperation?.(written);
    if (error === undefined) {
      this.#entries.mark(entry, undefined);
      // Look again: it may have been changed meanwhile, and others may have waited for it.
      this.mark([
        key,
        ...this.#released(key),
        ...(verb === 'replace' ? this.#entries.neededBy(key) : []),
      ]);
      return;
    }
    const count = (entry.failure?.count ?? 0) + 1;
    const retryAt = now + backOffDelay(this.#ports.retry, count, this.#ports.random);
    this.#entries.mark(entry, { failure: { count, error, retryAt } });
  }

  #released(key: Key): Iterable<Key> {
    const keys = this.#blockedOn.get(key) ?? [];
    this.#blockedOn.delete(key);
    return keys;
  }

  /** A target says that these objects may have changed. */
  observedChange(keys: Iterable<Key>): void {
    for (const key of keys) {
      this.#dirty.add(key);
      for (const blocked of this.#released(key)) this.#dirty.add(blocked);
    }
  }

  #markDue(): void {
    const now = this.#ports.clock.now();
    for (const entry of this.#entries.troubled()) {
      if (entry.failure !== undefined && entry.failure.retryAt <= now) this.#dirty.add(entry.key);
    }
    for (const [key, at] of this.#later) if (at <= now) this.#dirty.add(key);
  }
}
