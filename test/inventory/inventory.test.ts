/** What an inventory holds after updates in any order: the rows that there are, and the indexes of exactly these. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { MutableInventory } from '../../src/inventory/inventory.ts';
import { parsePortBinding, type PortBinding } from '../../src/inventory/port-binding.ts';
import type { InventoryUpdate } from '../../src/inventory/source.ts';
import { seededRandom, shuffled } from '../sim/random.ts';
import { runs } from '../sim/runs.ts';

function port(
  uuid: string,
  name: string,
  type: string,
  datapath: string,
  vni?: string,
  nat_addresses: string[] = [],
): PortBinding {
  return parsePortBinding({
    uuid,
    logical_port: name,
    type,
    datapath,
    chassis: undefined,
    ha_chassis_group: undefined,
    mac: [],
    nat_addresses,
    options: new Map(),
    external_ids: new Map(
      vni === undefined
        ? []
        : [
            ['neutron_bgpvpn:vni', vni],
            ['neutron_bgpvpn:as', '65000'],
          ],
    ),
    tag: undefined,
  });
}

const one = port('u1', 'p', 'patch', 'd1', '500');
const other = port('u2', 'p', '', 'd2');

const added = (after: PortBinding): InventoryUpdate => ({ of: 'port', before: undefined, after });
const removed = (before: PortBinding): InventoryUpdate => ({
  of: 'port',
  before,
  after: undefined,
});

function inventoryOf(...updates: readonly InventoryUpdate[]): MutableInventory {
  const inventory = new MutableInventory();
  for (const update of updates) inventory.apply(update);
  return inventory;
}

test('a port is found by name, datapath, type and VNI', () => {
  const inventory = inventoryOf(added(one));
  assert.equal(inventory.port('p'), one);
  assert.deepEqual([...inventory.portsOn('d1')], [one]);
  assert.deepEqual([...inventory.portsOfType('d1', 'patch')], [one]);
  assert.deepEqual([...inventory.portsOfVni(500)], [one]);
  assert.deepEqual([...inventory.ports()], [one]);
});

test('and no longer once it is gone or another', () => {
  const inventory = inventoryOf(added(one), {
    of: 'port',
    before: one,
    after: { ...one, datapath: 'd9' },
  });
  assert.deepEqual([...inventory.portsOn('d1')], []);
  assert.equal([...inventory.portsOn('d9')].length, 1);
  inventory.apply(removed(one));
  assert.deepEqual([...inventory.ports(), ...inventory.portsOn('d9')], []);
});

const answeredAt = (resident: string) =>
  `fa:16:3e:00:00:05 172.24.4.5 is_chassis_resident("${resident}")`;

test('a port is found by those that its floating IPs are answered at, as long as they are', () => {
  const withNat = (...at: readonly string[]) =>
    port('u1', 'p', 'patch', 'd1', undefined, at.map(answeredAt));
  const [before, after] = [withNat('vm-1', 'vm-2'), withNat('vm-2')];
  const inventory = inventoryOf(added(before));
  const found = () =>
    ['vm-1', 'vm-2'].map((each) => [...inventory.portsWithNatAt(each)].map(({ name }) => name));
  assert.deepEqual(found(), [['p'], ['p']]);
  inventory.apply({ of: 'port', before, after });
  assert.deepEqual(found(), [[], ['p']]);
  inventory.apply(removed(after));
  assert.deepEqual(found(), [[], []]);
});

test('a row that takes over a name may come before the one that had it goes', () => {
  const inventory = inventoryOf(added(one));
  assert.deepEqual(inventory.apply(added(other)), { of: 'port', before: one, after: other });
  assert.deepEqual(inventory.apply(removed(one)), {
    of: 'port',
    before: undefined,
    after: undefined,
  });
  assert.equal(inventory.port('p'), other);
  assert.deepEqual([...inventory.portsOn('d1')], []);
});

test('the removal of a row that is not there changes nothing', () => {
  const inventory = inventoryOf();
  assert.deepEqual(inventory.apply(removed(one)), {
    of: 'port',
    before: undefined,
    after: undefined,
  });
});

test('what is derived is worked out once, until something changes', () => {
  const inventory = inventoryOf(added(one));
  let times = 0;
  const count = (): number => inventory.derived('count', () => (times += 1));
  assert.deepEqual([count(), count()], [1, 1]);
  inventory.apply({ of: 'chassis', value: 'c1' });
  assert.equal(count(), 2);
});

test('any order of one transaction gives the same inventory', (t) => {
  const rows = fc.uniqueArray(
    fc.record({
      uuid: fc.constantFrom('a', 'b', 'c', 'd'),
      name: fc.constantFrom('p', 'q', 'r'),
      datapath: fc.constantFrom('d1', 'd2'),
      vni: fc.constantFrom(undefined, '500', '600'),
      nat: fc.subarray(['vm-1', 'vm-2']),
    }),
    { selector: ({ uuid }) => uuid },
  );
  const byName = fc.uniqueArray(
    rows.filter((list) => list.length > 0).map((list) => list[0]!),
    { selector: ({ name }) => name },
  );
  fc.assert(
    fc.property(byName, byName, fc.nat(), (before, after, seed) => {
      const ports = (list: typeof before, generation: string): readonly PortBinding[] =>
        list.map(({ uuid, name, datapath, vni, nat }) =>
          port(`${generation}${uuid}`, name, 'patch', datapath, vni, nat.map(answeredAt)),
        );
      const [from, to] = [ports(before, '1'), ports(after, '2')];
      const inventory = inventoryOf(...from.map(added));
      const updates = [...from.map(removed), ...to.map(added)];
      for (const update of shuffled(updates, seededRandom(seed))) inventory.apply(update);
      const expected = inventoryOf(...to.map(added));
      const shown = (of: MutableInventory): unknown =>
        [
          of.ports(),
          ...['d1', 'd2'].map((datapath) => of.portsOn(datapath)),
          of.portsOfVni(500),
          ...['vm-1', 'vm-2'].map((resident) => of.portsWithNatAt(resident)),
        ].map((found) => [...found].map(({ uuid }) => uuid).sort());
      assert.deepEqual(shown(inventory), shown(expected));
    }),
    runs(t, 500),
  );
});

test('a switch and a router of one datapath are two things, each there until it goes', () => {
  const externalIds = new Map([['neutron_bgpvpn:vni', '500']]);
  const value = { datapath: 'd1', name: 'neutron-1', externalIds, subnets: [] };
  const inventory = inventoryOf({ of: 'switch', datapath: 'd1', value });
  assert.equal(inventory.logicalSwitch('d1'), value);
  assert.equal(inventory.logicalRouter('d1'), undefined);
  const derived = inventory.derived('what', () => 1);
  const change = inventory.apply({ of: 'switch', datapath: 'd1', value: undefined });
  assert.deepEqual(change, { of: 'switch', datapath: 'd1' });
  assert.equal(inventory.logicalSwitch('d1'), undefined);
  assert.equal(
    derived + 1,
    inventory.derived('what', () => 2),
  );
});
