/**
 * What is wrong with octets, as values: an error that ends the session, with the NOTIFICATION it is told in (RFC 4271 §6),
 * and findings about an UPDATE, each with the action of RFC 7606 §2. Nothing here throws, and nothing that decodes does.
 */

import { errorNames } from './numbers.ts';
import { hex } from './octets.ts';

/** An error after which the session is over. `code`, `subcode` and `data` are the NOTIFICATION to send. */
export interface MessageError {
  readonly code: number;
  readonly subcode: number;
  readonly data: Uint8Array;
  /** What is wrong, without the name of the error: `the marker is not all ones`. */
  readonly reason: string;
  /** Where that is written. */
  readonly rfc: string;
}

/**
 * What is done about an error in an UPDATE, RFC 7606 §2: the attribute is left out; all routes of the UPDATE are treated as
 * withdrawn; the family is not used again in this session; the session ends. From the weakest to the strongest.
 */
export type Action = 'discard' | 'withdraw' | 'disable' | 'reset';

/** One thing wrong with an UPDATE. */
export interface Finding {
  readonly action: Action;
  /** The type code of the attribute; `undefined` for an error outside of the attributes. */
  readonly attribute: number | undefined;
  /** UPDATE error subcode, RFC 4271 §6.3, which a session reset for this would carry. */
  readonly subcode: number;
  /** A sentence that is the same for the same case, so that cases can be counted by it. */
  readonly reason: string;
  readonly rfc: string;
  /** The octets: the whole attribute (flags, type, length, content), or the field. A copy. */
  readonly octets: Uint8Array;
}

/** `UPDATE Message Error/Malformed Attribute List`, or numbers of what has no name. */
export function formatErrorCode(code: number, subcode: number): string {
  const { name, subcodes } = errorNames[code] ?? { name: `error ${code}`, subcodes: {} };
  const sub = subcodes[subcode] ?? (subcode === 0 ? undefined : `subcode ${subcode}`);
  return sub === undefined ? name : `${name}/${sub}`;
}

export function formatMessageError({ code, subcode, data, reason, rfc }: MessageError): string {
  const octets = data.length === 0 ? '' : `, data ${hex(data)}`;
  return `${formatErrorCode(code, subcode)}: ${reason} (${rfc}${octets})`;
}
