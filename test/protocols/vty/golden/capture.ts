/**
 * Writes the running configuration of real FRR daemons into this folder, for the tests of the parser: run it with
 * SELVEDGE_FRR_ROOTS naming the roots of other releases. It configures what the tests want to see, per daemon, and
 * leaves out what a version does not know.
 */

import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';

import { unwrap } from '../../../../src/base/result.ts';
import { findDaemons } from '../../../../src/protocols/vty/index.ts';
import { FrrDaemons, frrRoots } from '../frr-daemons.ts';

const stanzas: readonly (readonly string[])[] = [
  ['hostname r1'],
  ['vrf vrf-500', 'vni 500', 'exit-vrf'],
  ['vrf vrf-501', 'vni 501', 'exit-vrf'],
  ['vrf vrf-501', 'ip route 198.51.100.0/24 192.0.2.1', 'exit-vrf'],
  ['vrf vrf-empty', 'exit-vrf'],
  ['interface eth7', 'description ! exit here, "or" not', 'ip address 192.0.2.5/24', 'exit'],
  ['interface eth7', 'ipv6 nd managed-config-flag', 'no ipv6 nd suppress-ra', 'exit'],
  ['ip route 203.0.113.0/24 blackhole'],
  ['ip prefix-list LO seq 5 permit 10.255.1.1/32'],
  ['ipv6 prefix-list EXPOSED6 seq 10 permit ::/0 ge 128'],
  ['route-map OUT permit 10', 'match ip address prefix-list LO', 'set community no-export', 'exit'],
  ['route-map OUT deny 20', 'exit'],
  ['bgp community-list standard C seq 5 permit 64999:1'],
  [
    'router bgp 64999',
    'bgp router-id 10.255.1.1',
    'no bgp ebgp-requires-policy',
    'no bgp default ipv4-unicast',
    'neighbor UP peer-group',
    'neighbor UP remote-as external',
    'neighbor 10.0.1.0 remote-as 64999',
    'neighbor 10.0.1.0 description left spine',
    'address-family ipv4 unicast',
    'redistribute connected route-map OUT',
    'neighbor 10.0.1.0 activate',
    'exit-address-family',
    'address-family l2vpn evpn',
    'neighbor 10.0.1.0 activate',
    'advertise-all-vni',
    'vni 77',
    'rd 10.255.1.1:77',
    'route-target import 64999:77',
    'exit-vni',
    'advertise-svi-ip',
    'exit-address-family',
    'exit',
  ],
  [
    'router bgp 64999 vrf vrf-500',
    'address-family ipv4 unicast',
    'redistribute connected',
    'exit-address-family',
    'address-family ipv6 unicast',
    'redistribute connected',
    'exit-address-family',
    'address-family l2vpn evpn',
    'advertise ipv4 unicast',
    'advertise ipv6 unicast',
    'rd 10.255.1.1:500',
    'route-target import 64999:500',
    'route-target import 10.255.1.1:9',
    'route-target export 4200000001:500',
    'exit-address-family',
    'exit',
  ],
  [
    'router bgp 64999 vrf vrf-501',
    'neighbor 192.0.2.9 remote-as external',
    'address-family ipv4 unicast',
    'import vrf default',
    'exit-address-family',
    'exit',
  ],
  ['bfd', 'profile fast', 'receive-interval 100', 'exit', 'peer 192.0.2.1', 'profile fast', 'exit', 'exit'],
  ['router ospf', 'network 192.0.2.0/24 area 0', 'exit'],
  ['log syslog informational'],
];

for (const root of frrRoots()) {
  if (root.skip !== false) throw new Error(root.skip);
  const frr = await FrrDaemons.start(root, ['staticd', 'bfdd', 'ospfd']);
  for (const name of unwrap(await findDaemons(frr.directory))) {
    const session = await frr.open(name);
    // What a daemon does not know, it refuses; the next stanza starts from the top again.
    for (const stanza of stanzas) await session.configure(stanza);
    session.close();
  }
  for (const name of unwrap(await findDaemons(frr.directory))) {
    const session = await frr.open(name);
    const { text } = unwrap(await session.run('show running-config'));
    writeGolden(`${root.version}-${name}.txt`, `${text}\n`);
    if (name === 'zebra') {
      const vrfs = unwrap(await session.run('show vrf')).text;
      writeGolden(`${root.version}-show-vrf.txt`, `${vrfs}\n`);
    }
    session.close();
  }
  const vtysh = frr.exec('/usr/bin/vtysh', '-c', 'show running-config');
  writeGolden(`${root.version}-vtysh.txt`, vtysh);
  await frr.stop();
}

function writeGolden(name: string, text: string): void {
  writeFileSync(new URL(name, import.meta.url), text.replaceAll(hostname(), 'r1'));
}
