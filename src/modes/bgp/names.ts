/** Names and numbers that follow from a provider bridge: those of ovn-bgp-agent, but where two would be one. */

import { digestOf } from '../../base/digest.ts';
import type { IfName } from '../../net/if-name.ts';
import type { TableId, VlanId } from '../../net/numbers.ts';

/**
 * The device of a VLAN on a provider bridge. 15 characters are what a name may have and a VLAN takes five of them, so
 * ovn-bgp-agent takes ten of the bridge; where that is the beginning of another of the bridges as well, a digest of the
 * whole name tells them apart.
 */
export function vlanDeviceName(bridge: IfName, vlan: VlanId, bridges: Iterable<IfName>): IfName {
  const cut = bridge.slice(0, 10);
  const isShared = [...bridges].some((other) => other !== bridge && other.startsWith(cut));
  const own = isShared ? `${bridge.slice(0, 4)}${digestOf(bridge)}`.slice(0, 10) : cut;
  return `${own}.${vlan}` as IfName;
}

/** Tables that we choose are above those that people give by hand, and below what tools print as negative. */
const firstOwnTable = 1 << 30;

/**
 * The routing table of a provider bridge: the one that /etc/iproute2/rt_tables has under its name, where ovn-bgp-agent
 * notes it; else a number that follows from the name, and is the same after every start.
 */
export function tableOfBridge(bridge: IfName, named: ReadonlyMap<string, TableId>): TableId {
  return named.get(bridge) ?? ((firstOwnTable + Number.parseInt(digestOf(bridge), 16)) as TableId);
}
