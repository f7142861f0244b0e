/** What of the configuration mode bgp depends on. */

import type { Ip, Ip4 } from '../../net/ip.ts';
import { unwrap } from '../../base/result.ts';
import type { FrrInstance } from '../../inventory/frr-instance.ts';
import { type Asn, parseAsn } from '../../net/numbers.ts';
import type { Prefix } from '../../net/prefix.ts';
import type { Choice } from './choice.ts';

/** How a provider network is exposed: `dynamic` leaves that to its annotation. */
export type ExposingMethod = 'underlay' | 'vrf' | 'l2vni' | 'dynamic' | 'ovn';

export interface BgpSettings {
  readonly method: ExposingMethod;
  readonly asn: Asn;
  /** `undefined`: that of FRR's own instance, else the IPv4 address that the node has in the underlay. */
  readonly routerId: Ip4 | undefined;
  /** Whether a node answers for every IPv6 address on its provider bridges; `auto` where the bridge has no uplink. */
  readonly answerRouter: 'auto' | 'always' | 'never';
  /** What of it the operator wants exposed. */
  readonly choice: Choice;
  /** Which networks behind a gateway are exposed at the node that has it; none when absent. */
  readonly tenants: TenantSettings | undefined;
  /** Of the method `ovn`, which exposes nothing without it. */
  readonly localOvn?: LocalOvnSettings;
}

/** As the operator gives them: what is left open follows from FRR's own instance. */
export interface BgpOptions extends Omit<BgpSettings, 'asn'> {
  readonly asn: Asn | undefined;
}

/** That of ovn-bgp-agent, where neither the operator nor FRR says one. */
const defaultAsn = unwrap(parseAsn(64_999));

/** A VRF that is not of FRR's own AS would be another's for it, and could not be imported from. */
export function settingsBeside<T extends Pick<BgpOptions, 'asn' | 'routerId'>>(
  options: T,
  frr: FrrInstance,
): T & Pick<BgpSettings, 'asn'> {
  const asn = options.asn ?? frr.asn ?? defaultAsn;
  return { ...options, asn, routerId: options.routerId ?? frr.routerId };
}

export interface LocalOvnSettings {
  /** The name of its ovn-controller, and of its chassis. */
  readonly chassis: string;
  /** Ports that lead to the fabric; whatever leads out of its bridges when empty. */
  readonly externalNics: readonly string[];
  readonly peers: readonly Ip[];
  readonly prefixes: readonly Prefix[];
  readonly bfd: boolean;
}

export interface TenantSettings {
  readonly families: 'all' | 'global-ipv6';
  /** Each address of a port, or the subnets. */
  readonly advertise: 'host' | 'subnet';
  /** Only networks in one of these address scopes; empty: whatever they are in. */
  readonly addressScopes: ReadonlySet<string>;
  /** What becomes of subnets behind SNAT; `untold`: they should be left out, and no source says which they are. */
  readonly snat: 'exposed' | 'left-out' | 'untold';
}
