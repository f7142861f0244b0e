/**
 * The log of the agent, on pino: JSON lines for machines, plain lines for people. A log that cannot be written is kept
 * for a while, then lost; what keeps the network up goes on, and standard error is told once.
 */

import { pino } from 'pino';

import type { Log, LogLevel } from '../base/ports.ts';
import type { SourceState } from '../inventory/source.ts';
import type { JournalEntry } from '../reconcile/journal.ts';
import { ownSource } from '../reconcile/reconciler.ts';
import { formatReason } from '../resources/resource.ts';
import type { TargetState } from '../resources/target.ts';

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: 'auto' | 'human' | 'json';
  /** Standard error when absent. */
  readonly file: string | undefined;
}

export function openLog(options: LogOptions): Log {
  const isHuman =
    options.format === 'human' ||
    (options.format === 'auto' && options.file === undefined && process.stderr.isTTY);
  const destination = openDestination(options.file);
  if (isHuman) return humanLog(options.level, (line) => void destination.write(line));
  const logger = pino({ level: options.level, base: null }, destination);
  return (level, message, fields) => {
    try {
      logger[level](fields ?? {}, message);
    } catch {
      // As above: the write itself may throw when the disk is full.
    }
  };
}

type Destination = ReturnType<typeof pino.destination>;

/** Characters that are kept while nothing can be written. */
const keptLength = 1 << 20;

function openDestination(file: string | undefined): Destination {
  const open = (dest: string | number): Destination =>
    pino.destination({ dest, sync: true, mkdir: false, maxLength: keptLength });
  let isWell = true;
  // A full disk, or a reader that went away, must not stop what keeps the network up.
  const failed = (problem: string, cause: unknown, remedy: string): void => {
    if (!isWell || file === undefined) return;
    isWell = false;
    const reason = cause instanceof Error ? cause.message : String(cause);
    complain(`cannot ${problem} the log file ${file}: ${reason}; ${remedy}`);
  };
  try {
    const destination = open(file ?? 2);
    destination.on('error', (cause: unknown) =>
      failed('write', cause, 'make room there: the agent goes on, and what does not fit is lost'),
    );
    destination.on('write', () => {
      isWell = true;
    });
    return destination;
  } catch (cause) {
    failed('open', cause, 'correct log.file: the log goes to standard error');
    return openDestination(undefined);
  }
}

function complain(text: string): void {
  try {
    process.stderr.write(`selvedge: ${text}\n`);
  } catch {
    // Nobody is left to be told.
  }
}

const ranks: Readonly<Record<LogLevel, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

function humanLog(least: LogLevel, write: (line: string) => void): Log {
  return (level, message, fields) => {
    if (ranks[level] < ranks[least]) return;
    const because: unknown = fields?.['because'];
    const why = Array.isArray(because) && because.length > 0 ? `  <- ${String(because[0])}` : '';
    const time = new Date().toISOString().slice(11, 23);
    try {
      write(`${time} ${level.padEnd(5)} ${message}${why}\n`);
    } catch {
      // As above.
    }
  };
}

/** Logs each state of a part once: it may speak up more often. */
export function stateLog(log: Log): (name: string, state: SourceState | TargetState) => void {
  const told = new Map<string, string>();
  return (name, state) => {
    const reason = 'reason' in state && state.reason !== undefined ? `: ${state.reason}` : '';
    const text = `${name} is ${state.state}${reason}`;
    if (told.get(name) === text) return;
    told.set(name, text);
    log(state.state === 'down' ? 'warn' : 'info', text);
  };
}

export function logOperation(log: Log, entry: JournalEntry): void {
  const { verb, key, target, error, because } = entry;
  // The facts that a removal follows from are gone; what is known is what they were.
  const reasons = because.map((reason) =>
    verb === 'remove' && reason.source !== ownSource
      ? `was for ${formatReason(reason)}`
      : formatReason(reason),
  );
  const fields = { verb, key, target, because: reasons };
  if (error === undefined) log('info', `${verb} ${key}`, fields);
  else log('warn', `cannot ${verb} ${key}: ${error}; trying again`, { ...fields, error });
}
