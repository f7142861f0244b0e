/** What a simulated node may be for: every mode, driver and exposing method, with the settings that go with it. */

import { unwrap } from '../../src/base/result.ts';
import type { FabricSettings } from '../../src/fabric/settings.ts';
import { bgpMode, type Choice, everythingUp } from '../../src/modes/bgp/index.ts';
import { stretchedMode } from '../../src/modes/bgp/stretched.ts';
import { evpnMode } from '../../src/modes/evpn/index.ts';
import type { Mode } from '../../src/modes/mode.ts';
import { parsePrefix } from '../../src/net/prefix.ts';
import { bgpSettings, settings } from '../fabric/settings.ts';
import { localOvn } from './cloud.ts';
import { ownAsn } from './frr.ts';

const allTenants = {
  families: 'all',
  advertise: 'host',
  addressScopes: new Set<string>(),
  snat: 'left-out',
} as const;
const subnetsOfScope = {
  ...allTenants,
  advertise: 'subnet',
  addressScopes: new Set(['scope-a']),
} as const;
const bgp = {
  asn: ownAsn,
  routerId: undefined,
  answerRouter: 'auto',
  method: 'underlay',
  choice: everythingUp,
  tenants: undefined,
} as const;

/** Much is kept back. */
const choosy: Choice = {
  nodes: 'computes',
  bridges: new Set(['br-ex']),
  networks: new Set(['provnet-1']),
  ports: new Set(['38', 'b2']),
  prefixes: [unwrap(parsePrefix('172.24.4.100/31'))],
  when: 'bound',
};

export const modes = {
  evpn: evpnMode({ answerRouter: 'auto', standby: true }),
  bgp: bgpMode({ ...bgp, tenants: allTenants }),
  'bgp, subnets': bgpMode({ ...bgp, tenants: subnetsOfScope }),
  'bgp, stretched': stretchedMode({ ...bgp, addressScopes: subnetsOfScope.addressScopes }),
  'bgp, dynamic': bgpMode({ ...bgp, method: 'dynamic', tenants: allTenants }),
  'bgp, dynamic, subnets': bgpMode({ ...bgp, method: 'dynamic', tenants: subnetsOfScope }),
  'bgp, vrf': bgpMode({ ...bgp, method: 'vrf', tenants: allTenants }),
  'bgp, l2vni': bgpMode({ ...bgp, method: 'l2vni' }),
  'bgp, ovn': bgpMode({ ...bgp, method: 'ovn', localOvn, tenants: allTenants }),
  'bgp, stretched on computes, with exceptions': stretchedMode({
    ...bgp,
    choice: choosy,
    addressScopes: new Set(),
  }),
  'bgp on computes, with exceptions': bgpMode({ ...bgp, choice: choosy, tenants: allTenants }),
} as const satisfies Readonly<Record<string, Mode>>;

export type ModeName = keyof typeof modes;

export const modeNames = Object.keys(modes) as readonly ModeName[];

export function settingsOf(name: ModeName): FabricSettings {
  return name === 'evpn' ? settings : bgpSettings;
}
