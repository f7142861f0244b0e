/** Puts a client together from its parts. */

import { assertNever } from '../../../base/assert-never.ts';
import type { BackOff } from '../../../base/back-off.ts';
import { type Random, silentLog } from '../../../base/ports.ts';
import type { Endpoint } from '../../../net/endpoint.ts';
import { Feed } from '../cache/feed.ts';
import { Replica } from '../cache/replica.ts';
import type { IndexSource } from '../cache/table.ts';
import type { Declarations } from '../tables.ts';
import { defaultSlicerLimits } from '../wire/slicer.ts';
import { Attendant } from './attendant.ts';
import { Client } from './client.ts';
import { Connection } from './connection.ts';
import { Content } from './content.ts';
import type { Database, DatabaseOptions } from './database.ts';
import { Locks } from './locks.ts';
import { type Reason, reason } from './reason.ts';
import type { DatabaseState } from './state.ts';
import { systemClock } from './system-clock.ts';
import { Transactions } from './transactions.ts';

const defaultBackOff: BackOff = { initial: 250, max: 8_000 };

/** Throws without an endpoint, which no server can mend. */
export function openDatabase<const D extends Declarations>(
  options: DatabaseOptions<D>,
): Database<D> {
  const { clock = systemClock, random = Math.random, log = silentLog, tables } = options;
  const feed = new Feed((cause) => log('error', 'a listener for changes failed', { cause }));
  const replica = new Replica(indexesOf(tables));
  const { database } = options;
  const content = new Content({
    database,
    declarations: tables,
    replica,
    publish: (set) => feed.publish(set),
  });
  const locks = new Locks(log);
  const attendant = new Attendant({
    database,
    leaderOnly: options.leaderOnly ?? false,
    tls: options.tls,
    connectTimeout: options.connectTimeout ?? 10_000,
    session: {
      clock,
      probeInterval: options.probeInterval ?? 60_000,
      limits: { ...defaultSlicerLimits, ...options.limits },
    },
    content,
    locks,
    log,
  });
  const connection = new Connection(
    {
      endpoints: orderOf(options.endpoints, options.shuffle ?? true, random),
      backOff: options.backOff ?? defaultBackOff,
      clock,
      random,
      log,
    },
    (endpoint, signal, enter) => attendant.attend(endpoint, signal, enter),
  );
  const transactions = new Transactions({
    database,
    clock,
    maxPending: options.maxPending ?? 1_000,
    live: () => attendant.live,
    absence: () => absenceOf(connection.state),
    nextLive: (signal) => attendant.nextLive(signal),
  });
  return new Client({ attendant, connection, content, feed, locks, replica, transactions });
}

/**
 * The endpoints, beginning anywhere: a rotation keeps neighbours apart as well as a shuffle would.
 */
function orderOf(
  endpoints: readonly Endpoint[],
  shuffle: boolean,
  random: Random,
): readonly [Endpoint, ...Endpoint[]] {
  const start = shuffle ? Math.floor(random() * endpoints.length) : 0;
  const [first, ...rest] = [...endpoints.slice(start), ...endpoints.slice(0, start)];
  if (first === undefined) throw new RangeError('openDatabase needs at least one endpoint');
  return [first, ...rest];
}

function indexesOf(
  tables: Declarations,
): ReadonlyMap<string, Readonly<Record<string, IndexSource>>> {
  return new Map(
    Object.entries(tables).map(([name, { index }]) => [
      name,
      (index ?? {}) as Readonly<Record<string, IndexSource>>,
    ]),
  );
}

function absenceOf(state: DatabaseState): Reason {
  switch (state.name) {
    case 'down':
      return state.reason;
    case 'closed':
      return reason('closed', 'the client was closed');
    case 'connecting':
    case 'syncing':
    case 'synced':
      return reason('unreachable', 'there is no connection yet');
    default:
      return assertNever(state);
  }
}
