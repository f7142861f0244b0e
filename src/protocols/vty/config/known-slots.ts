/**
 * The slots of VRFs and segments in BGP, and of router advertisements, each with what FRR does when its line is set twice,
 * altered, or taken back. All of it is held by test/protocols/vty/io/stanzas.test.ts, segment.test.ts and
 * advertisement.test.ts of test/targets/frr against the real daemons of 8.4, 10.3 and 10.7.
 */

import { flag, type Slot, value, values } from './slot.ts';

/**
 * `vni N` of `vrf X`. 8.4 refuses a second VNI in the same VRF, 10.x replaces it; all refuse one that another VRF has.
 * It is always taken back by its number: 8.4 knows no bare `no vni`, and 10.3 clears whatever stands on `no vni 7`.
 */
export function vniSlot(vni: number): Slot {
  return value('vni', 'free', `${vni}`);
}

/**
 * `rd`, in `address-family l2vpn evpn` of a VRF: a second one takes the place of the first. Once it was taken back, 8.4
 * and 10.3 swallow the very same `rd` (status 0, but it is not configured) until another one was set; hence a detour
 * over an RD that nobody has.
 */
export function rdSlot(rd: string): Slot {
  return { ...value('rd', 'overwrite', rd), detour: 'rd 0:1' };
}

/**
 * `route-target import`, `route-target export`. `both` is never said: it prints as one line each, and `no route-target
 * both` of the only ones ends bgpd 8.4 with a segmentation fault.
 */
export function routeTargetSlot(direction: 'import' | 'export', targets: readonly string[]): Slot {
  return values(`route-target ${direction}`, targets);
}

/** `advertise ipv4 unicast [route-map M]`: said again without a route-map, it has none. */
export function advertiseSlot(family: 'ipv4 unicast' | 'ipv6 unicast', rest?: string): Slot {
  // 8.4 does not know `no advertise … route-map M`.
  return flag(`advertise ${family}`, 'overwrite', rest);
}

/** `redistribute connected [route-map M]`: said again without a route-map, it keeps the one it had. */
export function redistributeSlot(source: string, rest?: string): Slot {
  return flag(`redistribute ${source}`, 'clear', rest);
}

/** `bgp router-id` of a BGP instance: a second one takes the place of the first. */
export function routerIdSlot(id: string): Slot {
  return value('bgp router-id', 'overwrite', id);
}

/**
 * `import vrf X`, in a unicast family. There may be others beside it, and each is a slot of its own. Never said twice:
 * FRR answers 1 then. FRR shows this line and nothing else of it, neither the RD nor the targets that it derives.
 */
export function importVrfSlot(vrf: string): Slot {
  return flag(`import vrf ${vrf}`, 'overwrite');
}

/** `ipv6 nd prefix P [no-autoconfig]` of an interface: said again, with more words or fewer, it takes the place of the first. */
export function advertisedPrefixSlot(prefix: string, rest?: string): Slot {
  return flag(`ipv6 nd prefix ${prefix}`, 'overwrite', rest);
}

/** `ipv6 nd rdnss A`, RFC 8106 §5.1. */
export function dnsServerSlot(servers: readonly string[]): Slot {
  return values('ipv6 nd rdnss', servers);
}

/** `ipv6 nd managed-config-flag`, `ipv6 nd other-config-flag`: M and O of RFC 4861 §4.2. */
export function configFlagSlot(which: 'managed' | 'other'): Slot {
  return flag(`ipv6 nd ${which}-config-flag`, 'overwrite');
}

/** `no ipv6 nd suppress-ra`: zebra advertises itself. It prints the line as it is said, and takes it back without the `no`. */
export function advertisingSlot(): Slot {
  return flag('no ipv6 nd suppress-ra', 'overwrite');
}
