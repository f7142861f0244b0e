/**
 * What an earlier run asked of the Southbound database, kept in a file, so that the next one begins with it: else each
 * step of what a node is interested in needs the answer to the one before. A memory that is wrong costs rows that nobody
 * wants, for a moment; none costs only time.
 */

import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../base/ports.ts';
import { isUuid } from '../../protocols/ovsdb/index.ts';

/** Text of rows and their UUIDs; sorted or not. */
export interface Remembered {
  /** The chassis' name: what another node asked for is of no use. */
  readonly systemId: string;
  readonly chassis: string;
  readonly seats: readonly string[];
  readonly groups: readonly string[];
  readonly ownGroups: boolean;
  readonly types: readonly string[];
  readonly datapaths: readonly string[];
  readonly names: readonly string[];
}

export interface Memory {
  recall(systemId: string): Remembered | undefined;
  /** Writes it down some time later; a failure is no more than a word in the log. */
  remember(what: Remembered): void;
}

const none: Memory = { recall: () => undefined, remember: () => {} };

/** In the directory that systemd gives for what may be lost at any time; none without one. */
export function memoryIn(directory: string | undefined, log: Log): Memory {
  return directory === undefined ? none : fileMemory(join(directory, 'southbound.json'), log);
}

export function fileMemory(path: string, log: Log): Memory {
  let next: Remembered | undefined;
  let writing = Promise.resolve();
  const write = async () => {
    const what = next;
    if (what === undefined) return;
    next = undefined;
    try {
      await writeFile(`${path}.new`, JSON.stringify(what), { mode: 0o600 });
      await rename(`${path}.new`, path);
    } catch (error) {
      log('debug', `cannot write ${path}: ${String(error)}`);
    }
  };
  return {
    recall: (systemId) => {
      const found = read(path);
      return found?.systemId === systemId ? found : undefined;
    },
    remember: (what) => {
      next = what;
      writing = writing.then(write);
    },
  };
}

function read(path: string): Remembered | undefined {
  try {
    const json: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isRemembered(json) ? json : undefined;
  } catch {
    // Not there yet, or not whole.
    return undefined;
  }
}

/** Whether nothing in it could make the server refuse what is asked. */
function isRemembered(json: unknown): json is Remembered {
  if (typeof json !== 'object' || json === null) return false;
  const { systemId, chassis, seats, groups, ownGroups, types, datapaths, names } = json as Partial<
    Record<keyof Remembered, unknown>
  >;
  return (
    typeof systemId === 'string' &&
    typeof ownGroups === 'boolean' &&
    [[chassis], seats, groups, datapaths].every((each) => isListOf(each, isUuid)) &&
    [types, names].every((each) => isListOf(each, (text) => text !== ''))
  );
}

function isListOf(value: unknown, is: (text: string) => boolean): boolean {
  return Array.isArray(value) && value.every((each) => typeof each === 'string' && is(each));
}
