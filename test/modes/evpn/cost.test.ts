/** The cost of a change follows the change, not the size of the cloud: counted in what is looked at, not in time. */

import assert from 'node:assert/strict';
import { settings } from '../../fabric/settings.ts';
import { test } from 'node:test';
import { Planner } from '../../../src/agent/planner.ts';
import { parsePortBinding, type PortBinding } from '../../../src/inventory/port-binding.ts';
import type { InventoryUpdate } from '../../../src/inventory/source.ts';
import { makeKinds } from '../../../src/resources/index.ts';
import { workingCloud } from '../../sim/cloud-events.ts';
import { CloudFeed, everything } from '../../sim/cloud-feed.ts';
import { seededRandom } from '../../sim/random.ts';
import { CountingInventory } from '../counting-inventory.ts';
import { mode } from './cloud.ts';

function machine(number: number): PortBinding {
  return parsePortBinding({
    uuid: `row-${number}`,
    logical_port: `machine-${number}`,
    type: '',
    datapath: 'tenant-0',
    chassis: 'there',
    ha_chassis_group: undefined,
    mac: [`fa:16:3e:03:00:01 10.0.0.${number % 250}`],
    nat_addresses: [],
    options: new Map(),
    external_ids: new Map(),
    tag: undefined,
  });
}

interface Cost {
  readonly scopes: number;
  /** Scopes whose plan is another than before. */
  readonly handed: readonly string[];
  readonly shown: number;
  /** Whether other rows of the database may be of interest from now on. */
  readonly isInterestStale: boolean;
}

interface Node {
  readonly inventory: CountingInventory;
  readonly costOf: (update: InventoryUpdate) => Cost;
}

function nodeWith(machines: number): Node {
  const handed: string[] = [];
  const inventory = new CountingInventory();
  const planner = new Planner({
    mode,
    kinds: makeKinds({ removal: 0 }),
    settings,
    inventory,
    setScope: (scope) => void handed.push(scope),
  });
  planner.apply(new CloudFeed().updates(workingCloud, everything, seededRandom(1)));
  for (let number = 0; number < machines; number += 1) {
    planner.apply([{ of: 'port', before: undefined, after: machine(number) }]);
  }
  planner.plan();
  planner.takeStaleInterest();
  const costOf = (update: InventoryUpdate): Cost => {
    handed.length = 0;
    inventory.shown = 0;
    planner.apply([update]);
    const scopes = planner.plan();
    const isInterestStale = planner.takeStaleInterest();
    return { scopes, shown: inventory.shown, handed: [...handed], isInterestStale };
  };
  return { inventory, costOf };
}

test('one machine comes, moves and goes: one scope, and as few looks among 10,000 as among 10', () => {
  const [small, large] = [nodeWith(10), nodeWith(10_000)];
  const port = machine(20_000);
  const moved = { ...port, chassis: 'here' };
  const name = `port ${port.name}`;
  const updates: readonly (readonly [InventoryUpdate, readonly string[]])[] = [
    [{ of: 'port', before: undefined, after: port }, [name]],
    // Where a machine is does not matter to a node that has the gateway.
    [{ of: 'port', before: port, after: moved }, []],
    [{ of: 'port', before: moved, after: undefined }, [name]],
  ];
  for (const [update, handed] of updates) {
    const cost = large.costOf(update);
    assert.deepEqual(cost, small.costOf(update));
    assert.equal(cost.scopes, 1);
    assert.deepEqual(cost.handed, handed);
    assert.equal(cost.isInterestStale, false);
    assert.ok(cost.shown < 60, `${cost.shown} ports looked at`);
  }
});

test('a gateway that moves away takes its hosts along, and nothing that stands for its return', () => {
  const { inventory, costOf } = nodeWith(3);
  const before = inventory.port('cr-lrp-b2');
  assert.ok(before !== undefined && inventory.isMemberOf(before.haChassisGroup ?? ''));
  const { handed } = costOf({ of: 'port', before, after: { ...before, chassis: 'there' } });
  assert.deepEqual(
    handed.filter((scope) => !scope.startsWith('port ')),
    [],
  );
  assert.ok(handed.length > 0);
});
