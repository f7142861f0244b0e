/** What mode bgp makes of a cloud that contradicts itself: one thing is told of, all else goes on. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Planner } from '../../../src/agent/planner.ts';
import { MutableInventory } from '../../../src/inventory/inventory.ts';
import { Claims } from '../../../src/reconcile/claims.ts';
import type { Condition } from '../../../src/resources/condition.ts';
import { makeKinds } from '../../../src/resources/index.ts';
import { settings } from '../../fabric/settings.ts';
import type { Cloud, MachinePort } from '../../sim/cloud.ts';
import { workingCloud } from '../../sim/cloud-events.ts';
import { CloudFeed, everything } from '../../sim/cloud-feed.ts';
import { modes } from '../../sim/modes.ts';
import { seededRandom } from '../../sim/random.ts';
import { withGateway } from '../evpn/cloud.ts';
import { inventoryOf, linesOf, modeWith } from './lines.ts';

const kinds = makeKinds({ removal: 0 });
const machine: MachinePort = {
  network: 0,
  provider: 0,
  type: '',
  chassis: 'here',
  mac: 'M 172.24.4.60',
  cidrs: undefined,
  generation: 0,
};

/** A node that goes from one cloud to the next: what is wanted on it, and what is said. */
class Node {
  readonly claims = new Claims();
  readonly #conditions = new Map<string, readonly Condition[]>();
  readonly #feed = new CloudFeed();
  readonly #planner: Planner;

