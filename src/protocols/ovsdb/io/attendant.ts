/**
 * One stay with one server: opens the stream, asks whether the server is suitable, reads its
 * schema, starts the content, and then watches that the server stays suitable. Which server is next
 * is `Connection`'s business.
 */

import type { Log } from '../../../base/ports.ts';
import { err, type Result } from '../../../base/result.ts';
import { type Endpoint, formatEndpoint } from '../../../net/endpoint.ts';
import { type DatabaseSchema, parseSchema } from '../wire/schema.ts';
import type { SlicedRow } from '../wire/slicer.ts';
import type { Attend } from './connection.ts';
import type { Content } from './content.ts';
import type { Locks } from './locks.ts';
import { type Reason, reason } from './reason.ts';
import { judgeRole, ServerDatabase, type ServerRole } from './server-database.ts';
import { Session, type SessionOptions } from './session.ts';
import { openSocket, type TlsFiles } from './socket.ts';
import type { DatabaseState } from './state.ts';
import type { Live } from './transactions.ts';

export interface AttendantOptions {
  readonly database: string;
  readonly leaderOnly: boolean;
  readonly tls: TlsFiles | undefined;
  readonly connectTimeout: number;
  readonly session: SessionOptions;
  readonly content: Content;
  readonly locks: Locks;
  readonly log: Log;
}

