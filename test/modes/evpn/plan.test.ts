/** What EVPN mode offers of a cloud, and in which words it says what it cannot offer. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MutableInventory } from '../../../src/inventory/inventory.ts';
import { evpnMode } from '../../../src/modes/evpn/index.ts';
import { formatIp } from '../../../src/net/ip.ts';
import { formatReason } from '../../../src/resources/resource.ts';
import type { Cloud } from '../../sim/cloud.ts';
import { workingCloud } from '../../sim/cloud-events.ts';
import { CloudFeed } from '../../sim/cloud-feed.ts';
import { seededRandom } from '../../sim/random.ts';
import {
  conditionsOf,
  offersOf,
  plansOf,
  withGateway,
  withInterface,
  withMachine,
} from './cloud.ts';

const everything = [
  'gateway cr-lrp-71: 1 vrf',
  'gateway cr-lrp-71: 1 wiring',
  'gateway cr-lrp-b2: 1 vrf',
  'gateway cr-lrp-b2: 1 wiring',
  'network 0a: 1 vrf',
  'network 0a: 1 wiring',
  'network 0a: 1 prefix',
  'network c4: 1 vrf',
  'network c4: 1 wiring',
  'network c4: 2 prefix',
  'port 38: 2 host',
  'port d6: 1 host',
];

/** What is left when nothing of the router behind gateway b2, of VNI 500, is offered. */
const withoutFirst = everything.filter((line) => !/b2|c4|port 38/.test(line));
/** What is left when its network is not. */
const withoutNetwork = everything.filter((line) => !/c4|port 38/.test(line));

const annotated = (vni: string, as = '65000') => ({ annotation: { vni, as } });

const gatewayOf = (problem: string): string =>
  `gateway cr-lrp-b2: cannot offer the router behind cr-lrp-b2: ${problem}`;
const networkOf = (problem: string): string =>
  `network c4: cannot offer the network of c4: ${problem}`;

test('a cloud that works is offered in full, and has no conditions', () => {
  assert.deepEqual(offersOf(workingCloud), everything);
  assert.deepEqual(conditionsOf(workingCloud), []);
});

