/** Where and for whom a gateway of this node joins a VRF: all that the plans of gateways and networks share, or what is missing. */

import { formatIssue } from '../../base/issue.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import type { PortBinding } from '../../inventory/port-binding.ts';
import type { Reason } from '../../resources/resource.ts';
import { becauseAnnotated, becauseBound, becauseExit, becauseMember } from '../because.ts';
import {
  type Gateway,
  type GatewayRole,
  isMemberFor,
  networkPortOf,
  type ProviderExit,
  providerExit,
  roleAt,
} from '../gateways.ts';
import { noVtep, type Vtep, vtepOf } from '../vtep.ts';

/** A gateway with all that a VRF needs of it, or what is wrong, or `undefined` when it is none of ours. */
export type Readiness =
  | { readonly ready: true; readonly site: Site }
  | { readonly ready: false; readonly problem: string };

/** Where and for whom: the parts that the plans of a gateway and of its networks share. */
export interface Site extends Vtep {
  readonly gateway: Gateway;
  readonly role: GatewayRole;
  readonly exit: ProviderExit;
  /** Why the gateway is here, when that is more than why it is prepared for: what stands on both does not change hands. */
  readonly becauseActive: readonly Reason[];
  readonly because: readonly Reason[];
}

export function readyGateway(port: PortBinding, inventory: Inventory): Readiness | undefined {
  const role = roleAt(port, inventory);
  if (role === undefined) return undefined;
  const networkPort = networkPortOf(port, inventory);
  const annotation = networkPort?.bgpvpn;
  if (networkPort === undefined || annotation === undefined) return undefined;
  if (!annotation.ok) {
    return problem(`Port_Binding ${networkPort.name} ${formatIssue(annotation.error)}; correct it`);
  }
  const [addresses] = port.addresses;
  if (addresses === undefined) return problem(noAddresses(port));
  const exit = providerExit(networkPort.datapath, inventory);
  if (typeof exit === 'string') return problem(exit);
  const tunnel = vtepOf(inventory.host);
  if (tunnel === undefined) return problem(noVtep);
  const gateway = { port, addresses, networkPort, bgpvpn: annotation.value };
  const { systemId } = inventory.ovs;
  const bound = becauseBound(port, systemId);
  const isMember = isMemberFor(port, inventory);
  const because = [
    isMember ? becauseMember(port, systemId) : bound,
    becauseAnnotated(networkPort, annotation.value),
    ...becauseExit(exit),
  ];
  const becauseActive = role === 'active' && isMember ? [bound] : [];
  return { ready: true, site: { gateway, role, exit, ...tunnel, becauseActive, because } };
}

function problem(text: string): Readiness {
  return { ready: false, problem: text };
}

function noAddresses(port: PortBinding): string {
  const why = port.issues.map(formatIssue).join(', ');
  return `Port_Binding ${port.name} has no usable addresses${why === '' ? '' : ` (${why})`}; correct column mac`;
}
