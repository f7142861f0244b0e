/** The effects that most of the program needs, as values it is handed: time, log, chance. Tests hand in their own. */

export interface Clock {
  /** Milliseconds on a clock that never goes back; only differences mean something. */
  now(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A number in [0, 1). */
export type Random = () => number;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** One line per call. `fields` are for machines, `message` is a whole sentence for people. */
export type Log = (
  level: LogLevel,
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

/** A log that keeps nothing. */
export const silentLog: Log = () => {};
