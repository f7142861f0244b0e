/**
 * A Port_Binding of OVN_Southbound as the modes see it: parsed once, with what was wrong kept as issues beside the
 * values. Neutron's conventions stand here (ml2/ovn copies external_ids of a Logical_Switch_Port to Port_Binding).
 */

import { equalData } from '../base/equal.ts';
import { type Issue, issueAt } from '../base/issue.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Family, Ip } from '../net/ip.ts';
import type { Mac } from '../net/mac.ts';
import {
  type Asn,
  kernelTableName,
  parseAsn,
  parseVlanId,
  parseVni,
  type VlanId,
  type Vni,
} from '../net/numbers.ts';
import { type Prefix, parsePrefix } from '../net/prefix.ts';
import { NatTable } from './nat.ts';
import { annotationIds } from './network.ts';
import { placementOf } from './placement.ts';
import { type PortAddresses, parsePortAddresses } from './port-addresses.ts';
import type { PortBindingRow } from './row.ts';

/** `neutron_bgpvpn:vni` and `:as` of external_ids; both or nothing. */
export interface BgpvpnKeys {
  readonly vni: Vni;
  readonly asn: Asn;
}

/** `neutron:subnet_pool_addr_scope4` and `6` of external_ids. */
export type AddressScopes = Readonly<Partial<Record<Family, string>>>;

export interface PortBinding {
  readonly uuid: string;
  readonly name: string;
  readonly type: string;
  readonly datapath: string;
  /** UUID of the Chassis where it is, see `placementOf`. */
  readonly chassis: string | undefined;
  /** UUID of the HA_Chassis_Group whose members may have it. */
  readonly haChassisGroup: string | undefined;
  /** Column `mac`; where it is `unknown`, the addresses of `neutron:cidrs`. */
  readonly addresses: readonly PortAddresses[];
  readonly bgpvpn: Result<BgpvpnKeys, Issue> | undefined;
  /** The port at the other end of a patch, `options:peer`. */
  readonly peer: string | undefined;
  /** Of a chassisredirect port: the router port it stands for, `options:distributed-port`. */
  readonly distributedPort: string | undefined;
  /** Of a localnet port: the physical network, `options:network_name`. */
  readonly physicalNetwork: string | undefined;
  readonly tag: VlanId | undefined;
  /** Of a localnet port: the external_ids that annotate its network. */
  readonly annotation: ReadonlyMap<string, string>;
  /** Addresses that OVN answers for behind this port: floating IPs, and what load balancers and SNAT have. */
  readonly nat: NatTable;
  /** The row of OVN_Northbound that tells all this, if it is not a Port_Binding that does. */
  readonly northbound?: string;
  /** Column `up`: whether packets for it find their way in OVN. Where OVN does not say, it is. */
  readonly isUp: boolean;
  /** Whether a second chassis has it, as while a virtual machine moves. */
  readonly isMoving: boolean;
  /** Of a virtual port: the port that has its address, or those one of which does. */
  readonly virtualParents: readonly string[];
  /** `selvedge:expose=false` of external_ids: nothing of it is to be exposed. */
  readonly isHidden: boolean;
  /** `neutron:port_name` of external_ids. */
  readonly portName: string | undefined;
  /** `neutron:network_name` of external_ids: the name of the logical switch. */
  readonly networkName: string | undefined;
  /** UUIDs of the address scopes that Neutron has its subnets in, by family. */
  readonly addressScopes: AddressScopes;
  /** What could not be read, with the column as path. */
  readonly issues: readonly Issue[];
}

/** `before` is the same row as it was: of a column that changes by one of thousands the rest is taken over. */
export function parsePortBinding(row: PortBindingRow, before?: PortBinding): PortBinding {
  const issues: Issue[] = [];
  const addresses = row.mac.flatMap((text) => collect(parsePortAddresses(text), 'mac', issues));
  const cidrs = addresses.length > 0 ? [] : parseNeutronCidrs(row, issues);
  const tag = row.tag === undefined || row.tag === 0 ? undefined : parseVlanId(row.tag);
  return {
    uuid: row.uuid,
    name: row.logical_port,
    type: row.type,
    datapath: row.datapath,
    chassis: placementOf({ by: 'binding', chassis: row.chassis, ...migrationOf(row) }),
    haChassisGroup: row.ha_chassis_group,
    addresses: addresses.length > 0 ? addresses : cidrs,
    // There it says something of the network, and in other words.
    bgpvpn: row.type === 'localnet' ? undefined : parseBgpvpn(row.external_ids),
    peer: row.options.get('peer'),
    distributedPort: row.options.get('distributed-port'),
    physicalNetwork: row.options.get('network_name'),
    tag: tag?.ok === true ? tag.value : undefined,
    annotation: annotationIds(row.type, row.external_ids),
    nat: (before?.nat ?? NatTable.none).become(row.nat_addresses),
    ...(row.northbound === undefined ? {} : { northbound: row.northbound }),
    isUp: row.up !== false,
    isMoving: (row.additional_chassis ?? []).length > 0,
    virtualParents: parentsOf(row),
    isHidden: parseHidden(row.external_ids, issues),
    portName: row.external_ids.get('neutron:port_name'),
    networkName: row.external_ids.get('neutron:network_name'),
    addressScopes: parseAddressScopes(row.external_ids),
    issues,
  };
}

