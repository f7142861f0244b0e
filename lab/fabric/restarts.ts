/** Programs beside the agents that end and come back, and how long it takes until all is reached again. */

import type { FabricNode } from './node.ts';
import type { Namespace } from './namespace.ts';
import { restartFrr } from './frr.ts';
import { restartDatabase, restartOvsdb, restartVswitchd } from './ovs.ts';
import type { Stage } from './scenario.ts';
import type { SelvedgeAgent } from './selvedge.ts';

/** Who is asked whether all is well. */
export interface Reached {
  readonly agents: readonly SelvedgeAgent[];
  readonly from: Namespace;
  /** The first one under a stream. */
  readonly to: readonly [string, ...string[]];
}

/** Restarts one after the other, and then several at once; `look` is run after each. */
export async function surviveRestarts(
  { fabric: { central }, step, note, reaches, underStream }: Stage,
  node: FabricNode,
  { agents, from, to }: Reached,
  look: () => Promise<void>,
): Promise<void> {
  const restarts: Readonly<Record<string, () => Promise<unknown>>> = {
    'FRR of the gateway': () => restartFrr(node),
    'ovs-vswitchd of the gateway': () => restartVswitchd(node),
    'ovsdb-server of the gateway': () => restartOvsdb(node),
    'the Southbound database': () => restartDatabase(central, 'sb'),
    'FRR, then the Southbound database, then ovs-vswitchd': async () => {
      await restartFrr(node);
      await restartDatabase(central, 'sb');
      await restartVswitchd(node);
    },
  };
  const [first, ...others] = to;
  for (const [what, restart] of Object.entries(restarts)) {
    step(`${what} restarts`);
    await underStream(from, first, async () => {
      await restart();
      const begun = performance.now();
      for (const agent of agents) await agent.settles();
      await reaches(from, first);
      note(`settled and reached ${((performance.now() - begun) / 1000).toFixed(1)} s after that`);
    });
    for (const address of others) await reaches(from, address);
    await look();
  }
}
