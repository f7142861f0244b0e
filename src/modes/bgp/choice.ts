/**
 * What of a cloud this node exposes by the operator's choice, and why it does not expose the rest: by `selvedge:expose` in
 * external_ids of a port, of a network's localnet port, of a router's gateway port or of the Chassis; by the role of the
 * node, and by lists in the configuration. Pure.
 */

import type { Exposed } from '../../fabric/concepts.ts';
import { type Inventory, isHostPort } from '../../inventory/inventory.ts';
import type { PortBinding } from '../../inventory/port-binding.ts';
import { formatIp, type Ip } from '../../net/ip.ts';
import { formatPrefix, type Prefix, prefixContains, prefixesOverlap } from '../../net/prefix.ts';
import type { Condition } from '../../resources/condition.ts';
import { byName, type ProviderExit } from '../gateways.ts';
import type { ScopePlan } from '../mode.ts';

export interface Choice {
  /** Which nodes take part, by what their `ovn-cms-options` offer them for. */
  readonly nodes: 'all' | 'gateways' | 'computes';
  /** Provider bridges whose networks are exposed; empty for all that are mapped. */
  readonly bridges: ReadonlySet<string>;
  /** Physical networks, localnet ports or logical switches, with Neutron's `neutron-` or without. */
  readonly networks: ReadonlySet<string>;
  /** Logical ports, or what Neutron calls them. */
  readonly ports: ReadonlySet<string>;
  readonly prefixes: readonly Prefix[];
  /** From when on a port is exposed: `up` when OVN has its flows in place, `bound` when a chassis has claimed it. */
  readonly when: 'up' | 'bound';
}

/** Nothing is kept back. */
export const everythingUp: Choice = {
  nodes: 'all',
  bridges: new Set(),
  networks: new Set(),
  ports: new Set(),
  prefixes: [],
  when: 'up',
};

/** Why a thing is not exposed, in the operator's words; `undefined` where nothing says so. */
export type OptOut = string | undefined;

/** What stands on the Chassis decides, else what stands in Open_vSwitch of the node; else the role that the configuration names. */
export function nodeOptOut({ ovs, chassisExposes }: Inventory, { nodes }: Choice): OptOut {
  const exposes = chassisExposes ?? ovs.exposes;
  if (exposes === true) return undefined;
  if (exposes === false) {
    const row = chassisExposes === false ? `Chassis ${ovs.systemId ?? ''}` : 'Open_vSwitch';
    return `external_ids:selvedge:expose=false of ${row}`;
  }
  if (nodes === 'all' || ovs.isGateway === (nodes === 'gateways')) return undefined;
  const options = ovs.isGateway ? 'have enable-chassis-as-gw' : 'have no enable-chassis-as-gw';
  return `bgp.nodes = "${nodes}", and ovn-cms-options of this node ${options}`;
}

/** Of a provider network as a whole; one that this node does not have is on no bridge. */
export function networkOptOut(
  { bridge, localnet }: Pick<ProviderExit, 'localnet'> & Partial<ProviderExit>,
  inventory: Inventory,
  choice: Choice,
): OptOut {
  if (bridge !== undefined && choice.bridges.size > 0 && !choice.bridges.has(bridge)) {
    return `bridge ${bridge} is not in bgp.bridges`;
  }
  const ofSwitch = switchOptOut(localnet.datapath, inventory);
  if (ofSwitch !== undefined) return ofSwitch;
  for (const each of byName(inventory.portsOfType(localnet.datapath, 'localnet'))) {
    if (each.isHidden) return hiddenBy(each);
    const names = [each.name, each.physicalNetwork, ...namesOfSwitch(each)];
    const name = names.find((one) => one !== undefined && choice.networks.has(one));
    if (name !== undefined) return `'${name}' is in bgp.exclude_networks`;
  }
  return undefined;
}

/** What a port has to be kept back by. */
type Face = Pick<PortBinding, 'name' | 'portName' | 'networkName' | 'isHidden'>;

/** Of a port, or of a gateway with all that is answered there: each of its faces may say so. */
export function portOptOut(faces: readonly (Face | undefined)[], choice: Choice): OptOut {
  for (const face of faces) {
    if (face === undefined) continue;
    if (face.isHidden) return hiddenBy(face);
    const name = [face.name, face.portName].find((one) => choice.ports.has(one ?? ''));
    if (name !== undefined) return `'${name}' is in bgp.exclude_ports`;
    const network = namesOfSwitch(face).find((one) => choice.networks.has(one));
    if (network !== undefined) return `'${network}' is in bgp.exclude_networks`;
  }
  return undefined;
}

function hiddenBy(port: Face): string {
  return `external_ids:selvedge:expose=false of Port_Binding ${port.name}`;
}

/** Neutron's name of the logical switch, and the UUID that people know the network by. */
function namesOfSwitch({ networkName }: Face): readonly string[] {
  return networkName === undefined ? [] : [networkName, networkName.replace(/^neutron-/, '')];
}

/** Of a tenant network, by the switch side of a router's interface and by the interface itself. */
export function tenantOptOut(
  port: PortBinding,
  routerPort: PortBinding,
  inventory: Inventory,
  choice: Choice,
): OptOut {
  return switchOptOut(port.datapath, inventory) ?? portOptOut([port, routerPort], choice);
}

function switchOptOut(datapath: string, inventory: Inventory): OptOut {
  const whole = inventory.logicalSwitch(datapath);
  if (whole?.externalIds.get('selvedge:expose') !== 'false') return undefined;
  return `external_ids:selvedge:expose=false of Logical_Switch ${whole.name}`;
}

/** Of a whole subnet; of one that is excluded in part, the rest is exposed with it. */
export function subnetOptOut(subnet: Prefix, { prefixes }: Choice): OptOut {
  const prefix = prefixes.find(
    (each) => each.length <= subnet.length && prefixesOverlap(each, subnet),
  );
  return prefix === undefined ? undefined : `${formatPrefix(prefix)} is in bgp.exclude_prefixes`;
}

export function ipOptOut(ip: Ip, { prefixes }: Choice): OptOut {
  const prefix = prefixes.find((each) => prefixContains(each, ip));
  return prefix === undefined ? undefined : `${formatPrefix(prefix)} is in bgp.exclude_prefixes`;
}

/** Whether packets for a port can be sent here: it is bound to this node, and where that is asked for, it is up. */
export function isHere(port: PortBinding, inventory: Inventory, choice: Choice): boolean {
  return port.chassis === inventory.chassis && isReady(port, choice);
}

/** Whether a port is bound, to whichever node, and where that is asked for, up. */
export function isReady(port: PortBinding, { when }: Choice): boolean {
  if (port.chassis === undefined) return false;
  // A virtual machine that moves is on two nodes at once for a while, and not all say that it is up: it stays where it is.
  return when === 'bound' || !isHostPort(port) || port.isUp || port.isMoving;
}

/** What is left of addresses that would be exposed, with a note for each that is not. */
export function chosen(
  scope: string,
  what: string,
  offered: readonly Exposed[],
  optOut: OptOut,
  choice: Choice,
): ScopePlan {
  const concepts: Exposed[] = [];
  const conditions: Condition[] = [];
  for (const concept of offered) {
    const why = optOut ?? ipOptOut(concept.ip, choice);
    if (why === undefined) concepts.push(concept);
    else conditions.push(note(scope, `${formatIp(concept.ip)} of ${what}`, why));
  }
  return { concepts, conditions };
}

export function note(scope: string, what: string, why: string): Condition {
  return { scope, severity: 'note', message: `${what} is not exposed: ${why}` };
}