export class Attendant {
  readonly #options: AttendantOptions;
  #live: Live | undefined;
  #isClosed = false;
  #waiting: ((live: Live | undefined) => void)[] = [];
  /** What we know of the cluster: a member that is behind this would take us back in time. */
  #seen: { readonly clusterId: string | undefined; readonly index: number } = {
    clusterId: undefined,
    index: 0,
  };

  constructor(options: AttendantOptions) {
    this.#options = options;
  }

  /** The connection that transactions may use: the server is suitable and its schema is known. */
  get live(): Live | undefined {
    return this.#live?.session.endedBecause === undefined ? this.#live : undefined;
  }

  /** The connection of now or the next one; nothing when closed, or given up by the signal. */
  nextLive(signal: AbortSignal | undefined): Promise<Live | undefined> {
    const now = this.live;
    if (now !== undefined || this.#isClosed || signal?.aborted) return Promise.resolve(now);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      signal?.addEventListener('abort', () => resolve(undefined), { once: true });
    });
  }

  readonly attend: Attend = async (endpoint, signal, enter) => {
    const stream = await this.#open(endpoint, signal);
    if (!stream.ok) return stream.error;
    const session = new Session(stream.value, this.#options.session);
    const abort = () => session.end(signal.reason as Reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    enter({ name: 'syncing', since: this.#now, endpoint });
    void this.#establish(session, endpoint, enter);
    const because = await session.ended;
    signal.removeEventListener('abort', abort);
    this.#live = undefined;
    this.#options.content.interrupt();
    this.#options.locks.interrupt();
    return because;
  };

  /** Nobody needs to wait any longer. */
  close(): void {
    this.#isClosed = true;
    this.#release(undefined);
  }

  get #now(): number {
    return this.#options.session.clock.now();
  }

  async #open(endpoint: Endpoint, signal: AbortSignal): ReturnType<typeof openSocket> {
    const { connectTimeout, session, tls } = this.#options;
    const give = new AbortController();
    const settled = new AbortController();
    const abort = () => give.abort(new Error('the client was closed'));
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    session.clock.sleep(connectTimeout, settled.signal).then(
      () => give.abort(new Error(`no connection within ${connectTimeout / 1000} s`)),
      () => {},
    );
    const opened = await openSocket(endpoint, { tls, signal: give.signal });
    settled.abort();
    signal.removeEventListener('abort', abort);
    return opened;
  }

  /** From an open stream to synced. Ends the session when that cannot be. */
  async #establish(
    session: Session,
    endpoint: Endpoint,
    enter: (state: DatabaseState) => void,
  ): Promise<void> {
    const { content, database, locks, log } = this.#options;
    const server = new ServerDatabase(session);
    const stay: Stay = { session, server, isWatched: false, isReading: false };
    this.#listen(stay);
    // ovsdb-server(7) §4.1.16: otherwise it closes every connection when any database comes or
    // goes. Servers that do not know the request do not know `_Server` either, and refuse it.
    await session.request('set_db_change_aware', [true]);
    const watched = await server.watch();
    if (!watched.ok) return session.end(watched.error);
    stay.isWatched = watched.value;
    this.#judge(stay);
    const schema = await this.#readSchema(session);
    if (!schema.ok) return session.end(schema.error);
    stay.isReading = true;
    const started = await content.start(session, schema.value);
    if (!started.ok) return session.end(started.error);
    if (session.endedBecause !== undefined) return;
    this.#release({ session, schema: schema.value });
    locks.attach(session);
    const role = server.roleIn(database);
    enter({ name: 'synced', since: this.#now, endpoint, reading: started.value, role });
    log('info', `${database} is in step with ${formatEndpoint(endpoint)}`, { role });
    for (const problem of content.problems) {
      log(problem.required ? 'error' : 'info', `${database}: ${problem.message}`);
    }
  }

  #listen(stay: Stay): void {
    const { content, locks } = this.#options;
    stay.session.listen({
      onRow: (place, uuid, json) => {
        // Only one monitor is ever being started, and that of `_Server` comes first.
        const isContent = place.member === 'result' ? stay.isReading : content.owns(place.monitor);
        return isContent ? content.onRow(place, uuid, json) : json;
      },
      onNotification: (method, params, rows) => {
        if (method === 'locked' || method === 'stolen') return locks.hear(method, params[0]);
        if (method === 'monitor_canceled') return this.#cancel(stay, params[0]);
        if (content.owns(params[0])) return content.onUpdate(method, params, rows);
        if (stay.server.owns(params[0])) this.#hearServer(stay, rows);
      },
    });
  }

  /**
   * ovsdb-server(7) §4.1.7: the schema changes or the database goes; a new stay finds out which.
   */
  #cancel(stay: Stay, monitor: unknown): void {
    if (!this.#options.content.owns(monitor)) return;
    stay.session.end(reason('unsuitable', 'the server changes the database or its schema'));
  }

  #hearServer(stay: Stay, rows: readonly SlicedRow[]): void {
    stay.server.apply(rows);
    this.#judge(stay);
  }

  /** Ends the stay when the server is, or has become, of no use. */
  #judge({ isWatched, server, session }: Stay): void {
    if (!isWatched) return;
    const { database, leaderOnly } = this.#options;
    const role = server.roleIn(database);
    // Another cluster under the same addresses was built anew: its log has nothing to do with the
    // old one's.
    const isAnother = role?.clusterId !== this.#seen.clusterId;
    const leastIndex = isAnother ? 0 : this.#seen.index;
    const unsuitable = judgeRole(role, { leaderOnly, leastIndex });
    if (unsuitable !== undefined) return session.end(unsuitable);
    this.#seen = { clusterId: role?.clusterId, index: Math.max(leastIndex, indexOf(role)) };
  }

  async #readSchema(session: Session): Promise<Result<DatabaseSchema, Reason>> {
    const reply = await session.request('get_schema', [this.#options.database]);
    if (!reply.ok) return reply;
    const schema = parseSchema(reply.value.result);
    return schema.ok ? schema : err(reason('nonsense', `schema: ${schema.error.message}`));
  }

  #release(live: Live | undefined): void {
    this.#live = live;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve(live);
  }
}

interface Stay {
  readonly session: Session;
  readonly server: ServerDatabase;
  /** Whether the server tells its role. */
  isWatched: boolean;
  /** Whether the next rows in a reply are content. */
  isReading: boolean;
}

function indexOf(role: ServerRole | undefined): number {
  return role?.index ?? 0;
}
