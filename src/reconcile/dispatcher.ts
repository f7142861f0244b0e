/**
 * Hands operations to the targets: to each one batch at a time, whatever the others are at. Knows nothing of what is
 * wanted; what comes back goes to `returned`.
 */

import type { Key, TargetName } from '../resources/resource.ts';
import type { Operation, Outcome, Target } from '../resources/target.ts';

/** `again`: the key was to be looked at while it was under way. */
export type Returned = (operation: Operation, outcome: Outcome, again: boolean) => void;

export interface DispatcherPorts {
  readonly targets: Readonly<Record<TargetName, Target>>;
  readonly returned: Returned;
  /** A target is free; these keys had to wait for that, and are looked at again before this returns. */
  readonly free: (parked: Iterable<Key>) => void;
}

/** Operations that a target gets at once: what comes next does not wait for more, and nothing stands still for long. */
const maxBatch = 1_000;

export class Dispatcher {
  readonly #ports: DispatcherPorts;
  readonly #running = new Map<TargetName, Promise<void>>();
  /** Keys under way, with whether to look at them again afterwards. */
  readonly #underWay = new Map<Key, boolean>();
  readonly #parked = new Map<TargetName, Set<Key>>();

  constructor(ports: DispatcherPorts) {
    this.#ports = ports;
  }

  /** Whether an operation on this key is under way; if so, it is said when that returns that it was asked for. */
  postpone(key: Key): boolean {
    if (!this.#underWay.has(key)) return false;
    this.#underWay.set(key, true);
    return true;
  }

  /** Begins a batch, and parks what is too much of it, or all while the target is busy; returns why neither can be. */
  hand(name: TargetName, operations: readonly Operation[]): string | undefined {
    const { state } = this.#ports.targets[name];
    if (state.state === 'down') return `${name}: ${state.reason}`;
    if (state.state === 'starting') return `${name} to start`;
    const batch = this.#running.has(name) ? [] : operations.slice(0, maxBatch);
    this.#park(name, operations.slice(batch.length));
    if (batch.length === 0) return undefined;
    for (const { key } of batch) this.#underWay.set(key, false);
    this.#running.set(name, this.#carryOut(name, batch));
    return undefined;
  }

  #park(name: TargetName, operations: readonly Operation[]): void {
    if (operations.length === 0) return;
    const parked = this.#parked.get(name) ?? new Set<Key>();
    for (const { key } of operations) parked.add(key);
    this.#parked.set(name, parked);
  }

  async #carryOut(name: TargetName, operations: readonly Operation[]): Promise<void> {
    const outcomes = await this.#ports.targets[name].apply(operations);
    for (const [index, operation] of operations.entries()) {
      const again = this.#underWay.get(operation.key) ?? false;
      this.#underWay.delete(operation.key);
      this.#ports.returned(
        operation,
        outcomes[index] ?? { done: false, error: 'no outcome' },
        again,
      );
    }
    this.#running.delete(name);
    // No more of them than can be carried out: what is parked on is not looked at each time.
    do this.#ports.free(this.#unpark(name));
    while (!this.#running.has(name) && this.#parked.has(name));
  }

  /** As many as fit into a batch, those that have waited longest first. */
  #unpark(name: TargetName): readonly Key[] {
    const parked = this.#parked.get(name) ?? new Set<Key>();
    const next = [...parked.values().take(maxBatch)];
    for (const key of next) parked.delete(key);
    if (parked.size === 0) this.#parked.delete(name);
    return next;
  }

  get isIdle(): boolean {
    return this.#running.size === 0;
  }

  /** Resolves when nothing is under way, not even what followed from it. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.race(this.#running.values());
  }
}
