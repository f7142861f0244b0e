/** The port through which the agent hears from a source: what the cloud looks like now, and how sure that is. */

import type { FrrInstance } from './frr-instance.ts';
import type { Host } from './host.ts';
import type { LocalOvs } from './local-ovs.ts';
import type { LoadBalancer } from './load-balancer.ts';
import type { LogicalRouter, LogicalSwitch } from './logical.ts';
import type { PortBinding } from './port-binding.ts';

/** One thing as a source has just seen it. */
export type InventoryUpdate =
  | {
      readonly of: 'port';
      readonly before: PortBinding | undefined;
      readonly after: PortBinding | undefined;
    }
  | {
      readonly of: 'balancer';
      readonly before: LoadBalancer | undefined;
      readonly after: LoadBalancer | undefined;
    }
  | {
      readonly of: 'switch';
      readonly datapath: string;
      readonly value: LogicalSwitch | undefined;
    }
  | {
      readonly of: 'router';
      readonly datapath: string;
      readonly value: LogicalRouter | undefined;
    }
  | { readonly of: 'ovs'; readonly value: LocalOvs }
  | { readonly of: 'host'; readonly value: Host }
  | { readonly of: 'frr'; readonly value: FrrInstance }
  /** The own Chassis row, and what its `external_ids:selvedge:expose` says, if anything. */
  | {
      readonly of: 'chassis';
      readonly value: string | undefined;
      readonly exposes?: boolean | undefined;
    }
  /** Whether the own chassis is a member of this HA_Chassis_Group. */
  | { readonly of: 'membership'; readonly group: string; readonly value: boolean };

export type SourceState =
  | { readonly state: 'connecting'; readonly reason?: string }
  /** All that was asked for has been delivered at least once. */
  | { readonly state: 'synced' }
  /** Gone for now; what it delivered before still stands. */
  | { readonly state: 'down'; readonly reason: string };

export interface SourceEvents {
  /** What one transaction of the source changed, in one call. */
  updated(updates: readonly InventoryUpdate[]): void;
  stateChanged(): void;
}

export interface Source {
  readonly name: string;
  readonly state: SourceState;
  close(): Promise<void>;
}

/** A database of OVN: what this node sees of the cloud. */
export interface CloudSource extends Source {
  /** Asks for these rows; until they have been delivered the source is not synced. */
  setInterest(interest: PortInterest): void;
  /** Whether this OVN exchanges routes with VRFs of the kernel by itself (25.03 and later); `undefined` until known. */
  readonly exchangesRoutes: boolean | undefined;
}

/** Clauses of a condition on Port_Binding, any of which lets a row in. */
export interface PortInterest {
  /** Rows bound to the own chassis. */
  readonly ownChassis: boolean;
  /** Rows that the own chassis may come to have, as a member of their HA_Chassis_Group. */
  readonly ownGroups: boolean;
  readonly types: ReadonlySet<string>;
  readonly datapaths: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
  /** Whose load balancers matter, and the ports that have the addresses of these. */
  readonly balanced?: BalancerInterest;
  /** Networks, the DHCP options of whose ports matter; OVN_Southbound does not tell of them. */
  readonly dhcp?: ReadonlySet<string>;
}

export interface BalancerInterest {
  /** Datapaths of routers. */
  readonly routers: ReadonlySet<string>;
  /** Those of switches behind them: where OVN does not say which routers have a load balancer, its switches tell. */
  readonly switches: ReadonlySet<string>;
  /** `neutron:port_name` of ports. */
  readonly portNames: ReadonlySet<string>;
}
