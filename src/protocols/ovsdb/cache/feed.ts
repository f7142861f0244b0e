/**
 * Hands change sets to listeners in order. A listener that returns a promise is given nothing more
 * until it settles; what happens meanwhile is merged, so that a slow one costs at most one entry
 * for each row.
 */

import { type ChangeSet, mergeChanges } from './changes.ts';

export type Listener = (changes: ChangeSet) => void | Promise<void>;

interface Subscriber {
  readonly listener: Listener;
  isBusy: boolean;
  waiting: ChangeSet | undefined;
}

export class Feed {
  readonly #subscribers = new Set<Subscriber>();
  readonly #onFailure: (cause: unknown) => void;

  /** `onFailure` hears of listeners that throw or reject; the others are not disturbed. */
  constructor(onFailure: (cause: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** Hands `first` over before anything else. Returns how to stop listening. */
  subscribe(listener: Listener, first?: ChangeSet): () => void {
    const subscriber: Subscriber = { listener, isBusy: false, waiting: undefined };
    this.#subscribers.add(subscriber);
    if (first !== undefined) this.#deliver(subscriber, first);
    return () => {
      subscriber.waiting = undefined;
      this.#subscribers.delete(subscriber);
    };
  }

  publish(changes: ChangeSet): void {
    if (changes.tables.size === 0 && changes.cause !== 'initial') return;
    // A listener that another one adds just now has been given everything, or wants only what
    // comes.
    const subscribers = [...this.#subscribers];
    for (const subscriber of subscribers) {
      if (!subscriber.isBusy) this.#deliver(subscriber, changes);
      else {
        const { waiting } = subscriber;
        subscriber.waiting = waiting === undefined ? changes : mergeChanges(waiting, changes);
      }
    }
  }

  #deliver(subscriber: Subscriber, changes: ChangeSet): void {
    try {
      const done = subscriber.listener(changes);
      if (done === undefined) return;
      subscriber.isBusy = true;
      done.catch(this.#onFailure).finally(() => this.#resume(subscriber));
    } catch (cause) {
      this.#onFailure(cause);
    }
  }

  #resume(subscriber: Subscriber): void {
    subscriber.isBusy = false;
    const { waiting } = subscriber;
    subscriber.waiting = undefined;
    if (waiting !== undefined && waiting.tables.size > 0) this.#deliver(subscriber, waiting);
  }
}
