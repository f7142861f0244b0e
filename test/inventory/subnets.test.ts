/** The index of subnets finds what a look at every one of them finds, after any coming and going. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { equalData } from '../../src/base/equal.ts';
import { unwrap } from '../../src/base/result.ts';
import type { PortBinding } from '../../src/inventory/port-binding.ts';
import { SubnetIndex } from '../../src/inventory/subnets.ts';
import { parsePrefix, prefixesOverlap } from '../../src/net/prefix.ts';

/** The index tells ports apart and looks at nothing of them. */
const ports = ['a', 'b', 'c'].map((name) => ({ name }) as PortBinding);

const subnet = fc
  .constantFrom(
    '0.0.0.0/0',
    '10.0.0.0/8',
    '10.0.0.1/24',
    '10.0.0.129/25',
    '10.0.1.1/24',
    '10.0.0.7/32',
    '11.0.0.1/24',
    '::/0',
    '2001:db8::1/32',
    '2001:db8:1::1/64',
    '2001:db8:1:0:1::/80',
  )
  .map((text) => unwrap(parsePrefix(text)));

const step = fc.record({ add: fc.boolean(), subnet, port: fc.constantFrom(...ports) });

test('what overlaps a subnet', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), subnet, (steps, asked) => {
      const index = new SubnetIndex();
      const held: Omit<(typeof steps)[number], 'add'>[] = [];
      for (const { add, ...one } of steps) {
        if (add) held.push(one);
        const at = held.findIndex((each) => equalData(each, one));
        if (!add && at >= 0) held.splice(at, 1);
        if (add) index.add(one.subnet, one.port);
        else index.remove(one.subnet, one.port);
      }
      const expected = held.filter((each) => prefixesOverlap(each.subnet, asked));
      const names = (found: Iterable<PortBinding>) => [...found].map(({ name }) => name).sort();
      assert.deepEqual(names(index.overlapping(asked)), names(expected.map(({ port }) => port)));
    }),
    { numRuns: 3000 },
  );
});
