/**
 * Where a VNI is joined to a provider bridge on this node. There is one such place for each VNI, since its devices
 * exist once: of several that ask for it, one whose gateway is here comes before one that is prepared for, and then
 * the annotated port that comes first by name.
 */

import type { Inventory } from '../../inventory/inventory.ts';
import type { PortBinding } from '../../inventory/port-binding.ts';
import type { Vni } from '../../net/numbers.ts';
import { byName, isGatewayPort, localGateways, peerOf, type ProviderExit } from '../gateways.ts';
import { readyGateway, type Site } from './site.ts';

interface Join {
  /** The port that has the VNI joined there. */
  readonly port: PortBinding;
  readonly exit: ProviderExit;
}

/** What keeps a VNI from being joined at this site. */
export function joinProblem(vni: Vni, site: Site, inventory: Inventory): string | undefined {
  const join = inventory.derived(`join ${vni}`, () => findJoin(vni, inventory));
  if (join === undefined || isSamePlace(join.exit, site.exit)) return undefined;
  return `VNI ${vni} is joined to ${placeOf(join.exit)} by ${join.port.name}, and cannot be to ${placeOf(site.exit)} as well; use the same provider network, or another VNI`;
}

function findJoin(vni: Vni, inventory: Inventory): Join | undefined {
  const joins = byName(inventory.portsOfVni(vni)).flatMap((port) =>
    placesOf(port, inventory).map(({ role, exit }) => ({ port, role, exit })),
  );
  return joins.find(({ role }) => role === 'active') ?? joins[0];
}

/** The sites at which an annotated port asks for its VNI: its own gateway's, or those that lead to its network. */
function placesOf(port: PortBinding, inventory: Inventory): readonly Site[] {
  const routerPort = peerOf(port, inventory);
  if (routerPort === undefined || !isGatewayPort(routerPort, inventory)) {
    return sitesOf(port, inventory);
  }
  return localGateways(routerPort.datapath, inventory)
    .filter((gateway) => gateway.distributedPort === routerPort.name)
    .flatMap((gateway) => siteOf(gateway, inventory));
}

/** The gateways here that lead to this interface and are ready to. */
export function sitesOf(port: PortBinding, inventory: Inventory): readonly Site[] {
  const routerPort = peerOf(port, inventory);
  if (routerPort === undefined || isGatewayPort(routerPort, inventory)) return [];
  return localGateways(routerPort.datapath, inventory).flatMap((gateway) =>
    siteOf(gateway, inventory),
  );
}

function siteOf(gateway: PortBinding, inventory: Inventory): readonly Site[] {
  const readiness = readyGateway(gateway, inventory);
  return readiness?.ready === true ? [readiness.site] : [];
}

function isSamePlace(a: ProviderExit, b: ProviderExit): boolean {
  return a.bridge === b.bridge && a.vlan === b.vlan;
}

function placeOf({ bridge, vlan }: ProviderExit): string {
  return vlan === undefined ? `bridge ${bridge}` : `VLAN ${vlan} of bridge ${bridge}`;
}
