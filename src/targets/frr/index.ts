/**
 * FRR as a target: the VRFs, L3VNIs, BGP instances and imports of resources/frr.ts, over the daemons' own sockets. A daemon
 * that goes away is noticed at once and everything is looked at again when it is back; an altered line within a second,
 * or later where FRR has much to print. Decides nothing, and never writes to FRR's files.
 */

import { type BackOff, backOffDelay } from '../../base/back-off.ts';
import { equalData } from '../../base/equal.ts';
import type { Clock, Log, Random } from '../../base/ports.ts';
import { formatVtyError, type StanzaSessions } from '../../protocols/vty/index.ts';
import type { Key } from '../../resources/resource.ts';
import {
  failed,
  isRetriedOnChange,
  type Observed,
  type Operation,
  type Outcome,
  type Owner,
  type Target,
  type TargetEvents,
  type TargetState,
} from '../../resources/target.ts';
import { connectFrr, sessionsOf } from './connect.ts';
import {
  equalTexts,
  type FrrFacts,
  type FrrTexts,
  type OwnInstance,
  parseFacts,
  readTexts,
} from './facts.ts';
import { FrrObjects } from './objects.ts';
import { isFrrSpec } from './stanzas.ts';
import { carryOut, type FrrOperation, frrIsAway, verify } from './tasks.ts';

/** What the target must know of the kernel's devices. */
export interface OwnLinks {
  /** Whose a device is; `undefined` when there is none of that name. */
  ownerOf(name: string): Owner | undefined;
  /** Calls back when devices have come, gone or changed. */
  onLinksChanged(listener: () => void): void;
}

export interface FrrTargetOptions {
  readonly links?: OwnLinks;
  /** Where the daemons have their sockets: `/run/frr`. */
  readonly vtyDirectory: string;
  /** Hears of FRR's own BGP instance, before any change that was read along with it. */
  readonly onOwnInstance?: (own: OwnInstance) => void;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const reconnect: BackOff = { initial: 100, max: 2_000 };

/** Milliseconds between two looks at the configuration: FRR tells nobody that it was changed. */
const lookInterval = 1_000;

/** The first pause while something is awaited; each further one is twice as long, up to `lookInterval`. */
const hurry = 100;

/**
 * Looking takes at most one part in so many of the time, ours and FRR's: 0.1 s of a minute. Where that takes more than
 * 1.7 ms FRR is therefore looked at less often than every second, but every half minute in any case.
 */
const restShare = 600;
const longestInterval = 30_000;

/** Milliseconds that a look is taken to last before one was made. */
const usualLook = 3;

/** How often, and how many milliseconds apart, it is looked whether FRR shows what it took: zebra follows mgmtd. */
const verifyTries = 10;
const verifyPause = 50;

export function openFrrTarget(options: FrrTargetOptions): Target {
  return new FrrTarget(options);
}

class FrrTarget implements Target {
  readonly name = 'frr';
  readonly #options: FrrTargetOptions;
  readonly #objects: FrrObjects;
  /** Whether the devices were first read, or one changed hands, after FRR was last looked at. */
  #areMarksNew = false;
  /** Operations that were put off, to be looked at again when anything changes. */
  readonly #waiting = new Set<Key>();
  readonly #stop = new AbortController();
  #state: TargetState = { state: 'starting' };
  #events: TargetEvents | undefined;
  #sessions: StanzaSessions | undefined;
  #last: { readonly texts: FrrTexts; readonly facts: FrrFacts } | undefined;
  #own: OwnInstance | undefined;
  #running: Promise<void> = Promise.resolve();
  /** The next pauses between looks, when they are to be shorter than usual; `#nudge` ends the present one. */
  #pauses: number[] = [];
  /** Milliseconds that a look takes. Grows twofold at most: a machine that was busy once says nothing of FRR. */
  #lookTime = usualLook;
  #nudge = new AbortController();
  /** Resolves when nobody reads or writes. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: FrrTargetOptions) {
    this.#options = options;
    const { links } = options;
    this.#objects = new FrrObjects((name) => links?.ownerOf(name));
    let isFirst = true;
    links?.onLinksChanged(() => {
      this.#areMarksNew ||= isFirst || this.#objects.haveDevicesChangedHands;
      isFirst = false;
      if (this.#areMarksNew) this.#wakeIfIdle();
    });
  }

  get state(): TargetState {
    return this.#state;
  }

  observe(key: Key): Observed | undefined {
    return this.#objects.get(key);
  }

  all(): Iterable<Observed> {
    return this.#objects.all();
  }

  wanted(keys: Iterable<Key>): void {
    this.#wakeIfIdle();
    this.#objects.want([...keys].filter((key) => key.startsWith('frr ')));
  }

  /** Resolves also when FRR is not there: the rest of the node goes on without it. */
  start(events: TargetEvents): Promise<void> {
    this.#events = events;
    return new Promise((resolve) => {
      this.#running = this.#run(resolve);
    });
  }

