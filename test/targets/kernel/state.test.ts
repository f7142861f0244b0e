/** What is known of the kernel's devices, whatever the order in which it tells of them. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { unwrap } from '../../../src/base/result.ts';
import { parseIfName } from '../../../src/net/if-name.ts';
import { type Link, linkOf } from '../../../src/protocols/netlink/index.ts';
import { linkKey } from '../../../src/resources/link.ts';
import { notice } from '../../../src/targets/kernel/read.ts';
import { KernelState } from '../../../src/targets/kernel/state.ts';
import { Sysctls } from '../../../src/targets/kernel/sysctls.ts';

const near = unwrap(parseIfName('veth-vrf-600'));
const far = unwrap(parseIfName('veth-ovs-600'));

function veth(fields: Partial<Link>): Link {
  return linkOf({ info: { is: { type: 'veth' } }, ...fields });
}

describe('a veth pair', () => {
  const told = {
    near: veth({ index: 7, name: near, link: 8 }),
    far: veth({ index: 8, name: far, link: 7 }),
    // As the kernel tells of the far end while it makes the pair (drivers/net/veth.c, veth_newlink).
    farAlone: veth({ index: 8, name: far, link: 0 }),
  };

  for (const [title, order] of Object.entries({
    'the far end first and alone': ['farAlone', 'near'],
    'a notice of the far end that is older than what was read': ['near', 'far', 'farAlone'],
    'both, read at once': ['far', 'near'],
    'the near end first': ['near', 'farAlone'],
  } as const)) {
    test(`is known to be one: ${title}`, () => {
      const state = emptyState();
      const changed = order.flatMap(
        (each) => state.take(notice('new', 'link', told[each])).changed,
      );
      for (const [name, peer] of [
        [near, far],
        [far, near],
      ] as const) {
        const observed = state.observe(linkKey(name));
        assert.ok(observed?.spec.kind === 'link');
        assert.deepEqual(observed.spec.is, { type: 'veth', peer });
        assert.ok(changed.includes(linkKey(name)));
      }
    });
  }

  test('tells of the far end when the near one changes hands: what the one is hangs on the other', () => {
    const state = emptyState();
    state.load([notice('new', 'link', told.far), notice('new', 'link', told.near)]);
    const renamed = { ...told.near, alias: 'selvedge' };
    assert.ok(state.take(notice('new', 'link', renamed)).changed.includes(linkKey(far)));
  });
});

function emptyState(): KernelState {
  const options = { wanted: new Set<never>(), marksAddresses: true, firstIndex: 100 };
  return new KernelState({ ...options, bgpDriver: undefined, sysctls: new Sysctls() });
}
