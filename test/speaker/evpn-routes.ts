/** One EVPN route of each kind that hosts and subnets need, as a leaf would announce them. */

import { unwrap } from '../../src/base/result.ts';
import {
  type EvpnRoute,
  parseIp,
  parseMac,
  parsePrefix,
  parseRouteDistinguisher,
  rdOf,
  singleHomed,
} from '../../src/protocols/bgp/index.ts';

const rd = rdOf(unwrap(parseRouteDistinguisher('192.0.2.2:1')));
const ip = (text: string) => unwrap(parseIp(text));

/** Types 2, 3 and 5. */
export const evpnRoutes: readonly EvpnRoute[] = [
  {
    type: 'mac',
    rd,
    esi: singleHomed,
    tag: 0,
    mac: unwrap(parseMac('02:00:00:00:00:01')),
    ip: ip('10.0.0.1'),
    label: 100,
  },
  { type: 'imet', rd, tag: 0, originator: ip('192.0.2.2') },
  {
    type: 'prefix',
    rd,
    esi: singleHomed,
    tag: 0,
    prefix: unwrap(parsePrefix('10.1.0.0/24')),
    gateway: ip('0.0.0.0'),
    label: 200,
  },
];