/** ovn-nb(5), requested-chassis: with more than one besides, nobody knows where the machine is going. */
function migrationOf({ additional_chassis: others = [], options }: PortBindingRow) {
  if (others.length !== 1) return {};
  return { next: others[0], isHeardThere: options.has('additional-chassis-activated') };
}

const noParents: readonly string[] = [];

/** `virtual_parent`, which OVN_Southbound has; else all of `options:virtual-parents`. */
function parentsOf({ virtual_parent: parent, options }: PortBindingRow): readonly string[] {
  if (parent !== undefined) return [parent];
  const text = options.get('virtual-parents');
  if (text === undefined) return noParents;
  return text.split(',').filter((name) => name !== '');
}

/** What cannot be read counts as `false`: whoever wrote it wanted something kept back. */
function parseHidden(externalIds: ReadonlyMap<string, string>, issues: Issue[]): boolean {
  const text = externalIds.get('selvedge:expose');
  if (text === undefined || text === 'true') return false;
  if (text !== 'false') {
    const message = `'${text}' is neither true nor false, and counts as false`;
    issues.push({ path: 'external_ids:selvedge:expose', message });
  }
  return true;
}

const noScopes: AddressScopes = {};

function parseAddressScopes(externalIds: ReadonlyMap<string, string>): AddressScopes {
  const v4 = externalIds.get('neutron:subnet_pool_addr_scope4') ?? '';
  const v6 = externalIds.get('neutron:subnet_pool_addr_scope6') ?? '';
  // Neutron writes the keys empty where there is no scope; most ports have none.
  if (v4 === '' && v6 === '') return noScopes;
  return { ...(v4 === '' ? {} : { 4: v4 }), ...(v6 === '' ? {} : { 6: v6 }) };
}

function collect<T>(
  result: Result<T | undefined, Issue>,
  path: string,
  issues: Issue[],
): readonly T[] {
  if (result.ok) return result.value === undefined ? [] : [result.value];
  issues.push(issueAt(path, result.error));
  return [];
}

/** The addresses that Neutron gave to a port whose MAC OVN does not know (`mac=["unknown"]`). */
function parseNeutronCidrs(row: PortBindingRow, issues: Issue[]): readonly PortAddresses[] {
  const cidrs = row.external_ids.get('neutron:cidrs') ?? '';
  const prefixes = cidrs
    .split(' ')
    .filter((word) => word !== '')
    .flatMap((word) => collect<Prefix>(parsePrefix(word), 'external_ids:neutron:cidrs', issues));
  if (prefixes.length === 0) return [];
  // The MAC is not known, and nothing here uses that of a virtual machine.
  return [{ mac: 0 as Mac, prefixes }];
}

function parseBgpvpn(
  externalIds: ReadonlyMap<string, string>,
): Result<BgpvpnKeys, Issue> | undefined {
  const vniText = externalIds.get('neutron_bgpvpn:vni');
  const asText = externalIds.get('neutron_bgpvpn:as');
  // One of the two alone is a half-written annotation: the other is about to come, or was just removed.
  if (vniText === undefined || asText === undefined) return undefined;
  const vni = parseVni(vniText);
  const vniPath = 'external_ids:neutron_bgpvpn:vni';
  if (!vni.ok) return err(issueAt(vniPath, vni.error));
  // The VRF of a VNI has the table of that number; in one of these it would route for the whole node.
  const table = kernelTableName(vni.value);
  if (table !== undefined) {
    const message = `'${vniText}' is also the number of the kernel's own routing table ${table}, so no VRF can have it`;
    return err({ path: vniPath, message });
  }
  const asn = parseAsn(asText);
  if (!asn.ok) return err(issueAt('external_ids:neutron_bgpvpn:as', asn.error));
  return ok({ vni: vni.value, asn: asn.value });
}

/**
 * The logical ports whose entries of `nat_addresses` are others than before, where nothing but entries has changed;
 * `undefined` where something has. An entry that is answered at no port in particular concerns none.
 */
export function residentsOfChange(
  before: PortBinding | undefined,
  after: PortBinding | undefined,
): ReadonlySet<string> | undefined {
  if (before === undefined || after === undefined || before.nat === after.nat) return undefined;
  if (!equalData(before, { ...after, nat: before.nat })) return undefined;
  return after.nat.changedFrom(before.nat);
}

/** All addresses of a port, without their prefix lengths. */
export function portIps(port: PortBinding): readonly Ip[] {
  return port.addresses.flatMap(({ prefixes }) => prefixes.map(({ ip }) => ip));
}
