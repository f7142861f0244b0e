/** Which FRR daemons offer a vty socket in a directory, and which of them takes a given line. Reads only. */

import { readdir } from 'node:fs/promises';

import { err, ok, type Result } from '../../../base/result.ts';
import { isSuccess } from '../wire/reply.ts';
import type { VtyError } from './error.ts';
import type { VtySession } from './session.ts';

/** Debian's, and FRR's own default. */
export const defaultVtyDirectory = '/var/run/frr';

export function vtyPath(directory: string, daemon: string): string {
  return `${directory}/${daemon}.vty`;
}

/**
 * The names of the daemons whose sockets are there: `bgpd`, `zebra`, `ospfd-2`, … sorted. A daemon that crashed leaves
 * its socket behind, so only connecting tells whether it runs.
 */
export async function findDaemons(
  directory: string = defaultVtyDirectory,
): Promise<Result<readonly string[], VtyError>> {
  try {
    const names = await readdir(directory);
    return ok(
      names.flatMap((name) => /^([a-z0-9]+(?:-[0-9]+)?)\.vty$/.exec(name)?.[1] ?? []).sort(),
    );
  } catch (cause) {
    return err({ kind: 'unreachable', path: directory, code: errorCode(cause) });
  }
}

/**
 * Whether the daemon knows a line that begins with `words` in a node, asked without trying it: `find` lists the
 * commands of the daemon as `  (vrf)  vni (1-16777215)…` (8.4) or `  (vrf)  [no] vni ![(1-16777215)…` (10.x).
 */
export async function offersCommand(
  session: VtySession,
  node: string,
  words: string,
): Promise<Result<boolean, VtyError>> {
  const found = await session.run(`find ${words}`);
  if (!found.ok) return found;
  if (!isSuccess(found.value)) return ok(false);
  const lines = found.value.text.split('\n').map((line) => line.trim());
  return ok(lines.some((line) => isOffer(line, node, words)));
}

/** The first of the sessions whose daemon knows the line; undefined: none does. */
export async function findTaker(
  sessions: Iterable<VtySession>,
  node: string,
  words: string,
): Promise<Result<VtySession | undefined, VtyError>> {
  for (const session of sessions) {
    const offers = await offersCommand(session, node, words);
    if (!offers.ok) return offers;
    if (offers.value) return ok(session);
  }
  return ok(undefined);
}

function isOffer(line: string, node: string, words: string): boolean {
  if (!line.startsWith(`(${node})`)) return false;
  const syntax = line.slice(node.length + 2).trim();
  return syntax === words || syntax.startsWith(`${words} `) || syntax.startsWith(`[no] ${words} `);
}

function errorCode(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
}
