/** A cloud that works, with one thing changed, as the inventory of a node sees it. */

import { MutableInventory } from '../../../src/inventory/inventory.ts';
import { evpnMode } from '../../../src/modes/evpn/index.ts';
import type { ScopePlan } from '../../../src/modes/mode.ts';
import type { Cloud, GatewayPort, InterfacePort, MachinePort } from '../../sim/cloud.ts';
import { workingCloud } from '../../sim/cloud-events.ts';
import { CloudFeed, everything } from '../../sim/cloud-feed.ts';
import { seededRandom } from '../../sim/random.ts';

export const mode = evpnMode({ answerRouter: 'auto', standby: true });

export function inventoryOf(cloud: Cloud): MutableInventory {
  const inventory = new MutableInventory();
  for (const update of new CloudFeed().updates(cloud, everything, seededRandom(1))) {
    inventory.apply(update);
  }
  return inventory;
}

/** All plans that say something, by scope. */
export function plansOf(cloud: Cloud, by = mode): ReadonlyMap<string, ScopePlan> {
  const inventory = inventoryOf(cloud);
  const plans = new Map<string, ScopePlan>();
  for (const scope of [...by.scopes(inventory)].sort()) {
    const plan = by.plan(scope, inventory);
    if (plan.concepts.length + plan.conditions.length > 0) plans.set(scope, plan);
  }
  return plans;
}

/** The conditions as lines of scope and message. */
export function conditionsOf(cloud: Cloud): readonly string[] {
  return [...plansOf(cloud).values()].flatMap(({ conditions }) =>
    conditions.map(({ scope, message }) => `${scope}: ${message}`),
  );
}

/** What is offered, in short, with the scope that wants it. */
export function offersOf(cloud: Cloud, by = mode): readonly string[] {
  return [...plansOf(cloud, by)].flatMap(([scope, { concepts }]) =>
    [...new Set(concepts.map(({ concept }) => concept))].map(
      (concept) =>
        `${scope}: ${concepts.filter((each) => each.concept === concept).length} ${concept}`,
    ),
  );
}

export function withGateway(at: number, patch: Partial<GatewayPort>): Cloud {
  return { ...workingCloud, gateways: edit(workingCloud.gateways, at, patch) };
}

export function withInterface(at: number, patch: Partial<InterfacePort>): Cloud {
  return { ...workingCloud, interfaces: edit(workingCloud.interfaces, at, patch) };
}

export function withMachine(at: number, patch: Partial<MachinePort>): Cloud {
  return { ...workingCloud, machines: edit(workingCloud.machines, at, patch) };
}

function edit<T>(
  slots: readonly (T | undefined)[],
  at: number,
  patch: Partial<T>,
): readonly (T | undefined)[] {
  return slots.map((slot, index) =>
    index === at && slot !== undefined ? { ...slot, ...patch } : slot,
  );
}
