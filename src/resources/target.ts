/** The port through which the core sees and changes one target. Targets implement it; they decide nothing. */

import type { AnySpec, Key, Reason, TargetName, Verb } from './resource.ts';

/**
 * Whose an existing object is. `us`: it carries our mark. `predecessor`: it is what an agent that we replace left,
 * by its exact shape; it is taken over when wanted. `nobody`: no mark; it is never altered or removed.
 */
export type Owner = 'us' | 'predecessor' | 'nobody';

export interface Observed<S extends AnySpec = AnySpec> {
  readonly key: Key;
  readonly spec: S;
  readonly owner: Owner;
}

/** One step, complete in itself: a target needs nothing else to carry it out. */
export interface Operation<S extends AnySpec = AnySpec> {
  readonly verb: Verb;
  readonly key: Key;
  readonly target: TargetName;
  /** What shall be; for `remove`, what is. */
  readonly spec: S;
  /** What is, where there is something. */
  readonly observed: S | undefined;
  readonly because: readonly Reason[];
  /** Operations of the same call that it comes after, by key; none when absent. */
  readonly after?: readonly Key[];
}

export type Outcome =
  /** The target has carried it out, or found it so already. */
  | { readonly done: true }
  /** It cannot be carried out yet, and the target will report a change of this key when it may be. */
  | { readonly done: false; readonly waiting: string }
  /**
   * It was refused; `error` is the target's own text. `untilChange`: somebody else must put it right, and the target
   * will report a change of this key when it is worth another try, however long that was to be put off.
   */
  | { readonly done: false; readonly error: string; readonly untilChange?: true };

export const done: Outcome = { done: true };

export function failed(error: string): Outcome {
  return { done: false, error };
}

export function failedUntilChange(error: string): Outcome {
  return { done: false, error, untilChange: true };
}

/** Whether the target will report a change of the key when it should be tried again. */
export function isRetriedOnChange(outcome: Outcome): boolean {
  return !outcome.done && ('waiting' in outcome || outcome.untilChange === true);
}

export function waiting(reason: string): Outcome {
  return { done: false, waiting: reason };
}

export type TargetState =
  | { readonly state: 'starting' }
  | { readonly state: 'ready' }
  | { readonly state: 'down'; readonly reason: string };

export interface TargetEvents {
  /** These objects may be other than they were. */
  changed(keys: Iterable<Key>): void;
  /** `state` has another value. */
  stateChanged(): void;
}

export interface Target {
  readonly name: TargetName;
  readonly state: TargetState;
  /** What is known of one object, as of the last event or operation. */
  observe(key: Key): Observed | undefined;
  /** All that is known: at least every object of ours and of a predecessor, and every wanted one. */
  all(): Iterable<Observed>;
  /** Begins to watch; resolves when the state has been read once. Comes back by itself when the target goes away. */
  start(events: TargetEvents): Promise<void>;
  /**
   * What somebody else has to make before this object can be, where it is not there: until then nothing is to be done, and
   * when it comes the key is reported as changed.
   */
  lacks?(key: Key, spec: AnySpec): string | undefined;
  /** The objects that are wanted from now on, so that foreign ones under the same key are observed too. */
  wanted(keys: Iterable<Key>): void;
  /**
   * Whether what is made on the object of this operation may be handed over with it, and be done in one go: then nothing
   * comes in between. Never when absent.
   */
  leads?(operation: Operation): boolean;
  /**
   * Carries out operations; one outcome each, in their order. They do not depend on each other, but where one says what it
   * comes `after`: it is not done, or taken back, and waits, when that was not carried out. When it resolves, `observe`
   * shows what was done. A replacement may take along what stands on the object; that is reported as changed
   * and put back as anything that is missing. Never rejects, and is not called again before it has resolved.
   */
  apply(operations: readonly Operation[]): Promise<readonly Outcome[]>;
  /** Stops watching. Leaves everything as it is. */
  close(): Promise<void>;
}

/** For what a node does not have: nothing is there, and nothing can be made. */
export function absentTarget(name: TargetName): Target {
  return {
    name,
    state: { state: 'ready' },
    observe: () => undefined,
    all: () => [],
    start: async () => {},
    wanted: () => {},
    apply: async (operations) => operations.map(() => failed(`this node has no ${name}`)),
    close: async () => {},
  };
}
