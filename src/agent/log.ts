/**
 * The log of the agent: JSON lines for machines, plain lines for people. Written after the turn of the event loop in
 * which they were said, all at once: what keeps the network up goes first. Lines that cannot be written are kept for
 * a while, then lost; the agent goes on, and standard error is told once.
 */

import { openSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';

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
    (options.format === 'auto' && options.file === undefined && isatty(standardError));
  const format = isHuman ? formatForPeople : formatJson;
  const write = openWriter(options.file);
  const least = ranks[options.level];
  let said: Line[] = [];
  const flush = (): void => {
    const lines = said;
    said = [];
    if (lines.length > 0) write(lines.map(format).join(''));
  };
  process.once('exit', flush);
  return (level, message, fields) => {
    if (ranks[level] < least) return;
    if (said.length === 0) setImmediate(flush);
    said.push({ at: Date.now(), level, message, fields });
  };
}

interface Line {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>> | undefined;
}

const standardError = 2;
/** Octets that are kept while nothing can be written. */
const keptLength = 1 << 20;

/** A full disk, or a reader that went away, must not stop what keeps the network up. */
function openWriter(file: string | undefined): (lines: string) => void {
  let isWell = true;
  const failed = (problem: string, cause: unknown, remedy: string): void => {
    if (!isWell || file === undefined) return;
    isWell = false;
    const reason = cause instanceof Error ? cause.message : String(cause);
    complain(`cannot ${problem} the log file ${file}: ${reason}; ${remedy}`);
  };
  try {
    const out = file === undefined ? standardError : openSync(file, 'a');
    let kept = Buffer.alloc(0);
    return (lines) => {
      if (kept.length < keptLength) kept = Buffer.concat([kept, Buffer.from(lines)]);
      try {
        while (kept.length > 0) kept = kept.subarray(writeSync(out, kept));
        isWell = true;
      } catch (cause) {
        failed('write', cause, 'make room there: the agent goes on, and what does not fit is lost');
      }
    };
  } catch (cause) {
    failed('open', cause, 'correct log.file: the log goes to standard error');
    return openWriter(undefined);
  }
}

function complain(text: string): void {
  try {
    writeSync(standardError, `selvedge: ${text}\n`);
  } catch {
    // Nobody is left to be told.
  }
}

/** By the numbers that collectors of JSON logs know from bunyan and pino. */
const ranks: Readonly<Record<LogLevel, number>> = { debug: 20, info: 30, warn: 40, error: 50 };

function formatJson({ at, level, message, fields }: Line): string {
  return `${JSON.stringify({ level: ranks[level], time: at, ...fields, msg: message })}\n`;
}

function formatForPeople({ at, level, message, fields }: Line): string {
  const because: unknown = fields?.['because'];
  const why = Array.isArray(because) && because.length > 0 ? `  <- ${String(because[0])}` : '';
  const time = new Date(at).toISOString().slice(11, 23);
  return `${time} ${level.padEnd(5)} ${message}${why}\n`;
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
