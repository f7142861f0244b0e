/** Why a connection is not there, for people (`message`) and for programs (`code`). */

export type ReasonCode =
  /** No connection could be made. */
  | 'unreachable'
  /** The server ended the connection. */
  | 'closed-by-server'
  /** The server sent what is not OVSDB, or contradicts itself. */
  | 'nonsense'
  /** The server answered no probe. */
  | 'silent'
  /** The server does not have the database, or has it in a state that is of no use to us. */
  | 'unsuitable'
  /** The server has no leading role in its cluster, and we need the one that does. */
  | 'not-leader'
  /** The server refused a request that we cannot do without. */
  | 'refused'
  /** We closed it. */
  | 'closed';

export interface Reason {
  readonly code: ReasonCode;
  readonly message: string;
  readonly cause?: unknown;
}

export function reason(code: ReasonCode, message: string): Reason {
  return { code, message };
}

export function reasonOf(code: ReasonCode, cause: unknown): Reason {
  return { code, message: cause instanceof Error ? cause.message : String(cause), cause };
}
