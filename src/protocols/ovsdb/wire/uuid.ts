/**
 * Row identities: the UUID of a row, and the name that stands for one inside a transaction. RFC
 * 7047 §5.1.
 */

import type { Brand } from '../../../base/brand.ts';
import { type Issue, issue } from '../../../base/issue.ts';
import { err, ok, type Result } from '../../../base/result.ts';

/** The identity of a row, in lower case: `36bef046-7da7-43a5-905a-c17899216fcb`. */
export type Uuid = Brand<string, 'Uuid'>;

/** Stands for the UUID of a row that the same transaction inserts. */
export interface NamedUuid {
  readonly namedUuid: string;
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * What ovsdb-server stores where a uuid column has no value, and sends as the id of no transaction.
 */
export const zeroUuid = '00000000-0000-0000-0000-000000000000' as Uuid;

export function isUuid(text: string): text is Uuid {
  return uuidPattern.test(text);
}

export function parseUuid(text: string): Result<Uuid, Issue> {
  const lower = text.toLowerCase();
  return isUuid(lower) ? ok(lower) : err(issue(`'${text}' is not a UUID`));
}

/**
 * A reference to the row that an `insert` of the same transaction names; throws on what is not an
 * RFC 7047 <id>.
 */
export function named(name: string): NamedUuid {
  if (!isId(name)) throw new RangeError(`'${name}' is not a name for a row: letters, digits and _`);
  return { namedUuid: name };
}

/** RFC 7047 §3.1 <id>: names of databases, tables, columns and named UUIDs. */
export function isId(text: string): boolean {
  return /^[a-zA-Z_][a-zA-Z0-9_]*$/.test(text);
}
