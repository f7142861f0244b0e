/**
 * The client as its callers see it: one database, read as typed tables that follow the server, and
 * written to.
 */

import type { BackOff } from '../../../base/back-off.ts';
import type { Clock, Log, Random } from '../../../base/ports.ts';
import type { Result } from '../../../base/result.ts';
import type { Endpoint } from '../../../net/endpoint.ts';
import type { Changes, Declarations, TableView } from '../tables.ts';
import type { RowFilter } from '../wire/condition.ts';
import type { Operation } from '../wire/operation.ts';
import type { DatabaseSchema } from '../wire/schema.ts';
import type { SlicerLimits } from '../wire/slicer.ts';
import type { SchemaProblem } from '../wire/table-codec.ts';
import type { Lock } from './locks.ts';
import type { Reason } from './reason.ts';
import type { TlsFiles } from './socket.ts';
import type { DatabaseState } from './state.ts';
import type { TransactOptions, TransactResult } from './transactions.ts';

export interface DatabaseOptions<D extends Declarations> {
  /** At least one; several are members of one cluster, or stand-ins of each other. */
  readonly endpoints: readonly Endpoint[];
  /** `OVN_Southbound`. */
  readonly database: string;
  readonly tables: D;
  /**
   * Only the leader of a cluster will do. Writing through another member costs a hop; reading costs
   * none.
   */
  readonly leaderOnly?: boolean;
  /**
   * Whether to begin at a random endpoint, so that many clients spread over them; true by default.
   */
  readonly shuffle?: boolean;
  readonly tls?: TlsFiles;
  /**
   * Milliseconds of silence before a probe, and again before giving up; 60,000 by default, 0 never
   * probes.
   */
  readonly probeInterval?: number;
  /** Milliseconds to wait for a connection; 10,000 by default. */
  readonly connectTimeout?: number;
  readonly backOff?: BackOff;
  readonly limits?: Partial<SlicerLimits>;
  /** Requests that may wait for a reply at once; 1,000 by default. */
  readonly maxPending?: number;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: Log;
}

export interface Database<D extends Declarations> {
  readonly state: DatabaseState;
  /** The server's schema, once it is known. */
  readonly schema: DatabaseSchema | undefined;
  /** What was declared and the server does not have; it reads as absent. */
  readonly problems: readonly SchemaProblem[];
  /** The content of a declared table. Kept while the server is away. */
  table<N extends keyof D & string>(name: N): TableView<D[N]>;
  /**
   * Tells of changes from now on, or first of all there is, with `replay`. A listener that returns
   * a promise is given nothing more until it settles, and then everything since, merged. Returns
   * how to stop.
   */
  onChange(
    listener: (changes: Changes<D>) => void | Promise<void>,
    options?: { readonly replay?: boolean },
  ): () => void;
  onState(listener: (state: DatabaseState) => void): () => void;
  /** Resolves when the content is the server's; fails only when closed first. */
  whenSynced(): Promise<Result<void, Reason>>;
  /**
   * Changes which rows are read. Resolves when the content is so; tables that are not named stay as
   * they are.
   */
  setConditions(
    conditions: {
      readonly [N in keyof D]?: RowFilter;
    },
  ): Promise<Result<void, Reason>>;
  transact(operations: readonly Operation[], options?: TransactOptions): Promise<TransactResult>;
  /** Asks for a lock, RFC 7047 §4.1.8, again after each reconnect, until it is released. */
  lock(name: string, options?: { readonly steal?: boolean }): Lock;
  /** Ends everything; the content stays readable. May be called again. */
  close(): Promise<void>;
}
