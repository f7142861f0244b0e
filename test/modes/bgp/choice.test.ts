/** What mode bgp keeps back because somebody said so, what it waits for, and that it says why. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Choice } from '../../../src/modes/bgp/index.ts';
import { unwrap } from '../../../src/base/result.ts';
import { parsePrefix } from '../../../src/net/prefix.ts';
import type { ChassisName, Cloud, MachinePort } from '../../sim/cloud.ts';
import { workingCloud } from '../../sim/cloud-events.ts';
import { withGateway } from '../evpn/cloud.ts';
import { inventoryOf, linesOf, modeWith } from './lines.ts';

const machine: MachinePort = {
  network: 0,
  provider: 0,
  type: '',
  chassis: 'here',
  mac: 'M 172.24.4.60',
  cidrs: undefined,
  generation: 0,
};
const nat = ['fa:16:3e:04:00:00 172.24.4.100 is_chassis_resident("38")'];

/** What is said of ports, a gateway or the node; of networks only what is not the usual. */
function told(cloud: Cloud, choice: Partial<Choice> = {}): readonly string[] {
  return linesOf(cloud, undefined, modeWith(choice)).filter((line) => !line.includes('169.254.'));
}

const only = (cloud: Partial<Cloud>): Cloud => ({
  ...workingCloud,
  gateways: [],
  machines: [machine],
  ...cloud,
});
const behind = (port: Partial<MachinePort>): Cloud => ({
  ...withGateway(0, { nat, chassis: 'there' }),
  machines: [{ ...machine, provider: undefined, mac: 'M 10.0.0.200', ...port }],
});
const node = 'node: AS 64999, router id 192.0.2.1';
const own = 'port 38: 172.24.4.60 fa:16:3e:00:02:10 on br-ex';
const floating = 'port 38: 172.24.4.100 fa:16:3e:04:00:00 on br-ex';
const other = 'gateway cr-lrp-71: 172.24.4.17 fa:16:3e:00:00:11 on br-ex.100';

type Case = readonly [Cloud, Partial<Choice>, readonly string[]];

