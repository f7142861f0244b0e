/**
 * Re-planning what a change touches gives what planning everything would: in any order of arrival, and as well when
 * only the rows of interest are delivered.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { equalData } from '../../src/base/equal.ts';
import { MutableInventory } from '../../src/inventory/inventory.ts';
import type { InventoryUpdate, PortInterest } from '../../src/inventory/source.ts';
import type { Mode, ScopePlan } from '../../src/modes/mode.ts';
import type { Cloud } from '../sim/cloud.ts';
import { emptyCloud } from '../sim/cloud.ts';
import { anyCloudEvent, applyCloudEvent, workingCloud } from '../sim/cloud-events.ts';
import { CloudFeed, everything } from '../sim/cloud-feed.ts';
import { modes } from '../sim/modes.ts';
import { runs } from '../sim/runs.ts';
import { seededRandom, shuffled } from '../sim/random.ts';

type Plans = Map<string, ScopePlan>;

/** Keeps plans in step with an inventory by what each change touches, and by nothing else. */
class Incremental {
  readonly inventory = new MutableInventory();
  readonly plans: Plans = new Map();
  readonly #mode: Mode;
  interestIsStale = true;

  constructor(of: Mode) {
    this.#mode = of;
  }

  apply(updates: readonly InventoryUpdate[]): void {
    const dirty = new Set<string>();
    for (const update of updates) {
      const change = this.inventory.apply(update);
      for (const scope of this.#mode.touched(change, this.inventory)) dirty.add(scope);
      this.interestIsStale ||= this.#mode.bearsOnInterest(change);
    }
    for (const scope of dirty) put(this.plans, scope, this.#mode.plan(scope, this.inventory));
  }
}

function put(plans: Plans, scope: string, plan: ScopePlan): void {
  if (plan.concepts.length + plan.conditions.length === 0) plans.delete(scope);
  else plans.set(scope, plan);
}

function planAll(mode: Mode, inventory: MutableInventory): Plans {
  const plans: Plans = new Map();
  for (const scope of mode.scopes(inventory)) put(plans, scope, mode.plan(scope, inventory));
  return plans;
}

/** Names the scopes that differ first, since plans are long. */
function assertSamePlans(actual: Plans, expected: Plans): void {
  const scopes = [...new Set([...actual.keys(), ...expected.keys()])].sort();
  const different = scopes.filter((scope) => !equalData(actual.get(scope), expected.get(scope)));
  assert.deepEqual(different, []);
}

function inventoryOf(cloud: Cloud, seed: number): MutableInventory {
  const inventory = new MutableInventory();
  const random = seededRandom(seed);
  for (const update of new CloudFeed().updates(cloud, everything, random)) {
    inventory.apply(update);
  }
  return inventory;
}

const clouds = { empty: emptyCloud, working: workingCloud };

const history = fc.record({
  start: fc.constantFrom<keyof typeof clouds>('empty', 'working'),
  /** Events of one inner list arrive in one transaction. */
  steps: fc.array(fc.array(anyCloudEvent, { minLength: 1, maxLength: 3 }), { maxLength: 12 }),
  seed: fc.nat(),
});

for (const [name, mode] of Object.entries(modes)) {
  test(`mode ${name}: after every change the plans of what it touched are those of a cold start`, (t) => {
    fc.assert(
      fc.property(history, ({ start, steps, seed }) => {
        const random = seededRandom(seed);
        const feed = new CloudFeed();
        const incremental = new Incremental(mode);
        let cloud = clouds[start];
        incremental.apply(feed.updates(cloud, everything, random));
        for (const events of steps) {
          cloud = events.reduce(applyCloudEvent, cloud);
          // One by one: what holds after each change holds after any number of them.
          for (const update of feed.updates(cloud, everything, random)) {
            incremental.apply([update]);
            const all = planAll(mode, incremental.inventory);
            assertSamePlans(incremental.plans, all);
          }
        }
      }),
      runs(t, 600),
    );
  });

  test(`mode ${name}: a node that sees only the rows of its interest plans what one that sees all rows plans`, (t) => {
    fc.assert(
      fc.property(history, ({ start, steps, seed }) => {
        const random = seededRandom(seed);
        const feed = new CloudFeed();
        const incremental = new Incremental(mode);
        let interest: PortInterest = mode.interest(incremental.inventory);
        let cloud = clouds[start];
        for (const events of [[], ...steps]) {
          cloud = events.reduce(applyCloudEvent, cloud);
          incremental.apply(feed.updates(cloud, interest, random));
          for (let turn = 0; incremental.interestIsStale; turn += 1) {
            assert.ok(turn < 8, 'the interest does not settle');
            incremental.interestIsStale = false;
            interest = mode.interest(incremental.inventory);
            incremental.apply(feed.updates(cloud, interest, random));
          }
          assertSamePlans(incremental.plans, planAll(mode, inventoryOf(cloud, seed)));
        }
      }),
      runs(t, 600),
    );
  });

  test(`mode ${name}: the order in which rows arrive does not show in the plans`, (t) => {
    fc.assert(
      fc.property(history, fc.nat(), ({ start, steps, seed }, other) => {
        const cloud = steps.flat().reduce(applyCloudEvent, clouds[start]);
        const inventory = inventoryOf(cloud, seed);
        const plans = planAll(mode, inventory);
        assertSamePlans(plans, planAll(mode, inventoryOf(cloud, other)));
        const scopes = shuffled(mode.scopes(inventory), seededRandom(other));
        const again: Plans = new Map();
        for (const scope of scopes) put(again, scope, mode.plan(scope, inventory));
        assertSamePlans(again, plans);
      }),
      runs(t, 250),
    );
  });
}
