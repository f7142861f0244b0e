/**
 * Keeps the replica equal to what the server has: starts the monitor in the best way the server
 * knows, resumes after the last transaction it saw, applies updates in the order they come, and
 * changes conditions. The three ways are `monitor_cond_since` (Open vSwitch 2.12), `monitor_cond`
 * (2.6) and `monitor` (RFC 7047 §4.1.5).
 */

import { formatIssue } from '../../../base/issue.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import type { ChangeSet } from '../cache/changes.ts';
import type { PlacedUpdate, Replica } from '../cache/replica.ts';
import { malformed } from '../wire/atom.ts';
import { encodeFilter } from '../wire/condition.ts';
import { decodeRowUpdate, type RowUpdate } from '../wire/row-update.ts';
import { formatRpcError, type RpcReply } from '../wire/rpc.ts';
import type { DatabaseSchema } from '../wire/schema.ts';
import type { RowPlace, SlicedRow } from '../wire/slicer.ts';
import { compileTable, type SchemaProblem, type TableCodec } from '../wire/table-codec.ts';
import { isUuid, type Uuid, zeroUuid } from '../wire/uuid.ts';
import type { Declarations } from '../tables.ts';
import { type FilterMap, Filters } from './filters.ts';
import { type Reason, reason } from './reason.ts';
import { refusalOf, type Session } from './session.ts';

export type MonitorMethod = 'monitor_cond_since' | 'monitor_cond' | 'monitor';

/** How the content was read when the connection began. */
export interface Reading {
  readonly method: MonitorMethod;
  /** Whether the server sent only what had happened since the last connection. */
  readonly resumed: boolean;
}

const fallbacks: Readonly<Record<MonitorMethod, MonitorMethod | undefined>> = {
  monitor_cond_since: 'monitor_cond',
  monitor_cond: 'monitor',
  monitor: undefined,
};

const monitorId = 'data';

export interface ContentOptions {
  readonly database: string;
  readonly declarations: Declarations;
  readonly replica: Replica;
  publish(changes: ChangeSet): void;
}

export class Content {
  readonly #options: ContentOptions;
  readonly #filters: Filters;
  #session: Session | undefined;
  #schema: DatabaseSchema | undefined;
  #codecs: ReadonlyMap<string, TableCodec> = new Map();
  #method: MonitorMethod = 'monitor_cond_since';
  /** After which transaction the content is; nothing when it must be read in full. */
  #lastTransaction: Uuid | undefined;
  #wasRead = false;
  /** Whether the server keeps sending us what changes. */
  #isFollowing = false;
  readonly #filterProblems = new Map<string, readonly string[]>();

  constructor(options: ContentOptions) {
    this.#options = options;
    const declared = Object.entries(options.declarations);
    this.#filters = new Filters(new Map(declared.map(([name, of]) => [name, of.where ?? 'all'])));
  }

  get schema(): DatabaseSchema | undefined {
    return this.#schema;
  }

  /** Whether there has been any content yet. */
  get wasRead(): boolean {
    return this.#wasRead;
  }