describe('opting out', () => {
  const cases: Readonly<Record<string, Case>> = {
    'of nothing': [only({}), {}, [node, own]],
    'of a port': [
      only({ machines: [{ ...machine, expose: 'false' }] }),
      {},
      [
        node,
        'port 38: 172.24.4.60 of port 38 is not exposed: external_ids:selvedge:expose=false of Port_Binding 38',
      ],
    ],
    'of a port, in a word that cannot be read': [
      only({ machines: [{ ...machine, expose: 'never' }] }),
      {},
      [
        node,
        'port 38: 172.24.4.60 of port 38 is not exposed: external_ids:selvedge:expose=false of Port_Binding 38',
        "port 38: cannot announce port 38: external_ids:selvedge:expose: 'never' is neither true nor false, and counts as false; correct it",
      ],
    ],
    'of a port, and with it of its floating IP': [
      behind({ expose: 'false' }),
      {},
      [
        other,
        node,
        'port 38: 172.24.4.100 of port 38 is not exposed: external_ids:selvedge:expose=false of Port_Binding 38',
      ],
    ],
    'of a network': [
      only({ providers: [{ ...workingCloud.providers[0]!, expose: 'false' }] }),
      {},
      [
        'network provnet-0: the network of provnet-0 is not exposed: external_ids:selvedge:expose=false of Port_Binding provnet-0',
        node,
        'port 38: 172.24.4.60 of port 38 is not exposed: external_ids:selvedge:expose=false of Port_Binding provnet-0',
      ],
    ],
    'of a network, by its Logical_Switch': [
      only({
        providers: [{ ...workingCloud.providers[0]!, switchIds: { 'selvedge:expose': 'false' } }],
      }),
      {},
      [
        'network provnet-0: the network of provnet-0 is not exposed: external_ids:selvedge:expose=false of Logical_Switch neutron-provider-0',
        node,
        'port 38: 172.24.4.60 of port 38 is not exposed: external_ids:selvedge:expose=false of Logical_Switch neutron-provider-0',
      ],
    ],
    'of a router with the floating IPs behind it': [
      { ...behind({}), ...withGateway(0, { nat, chassis: 'here', expose: 'false' }), machines: [] },
      {},
      [
        other,
        'gateway cr-lrp-b2: 172.24.4.16 of port cr-lrp-b2 is not exposed: external_ids:selvedge:expose=false of Port_Binding b2',
        'gateway cr-lrp-b2: 2001:db8:f::16 of port cr-lrp-b2 is not exposed: external_ids:selvedge:expose=false of Port_Binding b2',
        node,
      ],
    ],
    'of a network by configuration': [
      only({}),
      { networks: new Set(['physnet-a']) },
      [
        "network provnet-0: the network of provnet-0 is not exposed: 'physnet-a' is in bgp.exclude_networks",
        node,
        "port 38: 172.24.4.60 of port 38 is not exposed: 'physnet-a' is in bgp.exclude_networks",
      ],
    ],
    'of a port by the name it has in Neutron': [
      only({ machines: [{ ...machine, portName: 'secret' }] }),
      { ports: new Set(['secret']) },
      [node, "port 38: 172.24.4.60 of port 38 is not exposed: 'secret' is in bgp.exclude_ports"],
    ],
    'of a prefix, and so of a floating IP': [
      behind({}),
      { prefixes: [unwrap(parsePrefix('172.24.4.96/28'))] },
      [
        other,
        node,
        'port 38: 172.24.4.100 of port 38 is not exposed: 172.24.4.96/28 is in bgp.exclude_prefixes',
      ],
    ],
    'of all bridges but some': [
      only({}),
      { bridges: new Set(['br-ex2']) },
      [
        'network provnet-0: the network of provnet-0 is not exposed: bridge br-ex is not in bgp.bridges',
        'network provnet-1: the network of provnet-1 is not exposed: bridge br-ex is not in bgp.bridges',
        node,
        'port 38: 172.24.4.60 of port 38 is not exposed: bridge br-ex is not in bgp.bridges',
      ],
    ],
    'of all nodes but gateways': [
      only({}),
      { nodes: 'gateways' },
      [
        'node: what is on this node is not exposed: bgp.nodes = "gateways", and ovn-cms-options of this node have no enable-chassis-as-gw',
      ],
    ],
    'of all nodes but computes, on one': [only({}), { nodes: 'computes' }, [node, own]],
    'of computes, but this Chassis takes part': [
      only({ nodeExposes: true }),
      { nodes: 'gateways' },
      [node, own],
    ],
    'of this Chassis': [
      only({ nodeExposes: false }),
      {},
      [
        'node: what is on this node is not exposed: external_ids:selvedge:expose=false of Chassis here',
      ],
    ],
    'of the Open_vSwitch of this node': [
      only({ ovsExposes: false }),
      {},
      [
        'node: what is on this node is not exposed: external_ids:selvedge:expose=false of Open_vSwitch',
      ],
    ],
    'of its Open_vSwitch, but its Chassis takes part': [
      only({ ovsExposes: false, nodeExposes: true }),
      {},
      [node, own],
    ],
  };
  for (const [what, [cloud, choice, lines]] of Object.entries(cases)) {
    test(what, () => assert.deepEqual([...told(cloud, choice)].sort(), [...lines].sort()));
  }
});

describe('when a port is there', () => {
  const cases: Readonly<Record<string, Case>> = {
    'not before it is up': [only({ machines: [{ ...machine, up: false }] }), {}, [node]],
    'once it is up': [only({ machines: [{ ...machine, up: true }] }), {}, [node, own]],
    'when it is claimed, if so configured': [
      only({ machines: [{ ...machine, up: false }] }),
      { when: 'bound' },
      [node, own],
    ],
    'while it moves to another node, whatever is said of it': [
      only({ machines: [{ ...machine, up: false, movingTo: 'there' }] }),
      {},
      [node, own],
    ],
    'until it is heard there': [
      only({ machines: [{ ...machine, movingTo: 'there', isHeardThere: true }] }),
      {},
      [node],
    ],
    'and from when on it is heard here': [
      only({
        machines: [{ ...machine, chassis: 'there', movingTo: 'here', isHeardThere: true }],
      }),
      {},
      [node, own],
    ],
    'or the old node has let go of it': [
      only({ machines: [{ ...machine, chassis: undefined, up: false, movingTo: 'here' }] }),
      {},
      [node, own],
    ],
    'its floating IP with it': [behind({ up: false }), {}, [other, node]],
    'and no more than once': [behind({ up: true }), {}, [floating, other, node]],
    'a floating IP without external_mac is answered at the gateway, for as long as that may be': [
      withGateway(0, {
        nat: ['fa:16:3e:00:00:10 172.24.4.100 is_chassis_resident("cr-lrp-b2")'],
        mac: 'M 172.24.4.H/24',
      }),
      {},
      [
        other,
        'gateway cr-lrp-b2: 172.24.4.100 fa:16:3e:00:00:10 on br-ex',
        'gateway cr-lrp-b2: 172.24.4.16 fa:16:3e:00:00:10 on br-ex',
        node,
      ],
    ],
  };
  for (const [what, [cloud, choice, lines]] of Object.entries(cases)) {
    test(what, () => assert.deepEqual([...told(cloud, choice)].sort(), [...lines].sort()));
  }
});