describe('bad input is a condition on its scope, and nothing else is disturbed', () => {
  const cases: readonly (readonly [string, Cloud, readonly string[], readonly string[]])[] = [
    ...['0', '16777216', 'blue'].flatMap((vni) => {
      const problem = `external_ids:neutron_bgpvpn:vni: '${vni}' is not a VNI (1 to 16777215); correct it`;
      return [
        [
          `VNI ${vni} on a gateway`,
          withGateway(0, annotated(vni)),
          [gatewayOf(`Port_Binding b2 ${problem}`)],
          withoutFirst,
        ],
        [
          `VNI ${vni} on a network`,
          withInterface(0, annotated(vni)),
          [networkOf(`Port_Binding c4 ${problem}`)],
          withoutNetwork,
        ],
      ] as const;
    }),
    [
      'VNI 254 on a gateway, whose VRF would have the main table of the node',
      withGateway(0, annotated('254')),
      [
        gatewayOf(
          "Port_Binding b2 external_ids:neutron_bgpvpn:vni: '254' is also the number of the kernel's own routing table main, so no VRF can have it; correct it",
        ),
      ],
      withoutFirst,
    ],
    [
      'VNI 253 on a network',
      withInterface(0, annotated('253')),
      [
        networkOf(
          "Port_Binding c4 external_ids:neutron_bgpvpn:vni: '253' is also the number of the kernel's own routing table default, so no VRF can have it; correct it",
        ),
      ],
      withoutNetwork,
    ],
    [
      'AS 0 on a gateway',
      withGateway(0, annotated('500', '0')),
      [
        gatewayOf(
          "Port_Binding b2 external_ids:neutron_bgpvpn:as: '0' is not an AS number (1 to 4294967295); correct it",
        ),
      ],
      withoutFirst,
    ],
    [
      'a network of another AS than its gateway',
      withInterface(0, annotated('500', '65001')),
      [
        networkOf(
          'its AS 65001 is not that of the gateway b2 (65000); make neutron_bgpvpn:as the same on both',
        ),
      ],
      withoutNetwork,
    ],
    [
      'a network whose gateway carries half an annotation',
      withGateway(0, { annotation: { vni: '500' } }),
      [
        networkOf(
          'the gateway b2 of its router has not both neutron_bgpvpn:vni and neutron_bgpvpn:as; set them on it too',
        ),
      ],
      withoutFirst,
    ],
    [
      'a malformed MAC on a gateway',
      withGateway(0, { mac: 'fa:16:3e 172.24.4.5/24' }),
      [
        gatewayOf(
          "Port_Binding cr-lrp-b2 has no usable addresses (mac: 'fa:16:3e' is not a MAC address); correct column mac",
        ),
      ],
      withoutFirst,
    ],
    [
      'a gateway without addresses',
      withGateway(0, { mac: 'unknown' }),
      [gatewayOf('Port_Binding cr-lrp-b2 has no usable addresses; correct column mac')],
      withoutFirst,
    ],
    [
      'a malformed MAC on a router interface',
      withInterface(0, { mac: 'fa:16 10.0.0.1/24' }),
      [networkOf("Port_Binding lrp-c4 mac: 'fa:16' is not a MAC address; correct it")],
      everything.filter((line) => !/c4: . prefix|port 38/.test(line)),
    ],
    [
      'a malformed prefix on a router interface',
      withInterface(0, { mac: 'M 10.0.0.1/33' }),
      [
        networkOf(
          "Port_Binding lrp-c4 mac: '10.0.0.1/33' has no prefix length of 0 to 32; correct it",
        ),
      ],
      everything.filter((line) => !/c4: . prefix|port 38/.test(line)),
    ],
    [
      'a malformed MAC on a machine',
      withMachine(0, { mac: 'fa:16 10.0.0.10' }),
      ["port 38: cannot announce port 38: mac: 'fa:16' is not a MAC address; correct it"],
      everything.filter((line) => !line.includes('port 38')),
    ],
    [
      'malformed neutron:cidrs on a machine',
      withMachine(0, { mac: 'unknown', cidrs: 'nonsense' }),
      [
        "port 38: cannot announce port 38: external_ids:neutron:cidrs: 'nonsense' is not an IP prefix; correct it",
      ],
      everything.filter((line) => !line.includes('port 38')),
    ],
    [
      'a physical network without a mapping',
      { ...workingCloud, mappings: { 'physnet-b': 'br-ex' } },
      [
        gatewayOf(
          "physical network 'physnet-a' is not in ovn-bridge-mappings of this node; add it there",
        ),
      ],
      withoutFirst,
    ],
    [
      'a mapping to a bridge that does not exist',
      { ...workingCloud, mappings: { 'physnet-a': 'br-none', 'physnet-b': 'br-ex' } },
      [
        gatewayOf(
          "bridge br-none of ovn-bridge-mappings does not exist; create it with 'ovs-vsctl add-br br-none'",
        ),
      ],
      withoutFirst,
    ],
    [
      'a provider network without a localnet port',
      { ...workingCloud, providers: [undefined, workingCloud.providers[1]] },
      [gatewayOf('its network has no localnet port; attach it to a provider network')],
      withoutFirst,
    ],
    [
      'no loopback address',
      { ...workingCloud, vtep: undefined },
      ['cr-lrp-71', 'cr-lrp-b2'].map(
        (port) =>
          `gateway ${port}: cannot offer the router behind ${port}: this node has no VTEP address; set evpn.local_ip, or give the loopback device a /32 address`,
      ),
      [],
    ],
    [
      'a gateway without an IPv4 address before an IPv4 subnet',
      withGateway(0, { mac: 'M 2001:db8:f::5/64' }),
      [
        networkOf(
          '10.0.0.0/24 has no next hop: the gateway cr-lrp-b2 has no IPv4 address; give it one',
        ),
      ],
      everything
        .map((line) => line.replace('c4: 2 prefix', 'c4: 1 prefix'))
        .map((line) => line.replace('port 38: 2 host', 'port 38: 1 host')),
    ],
    [
      'two routers that share a VNI behind different provider networks',
      withGateway(1, annotated('500')),
      [
        gatewayOf(
          'VNI 500 is joined to VLAN 100 of bridge br-ex by 71, and cannot be to bridge br-ex as well; use the same provider network, or another VNI',
        ),
        networkOf(
          'VNI 500 is joined to VLAN 100 of bridge br-ex by 71, and cannot be to bridge br-ex as well; use the same provider network, or another VNI',
        ),
      ],
      withoutFirst,
    ],
  ];

  for (const [what, cloud, conditions, offers] of cases) {
    test(what, () => {
      assert.deepEqual(conditionsOf(cloud), conditions);
      assert.deepEqual(offersOf(cloud), offers);
    });
  }
});