  apply(operations: readonly Operation[]): Promise<readonly Outcome[]> {
    return this.#exclusively(async () => {
      const outcomes = await this.#applyNow(operations.filter(isFrrOperation));
      const isPutOff = (operation: Operation): boolean => {
        const outcome = outcomes.get(operation);
        return outcome !== undefined && isRetriedOnChange(outcome);
      };
      const putOff = operations.filter(isPutOff).map(({ key }) => key);
      for (const key of putOff) this.#waiting.add(key);
      if (putOff.length > 0) this.#hurry();
      this.#events?.changed(operations.flatMap((each) => (isPutOff(each) ? [] : each.key)));
      return operations.map(
        (operation) => outcomes.get(operation) ?? failed(`${operation.key} is not of FRR`),
      );
    });
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    await this.#turn;
  }

  async #run(started: () => void): Promise<void> {
    const { clock, random, vtyDirectory } = this.#options;
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      const connected = await connectFrr(vtyDirectory, clock);
      const ready = (): void => {
        failures = 0;
        started();
      };
      if (connected.ok) await this.#serve(connected.value, ready);
      else this.#setState({ state: 'down', reason: connected.error });
      failures += 1;
      started();
      await this.#pause(backOffDelay(reconnect, failures, random), this.#stop.signal);
    }
  }

  /** Watches until a session is lost, a daemon refuses to be read, or `close`; leaves no session behind. */
  async #serve(sessions: StanzaSessions, ready: () => void): Promise<void> {
    const over = new AbortController();
    const lost = whenLost(sessions).then((reason) => {
      over.abort();
      return reason;
    });
    this.#sessions = sessions;
    const failure = await this.#watch(sessions, ready, over.signal);
    this.#sessions = undefined;
    if (!this.#stop.signal.aborted) {
      this.#setState({ state: 'down', reason: failure ?? (await lost) });
    }
    // What is being said now is said to its end, as far as the daemons are there.
    await this.#turn;
    this.#last = undefined;
    this.#objects.forget();
    for (const session of sessionsOf(sessions)) session.close();
  }

  /** Looks again and again; returns why that failed, or nothing when it was ended. */
  async #watch(
    sessions: StanzaSessions,
    ready: () => void,
    over: AbortSignal,
  ): Promise<string | undefined> {
    const { clock } = this.#options;
    const signal = AbortSignal.any([over, this.#stop.signal]);
    while (!signal.aborted) {
      const isFirst = this.#state.state !== 'ready';
      // Also while nothing is wanted of FRR: that may be for want of what its own instance has to say.
      const failure = await this.#exclusively(async () => {
        const begun = clock.now();
        const found = await this.#look(sessions);
        this.#lookTime = Math.max(1, Math.min(clock.now() - begun, 2 * this.#lookTime));
        return found;
      });
      if (failure !== undefined) return failure;
      if (isFirst) ready();
      const hurried = this.#pauses.shift();
      const fair = Math.min(this.#lookTime * restShare, longestInterval);
      const watching = this.#waiting.size > 0 ? lookInterval : Math.max(lookInterval, fair);
      const usual = this.#objects.isIdle && !this.#areMarksNew ? longestInterval : watching;
      const ms = hurried === undefined ? usual : hurried + this.#lookTime;
      const nudge = new AbortController();
      this.#nudge = nudge;
      await this.#pause(ms, AbortSignal.any([signal, nudge.signal]));
    }
    return undefined;
  }

  /** Reads, and tells of what is other than before; returns why it could not. */
  async #look(sessions: StanzaSessions): Promise<string | undefined> {
    const read = await readTexts(sessions);
    if (!read.ok) return `FRR cannot be read: ${formatVtyError(read.error)}`;
    const isSame = this.#last !== undefined && equalTexts(this.#last.texts, read.value);
    if (isSame && !this.#areMarksNew) return undefined;
    this.#areMarksNew = false;
    const facts = parseFacts(read.value);
    this.#tellOwn(facts.own);
    this.#last = { texts: read.value, facts };
    const changed = new Set([...this.#objects.refresh(facts), ...this.#waiting]);
    this.#options.log('debug', 'FRR shows another configuration', { changed: [...changed] });
    this.#waiting.clear();
    this.#setState({ state: 'ready' });
    if (changed.size > 0) this.#events?.changed(changed);
    return undefined;
  }

  /** One that has gone is about to come back, and is still the one to go by. */
  #tellOwn(own: OwnInstance | undefined): void {
    if (own === undefined || equalData(own, this.#own)) return;
    this.#own = own;
    this.#options.onOwnInstance?.(own);
  }

  async #applyNow(operations: readonly FrrOperation[]): Promise<ReadonlyMap<Operation, Outcome>> {
    const sessions = this.#sessions;
    if (sessions === undefined) return outcomesOf(operations, () => frrIsAway);
    // What is done about a key makes it ours to watch, until it is removed.
    this.#objects.want(operations.map(({ key }) => key));
    // Nothing is decided by what was read a second ago.
    await this.#look(sessions);
    const before = this.#last?.facts;
    if (before === undefined) return outcomesOf(operations, () => frrIsAway);
    const refusals = await carryOut(sessions, before, operations);
    const said = operations.filter((operation) => !refusals.has(operation));
    const verified = await this.#verify(sessions, said);
    for (const { verb, key } of operations) if (verb === 'remove') this.#objects.unwant(key);
    return outcomesOf(
      operations,
      (operation) => refusals.get(operation) ?? verified.get(operation) ?? frrIsAway,
    );
  }

  /** Reads until FRR shows everything as it was told, or for long enough. */
  async #verify(
    sessions: StanzaSessions,
    operations: readonly FrrOperation[],
  ): Promise<ReadonlyMap<Operation, Outcome>> {
    for (let tries = 1; ; tries += 1) {
      const failure = await this.#look(sessions);
      const facts = this.#last?.facts;
      if (failure !== undefined || facts === undefined) {
        return outcomesOf(operations, () => frrIsAway);
      }
      const outcomes = outcomesOf(operations, (operation) => verify(operation, facts));
      const isDone = [...outcomes.values()].every(
        (outcome) => outcome.done || 'waiting' in outcome,
      );
      if (isDone || tries === verifyTries) return outcomes;
      await this.#pause(verifyPause, this.#stop.signal);
    }
  }

  #hurry(): void {
    this.#pauses = [];
    for (let pause = hurry; pause < lookInterval; pause *= 2) this.#pauses.push(pause);
    this.#nudge.abort();
  }

  /** There is something to watch over now, or there may be. */
  #wakeIfIdle(): void {
    if (this.#objects.isIdle) this.#nudge.abort();
  }

  #setState(state: TargetState): void {
    const isSame = equalData(state, this.#state);
    this.#state = state;
    if (!isSame) this.#events?.stateChanged();
  }

  /** One at a time, in the order of asking. */
  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => undefined);
    return result;
  }

  /** Resolves after a while, or at once when the signal is given. */
  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    if (!signal.aborted) await this.#options.clock.sleep(ms, signal).catch(() => undefined);
  }
}

function whenLost(sessions: StanzaSessions): Promise<string> {
  return Promise.race(
    [...sessionsOf(sessions)].map(async ({ path, closed }) => {
      const { detail } = await closed;
      return `FRR is not running: lost ${path}: ${detail}`;
    }),
  );
}

function outcomesOf(
  operations: readonly FrrOperation[],
  outcomeOf: (operation: FrrOperation) => Outcome,
): ReadonlyMap<Operation, Outcome> {
  return new Map(operations.map((operation) => [operation, outcomeOf(operation)]));
}

function isFrrOperation(operation: Operation): operation is FrrOperation {
  return isFrrSpec(operation.spec);
}
