/**
 * Locks, RFC 7047 §4.1.8 to §4.1.10: a name that one client of a server holds at a time. They
 * belong to a connection: lost with it, and asked for again over the next. An `assert` operation
 * proves one in a transaction.
 */

import type { Log } from '../../../base/ports.ts';
import { Listeners } from './listeners.ts';
import type { Session } from './session.ts';

export interface Lock {
  readonly name: string;
  readonly isHeld: boolean;
  /** Tells when the lock is won or lost. Returns how to stop. */
  onChange(listener: (isHeld: boolean) => void): () => void;
  /** Gives it up for good. */
  release(): void;
}

export class Locks {
  readonly #locks = new Map<string, HeldLock>();
  readonly #log: Log;
  #session: Session | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  /** The lock of this name; asked for once, however often it is called for. */
  request(name: string, steal: boolean): Lock {
    const known = this.#locks.get(name);
    if (known !== undefined) return known;
    const lock = new HeldLock(name, steal, () => this.#release(lock), this.#log);
    this.#locks.set(name, lock);
    this.#ask(lock);
    return lock;
  }

  attach(session: Session): void {
    this.#session = session;
    for (const lock of this.#locks.values()) this.#ask(lock);
  }

  interrupt(): void {
    this.#session = undefined;
    for (const lock of this.#locks.values()) lock.set(false);
  }

  /** RFC 7047 §4.1.9 and §4.1.10. */
  hear(method: 'locked' | 'stolen', name: unknown): void {
    if (typeof name === 'string') this.#locks.get(name)?.set(method === 'locked');
  }

  #ask(lock: HeldLock): void {
    this.#session?.call(lock.steal ? 'steal' : 'lock', [lock.name], (reply) => {
      const result = reply.ok ? reply.value.result : undefined;
      const isHeld = typeof result === 'object' && result !== null && 'locked' in result;
      if (this.#locks.get(lock.name) === lock && isHeld) lock.set(result.locked === true);
    });
  }

  #release(lock: HeldLock): void {
    if (this.#locks.get(lock.name) !== lock) return;
    this.#locks.delete(lock.name);
    this.#session?.call('unlock', [lock.name], () => {});
    lock.set(false);
  }
}

class HeldLock implements Lock {
  readonly name: string;
  readonly steal: boolean;
  readonly release: () => void;
  readonly #listeners: Listeners<boolean>;
  #isHeld = false;

  constructor(name: string, steal: boolean, release: () => void, log: Log) {
    this.#listeners = new Listeners('a lock', log);
    this.name = name;
    this.steal = steal;
    this.release = release;
  }

  get isHeld(): boolean {
    return this.#isHeld;
  }

  onChange(listener: (isHeld: boolean) => void): () => void {
    return this.#listeners.add(listener);
  }

  set(isHeld: boolean): void {
    if (isHeld === this.#isHeld) return;
    this.#isHeld = isHeld;
    this.#listeners.tell(isHeld);
  }
}
