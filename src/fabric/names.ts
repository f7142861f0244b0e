/** The names of devices, which are those of ovn-bgp-agent, so that a node it has set up is taken over in place. */

import type { IfName } from '../net/if-name.ts';
import type { Mac } from '../net/mac.ts';
import type { TableId, VlanId, Vni } from '../net/numbers.ts';

/** A VNI has at most eight digits, so all of these fit into the 15 characters of an interface name. */
export function vrfName(vni: Vni): IfName {
  return `vrf-${vni}` as IfName;
}

export function bridgeName(vni: Vni): IfName {
  return `br-${vni}` as IfName;
}

export function vxlanName(vni: Vni): IfName {
  return `vxlan-${vni}` as IfName;
}

/** The dummy device that carries the addresses to announce. */
export function loopbackName(vni: Vni): IfName {
  return `lo-${vni}` as IfName;
}

/** The kernel routing table of a VRF has the number of its VNI. */
export function tableOf(vni: Vni): TableId {
  return Number(vni) as TableId;
}

/** The device by which the VRF is joined to the provider bridge, and its port on that bridge. */
export function wiringNames(
  vni: Vni,
  vlan: VlanId | undefined,
): { readonly device: IfName; readonly port: IfName } {
  if (vlan !== undefined) {
    const name = `vlan-${vni}` as IfName;
    return { device: name, port: name };
  }
  return {
    device: vethName('veth-vrf-', 've-vrf', vni),
    port: vethName('veth-ovs-', 've-ovs', vni),
  };
}

/** A veth pair: `device` on the side of the VNI, `port` on the provider bridge. */
export interface PairNames {
  readonly device: IfName;
  readonly port: IfName;
}

/**
 * Of the pair between a provider network and the VRF of its VNI. With the largest numbers 15 characters, and never cut;
 * ovn-bgp-agent has a piece of a UUID there.
 */
export function legNames(vni: Vni, vlan: VlanId | undefined): PairNames {
  return pairNames('v', vni, vlan);
}

/**
 * Of the pair between a provider network and the bridge of its VNI. Another one, since a device that has been in a VRF has
 * the MAC address and the settings of a router.
 */
export function segmentNames(vni: Vni, vlan: VlanId | undefined): PairNames {
  return pairNames('s', vni, vlan);
}

function pairNames(letter: string, vni: Vni, vlan: VlanId | undefined): PairNames {
  const suffix = `${vni}.${vlan ?? 0}`;
  return { device: `${letter}p${suffix}` as IfName, port: `${letter}o${suffix}` as IfName };
}

/**
 * The MAC address of a leg is that of ovn-bgp-agent: locally administered, then VNI and VLAN. It is the same on every
 * node, so that a virtual machine that moves finds its gateway where it was.
 */
export function anycastMac(vni: Vni, vlan: VlanId | undefined): Mac {
  return (0x02_00_00_00_00_00 + vni * 0x10000 + (vlan ?? 0)) as Mac;
}

/** From 1,000,000 on the long name does not fit into 15 characters. */
function vethName(long: string, short: string, vni: Vni): IfName {
  const name = `${long}${vni}`;
  return (name.length <= 15 ? name : `${short}${vni}`) as IfName;
}
