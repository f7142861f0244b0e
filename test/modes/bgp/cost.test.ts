/** The cost of a virtual machine on a provider network follows it alone: counted in what is looked at, not in time. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Planner } from '../../../src/agent/planner.ts';
import { parsePortBinding, type PortBinding } from '../../../src/inventory/port-binding.ts';
import type { InventoryUpdate } from '../../../src/inventory/source.ts';
import { makeKinds } from '../../../src/resources/index.ts';
import { settings } from '../../fabric/settings.ts';
import { workingCloud } from '../../sim/cloud-events.ts';
import { CloudFeed, everything } from '../../sim/cloud-feed.ts';
import { seededRandom } from '../../sim/random.ts';
import { CountingInventory } from '../counting-inventory.ts';
import { modeWith } from './lines.ts';

const mode = modeWith();

function nodeWith(machines: number) {
  const inventory = new CountingInventory();
  let handed = 0;
  const planner = new Planner({
    mode,
    kinds: makeKinds({ removal: 0 }),
    settings,
    inventory,
    setScope: () => {
      handed += 1;
    },
  });
  planner.apply(new CloudFeed().updates(workingCloud, everything, seededRandom(1)));
  const localnets = [...inventory.ports()].filter(({ type }) => type === 'localnet');
  const here = localnets[0];
  assert.ok(here !== undefined && inventory.chassis !== undefined);
  const chassis = inventory.chassis;
  const machine = (number: number, name = `machine-${number}`): PortBinding =>
    parsePortBinding({
      uuid: `row-${name}`,
      logical_port: name,
      type: '',
      datapath: here.datapath,
      chassis,
      ha_chassis_group: undefined,
      mac: [`fa:16:3e:03:00:01 172.30.${number >> 8}.${number & 255}`],
      nat_addresses: [],
      options: new Map(),
      external_ids: new Map(),
      tag: undefined,
    });
  for (let number = 0; number < machines; number += 1) {
    planner.apply([{ of: 'port', before: undefined, after: machine(number) }]);
  }
  planner.plan();
  planner.takeStaleInterest();
  /** With the rows that are asked for in the end, as the agent does. */
  const costOf = (update: InventoryUpdate) => {
    inventory.shown = 0;
    handed = 0;
    planner.apply([update]);
    const scopes = planner.plan();
    if (planner.takeStaleInterest()) mode.interest(inventory);
    return { scopes, shown: inventory.shown, handed };
  };
  return { machine, costOf };
}

test('one machine comes and goes: one scope, and as few looks among 10,000 as among 10', () => {
  const [small, large] = [nodeWith(10), nodeWith(10_000)];
  const port = large.machine(20_000);
  for (const update of [
    { of: 'port', before: undefined, after: port },
    { of: 'port', before: port, after: undefined },
  ] as const) {
    const cost = large.costOf(update);
    assert.deepEqual(cost, small.costOf(update));
    assert.equal(cost.scopes, 1);
    assert.ok(cost.shown < 60, `${cost.shown} looked at`);
  }
});

test('a machine with the address of another: these two, and no others, are set up anew', () => {
  const [small, large] = [nodeWith(10), nodeWith(10_000)];
  const port = large.machine(5, 'a-machine');
  for (const update of [
    { of: 'port', before: undefined, after: port },
    { of: 'port', before: port, after: undefined },
  ] as const) {
    const cost = large.costOf(update);
    assert.deepEqual(cost, small.costOf(update));
    assert.deepEqual([cost.scopes, cost.handed], [1, 2]);
  }
});
