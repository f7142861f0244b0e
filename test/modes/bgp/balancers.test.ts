/** Which addresses of load balancers mode bgp exposes, and where: at the gateway of their router, and nowhere else. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Balancer, Cloud, MachinePort } from '../../sim/cloud.ts';
import { workingCloud } from '../../sim/cloud-events.ts';
import { withGateway } from '../evpn/cloud.ts';
import { linesOf, modeWith } from './lines.ts';

const front: Balancer = {
  name: 'front',
  vips: ['172.24.4.20:80', '172.24.4.20:443', '[2001:db8:f::20]:80', '10.0.0.20:80'],
  routers: [0],
  networks: [0],
};

/** The port of its address, as Octavia makes it: without a MAC, and bound nowhere. */
const vip: MachinePort = {
  network: 0,
  provider: 0,
  type: '',
  chassis: undefined,
  mac: '',
  cidrs: '172.24.4.20/24 2001:db8:f::20/64',
  portName: 'ovn-lb-vip-front',
  up: false,
  generation: 0,
};

function cloudWith(balancer: Partial<Balancer>, more: Partial<Cloud> = {}): Cloud {
  return { ...workingCloud, machines: [], balancers: [{ ...front, ...balancer }], ...more };
}

function told(cloud: Cloud, choice = {}): readonly string[] {
  const lines = linesOf(cloud, undefined, modeWith(choice));
  return lines.flatMap((line) =>
    line.startsWith('balancer') ? [line.slice('balancer balancer-0: '.length)] : [],
  );
}

const v4 = '172.24.4.20 fa:16:3e:00:00:10 on br-ex';
const v6 = '2001:db8:f::20 fa:16:3e:00:00:10 on br-ex';

describe('a load balancer', () => {
  const cases: Readonly<Record<string, readonly [Cloud, readonly string[]]>> = {
    'at the gateway of its router, once for all its ports': [cloudWith({}), [v4, v6]],
    'not where the gateway is not': [
      { ...cloudWith({}), gateways: withGateway(0, { chassis: 'there' }).gateways },
      [],
    ],
    'not by a router that does not have it': [cloudWith({ routers: [] }), []],
    'by the routers of its switches, where OVN says no more': [
      cloudWith({}, { isOldOvn: true }),
      [v4, v6],
    ],
    'not by a network without a router': [cloudWith({ networks: [2] }, { isOldOvn: true }), []],
    'with the port that has its address on the provider network': [
      cloudWith({}, { machines: [vip] }),
      [v4, v6],
    ],
    'whose port is on another subnet of that network than the gateway': [
      cloudWith({ vips: ['172.24.9.9:80'] }, { machines: [{ ...vip, cidrs: '172.24.9.9/24' }] }),
      ['172.24.9.9 fa:16:3e:00:00:10 on br-ex'],
    ],
    'whose port is on a tenant network, whatever prefix that has': [
      cloudWith({ vips: ['172.24.4.20:80'] }, { machines: [{ ...vip, provider: undefined }] }),
      [],
    ],
    'of one protocol of several, whose port is that of all': [
      cloudWith({ name: 'front:udp' }, { machines: [{ ...vip, provider: undefined }] }),
      [],
    ],
    'that forwards ports of a floating IP, on whichever subnet': [
      cloudWith({ name: 'pf-floatingip-1-tcp', vips: ['172.24.9.9:2222'], networks: [] }),
      ['172.24.9.9 fa:16:3e:00:00:10 on br-ex'],
    ],
    'that forwards ports of a floating IP, at the gateway on its subnet where there are several': [
      {
        ...cloudWith({ name: 'pf-floatingip-1-tcp', vips: ['172.24.9.9:2222'], networks: [] }),
        gateways: withGateway(1, { router: 0, mac: 'M 172.24.9.H/24' }).gateways,
      },
      ['172.24.9.9 fa:16:3e:00:00:11 on br-ex.100'],
    ],
    'with an address that cannot be read, beside one that can': [
      cloudWith({ vips: ['172.24.4.20:80', '[2001:db8:f::20:80'] }),
      [
        v4,
        "cannot announce load balancer front: vips: '[2001:db8:f::20:80' is no address; correct it",
      ],
    ],
    'that is opted out by its port': [
      cloudWith({ vips: ['172.24.4.20:80'] }, { machines: [{ ...vip, expose: 'false' }] }),
      [
        '172.24.4.20 of load balancer front is not exposed: external_ids:selvedge:expose=false of Port_Binding 38',
      ],
    ],
    'deleted with everything': [cloudWith({}, { balancers: [undefined] }), []],
    'whose network is not mapped here': [cloudWith({}, { mappings: {} }), []],
  };
  for (const [what, [cloud, lines]] of Object.entries(cases)) {
    test(what, () => assert.deepEqual(told(cloud), lines));
  }

  test('that is opted out by its name', () => {
    const cloud = cloudWith({ vips: ['172.24.4.20:80'] });
    assert.deepEqual(told(cloud, { ports: new Set(['front']) }), [
      "172.24.4.20 of load balancer front is not exposed: 'front' is in bgp.exclude_ports",
    ]);
  });
});
