/** What the inventory is made of: one row of a database as a source delivers it, with columns still as stored. */

/** A row of OVN_Southbound, table Port_Binding, with the columns that modes use. */
export interface PortBindingRow {
  readonly uuid: string;
  readonly logical_port: string;
  readonly type: string;
  /** UUID of the Datapath_Binding. */
  readonly datapath: string;
  /** UUID of the Chassis it is bound to. */
  readonly chassis: string | undefined;
  /** UUID of the HA_Chassis_Group whose members may have it: set for gateways. */
  readonly ha_chassis_group: string | undefined;
  readonly mac: readonly string[];
  readonly nat_addresses: readonly string[];
  readonly options: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
  readonly tag: number | undefined;
}
