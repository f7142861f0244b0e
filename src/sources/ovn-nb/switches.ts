/**
 * Which switch a port is on, for ports that do not say so themselves: asked once, since to read `Logical_Switch.ports`
 * would be to read of every port of the network. A port never changes its switch.
 */

import type { Operation, Uuid } from '../../protocols/ovsdb/index.ts';
import type { NorthboundDatabase } from './tables.ts';

/** The name of the switch of each port, `undefined` for one that is on none; nothing when it could not be asked. */
export async function findSwitches(
  database: NorthboundDatabase,
  ports: readonly Uuid[],
): Promise<ReadonlyMap<Uuid, string | undefined> | undefined> {
  const operations = ports.map((port): Operation => {
    return {
      op: 'select',
      table: 'Logical_Switch',
      where: [['ports', 'includes', [port]]],
      columns: ['name'],
    };
  });
  const outcome = await database.transact(operations);
  if (!outcome.ok) return undefined;
  const { results } = outcome.value;
  return (
    results &&
    new Map(
      ports.map((port, index) => {
        const name = results[index]?.rows?.[0]?.['name'];
        return [port, typeof name === 'string' ? name : undefined];
      }),
    )
  );
}
