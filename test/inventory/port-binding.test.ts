/** What a row of Port_Binding says, and what it says wrongly. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatIssue } from '../../src/base/issue.ts';
import { parsePortAddresses } from '../../src/inventory/port-addresses.ts';
import {
  parsePortBinding,
  type PortBinding,
  portIps,
  residentsOfChange,
} from '../../src/inventory/port-binding.ts';
import type { PortBindingRow } from '../../src/inventory/row.ts';
import { formatIp } from '../../src/net/ip.ts';
import { formatMac } from '../../src/net/mac.ts';
import { formatPrefix } from '../../src/net/prefix.ts';

const row: PortBindingRow = {
  uuid: 'u1',
  logical_port: 'p1',
  type: '',
  datapath: 'd1',
  chassis: undefined,
  ha_chassis_group: undefined,
  mac: [],
  nat_addresses: [],
  options: new Map(),
  external_ids: new Map(),
  tag: undefined,
};

function parse(patch: Partial<PortBindingRow>) {
  return parsePortBinding({ ...row, ...patch });
}

describe('addresses', () => {
  const cases: readonly (readonly [string, string])[] = [
    [
      'fa:16:3e:00:00:05 172.24.4.5/24 2001:db8::5/64',
      'fa:16:3e:00:00:05 172.24.4.5/24 2001:db8::5/64',
    ],
    ['FA:16:3E:00:00:05 10.0.0.9', 'fa:16:3e:00:00:05 10.0.0.9/32'],
    ['fa:16:3e:00:00:05  10.0.0.9 ', 'fa:16:3e:00:00:05 10.0.0.9/32'],
    ['fa:16:3e:00:00:05', 'fa:16:3e:00:00:05'],
    ['unknown', 'none'],
    ['dynamic', 'none'],
    ['router', 'none'],
    ['', 'none'],
    ['fa:16:3e:00:00 10.0.0.9', "'fa:16:3e:00:00' is not a MAC address"],
    ['10.0.0.9', "'10.0.0.9' is not a MAC address"],
    ['fa:16:3e:00:00:05 10.0.0', "'10.0.0' is not an IP prefix"],
    ['fa:16:3e:00:00:05 10.0.0.9/33', "'10.0.0.9/33' has no prefix length of 0 to 32"],
  ];

  for (const [text, expected] of cases) {
    test(`'${text}': ${expected}`, () => {
      const parsed = parsePortAddresses(text);
      const shown = !parsed.ok
        ? formatIssue(parsed.error)
        : parsed.value === undefined
          ? 'none'
          : [formatMac(parsed.value.mac), ...parsed.value.prefixes.map(formatPrefix)].join(' ');
      assert.equal(shown, expected);
    });
  }

  test('of a port whose MAC is unknown are those that Neutron gave it', () => {
    const port = parse({
      mac: ['unknown'],
      external_ids: new Map([['neutron:cidrs', '10.0.0.7/24 2001:db8::7/64']]),
    });
    assert.deepEqual(portIps(port).map(formatIp), ['10.0.0.7', '2001:db8::7']);
  });

  test('of the row come before those of Neutron', () => {
    const port = parse({
      mac: ['fa:16:3e:00:00:05 10.0.0.9'],
      external_ids: new Map([['neutron:cidrs', '10.0.0.7/24']]),
    });
    assert.deepEqual(portIps(port).map(formatIp), ['10.0.0.9']);
  });

  test('that cannot be read are issues, and the others stay', () => {
    const port = parse({ mac: ['fa:16:3e:00:00:05 10.0.0.9', 'nonsense'] });
    assert.deepEqual(portIps(port).map(formatIp), ['10.0.0.9']);
    assert.deepEqual(port.issues.map(formatIssue), ["mac: 'nonsense' is not a MAC address"]);
  });
});

describe('the annotation', () => {
  const annotation = (vni?: string, as?: string): string => {
    const keys: (readonly [string, string])[] = [];
    if (vni !== undefined) keys.push(['neutron_bgpvpn:vni', vni]);
    if (as !== undefined) keys.push(['neutron_bgpvpn:as', as]);
    const { bgpvpn } = parse({ external_ids: new Map(keys) });
    if (bgpvpn === undefined) return 'none';
    return bgpvpn.ok ? `${bgpvpn.value.vni} ${bgpvpn.value.asn}` : formatIssue(bgpvpn.error);
  };
  const vniIssue = (text: string): string =>
    `external_ids:neutron_bgpvpn:vni: '${text}' is not a VNI (1 to 16777215)`;

  test('is both keys or nothing', () => {
    assert.equal(annotation('500', '65000'), '500 65000');
    assert.equal(annotation('16777215', '4294967295'), '16777215 4294967295');
    assert.equal(annotation('500'), 'none');
    assert.equal(annotation(undefined, '65000'), 'none');
    assert.equal(annotation(), 'none');
  });

  test('with the number of a table that is the kernel’s own says so', () => {
    for (const [vni, table] of [
      ['253', 'default'],
      ['254', 'main'],
      ['255', 'local'],
    ]) {
      assert.equal(
        annotation(vni, '65000'),
        `external_ids:neutron_bgpvpn:vni: '${vni}' is also the number of the kernel's own routing table ${table}, so no VRF can have it`,
      );
    }
    assert.deepEqual([annotation('252', '1'), annotation('256', '1')], ['252 1', '256 1']);
  });

  test('with a number out of range, or none, says so', () => {
    for (const text of ['0', '16777216', 'blue', '-1', '5e2', '0x1f4', '', '500\nend']) {
      assert.equal(annotation(text, '65000'), vniIssue(text));
    }
    assert.equal(
      annotation('500', '4294967296'),
      "external_ids:neutron_bgpvpn:as: '4294967296' is not an AS number (1 to 4294967295)",
    );
  });
});

test('what ports lead to stands in their options', () => {
  const options = new Map([
    ['peer', 'lrp-1'],
    ['distributed-port', 'lrp-2'],
    ['network_name', 'physnet1'],
  ]);
  const port = parse({ options, tag: 100, chassis: 'c1' });
  assert.deepEqual(
    [port.peer, port.distributedPort, port.physicalNetwork, port.tag, port.chassis],
    ['lrp-1', 'lrp-2', 'physnet1', 100, 'c1'],
  );
});

test('a virtual port has one parent when OVN says which, and until then all that it may have', () => {
  const options = new Map([['virtual-parents', 'a,b']]);
  assert.deepEqual(parse({ type: 'virtual', options }).virtualParents, ['a', 'b']);
  assert.deepEqual(parse({ options, virtual_parent: 'b' }).virtualParents, ['b']);
  assert.deepEqual(parse({ options: new Map([['virtual-parents', '']]) }).virtualParents, []);
  assert.deepEqual(parse({}).virtualParents, []);
});

test('a tag of 0, and one out of range, is none', () => {
  assert.equal(parse({ tag: 0 }).tag, undefined);
  assert.equal(parse({ tag: 4095 }).tag, undefined);
});

test('floating IPs that live on a node of their own are known by the port that they stand for', () => {
  const nat_addresses = [
    'fa:16:3e:00:00:05 172.24.4.100 is_chassis_resident("vm-1")',
    'fa:16:3e:00:00:06 172.24.4.5 is_chassis_resident("cr-lrp-1")',
    'fa:16:3e:00:00:07 172.24.4.6',
    'is_chassis_resident(',
  ];
  const port = parse({ nat_addresses });
  const at = (resident: string) =>
    port.nat.at(resident).map(({ prefixes }) => prefixes.map(formatPrefix));
  assert.deepEqual(at('vm-1'), [['172.24.4.100/32']]);
  assert.deepEqual(at('cr-lrp-1'), [['172.24.4.5/32']]);
  assert.deepEqual(at('vm-2'), []);
});

test('floating IPs that stay are taken over from the row as it was', () => {
  const entry = (last: number) =>
    `fa:16:3e:00:00:05 172.24.4.${last} is_chassis_resident("vm-${last}")`;
  const before = parse({ nat_addresses: [entry(1)] });
  const after = parsePortBinding({ ...row, nat_addresses: [entry(1), entry(2)] }, before);
  assert.equal(before.nat.at('vm-1').length, 1);
  assert.equal(after.nat.at('vm-1')[0], before.nat.at('vm-1')[0]);
});

test('of a floating IP that comes, changes or goes the port is known, where nothing else has changed', () => {
  const entry = (last: number, resident: string) =>
    `fa:16:3e:00:00:05 172.24.4.${last} is_chassis_resident("${resident}")`;
  const withNat = (...nat_addresses: readonly string[]) =>
    parse({ nat_addresses: [...nat_addresses] });
  const one = withNat(entry(1, 'vm-1'), entry(2, 'vm-2'));
  const changed = (after: PortBinding) => {
    const residents = residentsOfChange(one, after);
    return residents === undefined ? undefined : [...residents].sort();
  };
  assert.deepEqual(changed(withNat(entry(1, 'vm-1'))), ['vm-2']);
  assert.deepEqual(changed(withNat(entry(2, 'vm-2'), entry(1, 'vm-3'))), ['vm-1', 'vm-3']);
  assert.deepEqual(changed(withNat(entry(1, 'vm-1'), entry(3, 'vm-2'))), ['vm-2']);
  assert.deepEqual(changed(withNat(entry(2, 'vm-2'), entry(1, 'vm-1'))), []);
  assert.equal(changed({ ...withNat(), chassis: 'there' }), undefined);
  assert.equal(residentsOfChange(undefined, one), undefined);
});
