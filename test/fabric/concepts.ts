/** Concepts as EVPN mode would state them, for one VNI. */

import type { Attachment, Host, RoutedPrefix, Vrf, Wiring } from '../../src/fabric/concepts.ts';
import type { Asn, VlanId, Vni } from '../../src/net/numbers.ts';
import { ip, mac, name, prefix } from '../resources/specs.ts';

export const because = [{ source: 'test', object: 'row', fact: 'says so' }];
export const holder = { port: '38', name: 'port 38', network: undefined };

export function conceptsOf(
  vni: number,
  vlan: number | undefined,
): {
  readonly vrf: Vrf;
  readonly wiring: Wiring;
  readonly prefixes: readonly RoutedPrefix[];
  readonly host: Host;
} {
  const at: Attachment = {
    vni: vni as Vni,
    bridge: name('br-ex'),
    vlan: vlan as VlanId | undefined,
    patchPort: 'patch-provnet-1-to-br-int',
    routerMac: mac('fa:16:3e:00:00:05'),
  };
  const routed = (destination: string, via: string): RoutedPrefix => ({
    concept: 'prefix',
    at,
    destination: prefix(destination),
    via: ip(via),
    because,
  });
  const v4 = routed('10.0.0.1/24', '172.24.4.5');
  return {
    vrf: {
      concept: 'vrf',
      vni: vni as Vni,
      asn: 65000 as Asn,
      vtep: ip('192.0.2.1'),
      mtu: 1450,
      because,
    },
    wiring: {
      concept: 'wiring',
      at,
      mtu: 1450,
      routerIps: [ip('172.24.4.5'), ip('fe80::f816:3eff:fe00:5')],
      answers: true,
      because,
    },
    prefixes: [v4, routed('2001:db8:1::/64', 'fe80::f816:3eff:fe00:5')],
    host: { concept: 'host', ip: ip('10.0.0.10'), within: v4, answers: true, because },
  };
}
