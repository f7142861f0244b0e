/** What this node's own Open_vSwitch database says: who we are to OVN, and how provider networks leave the node. */

import type { Issue } from '../base/issue.ts';
import type { Endpoint } from '../net/endpoint.ts';
import type { IfName } from '../net/if-name.ts';

export interface ProviderBridge {
  readonly name: IfName;
  /** Ports that lead out of the node: neither a patch, nor internal, nor one of ours. */
  readonly uplinks: readonly string[];
}

/** What a further ovn-controller of this node is told, under the same keys with its name as a suffix. */
export interface LocalOvn {
  readonly bridgeMappings: ReadonlyMap<string, IfName>;
  /** `external_ids:ovn-bridge-NAME`. */
  readonly integrationBridge: string;
}

export interface LocalOvs {
  /** `external_ids:system-id`: the name of our Chassis. */
  readonly systemId: string | undefined;
  /** `external_ids:hostname`: the name of the host where it is not the system's. */
  readonly hostname: string | undefined;
  /** `external_ids:ovn-remote`. */
  readonly ovnRemote: readonly Endpoint[];
  /** `external_ids:ovn-nb-remote`: no part of OVN reads it, and agents of Neutron do. */
  readonly ovnNbRemote: readonly Endpoint[];
  /** `external_ids:ovn-bridge-mappings`: physical network to bridge, whether that exists or not. */
  readonly bridgeMappings: ReadonlyMap<string, IfName>;
  /** `external_ids:ovn-bridge`, by default `br-int`. */
  readonly integrationBridge: string;
  /** Whether `external_ids:ovn-cms-options` offers this node for gateways, `enable-chassis-as-gw`. */
  readonly isGateway: boolean;
  /** `external_ids:selvedge:expose`, where the own Chassis says nothing of it. */
  readonly exposes: boolean | undefined;
  /** By the name of the ovn-controller, where it has a mapping: `ovn-bridge-mappings-NAME`. */
  readonly localOvns: ReadonlyMap<string, LocalOvn>;
  /** Existing bridges by name. */
  readonly bridges: ReadonlyMap<string, ProviderBridge>;
  /** Malformed parts of the settings above, with the key as path. */
  readonly issues: readonly Issue[];
}

export const emptyLocalOvs: LocalOvs = {
  systemId: undefined,
  hostname: undefined,
  ovnRemote: [],
  ovnNbRemote: [],
  bridgeMappings: new Map(),
  integrationBridge: 'br-int',
  isGateway: false,
  exposes: undefined,
  localOvns: new Map(),
  bridges: new Map(),
  issues: [],
};