describe('a virtual port', () => {
  const virtual: MachinePort = { ...machine, type: 'virtual', mac: 'M 172.24.4.70' };
  test('is reached at the MAC of the port that has its address', () => {
    const cloud = only({ machines: [machine, { ...virtual, parent: 0 }] });
    assert.deepEqual(told(cloud), [node, own, 'port d6: 172.24.4.70 fa:16:3e:00:02:10 on br-ex']);
  });
  test('fails over with its floating IP by its chassis alone, on both nodes at no time', () => {
    const at = (chassis: ChassisName | undefined): Cloud => behind({ type: 'virtual', chassis });
    const nodes = (['here', 'there'] as const).map((chassis) => {
      const inventory = inventoryOf(at('there'));
      inventory.apply({ of: 'chassis', value: chassis });
      return { chassis, inventory };
    });
    const move = (to: ChassisName | undefined): void => {
      const after = inventoryOf(at(to)).port('38');
      for (const { inventory } of nodes) {
        inventory.apply({ of: 'port', before: inventory.port('38'), after });
      }
    };
    const exposing = () =>
      nodes
        .filter(({ inventory }) => linesOf(at('there'), inventory).includes(floating))
        .map(({ chassis }) => chassis);
    assert.deepEqual(exposing(), ['there']);
    const steps = ['here', 'there', undefined, 'here', undefined, 'there'] as const;
    for (const to of steps) {
      move(to);
      assert.deepEqual(exposing(), to === undefined ? [] : [to]);
    }
  });
  test('has no parent on another network', () => {
    const elsewhere = { ...machine, provider: undefined, mac: 'M 10.0.0.200' };
    const cloud = only({ machines: [elsewhere, { ...virtual, parent: 0 }] });
    assert.deepEqual(told(cloud), [node, 'port d6: 172.24.4.70 of unknown MAC on br-ex']);
  });
  describe('of which only its parents are known', () => {
    const beside = { ...machine, mac: 'M 172.24.4.61' };
    const shared = (second: MachinePort) =>
      only({ machines: [machine, second, { ...virtual, parents: [0, 1] }] });
    const at = (cloud: Cloud) => told(cloud).filter((line) => line.includes('172.24.4.70'));
    test('is reached at the MAC of the one that is on its node', () => {
      const cloud = shared({ ...beside, chassis: 'there' });
      assert.deepEqual(at(cloud), ['port 12: 172.24.4.70 fa:16:3e:00:02:10 on br-ex']);
      const inventory = inventoryOf(cloud);
      const moved = inventoryOf(shared(beside)).port('d6');
      inventory.apply({ of: 'port', before: inventory.port('d6'), after: moved });
      const lines = linesOf(cloud, inventory);
      assert.ok(lines.includes('port 12: 172.24.4.70 of unknown MAC on br-ex'));
    });
    test('is asked for on the network where there are two of them', () => {
      assert.deepEqual(at(shared(beside)), ['port 12: 172.24.4.70 of unknown MAC on br-ex']);
    });
  });
  test('is asked for on the network while that is not known', () => {
    const cloud = only({ machines: [machine, virtual] });
    assert.ok(told(cloud).includes('port d6: 172.24.4.70 of unknown MAC on br-ex'));
  });
});

test('two networks with one VLAN on one bridge are told of, and exposed all the same', () => {
  const providers = [
    { physicalNetwork: 'physnet-a', tag: 100 },
    { physicalNetwork: 'physnet-b', tag: 100 },
  ];
  const lines = told(only({ providers }));
  const apart =
    'cannot tell the networks of provnet-0 and provnet-1 apart: all are VLAN 100 on br-ex; give each a VLAN or a bridge of its own';
  assert.deepEqual(lines, [
    `network provnet-0: ${apart}`,
    `network provnet-1: ${apart}`,
    node,
    'port 38: 172.24.4.60 fa:16:3e:00:02:10 on br-ex.100',
  ]);
});
