/** The port through which the agent hears from a source: what the cloud looks like now, and how sure that is. */

import type { Host } from './host.ts';
import type { LocalOvs } from './local-ovs.ts';
import type { PortBinding } from './port-binding.ts';

/** One thing as a source has just seen it. */
export type InventoryUpdate =
  | {
      readonly of: 'port';
      readonly before: PortBinding | undefined;
      readonly after: PortBinding | undefined;
    }
  | { readonly of: 'ovs'; readonly value: LocalOvs }
  | { readonly of: 'host'; readonly value: Host }
  | { readonly of: 'chassis'; readonly value: string | undefined }
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

/** Clauses of a condition on Port_Binding, any of which lets a row in. */
export interface PortInterest {
  /** Rows bound to the own chassis. */
  readonly ownChassis: boolean;
  /** Rows that the own chassis may come to have, as a member of their HA_Chassis_Group. */
  readonly ownGroups: boolean;
  readonly types: ReadonlySet<string>;
  readonly datapaths: ReadonlySet<string>;
  readonly names: ReadonlySet<string>;
}
