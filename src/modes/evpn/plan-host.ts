/** The plan of a port of a virtual machine: its addresses announced where its network is offered and the gateway is. */

import type { Concept } from '../../fabric/concepts.ts';
import { type Inventory, isHostPort } from '../../inventory/inventory.ts';
import { type PortBinding, portIps } from '../../inventory/port-binding.ts';
import { prefixContains } from '../../net/prefix.ts';
import type { Condition } from '../../resources/condition.ts';
import { emptyPlan, type ScopePlan } from '../mode.ts';
import { becauseAddressed } from '../because.ts';
import { byName } from '../gateways.ts';
import { answersFor } from './plan-gateway.ts';
import { type Offered, offeredAt } from './plan-network.ts';
import type { EvpnSettings } from './settings.ts';
import type { Site } from './site.ts';

/** What of the interfaces of a switch is offered by a gateway that is here. */
function offeredOn(datapath: string, inventory: Inventory): readonly Offered[] {
  return inventory.derived(`offered on ${datapath}`, () =>
    byName(inventory.portsOfType(datapath, 'patch'))
      .flatMap((port) => offeredAt(port, inventory))
      .filter(({ site }) => site.role === 'active'),
  );
}

export function planHost(
  scope: string,
  port: PortBinding,
  inventory: Inventory,
  settings: EvpnSettings,
): ScopePlan {
  if (!isHostPort(port) || port.chassis === undefined) return emptyPlan;
  const offered = offeredOn(port.datapath, inventory);
  if (offered.length === 0) return emptyPlan;
  const addressed = becauseAddressed(port);
  const concepts = offered.flatMap(({ site, keys, prefixes }) => {
    // The gateway's own VRF answers for all of its router. Of another VRF it is not known here whether that one stands.
    const answers = keys.vni === site.gateway.bgpvpn.vni && answersFor(site.exit, settings);
    return portIps(port).flatMap((ip): Concept[] => {
      const within = prefixes.find(({ destination }) => prefixContains(destination, ip));
      if (within === undefined) return [];
      const because = [addressed, ...site.becauseActive, ...within.because];
      return [{ concept: 'host', ip, within, answers, because }];
    });
  });
  const astray = offered.some(({ site }) => repliesElsewhere(port, site, inventory))
    ? [straying(scope, port)]
    : [];
  return { concepts, conditions: [...conditionsOf(scope, port), ...astray] };
}

/**
 * A port with a distributed floating IP on another node: there OVN sends what it answers out to the provider network
 * by itself, with that IP (seen with 25.03; on the gateway's own node, and with a centralised one, it does not).
 */
function repliesElsewhere(port: PortBinding, site: Site, inventory: Inventory): boolean {
  const isElsewhere = port.chassis !== inventory.chassis;
  return isElsewhere && site.gateway.networkPort.nat.at(port.name).length > 0;
}

function straying(scope: string, port: PortBinding): Condition {
  return {
    scope,
    severity: 'warning',
    message: `cannot bring back the replies of port ${port.name}: its floating IP is distributed and it is on another node, where they leave with that IP; reach it by the floating IP, or make that a centralised one`,
  };
}

function conditionsOf(scope: string, port: PortBinding): readonly Condition[] {
  return port.issues.map((issue) => ({
    scope,
    severity: 'error',
    message: `cannot announce port ${port.name}: ${issue.path}: ${issue.message}; correct it`,
  }));
}
