/** The fabric's own FRR configurations, as an operator of such a fabric would write them. Text only. */

import {
  externalTenants,
  hypervisorNames,
  labAs,
  loopback,
  plainGateway,
  uplink,
} from './addresses.ts';

const families = ['ipv4 unicast', 'ipv6 unicast', 'l2vpn evpn'] as const;

/** Route reflector for all families, and an external EVPN VTEP with one L3VNI per tenant. */
export function formatSpineConfig(): string {
  const peers = hypervisorNames.map((_, index) => uplink(index + 1).node4);
  return [
    ...heading('spine'),
    ...externalTenants.flatMap(({ vni }) => [`vrf vrf-${vni}`, ` vni ${vni}`, 'exit-vrf']),
    `ip prefix-list LOCAL seq 5 permit ${loopback(0).v4}/32`,
    `ip prefix-list LOCAL seq 10 permit ${subnet4(plainGateway.v4)}`,
    `ipv6 prefix-list LOCAL6 seq 5 permit ${loopback(0).v6}/128`,
    `ipv6 prefix-list LOCAL6 seq 10 permit ${subnet6(plainGateway.v6)}`,
    ...routeMap('LOCAL', 10, 'ip address prefix-list LOCAL'),
    ...routeMap('LOCAL6', 10, 'ipv6 address prefix-list LOCAL6'),
    ...bgpHeading(loopback(0).v4),
    ...peers.flatMap(neighbor),
    ...families.flatMap((family) => spineFamily(family, peers)),
    'exit',
    ...externalTenants.flatMap(({ vni }) => tenantVrf(vni)),
  ].join('\n');
}

function spineFamily(family: (typeof families)[number], peers: readonly string[]): string[] {
  const evpn = family === 'l2vpn evpn';
  const map = family === 'ipv4 unicast' ? 'LOCAL' : 'LOCAL6';
  return [
    ` address-family ${family}`,
    ...(evpn ? ['  advertise-all-vni'] : [`  redistribute connected route-map ${map}`]),
    ...peers.flatMap((peer) => [
      `  neighbor ${peer} activate`,
      `  neighbor ${peer} route-reflector-client`,
      ...(evpn
        ? []
        : [`  neighbor ${peer} default-originate`, `  neighbor ${peer} next-hop-self force`]),
    ]),
    ' exit-address-family',
  ];
}

function tenantVrf(vni: number): string[] {
  return [
    `router bgp ${labAs} vrf vrf-${vni}`,
    ` bgp router-id ${loopback(0).v4}`,
    ' no bgp default ipv4-unicast',
    ...['ipv4', 'ipv6'].flatMap((family) => [
      ` address-family ${family} unicast`,
      '  redistribute connected',
      ' exit-address-family',
    ]),
    ' address-family l2vpn evpn',
    '  advertise ipv4 unicast',
    '  advertise ipv6 unicast',
    ' exit-address-family',
    'exit',
  ];
}

/** A hypervisor before any agent: its loopback and host routes go out, EVPN is on, no VRF. */
export function formatHypervisorConfig(name: string, index: number): string {
  const peer = uplink(index).spine4;
  return [
    ...heading(name),
    `ip prefix-list LO seq 5 permit ${loopback(index).v4}/32`,
    'ip prefix-list EXPOSED seq 5 deny 169.254.0.0/16 le 32',
    'ip prefix-list EXPOSED seq 10 permit 0.0.0.0/0 ge 32',
    'ipv6 prefix-list EXPOSED6 seq 5 deny fd53:d91e:400::/48 le 128',
    'ipv6 prefix-list EXPOSED6 seq 10 permit ::/0 ge 128',
    ...routeMap('OUT4', 10, 'ip address prefix-list LO'),
    ...routeMap('OUT4', 20, 'ip address prefix-list EXPOSED'),
    ...routeMap('OUT6', 10, 'ipv6 address prefix-list EXPOSED6'),
    ...bgpHeading(loopback(index).v4),
    ...neighbor(peer),
    ...(['ipv4', 'ipv6'] as const).flatMap((family) => [
      ` address-family ${family} unicast`,
      '  redistribute connected',
      `  neighbor ${peer} activate`,
      `  neighbor ${peer} route-map ${family === 'ipv4' ? 'OUT4' : 'OUT6'} out`,
      ' exit-address-family',
    ]),
    ' address-family l2vpn evpn',
    `  neighbor ${peer} activate`,
    '  advertise-all-vni',
    ' exit-address-family',
    'exit',
  ].join('\n');
}

function heading(name: string): string[] {
  return [`hostname ${name}`, 'log file /var/log/frr/frr.log informational'];
}

function bgpHeading(routerId: string): string[] {
  return [
    `router bgp ${labAs}`,
    ` bgp router-id ${routerId}`,
    ' no bgp default ipv4-unicast',
    ' no bgp ebgp-requires-policy',
    ' timers bgp 3 9',
  ];
}

function neighbor(peer: string): string[] {
  return [
    ` neighbor ${peer} remote-as ${labAs}`,
    ` neighbor ${peer} timers connect 1`,
    ` neighbor ${peer} advertisement-interval 0`,
  ];
}

function routeMap(name: string, sequence: number, match: string): string[] {
  return [`route-map ${name} permit ${sequence}`, ` match ${match}`, 'exit'];
}

function subnet4(address: string): string {
  return `${address.replace(/\.[0-9]+$/, '.0')}/24`;
}

function subnet6(address: string): string {
  return `${address.replace(/::.*$/, '::')}/64`;
}
