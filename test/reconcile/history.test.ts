/**
 * History never matters: whatever has happened to a node, once things are quiet it has what a cold start on the final
 * inputs gives it, nothing of anybody else's has been touched, and on the way nothing happened that never must.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { equalData } from '../../src/base/equal.ts';
import type { Random } from '../../src/base/ports.ts';
import type { Spec } from '../../src/resources/index.ts';
import type { Key } from '../../src/resources/resource.ts';
import { type Cloud, emptyCloud } from '../sim/cloud.ts';
import { workingCloud } from '../sim/cloud-events.ts';
import { modeNames } from '../sim/modes.ts';
import { SimNode } from '../sim/node.ts';
import { anyNodeEvent, applyNodeEvent } from '../sim/node-events.ts';
import { seededRandom } from '../sim/random.ts';
import { runs } from '../sim/runs.ts';

const clouds = { empty: emptyCloud, working: workingCloud };

const history = fc.record({
  start: fc.constantFrom<keyof typeof clouds>('empty', 'working'),
  /** What a replaced agent had set up, for that cloud, before ours came. */
  predecessor: fc.constantFrom<keyof typeof clouds | undefined>(undefined, 'working'),
  /** Whether that is ours to take over and to remove. If not, it is in the way for as long as nobody removes it. */
  inheritsLeftovers: fc.boolean(),
  /** What the node is for; each driver and exposing method. */
  mode: fc.oneof(
    { weight: 1, arbitrary: fc.constant('evpn' as const) },
    { weight: 3, arbitrary: fc.constantFrom(...modeNames) },
  ),
  isLeaking: fc.boolean(),
  events: fc.array(anyNodeEvent, { maxLength: 14 }),
  seed: fc.nat(),
});

type History = typeof history extends fc.Arbitrary<infer H> ? H : never;

async function live(past: History): Promise<SimNode> {
  const node = await begin(past, clouds[past.start], seededRandom(past.seed));
  node.setLeaking(past.isLeaking);
  await node.startAgent();
  await node.run();
  for (const event of past.events) await applyNodeEvent(node, event);
  await node.settle();
  return node;
}

async function begin(
  past: History,
  cloud: Cloud,
  random: Random,
  foreign: Iterable<Spec> = [],
): Promise<SimNode> {
  const node = new SimNode(cloud, random, past.inheritsLeftovers, past.mode);
  // Twice, since some of them stand on others.
  for (let turn = 0; turn < 2; turn += 1) for (const spec of foreign) node.world.putForeign(spec);
  if (past.predecessor !== undefined) await leaveBehind(node, clouds[past.predecessor]);
  return node;
}

/** What an agent that did as ours does would leave, with its own marks on it. */
async function leaveBehind(node: SimNode, cloud: Cloud): Promise<void> {
  const now = node.cloud;
  node.setCloud(cloud);
  await node.startAgent();
  await node.settle();
  await node.killAgent(0);
  node.world.kernel.relabel('predecessor');
  node.world.ovs.relabel('predecessor');
  node.world.ovn.relabel('predecessor');
  node.setCloud(now);
}

/** A node on which only the others have a past. */
async function coldStart(past: History, lived: SimNode): Promise<SimNode> {
  const foreign = [...lived.world.foreign.values()];
  const node = await begin(past, lived.cloud, seededRandom(1), foreign);
  node.setLeaking(lived.isLeaking);
  await node.startAgent();
  await node.settle();
  return node;
}

function assertSameObjects(
  actual: ReadonlyMap<Key, Spec>,
  expected: ReadonlyMap<Key, Spec>,
  node: SimNode,
): void {
  const keys = [...new Set([...actual.keys(), ...expected.keys()])].sort();
  const different = keys
    .filter((key) => !equalData(actual.get(key), expected.get(key)))
    .map((key) => {
      const trouble = node.reconciler?.troubled().find((entry) => entry.key === key)?.standing;
      const state = !expected.has(key) ? 'left over' : actual.has(key) ? 'different' : 'missing';
      return `${key} is ${state} ${JSON.stringify(trouble ?? '')}`;
    });
  assert.deepEqual(different, []);
}

test('whatever happened, a quiet node is as after a cold start, and nothing forbidden happened', async (t) => {
  await fc.assert(
    fc.asyncProperty(history, async (past) => {
      const node = await live(past);
      const cold = await coldStart(past, node);
      assert.deepEqual([...node.world.violations, ...cold.world.violations], []);
      // What is in the way of a cold start may have been removed by an event in the longer life.
      if (past.predecessor === undefined || past.inheritsLeftovers) {
        assertSameObjects(node.world.own(), cold.world.own(), node);
      }
    }),
    runs(t, 2000),
  );
});
