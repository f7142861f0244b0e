/** The plans of a router interface, and of a port on its network, at the node that has the router's gateway. */

import type { Concept, Holder, LegSubnet, TenantSubnet } from '../../fabric/concepts.ts';
import { type Inventory, isHostPort } from '../../inventory/inventory.ts';
import { isVipPort } from '../../inventory/load-balancer.ts';
import { type PortBinding, portIps } from '../../inventory/port-binding.ts';
import { formatIp, type Ip } from '../../net/ip.ts';
import { prefixContains } from '../../net/prefix.ts';
import type { Condition } from '../../resources/condition.ts';
import { becauseAddressed } from '../because.ts';
import { emptyPlan, type ScopePlan } from '../mode.ts';
import { ipOptOut, isReady, note, portOptOut } from './choice.ts';
import { conditionsOf, holderOf } from './plan-port.ts';
import type { BgpSettings } from './settings.ts';
import { isWanted, offerOf, realmOf, rulesOf, subnetsOn } from './tenants.ts';

export function planSubnets(
  scope: string,
  port: PortBinding,
  inventory: Inventory,
  settings: BgpSettings,
): ScopePlan {
  const tenants = rulesOf(settings);
  if (tenants === undefined) return emptyPlan;
  const { subnets, problems, optOut } = offerOf(port, inventory, tenants);
  const conditions = [...new Set(problems)].map((problem) => ({
    scope,
    severity: 'error' as const,
    message: `cannot expose the network of ${port.name}: ${problem}`,
  }));
  const notes = optOut === undefined ? [] : [note(scope, `the network of ${port.name}`, optOut)];
  return { concepts: subnets, conditions: [...conditions, ...notes] };
}

/** The addresses of a port that is bound anywhere, where its network is exposed address by address. */
export function planTenantHost(
  scope: string,
  port: PortBinding,
  inventory: Inventory,
  settings: BgpSettings,
): ScopePlan {
  const tenants = rulesOf(settings);
  if (tenants?.advertise !== 'host' || !isHostPort(port)) return emptyPlan;
  const { choice } = tenants;
  // The port of a load balancer's address is bound nowhere: OVN translates the address before it comes to the network.
  if (!isReady(port, choice) && !isVipPort(port)) return emptyPlan;
  const subnets = subnetsOn(port.datapath, inventory, tenants);
  if (subnets.length === 0) return emptyPlan;
  const optOut = portOptOut([port], choice);
  const holder = holderOf(port, port.networkName, inventory);
  const concepts: Concept[] = [];
  const notes: Condition[] = [];
  for (const ip of portIps(port)) {
    const around = subnets.filter(({ destination }) => prefixContains(destination, ip));
    if (around.length === 0 || !isWanted(ip, port.addressScopes, tenants)) continue;
    const why = optOut ?? ipOptOut(ip, choice);
    if (why === undefined)
      concepts.push(...onceInEachRealm(around).map((each) => host(ip, holder, port, each)));
    else notes.push(note(scope, `${formatIp(ip)} of port ${port.name}`, why));
  }
  return { concepts, conditions: [...conditionsOf(scope, port), ...notes] };
}

/** A network may be behind routers whose gateways are in different realms. */
function onceInEachRealm(
  subnets: readonly (TenantSubnet | LegSubnet)[],
): readonly (TenantSubnet | LegSubnet)[] {
  return [...new Map(subnets.toReversed().map((each) => [realmOf(each), each])).values()];
}

function host(
  ip: Ip,
  holder: Holder,
  port: PortBinding,
  subnet: TenantSubnet | LegSubnet,
): Concept {
  const because = [becauseAddressed(port), ...subnet.because];
  if (subnet.concept === 'leg-subnet') {
    const { because: _, ...within } = subnet;
    return { concept: 'leg-tenant', holder, ip, within, because };
  }
  const { because: _, ...within } = subnet;
  return { concept: 'tenant-host', holder, ip, within, because };
}
