/**
 * The plan of a load balancer: OVN translates its addresses where the gateway of its router is, so that those on the
 * provider network are exposed there, at the gateway's MAC. Its floating IP stands among the gateway's own, and its
 * addresses on tenant networks are exposed as such.
 */

import type { Exposed } from '../../fabric/concepts.ts';
import type { Inventory } from '../../inventory/inventory.ts';
import type { LoadBalancer } from '../../inventory/load-balancer.ts';
import type { PortBinding } from '../../inventory/port-binding.ts';
import { hostPrefix } from '../../net/prefix.ts';
import type { Condition } from '../../resources/condition.ts';
import { becauseBalanced, becauseBound, becauseExit } from '../because.ts';
import { networkPortOf } from '../gateways.ts';
import type { ScopePlan } from '../mode.ts';
import { gatewaysOf, isOnProvider, vipPortsOf } from './balancers.ts';
import { type Choice, chosen, networkOptOut, portOptOut } from './choice.ts';
import { exitOf, placeOf } from './place.ts';
import { exposed } from './plan-port.ts';

export function planBalancer(
  scope: string,
  balancer: LoadBalancer,
  inventory: Inventory,
  choice: Choice,
): ScopePlan {
  const gateways = gatewaysOf(balancer, inventory);
  const parts = gateways.map((gateway) => planAt(scope, balancer, gateway, inventory, choice));
  return {
    concepts: parts.flatMap(({ concepts }) => concepts),
    conditions: [
      ...parts.flatMap(({ conditions }) => conditions),
      ...(gateways.length === 0 ? [] : conditionsOf(scope, balancer)),
    ],
  };
}

function planAt(
  scope: string,
  balancer: LoadBalancer,
  gateway: PortBinding,
  inventory: Inventory,
  choice: Choice,
): ScopePlan {
  const networkPort = networkPortOf(gateway, inventory);
  const exit = networkPort === undefined ? '' : exitOf(networkPort.datapath, inventory);
  const mac = gateway.addresses[0]?.mac;
  if (networkPort === undefined || typeof exit === 'string' || mac === undefined) {
    return { concepts: [], conditions: [] };
  }
  const bound = becauseBound(gateway, inventory.ovs.systemId);
  const at = placeOf(exit, inventory);
  const { name } = balancer;
  const holder = {
    port: gateway.name,
    name: `load balancer ${name} at ${gateway.name}`,
    network: at.localnet,
  };
  const offered = balancer.vips
    .filter((ip) => isOnProvider(ip, balancer, gateway, networkPort, inventory))
    .flatMap((ip): readonly Exposed[] => {
      const because = [becauseBalanced(balancer, ip, gateway), bound, ...becauseExit(exit)];
      return exposed({ mac, prefixes: [hostPrefix(ip)] }, at, holder, because);
    });
  const routerPort = inventory.port(gateway.distributedPort ?? '');
  const faces = [...vipPortsOf(balancer, inventory), gateway, networkPort, routerPort];
  // It has no external_ids in this database; its port does.
  const itself = { name, portName: undefined, networkName: undefined, isHidden: false };
  const optOut = portOptOut([itself, ...faces], choice) ?? networkOptOut(exit, inventory, choice);
  return chosen(scope, `load balancer ${name}`, offered, optOut, choice);
}

function conditionsOf(scope: string, { name, issues }: LoadBalancer): readonly Condition[] {
  return issues.map((issue) => ({
    scope,
    severity: 'error',
    message: `cannot announce load balancer ${name}: ${issue.path}: ${issue.message}; correct it`,
  }));
}