  constructor(cloud: Cloud, mode = modeWith()) {
    this.#planner = new Planner({
      mode,
      kinds,
      settings,
      inventory: new MutableInventory(),
      setScope: (scope, planned) => {
        this.claims.set(scope, planned?.resources ?? []);
        this.#conditions.set(scope, planned?.conditions ?? []);
      },
    });
    this.become(cloud);
  }

  become(cloud: Cloud): void {
    this.#planner.apply(this.#feed.updates(cloud, everything, seededRandom(1)));
    this.#planner.plan();
  }

  get told(): readonly string[] {
    return [...[...this.#conditions.values()].flat(), ...this.claims.conflicts()]
      .map(({ scope, severity, message }) => `${severity} ${scope}: ${message}`)
      .sort();
  }

  /** The scopes that want something for an address. */
  scopesOf(ip: string): readonly string[] {
    const keys = [...this.claims.keys()].filter((key) => key.split(/[ /]/).includes(ip));
    return [...new Set(keys.flatMap((key) => this.claims.scopesOf(key)))].sort();
  }

  get wanted(): readonly string[] {
    return [...this.claims.keys()].sort();
  }
}

const alone: Cloud = { ...workingCloud, gateways: [] };
const remedy =
  'give one of them another address, or keep it back by external_ids:selvedge:expose=false';

describe('of two ports with one address the first by name has it, and that is told', () => {
  const unknown: MachinePort = { ...machine, mac: 'unknown', cidrs: '172.24.4.60/24' };
  const inVrf = { 'neutron_bgpvpn:type': 'l3', 'neutron_bgpvpn:vni': '500' };
  const cases: Readonly<Record<string, readonly [Cloud, Node['told'], keyof typeof modes]>> = {
    'on one network': [
      { ...alone, machines: [machine, machine] },
      [
        `error port d6: cannot expose 172.24.4.60 of port d6 on provnet-0: port 38 on provnet-0 has it, and both would be in the underlay; ${remedy}`,
      ],
      'bgp',
    ],
    'on one network, and nobody knows their MACs': [
      { ...alone, machines: [unknown, unknown] },
      [
        `error port d6: cannot expose 172.24.4.60 of port d6 on provnet-0: port 38 on provnet-0 has it, and both would be in the underlay; ${remedy}`,
      ],
      'bgp',
    ],
    'on two VLANs of one bridge': [
      { ...alone, machines: [machine, { ...machine, provider: 1 }] },
      [
        `error port d6: cannot expose 172.24.4.60 of port d6 on provnet-1: port 38 on provnet-0 has it, and both would be in the underlay; ${remedy}`,
      ],
      'bgp',
    ],
    'on networks of two bridges': [
      {
        ...alone,
        mappings: { 'physnet-a': 'br-ex', 'physnet-b': 'br-ex2' },
        machines: [machine, { ...machine, provider: 1 }],
      },
      [
        `error port d6: cannot expose 172.24.4.60 of port d6 on provnet-1: port 38 on provnet-0 has it, and both would be in the underlay; ${remedy}`,
      ],
      'bgp',
    ],
    'on a provider network and on a tenant network': [
      {
        ...workingCloud,
        interfaces: [workingCloud.interfaces[0]],
        machines: [
          { ...machine, mac: 'M 10.0.0.60' },
          { ...machine, provider: undefined, mac: 'M 10.0.0.60' },
        ],
      },
      [
        `error port d6: cannot expose 10.0.0.60 of port d6: port 38 on provnet-0 has it, and both would be in the underlay; ${remedy}`,
      ],
      'bgp',
    ],
    'on a tenant network': [
      {
        ...workingCloud,
        interfaces: [workingCloud.interfaces[0]],
        machines: [1, 2].map(() => ({ ...machine, provider: undefined, mac: 'M 10.0.0.60' })),
      },
      [
        `error port d6: cannot expose 10.0.0.60 of port d6: port 38 has it, and both would be in the underlay; ${remedy}`,
      ],
      'bgp',
    ],
    'on two networks in one VRF': [
      {
        ...alone,
        providers: workingCloud.providers.map((each) => ({ ...each!, annotation: inVrf })),
        machines: [machine, { ...machine, provider: 1 }],
      },
      [
        `error port d6: cannot expose 172.24.4.60 of port d6 on provnet-1: port 38 on provnet-0 has it, and both would be in VRF 500; ${remedy}`,
      ],
      'bgp, vrf',
    ],
  };
  for (const [where, [cloud, told, mode]] of Object.entries(cases)) {
    test(where, () => {
      const node = new Node(cloud, modes[mode]);
      assert.deepEqual(node.told, told);
      const machines = [cloud.machines[0], undefined];
      assert.deepEqual(node.wanted, new Node({ ...cloud, machines }, modes[mode]).wanted);
    });
  }

  test('and the other address of the second is exposed all the same', () => {
    const second = { ...machine, mac: 'M 172.24.4.60 172.24.4.61' };
    const node = new Node({ ...alone, machines: [machine, second] });
    assert.deepEqual(node.scopesOf('172.24.4.60'), ['port 38']);
    assert.deepEqual(node.scopesOf('172.24.4.61'), ['port d6']);
  });

  test('for as long as both are there, whichever came first', () => {
    const both: Cloud = { ...alone, machines: [machine, { ...machine, provider: 1 }] };
    const second: Cloud = { ...both, machines: [undefined, both.machines[1]] };
    const [early, late] = [new Node(both), new Node(second)];
    assert.deepEqual(late.told, []);
    assert.deepEqual(late.scopesOf('172.24.4.60'), ['port d6']);
    early.become(second);
    assert.deepEqual([early.told, early.wanted], [late.told, late.wanted]);
    early.become(both);
    late.become(both);
    assert.deepEqual([early.told, early.wanted], [late.told, late.wanted]);
    assert.deepEqual(late.scopesOf('172.24.4.60'), ['port 38']);
  });

  test('but not in two VRFs, nor in a VRF and in the underlay', () => {
    const annotated = (vni: string) => {
      return { 'neutron_bgpvpn:type': 'l3', 'neutron_bgpvpn:vni': vni };
    };
    const machines = [machine, { ...machine, provider: 1 }];
    const [flat, tagged] = workingCloud.providers;
    for (const providers of [
      [{ ...flat!, annotation: annotated('500') }, tagged],
      [
        { ...flat!, annotation: annotated('500') },
        { ...tagged!, annotation: annotated('501') },
      ],
    ]) {
      const node = new Node({ ...alone, providers, machines }, modes['bgp, dynamic']);
      assert.deepEqual(node.told, []);
      assert.deepEqual(node.scopesOf('172.24.4.60'), ['port 38', 'port d6']);
    }
  });
});

describe('an address that is seen in two ways is one', () => {
  test('that of a load balancer and a floating IP as well', () => {
    const cloud: Cloud = {
      ...withGateway(0, {
        nat: ['fa:16:3e:00:00:10 172.24.4.20 is_chassis_resident("cr-lrp-b2")'],
      }),
      balancers: [{ name: 'front', vips: ['172.24.4.20:80'], routers: [0], networks: [] }],
    };
    const node = new Node(cloud);
    assert.deepEqual(node.told, []);
    assert.deepEqual(node.scopesOf('172.24.4.20'), ['balancer balancer-0', 'gateway cr-lrp-b2']);
  });

  test('a floating IP that two ports of one router tell', () => {
    const nat = ['fa:16:3e:04:00:00 172.24.4.100 is_chassis_resident("38")'];
    const [first] = workingCloud.gateways;
    const node = new Node({ ...workingCloud, gateways: [1, 2].map(() => ({ ...first!, nat })) });
    assert.deepEqual(node.told, []);
    assert.deepEqual(node.scopesOf('172.24.4.100'), ['port 38']);
  });

  test('a virtual port and its parent', () => {
    const virtual: MachinePort = { ...machine, type: 'virtual', parent: 0 };
    const node = new Node({ ...alone, machines: [machine, virtual] });
    assert.deepEqual(node.told, []);
    assert.deepEqual(node.scopesOf('172.24.4.60'), ['port 38', 'port d6']);
  });

  test("a gateway's own, from which others are translated", () => {
    const nat = ['fa:16:3e:00:00:10 172.24.4.16 is_chassis_resident("cr-lrp-b2")'];
    const node = new Node(withGateway(0, { nat }));
    assert.deepEqual(node.told, []);
    assert.deepEqual(node.scopesOf('172.24.4.16'), ['gateway cr-lrp-b2']);
  });

  test('a machine that moves, on the node that it comes to', () => {
    const machines = [{ ...machine, chassis: 'there', movingTo: 'here', isHeardThere: true }];
    const node = new Node({ ...alone, machines } as Cloud);
    assert.deepEqual(node.told, []);
    assert.deepEqual(node.scopesOf('172.24.4.60'), ['port 38']);
  });
});

describe('of a network that is not mapped here is told', () => {
  const nat = ['fa:16:3e:04:00:00 172.24.4.100 is_chassis_resident("38")'];
  const mappings = { 'physnet-b': 'br-ex2' };
  const behind: Cloud = { ...withGateway(0, { nat, chassis: 'there' }), mappings };
  const lack =
    "physical network 'physnet-a' of provnet-0 is not in ovn-bridge-mappings of this node; map it in external_ids:ovn-bridge-mappings of Open_vSwitch, or keep it back by external_ids:selvedge:expose=false";
  const floating = `warning port 38: cannot expose 172.24.4.100 of port 38: ${lack}`;

  test('a floating IP of a port that is here, and all else goes on', () => {
    const node = new Node(behind);
    assert.deepEqual(node.told, [floating]);
    assert.deepEqual(node.scopesOf('172.24.4.100'), []);
    assert.deepEqual(node.scopesOf('172.24.4.17'), ['gateway cr-lrp-71']);
  });

  test('a gateway that is here, with what is translated there', () => {
    const atGateway = ['fa:16:3e:00:00:10 172.24.4.100 is_chassis_resident("cr-lrp-b2")'];
    assert.deepEqual(new Node({ ...withGateway(0, { nat: atGateway }), mappings }).told, [
      `warning gateway cr-lrp-b2: cannot expose 172.24.4.16 2001:db8:f::16 172.24.4.100 of port cr-lrp-b2: ${lack}`,
    ]);
  });

  test('nothing of ports on other nodes', () => {
    const machines = [{ ...behind.machines[0]!, chassis: 'there' as const }];
    assert.deepEqual(new Node({ ...behind, machines }).told, []);
  });

  test('nothing more once it is mapped', () => {
    const node = new Node(behind);
    node.become({ ...behind, mappings: workingCloud.mappings });
    assert.deepEqual(node.told, []);
    assert.deepEqual(node.scopesOf('172.24.4.100'), ['port 38']);
    node.become(behind);
    assert.deepEqual(node.told, [floating]);
  });

  test('a note where it is kept back', () => {
    const hidden = { ...behind, machines: [{ ...behind.machines[0]!, expose: 'false' }] };
    assert.deepEqual(new Node(hidden).told, [
      'note port 38: 172.24.4.100 of port 38 is not exposed: external_ids:selvedge:expose=false of Port_Binding 38',
    ]);
    const networks = new Set(['physnet-a']);
    assert.deepEqual(new Node(behind, modeWith({ networks })).told, [
      "note port 38: 172.24.4.100 of port 38 is not exposed: 'physnet-a' is in bgp.exclude_networks",
    ]);
  });

  test('nothing where the method exposes annotated networks only, unless it is one', () => {
    const [flat, tagged] = workingCloud.providers;
    const annotation = { 'neutron_bgpvpn:type': 'l3', 'neutron_bgpvpn:vni': '500' };
    const providers = [{ ...flat!, annotation }, tagged];
    assert.deepEqual(new Node(behind, modes['bgp, vrf']).told, []);
    assert.deepEqual(new Node({ ...behind, providers }, modes['bgp, vrf']).told, [floating]);
  });
});

test('a mapping that changes at run time takes all that is exposed to the other bridge', () => {
  const cloud: Cloud = { ...workingCloud, machines: [machine] };
  const inventory = inventoryOf(cloud);
  const lineOf = () => linesOf(cloud, inventory).find((line) => line.startsWith('port 38: '));
  assert.equal(lineOf(), 'port 38: 172.24.4.60 fa:16:3e:00:02:10 on br-ex');
  const mappings = { 'physnet-a': 'br-ex2', 'physnet-b': 'br-ex' };
  const moved = inventoryOf({ ...cloud, mappings });
  inventory.apply({ of: 'ovs', value: moved.ovs });
  assert.equal(lineOf(), 'port 38: 172.24.4.60 fa:16:3e:00:02:10 on br-ex2');
});
