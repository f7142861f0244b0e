/** Where a provider network meets this node: bridge, device, table and patch port, with the facts that this follows from. */

import type { ProviderPlace } from '../../fabric/concepts.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import { type ProviderExit, providerExit } from '../gateways.ts';
import { tableOfBridge, vlanDeviceName } from './names.ts';

/** The exit of a datapath that is a provider network of this node; else why it is none here. */
export function exitOf(datapath: string, inventory: Inventory): ProviderExit | string {
  return inventory.derived(`exit ${datapath}`, () => providerExit(datapath, inventory));
}

/** Whether a datapath is a provider network at all, here or elsewhere. */
export function isProvider(datapath: string, inventory: Inventory): boolean {
  for (const _ of inventory.portsOfType(datapath, 'localnet')) return true;
  return false;
}

/** The same object for all that is on a network, of which there may be much. */
export function placeOf(exit: ProviderExit, inventory: Inventory): ProviderPlace {
  return inventory.derived(`place ${exit.localnet.name}`, () => findPlace(exit, inventory));
}

function findPlace(exit: ProviderExit, inventory: Inventory): ProviderPlace {
  const { bridge, vlan, patchPort } = exit;
  const bridges = inventory.ovs.bridgeMappings.values();
  return {
    bridge,
    vlan,
    patchPort,
    localnet: exit.localnet.name,
    device: vlan === undefined ? bridge : vlanDeviceName(bridge, vlan, bridges),
    table: tableOfBridge(bridge, inventory.host.tables),
  };
}
