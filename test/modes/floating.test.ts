/** A floating IP more or less costs the same on a router with thousands of them: counted in scopes, in every mode. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NatTable } from '../../src/inventory/nat.ts';
import type { PortBinding } from '../../src/inventory/port-binding.ts';
import type { Mode } from '../../src/modes/mode.ts';
import { workingCloud } from '../sim/cloud-events.ts';
import { inventoryOf, modeWith } from './bgp/lines.ts';
import { mode as evpn } from './evpn/cloud.ts';

const entry = (resident: string, number: number) =>
  `fa:16:3e:00:00:07 172.25.${number >> 8}.${number & 255} is_chassis_resident("${resident}")`;

function withNat(port: PortBinding, residents: readonly string[]): PortBinding {
  return { ...port, nat: NatTable.of(residents.map(entry)) };
}

const modes: Readonly<Record<string, Mode>> = { bgp: modeWith(), evpn };

for (const [name, mode] of Object.entries(modes)) {
  test(`mode ${name}: a floating IP concerns its own port, and asks for no other rows`, () => {
    const inventory = inventoryOf(workingCloud);
    const [host] = [...inventory.ports()].filter(({ type }) => type === '');
    const [localnet] = [...inventory.ports()].filter(({ type }) => type === 'localnet');
    const [patch] = [...inventory.portsOfType(localnet?.datapath ?? '', 'patch')];
    assert.ok(host !== undefined && patch !== undefined);
    const many = Array.from({ length: 5000 }, (_, number) => `vm-${number}`);
    const before = withNat(patch, many);
    inventory.apply({ of: 'port', before: patch, after: before });
    for (const [from, to] of [
      [before, withNat(patch, [...many, host.name])],
      [withNat(patch, [...many, host.name]), before],
    ] as const) {
      const change = inventory.apply({ of: 'port', before: from, after: to });
      assert.deepEqual([...mode.touched(change, inventory)], [`port ${host.name}`]);
      assert.equal(mode.bearsOnInterest(change), false);
    }
  });
}
