/** What mode bgp exposes of a cloud, and in which words it says what it cannot. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unwrap } from '../../../src/base/result.ts';
import { type FrrInstance, noFrrInstance } from '../../../src/inventory/frr-instance.ts';
import { type BgpOptions, everythingUp } from '../../../src/modes/bgp/index.ts';
import { stretchedMode } from '../../../src/modes/bgp/stretched.ts';
import { type Ip4, parseIp } from '../../../src/net/ip.ts';
import { parseAsn, type TableId } from '../../../src/net/numbers.ts';
import type { Cloud } from '../../sim/cloud.ts';
import { workingCloud } from '../../sim/cloud-events.ts';
import { withGateway } from '../evpn/cloud.ts';
import { inventoryOf, linesOf, modeWith, plansOf } from './lines.ts';

const node = 'node: AS 64999, router id 192.0.2.1';
const networks = [
  'network provnet-0: br-ex by patch-provnet-0-to-br-int, 169.254.1.1 fd53:d91e:400:7f17::1:1',
  'network provnet-1: br-ex.100 by patch-provnet-1-to-br-int, 169.254.1.100 fd53:d91e:400:7f17::1:64',
];
const gateways = [
  'gateway cr-lrp-71: 172.24.4.17 fa:16:3e:00:00:11 on br-ex.100',
  'gateway cr-lrp-b2: 172.24.4.16 fa:16:3e:00:00:10 on br-ex',
  'gateway cr-lrp-b2: 2001:db8:f::16 fa:16:3e:00:00:10 on br-ex',
];

const machine = {
  network: 0,
  provider: 0,
  type: '',
  chassis: 'here',
  mac: 'M 172.24.4.60 2001:db8:f::60',
  cidrs: undefined,
  generation: 0,
} as const;

const nat = {
  here: 'fa:16:3e:00:04:00 172.24.4.100 is_chassis_resident("38")',
  gateway: 'fa:16:3e:00:00:10 172.24.4.101 is_chassis_resident("cr-lrp-b2")',
  elsewhere: 'fa:16:3e:00:04:02 172.24.4.102 is_chassis_resident("nobody")',
};

describe('what is on a provider network is exposed where it is', () => {
  const cases: Readonly<Record<string, readonly [Cloud, readonly string[]]>> = {
    'gateways by their own addresses, tenants not at all': [
      workingCloud,
      [...gateways, ...networks, node],
    ],
    'a port on a flat network': [
      { ...workingCloud, machines: [machine] },
      [
        ...gateways,
        ...networks,
        node,
        'port 38: 172.24.4.60 fa:16:3e:00:02:10 on br-ex',
        'port 38: 2001:db8:f::60 fa:16:3e:00:02:10 on br-ex',
      ],
    ],
    'a port on a VLAN, of which OVN knows no MAC': [
      {
        ...workingCloud,
        machines: [{ ...machine, provider: 1, mac: 'unknown', cidrs: '172.24.4.61/24' }],
      },
      [...gateways, ...networks, node, 'port 38: 172.24.4.61 of unknown MAC on br-ex.100'],
    ],
    'a port on another node': [
      { ...workingCloud, machines: [{ ...machine, chassis: 'there' }] },
      [...gateways, ...networks, node],
    ],
    'a gateway that is on another node, though it may move here': [
      withGateway(0, { chassis: 'there' }),
      [gateways[0]!, ...networks, node],
    ],
    'floating IPs where OVN answers for them: at the port, or at the gateway': [
      withGateway(0, { nat: [nat.here, nat.gateway, nat.elsewhere] }),
      [
        ...gateways,
        'gateway cr-lrp-b2: 172.24.4.101 fa:16:3e:00:00:10 on br-ex',
        ...networks,
        node,
        'port 38: 172.24.4.100 fa:16:3e:00:04:00 on br-ex',
      ],
    ],
    'the address of a gateway at that alone, though another of the router translates to it': [
      withGateway(1, {
        router: 0,
        provider: 0,
        nat: ['fa:16:3e:00:00:11 172.24.4.16 172.24.4.101 is_chassis_resident("cr-lrp-71")'],
      }),
      [
        'gateway cr-lrp-71: 172.24.4.17 fa:16:3e:00:00:11 on br-ex',
        'gateway cr-lrp-71: 172.24.4.101 fa:16:3e:00:00:11 on br-ex',
        ...gateways.slice(1),
        ...networks,
        node,
      ],
    ],
    'nothing of a network that is not mapped': [
      { ...withGateway(0, { chassis: 'there' }), mappings: { 'physnet-b': 'br-ex2' } },
      [
        'gateway cr-lrp-71: 172.24.4.17 fa:16:3e:00:00:11 on br-ex2.100',
        'network provnet-1: br-ex2.100 by patch-provnet-1-to-br-int, 169.254.1.100 fd53:d91e:400:7f17::1:64, answers',
        node,
      ],
    ],
  };
  for (const [what, [cloud, lines]] of Object.entries(cases)) {
    test(what, () => assert.deepEqual([...linesOf(cloud)].sort(), [...lines].sort()));
  }
});

test('a bridge has the table that has its name, else one that follows from the name', () => {
  const tables = (inventory: ReturnType<typeof inventoryOf>): readonly number[] =>
    plansOf(workingCloud, inventory).flatMap(({ concepts }) =>
      concepts.flatMap((concept) => (concept.concept === 'provider' ? concept.at.table : [])),
    );
  const inventory = inventoryOf(workingCloud);
  const [chosen, same] = tables(inventory);
  assert.equal(chosen, same);
  assert.ok(chosen! > 1 << 30);
  const named = new Map([['br-ex', 225 as TableId]]);
  inventory.apply({ of: 'host', value: { ...inventory.host, tables: named } });
  assert.deepEqual(tables(inventory), [225, 225]);
});

describe('what the operator leaves open is as in FRR’s own instance', () => {
  const routerId = unwrap(parseIp('10.255.0.9')) as Ip4;
  const asn = unwrap(parseAsn(65_010));
  const cases: Readonly<Record<string, [Partial<BgpOptions>, FrrInstance, string]>> = {
    'AS and router id': [{}, { asn, routerId }, 'AS 65010, router id 10.255.0.9'],
    'the AS alone': [{}, { asn, routerId: undefined }, 'AS 65010, router id 192.0.2.1'],
    'neither, where it has none': [{}, noFrrInstance, 'AS 64999, router id 192.0.2.1'],
    'nothing, where all is given': [
      { asn: unwrap(parseAsn(64_512)), routerId: unwrap(parseIp('10.0.0.1')) as Ip4 },
      { asn, routerId },
      'AS 64512, router id 10.0.0.1',
    ],
  };
  for (const [what, [options, frr, expected]] of Object.entries(cases)) {
    test(what, () => {
      const open = { asn: undefined, routerId: undefined, ...options };
      for (const mode of [
        modeWith({}, open),
        stretchedMode({ ...open, choice: everythingUp, addressScopes: new Set() }),
      ]) {
        const inventory = inventoryOf(workingCloud);
        const change = inventory.apply({ of: 'frr', value: frr });
        assert.ok([...mode.touched(change, inventory)].includes('node'));
        assert.ok(linesOf(workingCloud, inventory, mode).includes(`node: ${expected}`));
      }
    });
  }
});

describe('what cannot be exposed is told, and nothing else disturbed', () => {
  test('a bridge that is mapped and not there', () => {
    const cloud = { ...workingCloud, mappings: { 'physnet-a': 'br-no', 'physnet-b': 'br-ex' } };
    assert.deepEqual(
      linesOf(cloud).filter((line) => !line.includes('br-ex.100')),
      [
        "network provnet-0: cannot route the provider network of provnet-0: bridge br-no of ovn-bridge-mappings does not exist; create it with 'ovs-vsctl add-br br-no'",
        node,
      ],
    );
  });

  test('a node without an IPv4 address of its own, and so without a router id', () => {
    const lines = linesOf({ ...workingCloud, vtep: undefined });
    assert.match(
      lines.join('\n'),
      /node: cannot announce anything: there is no BGP router id; set/,
    );
  });

  test('an address that cannot be read', () => {
    const broken = { ...machine, mac: 'M 172.24.4.60', cidrs: undefined };
    const cloud = { ...workingCloud, machines: [{ ...broken, mac: 'fa:16:3e 172.24.4.60' }] };
    assert.match(
      linesOf(cloud).join('\n'),
      /port 38: cannot announce port 38: mac: 'fa:16:3e' is not a MAC address; correct it/,
    );
  });
});
