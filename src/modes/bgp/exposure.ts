/**
 * How a provider network is exposed on this node: by the method that is configured, and with `dynamic` by what its
 * annotation says. A network that a method has no use for is not exposed at all, and neither is one whose annotation
 * cannot be read: nobody knows where it was meant to be. Look-ups only.
 */

import { formatIssue } from '../../base/issue.ts';
import type { LegPlace, LocalPlace } from '../../fabric/concepts.ts';
import type { DhcpSubnet } from '../../inventory/dhcp-options.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import { annotationOf, type NetworkAnnotation } from '../../inventory/network.ts';
import type { NetworkVpn } from '../../inventory/network-vpn.ts';
import type { Prefix } from '../../net/prefix.ts';
import type { Reason } from '../../resources/resource.ts';
import { becauseExit, becauseOfVpn } from '../because.ts';
import type { ProviderExit } from '../gateways.ts';
import { noVtep, type Vtep, vtepOf } from '../vtep.ts';
import { localPlaceOf } from './local-ovn.ts';
import type { BgpSettings, ExposingMethod } from './settings.ts';

export type Exposure =
  | { readonly method: 'underlay' }
  /** `problem` is absent where the method just has no use for such a network. */
  | { readonly method: 'none'; readonly problem?: string }
  | { readonly method: 'ovn'; readonly at: LocalPlace }
  | VpnExposure;

/** In a VRF, or as a segment. */
export interface VpnExposure {
  readonly method: 'vrf' | 'l2vni';
  readonly vpn: NetworkVpn;
  readonly at: LegPlace;
  readonly tunnel: Vtep;
  readonly gateways: readonly Prefix[];
  readonly subnets: readonly DhcpSubnet[];
  readonly because: readonly Reason[];
}

const underlay: Exposure = { method: 'underlay' };

/** Of a network that leaves this node there. */
export function exposureOf(
  exit: ProviderExit,
  inventory: Inventory,
  { method, localOvn }: Pick<BgpSettings, 'method' | 'localOvn'>,
): Exposure {
  if (method === 'underlay') return underlay;
  if (method === 'ovn') {
    if (localOvn === undefined) return { method: 'none' };
    return inventory.derived(`exposure ${exit.localnet.name}`, () => {
      const at = localPlaceOf(exit, inventory, localOvn);
      return typeof at === 'string' ? refused(at) : { method, at };
    });
  }
  return inventory.derived(`exposure ${exit.localnet.name}`, () =>
    findExposure(exit, annotationOf(exit.localnet, inventory), inventory, method),
  );
}

function findExposure(
  exit: ProviderExit,
  annotation: NetworkAnnotation,
  inventory: Inventory,
  method: Exclude<ExposingMethod, 'underlay' | 'ovn'>,
): Exposure {
  const { vpn, gateways, subnets, object } = annotation;
  if (vpn === undefined) return method === 'dynamic' ? underlay : { method: 'none' };
  if (!vpn.ok) return refused(`${object} ${formatIssue(vpn.error)}; correct it`);
  const wanted = vpn.value.type === 'l3' ? 'vrf' : 'l2vni';
  if (method !== 'dynamic' && method !== wanted) {
    return refused(
      `${object} says neutron_bgpvpn:type=${vpn.value.type}, and bgp.exposing is "${method}"; make that "${wanted}" or "dynamic"`,
    );
  }
  if (!gateways.ok) return refused(`${object} ${formatIssue(gateways.error)}; correct it`);
  const tunnel = vtepOf(inventory.host);
  if (tunnel === undefined) return refused(noVtep);
  return {
    method: wanted,
    vpn: vpn.value,
    at: placeOf(exit, vpn.value),
    tunnel,
    gateways: gateways.value,
    subnets,
    because: [becauseOfVpn(object, vpn.value), ...becauseExit(exit)],
  };
}

function refused(problem: string): Exposure {
  return { method: 'none', problem };
}

function placeOf({ bridge, vlan, patchPort }: ProviderExit, { vni }: NetworkVpn): LegPlace {
  return { vni, bridge, vlan, patchPort };
}
