/**
 * What a server says of itself: the `Database` table of its `_Server` database, ovsdb-server(5).
 * Whether it has our database, leads its cluster, is in touch with the majority, and is not behind
 * what we have already seen.
 */

import { ok, type Result } from '../../../base/result.ts';
import { isObject } from '../wire/schema.ts';
import type { SlicedRow } from '../wire/slicer.ts';
import type { Uuid } from '../wire/uuid.ts';
import { type Reason, reason } from './reason.ts';
import type { Session } from './session.ts';

/** A server's part in one database. */
export interface ServerRole {
  readonly model: 'standalone' | 'clustered' | 'relay';
  /** In touch with a majority of the cluster, or with the source of the relay. */
  readonly connected: boolean;
  readonly leader: boolean;
  readonly serverId: string | undefined;
  readonly clusterId: string | undefined;
  /** The newest entry of the log that the server has; it only grows. */
  readonly index: number | undefined;
}

export interface Demands {
  readonly leaderOnly: boolean;
  /** The newest index that any member of the same cluster has told us. */
  readonly leastIndex: number;
}

const monitorId = 'server';

export class ServerDatabase {
  readonly #session: Session;
  readonly #rows = new Map<Uuid, unknown>();

  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * Starts watching; false when the server has no `_Server` database (Open vSwitch before 2.9),
   * which then has neither clusters.
   */
  async watch(): Promise<Result<boolean, Reason>> {
    const columns = ['name', 'model', 'connected', 'leader', 'cid', 'sid', 'index'];
    const params = ['_Server', monitorId, { Database: [{ columns }] }];
    const reply = await this.#session.request('monitor', params);
    if (!reply.ok) return reply.error.code === 'refused' ? ok(false) : reply;
    this.apply(reply.value.rows);
    return ok(true);
  }

  /** Whether an update is one of ours. */
  owns(monitor: unknown): boolean {
    return monitor === monitorId;
  }

  /** Takes the rows of the reply or of an `update`: whole rows under `new`, RFC 7047 §4.1.6. */
  apply(rows: readonly SlicedRow[]): void {
    for (const { uuid, value } of rows) {
      if (isObject(value) && value['new'] !== undefined) this.#rows.set(uuid, value['new']);
      else this.#rows.delete(uuid);
    }
  }

  roleIn(database: string): ServerRole | undefined {
    for (const row of this.#rows.values()) {
      if (isObject(row) && row['name'] === database) return readRole(row);
    }
    return undefined;
  }
}

function readRole(row: Readonly<Record<string, unknown>>): ServerRole {
  const { model, index } = row;
  return {
    model: model === 'clustered' || model === 'relay' ? model : 'standalone',
    connected: row['connected'] === true,
    leader: row['leader'] === true,
    serverId: uuidText(row['sid']),
    clusterId: uuidText(row['cid']),
    index: typeof index === 'number' ? index : undefined,
  };
}

/** `["uuid", "…"]` or `["set", []]`. */
function uuidText(json: unknown): string | undefined {
  return Array.isArray(json) && json[0] === 'uuid' ? String(json[1]) : undefined;
}

/** Why a server is of no use to us now; nothing when it is. */
export function judgeRole(role: ServerRole | undefined, demands: Demands): Reason | undefined {
  if (role === undefined) return reason('unsuitable', 'the server does not have the database');
  if (role.model === 'standalone') return undefined;
  if (!role.connected) return reason('unsuitable', 'the server has lost touch with its cluster');
  if (role.model === 'relay') return undefined;
  const { leastIndex, leaderOnly } = demands;
  if (leaderOnly && !role.leader)
    return reason('not-leader', 'the server does not lead its cluster');
  // A member that lags would take us back in time.
  if (role.index !== undefined && role.index < leastIndex) {
    return reason(
      'unsuitable',
      `the server is behind: at ${role.index}, we have seen ${leastIndex}`,
    );
  }
  return undefined;
}
