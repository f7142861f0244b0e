/**
 * Sends transactions, RFC 7047 §4.1.3, and says for certain what became of each: committed,
 * refused, never sent, or, when the connection was lost in between, unknown. A transaction with a
 * guard is never unknown: it is sent again, and the guard tells whether the first sending had been
 * committed.
 */

import type { Clock } from '../../../base/ports.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import { encodeOperations, type Misfit, type Operation } from '../wire/operation.ts';
import { formatRpcError } from '../wire/rpc.ts';
import type { DatabaseSchema } from '../wire/schema.ts';
import {
  type OperationResult,
  readTransaction,
  type TransactionError,
  transactionError,
} from '../wire/transaction.ts';
import { type Reason, reason } from './reason.ts';
import type { Session } from './session.ts';

/** A connection on which transactions may be sent. */
export interface Live {
  readonly session: Session;
  readonly schema: DatabaseSchema;
}

export type Guard = Extract<Operation, { op: 'wait' }>;

export interface TransactOptions {
  /**
   * A `wait` that holds before the transaction and no longer afterwards, such as: no row of this
   * name. It goes first, with a time-out of 0. When the connection is lost before the result comes,
   * the transaction is sent again over the next one: if the guard then fails, the first sending had
   * been committed. A guard that fails the first time makes it `refused`, with `timed out`: it was
   * so already.
   */
  readonly guard?: Guard;
  /** Stops waiting for the next connection. */
  readonly signal?: AbortSignal;
}

export interface Committed {
  /**
   * One for each operation. Absent when only the guard told that the transaction had been
   * committed, and the results went down with the connection.
   */
  readonly results: readonly OperationResult[] | undefined;
}

export type TransactFailure =
  /** Nothing happened; the server, or the check before sending, says why. */
  | { readonly kind: 'refused'; readonly error: TransactionError }
  /** Nothing happened: there is no connection, or too much is under way on it. */
  | { readonly kind: 'unsent'; readonly reason: Reason }
  /**
   * The connection was lost before the result came, or the cluster could not tell. It may have
   * happened.
   */
  | { readonly kind: 'unknown'; readonly reason: Reason };

export type TransactResult = Result<Committed, TransactFailure>;

export interface TransactionsOptions {
  readonly database: string;
  readonly clock: Clock;
  /** How many requests may wait for their reply before more are refused as `unsent`. */
  readonly maxPending: number;
  /** The connection of now. */
  live(): Live | undefined;
  /** Why there is none. */
  absence(): Reason;
  /** Resolves with the next connection, or with nothing when there will be none. */
  nextLive(signal: AbortSignal | undefined): Promise<Live | undefined>;
}

/** Milliseconds. */
const pauseBeforeAgain = 100;

export class Transactions {
  readonly #options: TransactionsOptions;

  constructor(options: TransactionsOptions) {
    this.#options = options;
  }

  async transact(
    operations: readonly Operation[],
    { guard, signal }: TransactOptions,
  ): Promise<TransactResult> {
    const live = this.#options.live();
    if (live === undefined) return err({ kind: 'unsent', reason: this.#options.absence() });
    if (live.session.pending >= this.#options.maxPending) {
      const busy = `${live.session.pending} requests wait for their reply already`;
      return err({ kind: 'unsent', reason: reason('refused', busy) });
    }
    if (guard === undefined) return this.#send(live, operations);
    const guarded = [{ ...guard, timeout: 0 }, ...operations];
    const first = await this.#send(live, guarded);
    const told = isUnknown(first) ? await this.#sendAgain(guarded, first, signal) : first;
    return withoutGuard(told);
  }

  /** Until the server says what became of it. */
  async #sendAgain(
    guarded: readonly Operation[],
    first: TransactResult,
    signal: AbortSignal | undefined,
  ): Promise<TransactResult> {
    let told = first;
    while (isUnknown(told)) {
      // A cluster that cannot tell may have kept the connection; it needs time for its election.
      await this.#options.clock.sleep(pauseBeforeAgain);
      const live = await this.#options.nextLive(signal);
      if (live === undefined) return told;
      const again = await this.#send(live, guarded);
      if (isGuardFailure(again)) return ok({ results: undefined });
      if (again.ok || again.error.kind !== 'unsent') told = again;
    }
    return told;
  }

  async #send(live: Live, operations: readonly Operation[]): Promise<TransactResult> {
    const encoded = encodeOperations(live.schema, operations);
    if (!encoded.ok) return err({ kind: 'refused', error: misfitError(operations, encoded.error) });
    const ended = live.session.endedBecause;
    if (ended !== undefined) return err({ kind: 'unsent', reason: ended });
    const params = [this.#options.database, ...encoded.value];
    const reply = await new Promise<Parameters<Parameters<Session['call']>[2]>[0]>((resolve) =>
      live.session.call('transact', params, resolve),
    );
    if (!reply.ok) return err({ kind: 'unknown', reason: reply.error });
    if (reply.value.error !== null) {
      const error = transactionError(formatRpcError(reply.value.error), '');
      return err({ kind: 'refused', error });
    }
    const read = readTransaction(live.schema, operations, reply.value.result);
    if (read === undefined) {
      const nonsense = reason('nonsense', 'the result of a transaction is not one');
      return err({ kind: 'unknown', reason: nonsense });
    }
    if (read.ok) return ok({ results: read.value });
    // The cluster took the entry and lost track of it, for example because its leader stepped down.
    if (read.error.code === 'cluster error') {
      return err({ kind: 'unknown', reason: reason('refused', read.error.message) });
    }
    return err({ kind: 'refused', error: read.error });
  }
}

function isUnknown(result: TransactResult): boolean {
  return !result.ok && result.error.kind === 'unknown';
}

function isGuardFailure(result: TransactResult): boolean {
  if (result.ok || result.error.kind !== 'refused') return false;
  return result.error.error.code === 'timed out' && result.error.error.index === 0;
}

/** The caller counts its own operations; an error of the guard keeps the guard as its operation. */
function withoutGuard(result: TransactResult): TransactResult {
  if (result.ok) return ok({ results: result.value.results?.slice(1) });
  if (result.error.kind !== 'refused') return result;
  const { index, ...error } = result.error.error;
  if (index === undefined) return result;
  return err({ kind: 'refused', error: index === 0 ? error : { ...error, index: index - 1 } });
}

function misfitError(operations: readonly Operation[], misfit: Misfit): TransactionError {
  const operation = operations[misfit.index];
  const error = transactionError('syntax error', misfit.message, misfit.index);
  return operation === undefined ? error : { ...error, operation };
}
