/** What cannot be written without a cast. The compiler is the test: each line below must fail to compile. */

import { test } from 'node:test';
import type { Ip4 } from '../../../src/net/ip.ts';
import type {
  Capability,
  EvpnRoute,
  ExtendedCommunity,
  Message,
  MpReach,
  PathAttributes,
} from '../../../src/protocols/bgp/index.ts';

test('the compiler refuses what no octets could say', () => {
  const ip: Ip4 = { family: 4, value: 0x0a000001 };
  const nlri = { ip, length: 32 };
  const refused: {
    reach: MpReach;
    route: EvpnRoute;
    set: PathAttributes;
    community: ExtendedCommunity;
    capability: Capability;
    message: Message;
  }[] = [];
  const [one] = refused;
  if (one === undefined) return;
  // @ts-expect-error: a prefix among EVPN routes
  one.reach = { family: 'l2vpn-evpn', nextHop: { ip }, routes: [{ nlri }] };
  // @ts-expect-error: a MAC route without a MAC
  one.route = { type: 'mac', rd: one.route, esi: 0n, tag: 0, label: 1 };
  // @ts-expect-error: a bare number for a route distinguisher
  one.route = { type: 'imet', rd: 5n, tag: 0, originator: ip };
  // @ts-expect-error: an origin that there is not
  one.set = { origin: 'static' };
  // @ts-expect-error: AS4_PATH, which is the codec's own business
  one.set = { as4Path: [] };
  // @ts-expect-error: half a community
  one.community = { kind: 'mac-mobility', sequence: 1 };
  // @ts-expect-error: a capability with another's value
  one.capability = { kind: 'route-refresh', asn: 1 };
  // @ts-expect-error: a KEEPALIVE that says something
  one.message = { type: 'keepalive', data: new Uint8Array(1) };
});
