/** Names that follow from a provider bridge fit, are those of ovn-bgp-agent, and are two for two bridges. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { tableOfBridge, vlanDeviceName } from '../../../src/modes/bgp/names.ts';
import { type IfName, parseIfName } from '../../../src/net/if-name.ts';
import type { VlanId } from '../../../src/net/numbers.ts';

const name = (text: string): IfName => text as IfName;

test('the device of a VLAN has ten characters of its bridge', () => {
  const bridges = [name('br-ex'), name('br-provider-1')];
  assert.equal(vlanDeviceName(name('br-ex'), 101 as VlanId, bridges), 'br-ex.101');
  assert.equal(vlanDeviceName(name('br-provider-1'), 4094 as VlanId, bridges), 'br-provide.4094');
});

const bridgeName = fc.stringMatching(/^br-[a-c]{5,12}$/).map((text) => name(text.slice(0, 15)));

test('of bridges that begin alike, each VLAN has a device of its own, whose name fits', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(bridgeName, { minLength: 2, maxLength: 6, size: 'max' }),
      fc.integer({ min: 1, max: 4094 }),
      (bridges, vlan) => {
        const names = bridges.map((bridge) => vlanDeviceName(bridge, vlan as VlanId, bridges));
        assert.equal(new Set(names).size, bridges.length, names.join(' '));
        for (const each of names) assert.ok(parseIfName(each).ok, each);
        const tables = bridges.map((bridge) => tableOfBridge(bridge, new Map()));
        assert.equal(new Set(tables).size, bridges.length, tables.join(' '));
      },
    ),
    { numRuns: 1000 },
  );
});
