/** The plan of a gateway: a VRF for its VNI, joined to the provider bridge on behalf of the router. */

import type { Attachment, Concept, Vrf, Wiring } from '../../fabric/concepts.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import type { BgpvpnKeys, PortBinding } from '../../inventory/port-binding.ts';
import { type Family, type Ip, isLinkLocal } from '../../net/ip.ts';
import { linkLocalOf } from '../../net/mac.ts';
import type { Condition } from '../../resources/condition.ts';
import type { Reason } from '../../resources/resource.ts';
import { emptyPlan, type ScopePlan } from '../mode.ts';
import { becauseAddressed } from '../because.ts';
import type { Gateway, ProviderExit } from '../gateways.ts';
import { joinProblem } from './join.ts';
import type { EvpnSettings } from './settings.ts';
import { readyGateway, type Site } from './site.ts';

export function planGateway(
  scope: string,
  port: PortBinding,
  inventory: Inventory,
  settings: EvpnSettings,
): ScopePlan {
  const readiness = readyGateway(port, inventory);
  if (readiness === undefined) return emptyPlan;
  const refuse = (reason: string): ScopePlan => {
    const message = `cannot offer the router behind ${port.name}: ${reason}`;
    return { concepts: [], conditions: [{ scope, severity: 'error', message }] };
  };
  if (!readiness.ready) return refuse(readiness.problem);
  const { site } = readiness;
  const elsewhere = joinProblem(site.gateway.bgpvpn.vni, site, inventory);
  if (elsewhere !== undefined) return refuse(elsewhere);
  const concepts = frameOf(site, site.gateway.bgpvpn, settings, true);
  return { concepts, conditions: port.chassis === undefined ? [unclaimed(scope, port)] : [] };
}

/** No node announces this router, and each may think that another one does. */
function unclaimed(scope: string, { name }: PortBinding): Condition {
  const message = `cannot offer the router behind ${name} yet: OVN has bound it to no chassis; see that ovn-controller runs on a chassis of its group`;
  return { scope, severity: 'warning', message };
}

/** The VRF and the wiring that everything in this VNI at this site stands on. */
export function frameOf(
  site: Site,
  keys: BgpvpnKeys,
  settings: EvpnSettings,
  isGatewaysOwn: boolean,
  because: readonly Reason[] = site.because,
): readonly Concept[] {
  const { mtu, vtep, gateway, exit } = site;
  const vrf: Vrf = { concept: 'vrf', vni: keys.vni, asn: keys.asn, vtep, mtu, because };
  const wiring: Wiring = {
    concept: 'wiring',
    at: attachmentOf(site, keys),
    mtu,
    routerIps: routerIpsOf(gateway),
    // One answer per router is enough, and two VRFs of one router must not both give it.
    answers: isGatewaysOwn && answersFor(exit, settings),
    because: [...because, becauseAddressed(gateway.port)],
  };
  return [vrf, wiring];
}

export function answersFor(exit: ProviderExit, settings: EvpnSettings): boolean {
  return (
    settings.answerRouter === 'always' || (settings.answerRouter === 'auto' && !exit.hasUplink)
  );
}

export function attachmentOf(site: Site, keys: BgpvpnKeys): Attachment {
  return {
    vni: keys.vni,
    bridge: site.exit.bridge,
    vlan: site.exit.vlan,
    patchPort: site.exit.patchPort,
    routerMac: site.gateway.addresses.mac,
  };
}

/** The router's addresses on the provider network, with the link-local one that every OVN router port has. */
function routerIpsOf(gateway: Gateway): readonly Ip[] {
  const ips = gateway.addresses.prefixes.map(({ ip }) => ip).filter((ip) => !isLinkLocal(ip));
  return [...ips, linkLocalOf(gateway.addresses.mac)];
}

/** Where packets for a subnet of this family go: an address of the router in that family. */
export function nextHopOf(gateway: Gateway, family: Family): Ip | undefined {
  const own = gateway.addresses.prefixes.map(({ ip }) => ip).find((ip) => ip.family === family);
  return own ?? (family === 6 ? linkLocalOf(gateway.addresses.mac) : undefined);
}
