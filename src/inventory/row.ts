/** What the inventory is made of: one row of a database as a source delivers it, with columns still as stored. */

/** A row of Port_Binding of OVN_Southbound, or what stands for one, with the columns that modes use. */
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
  /** The row of OVN_Northbound that this was made of, where that is read: `Logical_Switch_Port 1f0c…`. */
  readonly northbound?: string;
  /** Whether ovn-controller has all flows of it in place; absent as long as nobody has said. */
  readonly up?: boolean | undefined;
  /** UUIDs of the Chassis that have it besides, while it moves from one to another. */
  readonly additional_chassis?: readonly string[];
  /** Of a virtual port: the port that has its address now. */
  readonly virtual_parent?: string | undefined;
}
