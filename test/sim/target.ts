/**
 * What the simulated targets share: objects as they are and as they are known, which differ until an event has
 * arrived; operations in any order; faults that come and go. Nothing here decides what an operation does.
 */

import type { Random } from '../../src/base/ports.ts';
import type { Kinds, Spec } from '../../src/resources/index.ts';
import type { Key, Kind, TargetName } from '../../src/resources/resource.ts';
import {
  done,
  failed,
  type Observed,
  type Operation,
  type Outcome,
  type Owner,
  type Target,
  type TargetEvents,
  type TargetState,
  waiting,
} from '../../src/resources/target.ts';
import { shuffled } from './random.ts';

export interface Real<S extends Spec = Spec> {
  readonly spec: S;
  readonly owner: Owner;
}

/** The row of the table for a spec of any kind; that the two belong together is what the table's type says. */
export function kindOf(kinds: Kinds, spec: Spec): Kind<Spec> {
  return (kinds as Readonly<Record<string, Kind<Spec>>>)[spec.kind]!;
}

export type SimOperation = Operation<Spec>;

/** What the world does to operations, and hears of them. */
export interface Surveillance {
  readonly random: Random;
  readonly kinds: Kinds;
  /** Never returns from the agent's last breath. */
  readonly crashes: () => boolean;
  readonly fault: () => Fault | undefined;
  /** Around each operation, for invariants; the returned function is called after it. */
  readonly watch: (target: SimTarget, operation: SimOperation) => (outcome: Outcome) => void;
}

/** `refused`: nothing was done. `half`: of a replacement only the removal. `lost`: done, but reported as failed. */
export type Fault = 'refused' | 'half' | 'lost';

export abstract class SimTarget implements Target {
  abstract readonly name: TargetName;
  state: TargetState = { state: 'ready' };
  readonly #known = new Map<Key, Observed>();
  /** Changed, but not heard of yet. */
  readonly #unheard = new Set<Key>();
  #events: TargetEvents | undefined;
  readonly wantedKeys = new Set<Key>();
  protected readonly world: Surveillance;

  constructor(world: Surveillance) {
    this.world = world;
  }

  /** An object as it is, whether anybody has heard or not. */
  abstract real(key: Key): Real | undefined;
  abstract reals(): Iterable<Key>;
  /** Carries out one operation on things as they are. */
  protected abstract carryOut(operation: SimOperation): Outcome;

  observe(key: Key): Observed | undefined {
    return this.#known.get(key);
  }

  all(): Iterable<Observed> {
    return this.#known.values();
  }

  async start(events: TargetEvents): Promise<void> {
    this.#events = events;
    this.#unheard.clear();
    this.#known.clear();
    for (const key of this.reals()) this.#hear(key);
  }

  wanted(keys: Iterable<Key>): void {
    for (const key of keys) {
      this.wantedKeys.add(key);
      this.#hear(key);
    }
  }

  async close(): Promise<void> {
    this.#events = undefined;
    this.wantedKeys.clear();
  }

  /** In any order, but each after what it comes after, and not without that. */
  async apply(operations: readonly Operation[]): Promise<readonly Outcome[]> {
    const outcomes = new Map<Key, Outcome>();
    const open = new Set(shuffled(operations, this.world.random));
    for (const operation of inAnOrder(open)) {
      if (this.world.crashes()) return new Promise<never>(() => {});
      const { key, after = [] } = operation;
      const refused = after.find((each) => outcomes.get(each)?.done !== true);
      outcomes.set(
        key,
        refused === undefined ? this.#applyOne(operation as SimOperation) : waiting(refused),
      );
      await Promise.resolve();
    }
    return operations.map(({ key }) => outcomes.get(key) ?? failed('not tried'));
  }

  #applyOne(operation: SimOperation): Outcome {
    const unheard = new Set(this.#unheard);
    const fault = this.world.fault();
    if (fault === 'refused') return failed('refused by chance');
    const after = this.world.watch(this, operation);
    const outcome =
      fault === 'half' && operation.verb === 'replace'
        ? this.#half(operation)
        : this.#guarded(operation);
    after(fault === 'half' ? done : outcome);
    // A target knows at once what it has done itself.
    const heard = [...this.#unheard].filter((key) => !unheard.has(key) || key === operation.key);
    for (const key of heard) this.#hear(key);
    this.#events?.changed(heard);
    return fault === 'lost' ? failed('lost by chance') : outcome;
  }

  #half(operation: SimOperation): Outcome {
    this.carryOut({ ...operation, verb: 'remove', spec: operation.observed ?? operation.spec });
    return failed('done in half by chance');
  }

  /** As the targets do: what turns out to be somebody else's is left alone. */
  #guarded(operation: SimOperation): Outcome {
    const { key, verb, spec } = operation;
    const real = this.real(key);
    if (real === undefined) {
      if (verb === 'remove') return done;
      return this.carryOut(verb === 'replace' ? { ...operation, verb: 'create' } : operation);
    }
    if (real.owner === 'nobody' && !this.#mayTake(spec, real.spec)) {
      return verb === 'remove' ? done : failed('File exists');
    }
    return this.carryOut(operation);
  }

  #mayTake(wanted: Spec, real: Spec): boolean {
    return wanted.kind === real.kind && kindOf(this.world.kinds, wanted).adoptable(wanted, real);
  }

  /** Something is other than it was; it is heard of later. */
  changed(...keys: readonly Key[]): void {
    for (const key of keys) this.#unheard.add(key);
  }

  hasUnheard(): boolean {
    return this.#unheard.size > 0;
  }

  isHeard(key: Key): boolean {
    return !this.#unheard.has(key);
  }

  /** Events arrive: all, or some. */
  hear(random?: Random): void {
    const keys = [...this.#unheard].filter(() => random === undefined || random() < 0.5);
    for (const key of keys) this.#hear(key);
    this.#events?.changed(keys);
  }

  #hear(key: Key): void {
    this.#unheard.delete(key);
    const real = this.real(key);
    if (real === undefined) this.#known.delete(key);
    else this.#known.set(key, { key, ...real });
  }

  protected stateChanged(state: TargetState): void {
    this.state = state;
    this.#events?.stateChanged();
  }
}

/** Those that come after none of the open ones, until none is open. */
function* inAnOrder(open: Set<Operation>): Iterable<Operation> {
  const keys = new Set([...open].map(({ key }) => key));
  while (open.size > 0) {
    const before = open.size;
    for (const operation of open) {
      if (operation.after?.some((key) => keys.has(key)) === true) continue;
      open.delete(operation);
      yield operation;
      keys.delete(operation.key);
    }
    if (open.size === before) throw new Error('operations that come after each other');
  }
}
