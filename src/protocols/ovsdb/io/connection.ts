/**
 * Finds a suitable server among the endpoints, stays with it while it is suitable, and goes on to
 * the next one when it is not: back-off with jitter after each round. What is done with a server is
 * `Attendant`'s business.
 */

import { type BackOff, backOffDelay } from '../../../base/back-off.ts';
import type { Clock, Log, Random } from '../../../base/ports.ts';
import { type Endpoint, formatEndpoint } from '../../../net/endpoint.ts';
import { Listeners } from './listeners.ts';
import { type Reason, reason } from './reason.ts';
import type { DatabaseState } from './state.ts';

export interface ConnectionOptions {
  readonly endpoints: readonly [Endpoint, ...Endpoint[]];
  readonly backOff: BackOff;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** One stay with one server, from the first octet to the reason why it ended. */
export type Attend = (
  endpoint: Endpoint,
  signal: AbortSignal,
  enter: (state: DatabaseState) => void,
) => Promise<Reason>;

export class Connection {
  readonly #options: ConnectionOptions;
  readonly #attend: Attend;
  readonly #stop = new AbortController();
  readonly #listeners: Listeners<DatabaseState>;
  readonly #done: Promise<void>;
  #state: DatabaseState;
  #failures = 0;
  /** What was last said of each endpoint since the content was last in step. */
  readonly #reported = new Map<string, string>();

  constructor(options: ConnectionOptions, attend: Attend) {
    this.#options = options;
    this.#attend = attend;
    this.#listeners = new Listeners('the state', options.log);
    const [endpoint] = options.endpoints;
    this.#state = { name: 'connecting', since: options.clock.now(), endpoint };
    this.#done = this.#run();
  }

  get state(): DatabaseState {
    return this.#state;
  }

  onState(listener: (state: DatabaseState) => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Ends the stay; resolves when nothing is open any more. */
  close(): Promise<void> {
    this.#stop.abort(reason('closed', 'the client was closed'));
    return this.#done;
  }

  async #run(): Promise<void> {
    const { clock, endpoints } = this.#options;
    // The constructor returns before the first attempt, so that its caller can listen.
    await Promise.resolve();
    for (let next = 0; !this.#stop.signal.aborted; next += 1) {
      const endpoint = endpoints[next % endpoints.length] ?? endpoints[0];
      this.#enter({ name: 'connecting', since: clock.now(), endpoint });
      const because = await this.#attend(endpoint, this.#stop.signal, (state) =>
        this.#enter(state),
      );
      if (this.#stop.signal.aborted) break;
      const delay = this.#delayAfter(this.#state);
      const now = clock.now();
      this.#report(endpoint, because, delay);
      this.#enter({ name: 'down', since: now, reason: because, retryAt: now + delay });
      await this.#pause(delay);
    }
    this.#enter({ name: 'closed', since: clock.now() });
  }

  /** No delay while there are endpoints that were not tried in this round. */
  #delayAfter(state: DatabaseState): number {
    const { backOff, clock, endpoints, random } = this.#options;
    // A server that keeps accepting and losing us is no better than one that is not there.
    const wasGood = state.name === 'synced' && clock.now() - state.since >= backOff.max;
    this.#failures = wasGood ? 1 : this.#failures + 1;
    if (this.#failures % endpoints.length !== 0) return 0;
    return backOffDelay(backOff, this.#failures / endpoints.length, random);
  }

  async #pause(ms: number): Promise<void> {
    try {
      await this.#options.clock.sleep(ms, this.#stop.signal);
    } catch {
      // Closed meanwhile; the loop sees it.
    }
  }

  /** Aloud once: an endpoint that stays away for days for the same reason says so at `debug`. */
  #report(endpoint: Endpoint, because: Reason, delay: number): void {
    const text = formatEndpoint(endpoint);
    const isNew = this.#reported.get(text) !== because.message;
    this.#reported.set(text, because.message);
    const wait = delay === 0 ? 'trying the next' : `next attempt in ${(delay / 1000).toFixed(1)} s`;
    this.#options.log(isNew ? 'warn' : 'debug', `lost ${text}: ${because.message}; ${wait}`, {
      endpoint: text,
      code: because.code,
    });
  }

  #enter(state: DatabaseState): void {
    this.#state = state;
    if (state.name === 'synced') this.#reported.clear();
    this.#listeners.tell(state);
  }
}
