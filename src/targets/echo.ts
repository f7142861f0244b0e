/** What a target does after a transaction: tells what became of it, and waits until its replica shows that. */

import type { Clock } from '../base/ports.ts';
import type { TransactResult } from '../protocols/ovsdb/index.ts';
import { done, failed, type Outcome } from '../resources/target.ts';

export function outcomeOf(result: TransactResult): Outcome {
  if (result.ok) return done;
  const { error } = result;
  return failed(error.kind === 'refused' ? error.error.message : error.reason.message);
}

/** Milliseconds after which it is not waited for any longer. */
const patience = 2_000;

export class Echo {
  readonly #clock: Clock;
  #changed = Promise.withResolvers<void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** To be called at every change of the replica. */
  changed(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async until(condition: () => boolean): Promise<void> {
    const limit = new AbortController();
    const deadline = this.#clock.sleep(patience, limit.signal).then(
      () => true,
      () => true,
    );
    let isLate = false;
    while (!isLate && !condition()) {
      isLate = await Promise.race([deadline, this.#changed.promise.then(() => false)]);
    }
    limit.abort();
  }
}