describe('overlapping subnets in one VRF', () => {
  const [first, second] = workingCloud.gateways;
  const shared: Cloud = {
    ...workingCloud,
    gateways: [first, second && { ...second, provider: 0, ...annotated('500') }],
    interfaces: [
      workingCloud.interfaces[0],
      undefined,
      {
        router: 1,
        network: 2,
        mac: 'M 10.0.0.129/25',
        generation: 0,
        ...annotated('500'),
      },
    ],
  };

  test('go to the port that comes first by name; other subnets of the loser are offered', () => {
    assert.deepEqual(conditionsOf(shared), [
      networkOf(
        '10.0.0.0/24 overlaps a subnet of 93 in the same VNI; renumber one, or use another VNI',
      ),
    ]);
    const prefixes = offersOf(shared).filter((line) => line.includes('prefix'));
    assert.deepEqual(prefixes, ['network 93: 1 prefix', 'network c4: 1 prefix']);
  });

  test('do not count where the other cannot be offered anyway', () => {
    const [one, two, third] = shared.interfaces;
    const cloud = {
      ...shared,
      interfaces: [one, two, third && { ...third, ...annotated('500', '65001') }],
    };
    assert.deepEqual(conditionsOf(cloud), [
      'network 93: cannot offer the network of 93: its AS 65001 is not that of the gateway 71 (65000); make neutron_bgpvpn:as the same on both',
    ]);
  });

  test('in different VRFs do not meet', () => {
    assert.deepEqual(conditionsOf(workingCloud), []);
  });
});

describe('what is not here, or not for us, is not offered and needs no words', () => {
  const clouds: Readonly<Record<string, readonly [Cloud, readonly string[]]>> = {
    'a gateway on another node': [
      withGateway(0, { chassis: 'there', mayMoveHere: false }),
      withoutFirst,
    ],
    'a gateway bound nowhere': [
      withGateway(0, { chassis: undefined, mayMoveHere: false }),
      withoutFirst,
    ],
    'a node without a Chassis row': [{ ...workingCloud, isRegistered: false }, []],
    'a network without an annotation': [withInterface(0, { annotation: {} }), withoutNetwork],
    'a network with half an annotation': [
      withInterface(0, { annotation: { as: '65000' } }),
      withoutNetwork,
    ],
    'a machine that is bound nowhere': [
      withMachine(0, { chassis: undefined }),
      everything.filter((line) => !line.includes('port 38')),
    ],
    'a port that is no machine': [
      withMachine(0, { type: 'localport' }),
      everything.filter((line) => !line.includes('port 38')),
    ],
    'an address outside of the subnets': [
      withMachine(0, { mac: 'M 192.168.0.1' }),
      everything.filter((line) => !line.includes('port 38')),
    ],
  };

  for (const [what, [cloud, offers]] of Object.entries(clouds)) {
    test(what, () => {
      assert.deepEqual(conditionsOf(cloud), []);
      assert.deepEqual(offersOf(cloud), offers);
    });
  }

  test('a router without SNAT and floating IPs, of which no nat_addresses are told, is offered', () => {
    assert.deepEqual(offersOf(withGateway(0, { nat: [] })), everything);
  });

  test('every subnet of one interface is offered, and its machines', () => {
    const [machine] = workingCloud.machines;
    assert.ok(machine);
    const interfaces = withInterface(0, { mac: 'M 10.0.0.1/24 10.9.0.1/24 2001:db8:1::1/64' });
    const cloud = { ...interfaces, machines: [{ ...machine, mac: 'M 10.9.0.7' }] };
    assert.deepEqual(
      offersOf(cloud).filter((line) => /c4|port/.test(line)),
      ['network c4: 1 vrf', 'network c4: 1 wiring', 'network c4: 3 prefix', 'port 38: 1 host'],
    );
  });

  test('a machine on another node is offered here all the same', () => {
    assert.deepEqual(offersOf(withMachine(0, { chassis: 'there' })), everything);
  });
});

