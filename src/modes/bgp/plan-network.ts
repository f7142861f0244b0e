/**
 * The plan of a provider network: the node takes part in it, and routes what comes from it in the underlay; what else may
 * become of it stands in plan-vpn.ts.
 */

import { assertNever } from '../../base/assert-never.ts';
import { formatIssue } from '../../base/issue.ts';
import type { LocalNetwork, LocalPlace, ProviderNetwork } from '../../fabric/concepts.ts';
import type { DhcpSubnet } from '../../inventory/dhcp-options.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import type { PortBinding } from '../../inventory/port-binding.ts';
import type { Condition } from '../../resources/condition.ts';
import { becauseExit } from '../because.ts';
import { byName, type ProviderExit } from '../gateways.ts';
import { emptyPlan, type ScopePlan } from '../mode.ts';
import { anchorsOf } from './anchors.ts';
import { networkOptOut, note } from './choice.ts';
import { exposureOf } from './exposure.ts';
import { exitOf, placeOf } from './place.ts';
import { planVpn } from './plan-vpn.ts';
import type { BgpSettings } from './settings.ts';

export function planNetwork(
  scope: string,
  localnet: PortBinding,
  inventory: Inventory,
  settings: BgpSettings,
): ScopePlan {
  const { bridgeMappings } = inventory.ovs;
  // A physical network that this node does not have is no mistake: other nodes may.
  if (!bridgeMappings.has(localnet.physicalNetwork ?? '')) return emptyPlan;
  const exit = exitOf(localnet.datapath, inventory);
  const refuse = (problem: string): ScopePlan => {
    const message = `cannot route the provider network of ${localnet.name}: ${problem}`;
    return { concepts: [], conditions: [{ scope, severity: 'error', message }] };
  };
  if (typeof exit === 'string') return refuse(exit);
  if (exit.localnet !== localnet) return emptyPlan;
  const optOut = networkOptOut(exit, inventory, settings.choice);
  if (optOut !== undefined) {
    const what = `the network of ${localnet.name}`;
    return { concepts: [], conditions: [note(scope, what, optOut)] };
  }
  const exposure = exposureOf(exit, inventory, settings);
  switch (exposure.method) {
    case 'underlay':
      return {
        concepts: [throughUnderlay(exit, inventory, settings)],
        conditions: sameVlan(scope, exit, inventory),
      };
    case 'ovn':
      return {
        concepts: [throughLocalOvn(exit, exposure.at, inventory)],
        conditions: sameVlan(scope, exit, inventory),
      };
    case 'none':
      return exposure.problem === undefined ? emptyPlan : refuse(exposure.problem);
    case 'vrf':
    case 'l2vni': {
      const concepts = planVpn(exposure, exit.hasUplink, settings);
      const doubts = exposure.method === 'l2vni' ? doubtsOf(localnet, exit) : [];
      const told = doubts.map((message) => ({ scope, severity: 'warning', message }) as const);
      const unread = exposure.method === 'vrf' ? unreadOf(scope, localnet, exposure.subnets) : [];
      return { concepts, conditions: [...sameVlan(scope, exit, inventory), ...told, ...unread] };
    }
    default:
      return assertNever(exposure);
  }
}

/** What its DHCP options say of gateways and servers, and nobody can read. */
function unreadOf(
  scope: string,
  { name }: PortBinding,
  subnets: readonly DhcpSubnet[],
): readonly Condition[] {
  return subnets.flatMap(({ issues }) =>
    issues.map((issue) => {
      const message = `cannot tell all of the subnets of ${name}: ${formatIssue(issue)}; correct it`;
      return { scope, severity: 'error', message } as const;
    }),
  );
}

/** What an operator should know of a segment. */
function doubtsOf({ name }: PortBinding, { bridge, hasUplink }: ProviderExit): readonly string[] {
  const isLoop = `cannot see to it that the segment of ${name} has no loop: it leaves this node by the uplink of ${bridge} as well as by the fabric; extend it on one of the nodes that share this uplink's VLAN, and on no other`;
  return hasUplink ? [isLoop] : [];
}

function throughUnderlay(
  exit: ProviderExit,
  inventory: Inventory,
  { answerRouter }: BgpSettings,
): ProviderNetwork {
  const bridges = [...new Set(inventory.ovs.bridgeMappings.values())];
  const anchors = anchorsOf(exit.bridge, exit.vlan, bridges);
  const answers = answerRouter === 'always' || (answerRouter === 'auto' && !exit.hasUplink);
  const at = placeOf(exit, inventory);
  return { concept: 'provider', at, anchors, answers, because: becauseExit(exit) };
}

function throughLocalOvn(exit: ProviderExit, at: LocalPlace, { ovs }: Inventory): LocalNetwork {
  const { bridge, vlan } = exit;
  const anchors = anchorsOf(bridge, vlan, [...new Set(ovs.bridgeMappings.values())]);
  const others = ovs.bridges.get(bridge)?.uplinks ?? [];
  return { concept: 'local-network', at, anchors, others, because: becauseExit(exit) };
}

/** OVN keeps logical switches apart; whoever is on the bridge cannot, where two have the same VLAN. */
function sameVlan(scope: string, exit: ProviderExit, inventory: Inventory): readonly Condition[] {
  const { bridge, vlan, localnet } = exit;
  const others = [...inventory.ovs.bridgeMappings]
    .filter(([, mapped]) => mapped === bridge)
    .flatMap(([physical]) => [...inventory.localnetsOf(physical, vlan)])
    .filter(({ datapath }) => datapath !== localnet.datapath);
  if (others.length === 0) return [];
  const names = byName([localnet, ...others]).map(({ name }) => name);
  const where = vlan === undefined ? `untagged on ${bridge}` : `VLAN ${vlan} on ${bridge}`;
  const message = `cannot tell the networks of ${names.join(' and ')} apart: all are ${where}; give each a VLAN or a bridge of its own`;
  return [{ scope, severity: 'warning', message }];
}
