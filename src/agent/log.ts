/** The log of the agent, on pino: JSON lines for machines, plain lines for people. A log that cannot be written is lost. */

import { pino } from 'pino';

import type { Log, LogLevel } from '../base/ports.ts';
import type { SourceState } from '../inventory/source.ts';
import type { JournalEntry } from '../reconcile/journal.ts';
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
  const destination = pino.destination({ dest: options.file ?? 2, sync: true, mkdir: false });
  // A full disk, or a reader that went away, must not stop what keeps the network up.
  destination.on('error', () => {});
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

export function logState(log: Log, name: string, state: SourceState | TargetState): void {
  const reason = 'reason' in state && state.reason !== undefined ? `: ${state.reason}` : '';
  log(state.state === 'down' ? 'warn' : 'info', `${name} is ${state.state}${reason}`);
}

export function logOperation(log: Log, entry: JournalEntry): void {
  const { verb, key, target, error, because } = entry;
  const fields = { verb, key, target, because: because.map(formatReason) };
  if (error === undefined) log('info', `${verb} ${key}`, fields);
  else log('warn', `cannot ${verb} ${key}: ${error}; trying again`, { ...fields, error });
}