describe('a gateway that may move here', () => {
  for (const chassis of ['there', undefined] as const) {
    const cloud = withGateway(0, { chassis, mayMoveHere: true });

    test(`from ${chassis ?? 'nowhere'} has everything prepared but the announcements`, () => {
      const unclaimed =
        'cannot offer the router behind cr-lrp-b2 yet: OVN has bound it to no chassis; see that ovn-controller runs on a chassis of its group';
      const isUnclaimed = chassis === undefined;
      assert.deepEqual(conditionsOf(cloud), isUnclaimed ? [`gateway cr-lrp-b2: ${unclaimed}`] : []);
      const announcements = (line: string): boolean => line.startsWith('port 38');
      assert.deepEqual(
        offersOf(cloud),
        everything.filter((line) => !announcements(line)),
      );
      assert.notDeepEqual(offersOf(cloud), withoutFirst);
    });

    test(`from ${chassis ?? 'nowhere'} alters nothing when it does, but the announcements`, () => {
      const plansWith = (settings: Parameters<typeof withGateway>[1]) => {
        const mode = evpnMode({ answerRouter: 'auto', standby: true });
        const plans = plansOf(withGateway(0, settings), mode);
        return [...plans]
          .filter(([scope]) => !scope.startsWith('port '))
          .map(([scope, { concepts }]) => ({ scope, concepts }));
      };
      assert.deepEqual(
        plansWith({ chassis, mayMoveHere: true }),
        plansWith({ chassis: 'here', mayMoveHere: true }),
      );
    });

    test(`from ${chassis ?? 'nowhere'} is not prepared for when that is not wanted`, () => {
      const feed = new CloudFeed();
      const inventory = new MutableInventory();
      const frugal = evpnMode({ answerRouter: 'auto', standby: false });
      const interest = frugal.interest(inventory);
      for (const update of feed.updates(cloud, interest, seededRandom(1))) inventory.apply(update);
      assert.deepEqual(
        [...frugal.scopes(inventory)].filter((scope) => scope.includes('b2')),
        [],
      );
    });
  }

  test('does not take a subnet from one that is here', () => {
    // Of the two interfaces 0a comes first by name.
    const shared = annotated('500');
    const cloud = {
      ...workingCloud,
      gateways: withGateway(1, { ...shared, provider: 0, chassis: 'there' }).gateways,
      interfaces: withInterface(1, shared).interfaces,
    };
    const prefixes = (of: Cloud) => offersOf(of).filter((line) => line.endsWith('prefix'));
    assert.deepEqual(prefixes(cloud), ['network c4: 2 prefix']);
    const both = { ...cloud, gateways: withGateway(1, { ...shared, provider: 0 }).gateways };
    assert.deepEqual(prefixes(both), ['network 0a: 1 prefix', 'network c4: 1 prefix']);
  });
});

describe('a floating IP', () => {
  const nat = ['fa:16:3e:00:00:99 172.24.4.100 is_chassis_resident("38")'];
  const elsewhere = (cloud: Cloud): Cloud => ({
    ...cloud,
    machines: withMachine(0, { chassis: 'there' }).machines,
  });

  test('that is distributed is told of a machine on another node, and it is offered all the same', () => {
    const cloud = elsewhere(withGateway(0, { nat }));
    assert.deepEqual(conditionsOf(cloud), [
      'port 38: cannot bring back the replies of port 38: its floating IP is distributed and it is on another node, where they leave with that IP; reach it by the floating IP, or make that a centralised one',
    ]);
    assert.deepEqual(offersOf(cloud), everything);
  });

  const harmless: Readonly<Record<string, Cloud>> = {
    'that is distributed, of a machine on the gateway’s node': withGateway(0, { nat }),
    'that is centralised': elsewhere(
      withGateway(0, { nat: ['fa:16:3e:00:00:10 172.24.4.101 is_chassis_resident("cr-lrp-b2")'] }),
    ),
    'of another router': elsewhere(withGateway(1, { nat })),
    'in a column that cannot be read': elsewhere(
      withGateway(0, { nat: ['', 'nonsense', 'is_chassis_resident(', 'is_chassis_resident("")'] }),
    ),
  };
  for (const [what, cloud] of Object.entries(harmless)) {
    test(`${what} needs no words`, () => {
      assert.deepEqual(conditionsOf(cloud), []);
      assert.deepEqual(offersOf(cloud), everything);
    });
  }
});