  /**
   * What the server's schema lacks of what was declared, and conditions that make no sense to it.
   */
  get problems(): readonly SchemaProblem[] {
    const lacking = [...this.#codecs.values()].flatMap((codec) => codec.problems);
    const senseless = [...this.#filterProblems].flatMap(([table, problems]) =>
      problems.map((what) => ({ table, required: false, message: `where of ${table}: ${what}` })),
    );
    return [...lacking, ...senseless];
  }

  /** Reads the content, or resumes it, and keeps it up to date from then on. */
  async start(session: Session, schema: DatabaseSchema): Promise<Result<Reading, Reason>> {
    this.#session = session;
    this.#useSchema(schema);
    let method: MonitorMethod | undefined = 'monitor_cond_since';
    while (method !== undefined) {
      const started = await this.#startBy(method, session);
      if (started !== 'unknown method') return started;
      method = fallbacks[method];
    }
    return err(reason('refused', 'the server knows no way to monitor'));
  }

  /** The connection is gone; the content stays. */
  interrupt(): void {
    this.#session = undefined;
    this.#isFollowing = false;
    if (this.#filters.interrupt()) this.#lastTransaction = undefined;
  }

  setFilters(changes: FilterMap): Promise<Result<void, Reason>> {
    const applied = this.#filters.want(changes);
    this.#askFilters();
    return applied;
  }

  close(because: Reason): void {
    this.interrupt();
    this.#filters.close(because);
  }

  owns(monitor: unknown): boolean {
    return monitor === monitorId;
  }

  /**
   * Decodes a row as soon as it has come, so that its JSON need not be kept until its message ends.
   */
  onRow(place: RowPlace, uuid: Uuid, json: unknown): unknown {
    const codec = this.#codecs.get(place.table);
    return codec === undefined ? malformed : decodeRowUpdate(codec, uuid, json);
  }

  /** `update`, `update2` or `update3`; only the last one says which transaction it is of. */
  onUpdate(method: string, params: readonly unknown[], rows: readonly SlicedRow[]): void {
    const transaction = method === 'update3' ? params[1] : undefined;
    if (this.#apply(rows, 'fold', 'update')) this.#remember(transaction);
  }

  #useSchema(schema: DatabaseSchema): void {
    this.#schema = schema;
    const declared = Object.entries(this.#options.declarations);
    const codecs = declared.map(
      ([name, { columns }]) =>
        [name, compileTable(name, columns, schema.tables.get(name))] as const,
    );
    // Rows that another schema decoded cannot be continued from differences.
    if (shapeOf(this.#codecs) !== shapeOf(new Map(codecs))) this.#lastTransaction = undefined;
    this.#codecs = new Map(codecs);
    this.#options.replica.use(this.#codecs);
  }

  #startBy(
    method: MonitorMethod,
    session: Session,
  ): Promise<Result<Reading, Reason> | 'unknown method'> {
    this.#method = method;
    const last = method === 'monitor_cond_since' ? this.#lastTransaction : undefined;
    const filters = last === undefined ? this.#filters.askAll() : this.#filters.held;
    const requests = this.#requests(filters, method !== 'monitor');
    const { database } = this.#options;
    const since = method === 'monitor_cond_since' ? [last ?? zeroUuid] : [];
    return new Promise((resolve) => {
      session.call(method, [database, monitorId, requests, ...since], (reply) => {
        if (reply.ok && isUnknownMethod(reply.value)) return resolve('unknown method');
        const taken = refusalOf(reply);
        if (!taken.ok) return resolve(taken);
        const resumed = this.#begin(taken.value, last !== undefined);
        resolve(session.endedBecause ? err(session.endedBecause) : ok({ method, resumed }));
      });
    });
  }

  /** The `<monitor-requests>`: every declared table that the server has. */
  #requests(filters: FilterMap, takesConditions: boolean): Record<string, unknown> {
    const requests: Record<string, unknown> = {};
    for (const codec of this.#codecs.values()) {
      if (!codec.isPresent) continue;
      const where = this.#where(codec.name, filters);
      if (!takesConditions && where !== undefined) {
        this.#filterProblems.set(codec.name, ['the server knows no conditions; all rows are read']);
      }
      const request = { columns: codec.columns };
      requests[codec.name] = [takesConditions && where ? { ...request, where } : request];
    }
    return requests;
  }

  /** The conditions of a table in JSON; nothing for all rows. */
  #where(name: string, filters: FilterMap): readonly unknown[] | undefined {
    const table = this.#schema?.tables.get(name);
    const filter = filters.get(name) ?? 'all';
    if (table === undefined) return undefined;
    const { where, problems } = encodeFilter(table, filter);
    this.#filterProblems.set(name, problems);
    return where;
  }

  /**
   * Takes the reply: the whole content, or `[found, transaction, rows]`, where the rows are what
   * happened since the transaction we named if it was found. Returns whether it was.
   */
  #begin(reply: RpcReply, wasResuming: boolean): boolean {
    const [found, transaction]: readonly unknown[] = Array.isArray(reply.result)
      ? reply.result
      : [];
    const isIncrement = wasResuming && found === true;
    // A reply in full to a resumption was read with the filters that we resumed with.
    const cause = this.#wasRead ? 'resync' : 'initial';
    if (!this.#apply(reply.rows, isIncrement ? 'fold' : 'replace', cause)) return false;
    this.#wasRead = true;
    this.#isFollowing = true;
    this.#remember(transaction);
    if (!wasResuming) this.#filters.confirm();
    this.#askFilters();
    return isIncrement;
  }

  /** Returns whether what came made sense; if not, the session is over. */
  #apply(rows: readonly SlicedRow[], how: 'fold' | 'replace', cause: ChangeSet['cause']): boolean {
    const updates: PlacedUpdate[] = [];
    for (const { table, uuid, value } of rows) {
      if (value === malformed) return this.#lose(`a row of ${table} does not fit the schema`);
      updates.push({ table, uuid, update: value as RowUpdate });
    }
    const taken = this.#options.replica[how](updates, cause);
    this.#options.publish(taken.ok ? taken.value : taken.error.changes);
    return taken.ok || this.#lose(formatIssue(taken.error.issue));
  }

  /** What the server says does not continue what we hold: everything must be read again. */
  #lose(message: string): false {
    const session = this.#session;
    this.#lastTransaction = undefined;
    session?.end(reason('nonsense', message));
    return false;
  }

  #remember(transaction: unknown): void {
    const isKnown = typeof transaction === 'string' && isUuid(transaction);
    this.#lastTransaction = isKnown && transaction !== zeroUuid ? transaction : undefined;
  }

  /** ovsdb-server(7) §4.1.13. The rows that come or go by it are sent before its reply. */
  #askFilters(): void {
    const session = this.#session;
    if (session === undefined || !this.#isFollowing || !this.#filters.isAskingDue) return;
    const changes = this.#filters.askChanges();
    if (this.#method === 'monitor') return this.#filters.confirm();
    const requests: Record<string, unknown> = {};
    for (const name of changes.keys()) {
      if (this.#codecs.get(name)?.isPresent !== true) continue;
      requests[name] = [{ where: this.#where(name, changes) ?? [true] }];
    }
    if (Object.keys(requests).length === 0) return this.#filters.confirm();
    session.call('monitor_cond_change', [monitorId, monitorId, requests], (reply) => {
      const taken = refusalOf(reply);
      if (taken.ok) this.#filters.confirm();
      else if (taken.error.code === 'refused') this.#filters.refuse(taken.error);
      else return;
      this.#askFilters();
    });
  }
}

function isUnknownMethod(reply: RpcReply): boolean {
  return reply.error !== null && formatRpcError(reply.error).includes('unknown method');
}

/** What of a schema bears on the rows we hold. */
function shapeOf(codecs: ReadonlyMap<string, TableCodec>): string {
  return [...codecs.values()].map(({ shape }) => shape).join('; ');
}
