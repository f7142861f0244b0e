/**
 * A provider network as it is annotated. OVN_Northbound has the annotation on the Logical_Switch, of which ovn-northd
 * copies nothing to OVN_Southbound; what stands on the localnet port of the network it does copy. Both places count, and
 * the switch has the last word.
 */

import { type Issue, issueAt } from '../base/issue.ts';
import { err, ok, type Result } from '../base/result.ts';
import { parsePrefix, type Prefix } from '../net/prefix.ts';
import type { DhcpSubnet } from './dhcp-options.ts';
import type { Inventory } from './inventory.ts';
import { type NetworkVpn, parseNetworkVpn } from './network-vpn.ts';
import type { PortBinding } from './port-binding.ts';

export interface NetworkAnnotation {
  /** `undefined`: the network belongs to no VPN. */
  readonly vpn: Result<NetworkVpn, Issue> | undefined;
  readonly gateways: Result<readonly Prefix[], Issue>;
  /** What OVN_Northbound has of its subnets. */
  readonly subnets: readonly DhcpSubnet[];
  /** Where it stands: `Logical_Switch neutron-…`, or the row of the localnet port in the database that is read. */
  readonly object: string;
}

/** Of the network that this localnet port is on. */
export function annotationOf(localnet: PortBinding, inventory: Inventory): NetworkAnnotation {
  const { name, datapath, annotation, northbound = `Port_Binding ${name}` } = localnet;
  const logicalSwitch = inventory.logicalSwitch(datapath);
  const ids = new Map([...annotation, ...(logicalSwitch?.externalIds ?? [])]);
  const isOnSwitch = logicalSwitch?.externalIds.has('neutron_bgpvpn:type') === true;
  return {
    vpn: parseNetworkVpn(ids),
    gateways: parseGateways(ids.get(gatewaysKey) ?? ''),
    subnets: logicalSwitch?.subnets ?? [],
    object: isOnSwitch ? `Logical_Switch ${logicalSwitch.name}` : northbound,
  };
}

/**
 * The addresses at which virtual machines of the network look for a gateway, with the length of their subnets:
 * `172.24.4.1/24 2001:db8:4::1/64`. Neutron has them in DHCP_Options, of which OVN_Southbound knows nothing.
 */
const gatewaysKey = 'selvedge:gateways';

function parseGateways(text: string): Result<readonly Prefix[], Issue> {
  const prefixes: Prefix[] = [];
  for (const word of text.split(/[\s,]+/)) {
    if (word === '') continue;
    const parsed = parsePrefix(word);
    if (!parsed.ok) return err(issueAt(`external_ids:${gatewaysKey}`, parsed.error));
    prefixes.push(parsed.value);
  }
  return ok(prefixes);
}

/** The external_ids of a localnet port that annotate its network; none of any other port. */
export function annotationIds(
  type: string,
  externalIds: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  if (type !== 'localnet') return none;
  const found = [...externalIds].filter(
    ([key]) => key.startsWith('neutron_bgpvpn:') || key === gatewaysKey,
  );
  return found.length === 0 ? none : new Map(found);
}

const none: ReadonlyMap<string, string> = new Map();