describe('concepts', () => {
  function only<K extends string, C extends { readonly concept: string }>(
    kind: K,
    concepts: readonly C[] | undefined,
  ): Extract<C, { readonly concept: K }> {
    const found = concepts?.find((each) => each.concept === kind);
    assert.ok(found);
    return found as Extract<C, { readonly concept: K }>;
  }

  const conceptsIn = (
    scope: string,
    cloud = workingCloud,
    mode = evpnMode({ answerRouter: 'auto', standby: true }),
  ) => plansOf(cloud, mode).get(scope)?.concepts;

  test('the MTU is that of the underlay without the headers of VXLAN', () => {
    const mtu = (cloud: Cloud): number => only('vrf', conceptsIn('gateway cr-lrp-b2', cloud)).mtu;
    assert.equal(mtu(workingCloud), 1450);
    assert.equal(mtu({ ...workingCloud, underlayMtu: 9000 }), 8950);
    assert.equal(mtu({ ...workingCloud, underlayMtu: undefined }), 1450);
    assert.equal(mtu({ ...workingCloud, vtep: '2001:db8::1' }), 1430);
  });

  test('the router is reached by its addresses and by the link-local one of its MAC', () => {
    const { routerIps } = only('wiring', conceptsIn('gateway cr-lrp-b2'));
    assert.deepEqual(routerIps.map(formatIp), [
      '172.24.4.16',
      '2001:db8:f::16',
      'fe80::f816:3eff:fe00:10',
    ]);
  });

  test('a router without an IPv6 address is reached by its link-local one', () => {
    const { via } = only(
      'prefix',
      conceptsIn('network 0a', withInterface(1, { mac: 'M 2001:db8:9::1/64' })),
    );
    assert.equal(formatIp(via), 'fe80::f816:3eff:fe00:11');
  });

  test('the router is answered where no uplink leads to somebody who would, or as configured', () => {
    const answers = (answerRouter: 'auto' | 'always' | 'never', bridge: string): boolean => {
      const mappings = { 'physnet-a': bridge, 'physnet-b': 'br-ex' };
      const mode = evpnMode({ answerRouter, standby: true });
      const concepts = conceptsIn('gateway cr-lrp-b2', { ...workingCloud, mappings }, mode);
      return only('wiring', concepts).answers;
    };
    // br-ex has an uplink, br-ex2 has none.
    assert.deepEqual([answers('auto', 'br-ex'), answers('auto', 'br-ex2')], [false, true]);
    assert.deepEqual([answers('always', 'br-ex'), answers('never', 'br-ex2')], [true, false]);
  });

  test('a network in another VNI than its gateway gets a VRF of its own, over the same router', () => {
    const concepts = conceptsIn('network c4', withInterface(0, annotated('777')));
    assert.equal(Number(only('vrf', concepts).vni), 777);
    const { at, answers } = only('wiring', concepts);
    assert.deepEqual([Number(at.vni), at.bridge, answers], [777, 'br-ex', false]);
  });

  test('everything says which rows it follows from', () => {
    const host = only('host', conceptsIn('port 38'));
    assert.deepEqual(host.because.map(formatReason), [
      'OVN_Southbound Port_Binding 38 addresses 10.0.0.200 2001:db8:1::10',
      'OVN_Southbound Port_Binding cr-lrp-b2 chassis=here',
      'OVN_Southbound Port_Binding cr-lrp-b2 ha_chassis_group=group-0 with here',
      'OVN_Southbound Port_Binding b2 external_ids:neutron_bgpvpn:vni=500 external_ids:neutron_bgpvpn:as=65000',
      'OVN_Southbound Port_Binding provnet-0 options:network_name=physnet-a',
      'Open_vSwitch Open_vSwitch . external_ids:ovn-bridge-mappings=physnet-a:br-ex',
      'OVN_Southbound Port_Binding c4 external_ids:neutron_bgpvpn:vni=500 external_ids:neutron_bgpvpn:as=65000',
      'OVN_Southbound Port_Binding lrp-c4 addresses 10.0.0.1/24 2001:db8:1::1/64',
    ]);
  });
});
