/** What the annotation of a provider network says, where it may stand, and what it says wrongly. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatIssue } from '../../src/base/issue.ts';
import { MutableInventory } from '../../src/inventory/inventory.ts';
import { annotationOf } from '../../src/inventory/network.ts';
import { parseNetworkVpn } from '../../src/inventory/network-vpn.ts';
import { parsePortBinding } from '../../src/inventory/port-binding.ts';
import { formatPrefix } from '../../src/net/prefix.ts';

const key = (name: string): string => `neutron_bgpvpn:${name}`;

function ids(values: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  return new Map(Object.entries(values).map(([name, value]) => [key(name), value]));
}

function show(values: Readonly<Record<string, string>>): string {
  const vpn = parseNetworkVpn(ids(values));
  if (vpn === undefined) return 'no VPN';
  if (!vpn.ok) return formatIssue(vpn.error);
  const { type, vni, asn, rd, importTargets, exportTargets } = vpn.value;
  return `${type} ${vni} as ${asn} rd ${rd} in ${importTargets.join(' ')} out ${exportTargets.join(' ')}`;
}

const l3 = { type: 'l3', vni: '1001' };

describe('an annotation', () => {
  const cases: readonly (readonly [Readonly<Record<string, string>>, string])[] = [
    [{}, 'no VPN'],
    [{ vni: '1001', as: '65000' }, 'no VPN'],
    [l3, 'l3 1001 as undefined rd undefined in  out '],
    [
      { ...l3, as: '65000', rt: "['65000:1', '65000:2']", it: '["65000:3"]', et: '[]' },
      'l3 1001 as 65000 rd undefined in 65000:1 65000:2 65000:3 out 65000:1 65000:2',
    ],
    [
      { ...l3, rd: "['65000:9', '65000:8']", et: "['65000:1',]", rt: ' [ "65000:1" ] ' },
      'l3 1001 as undefined rd 65000:9 in 65000:1 out 65000:1',
    ],
    [{ type: 'l2', vni: '254' }, 'l2 254 as undefined rd undefined in  out '],
    [{ type: 'l4', vni: '1' }, `external_ids:${key('type')}: 'l4' is neither l2 nor l3`],
    [{ type: 'l3' }, `external_ids:${key('vni')}: is missing beside ${key('type')}`],
    [{ type: 'l3', vni: '0' }, `external_ids:${key('vni')}: '0' is not a VNI (1 to 16777215)`],
    [
      { type: 'l3', vni: '254' },
      `external_ids:${key('vni')}: '254' is also the number of the kernel's own routing table main, so no VRF can have it`,
    ],
    [{ ...l3, as: 'x' }, `external_ids:${key('as')}: 'x' is not an AS number (1 to 4294967295)`],
    [
      { ...l3, rt: '65000:1' },
      `external_ids:${key('rt')}: '65000:1' is not a list such as ["65000:1"]`,
    ],
    [
      { ...l3, it: '[65000:1]' },
      `external_ids:${key('it')}: '[65000:1]' is not a list of quoted strings`,
    ],
    [
      { ...l3, et: "['70000:70000']" },
      `external_ids:${key('et')}: '70000:70000' is not a route target (ASN:number or IPv4:number)`,
    ],
    [
      { ...l3, rd: '["1:1\\nneighbor"]' },
      `external_ids:${key('rd')}: '1:1\\nneighbor' is not a route distinguisher (ASN:number or IPv4:number)`,
    ],
  ];
  for (const [values, expected] of cases) {
    test(JSON.stringify(values), () => assert.equal(show(values), expected));
  }
});

const localnet = parsePortBinding({
  uuid: 'u1',
  logical_port: 'provnet-1',
  type: 'localnet',
  datapath: 'd1',
  chassis: undefined,
  ha_chassis_group: undefined,
  mac: ['unknown'],
  nat_addresses: [],
  options: new Map([['network_name', 'physnet1']]),
  external_ids: new Map([
    ...ids({ type: 'l3', vni: '1001', as: '65000' }),
    ['selvedge:gateways', '172.24.4.1/24, 2001:db8::1/64'],
    ['neutron:port_name', 'x'],
  ]),
  tag: 101,
});

test('it stands on the localnet port, which no mode takes for a port with a VNI', () => {
  const { vpn, gateways, object } = annotationOf(localnet, new MutableInventory());
  assert.equal(vpn?.ok === true && vpn.value.vni, 1001);
  assert.deepEqual(gateways.ok && gateways.value.map(formatPrefix), [
    '172.24.4.1/24',
    '2001:db8::1/64',
  ]);
  assert.equal(object, 'Port_Binding provnet-1');
  assert.equal(localnet.bgpvpn, undefined);
  assert.equal(localnet.annotation.has('neutron:port_name'), false);
});

test('or on the switch, which has the last word', () => {
  const inventory = new MutableInventory();
  const externalIds = ids({ type: 'l2', vni: '1002' });
  const value = { datapath: 'd1', name: 'neutron-1', externalIds, subnets: [] };
  inventory.apply({ of: 'switch', datapath: 'd1', value });
  const { vpn, object } = annotationOf(localnet, inventory);
  assert.deepEqual(vpn?.ok === true && [vpn.value.type, vpn.value.vni], ['l2', 1002]);
  assert.equal(object, 'Logical_Switch neutron-1');
});

test('a gateway that cannot be read is told', () => {
  const annotation = new Map([['selvedge:gateways', '172.24.4.1/33']]);
  const { gateways } = annotationOf({ ...localnet, annotation }, new MutableInventory());
  assert.equal(
    gateways.ok ? '' : formatIssue(gateways.error),
    "external_ids:selvedge:gateways: '172.24.4.1/33' has no prefix length of 0 to 32",
  );
});
