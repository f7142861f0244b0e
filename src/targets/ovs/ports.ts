/** The ports of Open vSwitch, by OVSDB: what stands in the tables as specs, and operations as transactions. */

import type { IfName } from '../../net/if-name.ts';
import { parseIfName } from '../../net/if-name.ts';
import { parseVlanId, type VlanId } from '../../net/numbers.ts';
import type { OvsDatabase } from '../../ovs/database.ts';
import { named, type Operation as OvsdbOperation, type Uuid } from '../../protocols/ovsdb/index.ts';
import { type OvsPortSpec, ovsPortKey } from '../../resources/ovs-port.ts';
import type { Observed, Operation, Owner } from '../../resources/target.ts';

/** The key of Port's `external_ids` that marks a port as ours. */
export const portMark = 'selvedge';

/** What ovn-bgp-agent's EVPN driver adds to a provider bridge. */
const predecessorPort = /^(veth-ovs|vlan)-[1-9]\d*$/;

export function observePort(
  database: OvsDatabase,
  name: string,
): Observed<OvsPortSpec> | undefined {
  const port = database.table('Port').find('name', name);
  const ifName = parseIfName(name);
  if (port === undefined || !ifName.ok) return undefined;
  const bridge = bridgeOf(database, name);
  if (bridge === undefined) return undefined;
  const face = database.table('Interface').find('name', name);
  const tag = readTag(port.tag);
  const spec: OvsPortSpec = {
    kind: 'ovs-port',
    name: ifName.value,
    bridge,
    type: face?.type === 'internal' ? 'internal' : 'system',
    ...(tag === undefined ? {} : { tag }),
    ...(face?.mtu_request === undefined ? {} : { mtu: face.mtu_request }),
  };
  return { key: ovsPortKey(ifName.value), spec, owner: ownerOf(name, port.external_ids) };
}

function readTag(tag: bigint | number | undefined): VlanId | 0 | undefined {
  if (tag === undefined) return undefined;
  if (Number(tag) === 0) return 0;
  const vlan = parseVlanId(Number(tag));
  return vlan.ok ? vlan.value : undefined;
}

function ownerOf(name: string, externalIds: ReadonlyMap<string, string>): Owner {
  if (externalIds.has(portMark)) return 'us';
  return predecessorPort.test(name) && externalIds.size === 0 ? 'predecessor' : 'nobody';
}

export function bridgeOf(database: OvsDatabase, portName: string): IfName | undefined {
  const port = database.table('Port').find('name', portName);
  if (port === undefined) return undefined;
  const [bridge] = database.table('Bridge').by('ports', port._uuid);
  const name = parseIfName(bridge?.name ?? '');
  return name.ok ? name.value : undefined;
}

export function* ownPortNames(database: OvsDatabase): Iterable<string> {
  for (const port of database.table('Port')) {
    if (ownerOf(port.name, port.external_ids) !== 'nobody') yield port.name;
  }
}

/** The transaction that carries out one operation, or why there can be none. */
export function portTransaction(
  database: OvsDatabase,
  { verb, spec, observed }: Operation<OvsPortSpec>,
): readonly OvsdbOperation[] | string {
  const port = database.table('Port').find('name', spec.name);
  const bridge = database.table('Bridge').find('name', spec.bridge);
  if (verb === 'remove') return port === undefined ? [] : removal(database, spec.name);
  if (bridge === undefined) return `there is no bridge named ${spec.bridge}`;
  if (port === undefined) return addition(bridge._uuid, spec);
  if (verb === 'replace' || (observed !== undefined && observed.bridge !== spec.bridge)) {
    return [...removal(database, spec.name), ...addition(bridge._uuid, spec)];
  }
  return [
    {
      op: 'update',
      table: 'Interface',
      where: [['name', '==', spec.name]],
      row: { mtu_request: optionalValue(spec.mtu) },
    },
    {
      op: 'update',
      table: 'Port',
      where: [['_uuid', '==', port._uuid]],
      row: { tag: optionalValue(spec.tag) },
    },
    {
      op: 'mutate',
      table: 'Port',
      where: [['_uuid', '==', port._uuid]],
      mutations: [['external_ids', 'insert', new Map([[portMark, 'yes']])]],
    },
  ];
}

/** A column with at most one value. */
function optionalValue(value: number | undefined): readonly number[] {
  return value === undefined ? [] : [value];
}

/** Port and Interface rows go by themselves when nothing refers to them. */
function removal(database: OvsDatabase, name: string): readonly OvsdbOperation[] {
  const port = database.table('Port').find('name', name);
  if (port === undefined) return [];
  return database
    .table('Bridge')
    .by('ports', port._uuid)
    .map((bridge) => ({
      op: 'mutate',
      table: 'Bridge',
      where: [['_uuid', '==', bridge._uuid]],
      mutations: [['ports', 'delete', [port._uuid]]],
    }));
}

function addition(bridge: Uuid, spec: OvsPortSpec): readonly OvsdbOperation[] {
  const id = spec.name.replaceAll(/[^A-Za-z0-9_]/g, '_');
  const type = spec.type === 'internal' ? 'internal' : '';
  const face = { name: spec.name, type, mtu_request: optionalValue(spec.mtu) };
  return [
    { op: 'insert', table: 'Interface', as: `if_${id}`, row: face },
    {
      op: 'insert',
      table: 'Port',
      as: `port_${id}`,
      row: {
        name: spec.name,
        interfaces: [named(`if_${id}`)],
        tag: optionalValue(spec.tag),
        external_ids: new Map([[portMark, 'yes']]),
      },
    },
    {
      op: 'mutate',
      table: 'Bridge',
      where: [['_uuid', '==', bridge]],
      mutations: [['ports', 'insert', [named(`port_${id}`)]]],
    },
  ];
}
