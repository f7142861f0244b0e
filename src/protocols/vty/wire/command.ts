/**
 * One command line on its way to an FRR daemon: the door through which every text goes that we send, and its frame.
 * A line that this file lets through is one command to FRR, whatever it says; whether FRR knows it is FRR's to say.
 */

import type { Brand } from '../../../base/brand.ts';
import { type Issue, issue } from '../../../base/issue.ts';
import { err, ok, type Result } from '../../../base/result.ts';

/** A single line that is safe to frame. Made by `parseCommand` only. */
export type Command = Brand<string, 'VtyCommand'>;

/** Goes back to the enable node, from wherever the session stands; harmless there. */
export const endCommand = 'end' as Command;

/** Enters the configuration; unknown (status 2) in the configuration itself. */
export const configureCommand = 'configure terminal' as Command;

/** FRR's VTY_BUFSIZ; no configuration line comes near it. */
export const maxCommandLength = 4096;

/**
 * FRR ends a command at NUL and takes anything else, newlines included, as part of the line: `a\nb` is one unknown
 * command to it (status 2). Text with control characters is refused all the same, since it can only come from a value
 * that nobody validated, and because the same text may end up in frr.conf, where a newline does begin another line.
 */
export function parseCommand(text: string): Result<Command, Issue> {
  const stray = text.search(/[\p{Cc}\p{Cs}\u2028\u2029]/u);
  if (stray >= 0)
    return err(issue(`${nameCharacter(text, stray)} at ${stray} cannot be sent to FRR`));
  if (text.trim() === '') return err(issue('an empty line is no command'));
  if (text.length > maxCommandLength) {
    return err(issue(`${text.length} characters are more than the ${maxCommandLength} FRR takes`));
  }
  return ok(text as Command);
}

/** The octets of a command: the line and one NUL. */
export function encodeCommand(command: Command): Uint8Array {
  return new TextEncoder().encode(`${command}\0`);
}

function nameCharacter(text: string, at: number): string {
  const code = text.charCodeAt(at);
  return `the character U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}
