/** Two speakers for tests, and OPENs of theirs. */

import { unwrap } from '../../../../src/base/result.ts';

import { type Ip4, parseIp } from '../../../../src/net/ip.ts';
import { type Asn, parseAsn } from '../../../../src/net/numbers.ts';
import {
  offer,
  type Open,
  type PeerOptions,
  type PeerSettings,
  peerSettings,
} from '../../../../src/protocols/bgp/index.ts';

export const asn = (value: number): Asn => unwrap(parseAsn(value));
export const id = (text: string): Ip4 => unwrap(parseIp(text)) as Ip4;

/** A speaks to B, both of AS 65000 unless said. */
export function settingsOfA(options: Partial<PeerOptions> = {}): PeerSettings {
  return peerSettings({
    local: { asn: asn(65000), id: id('10.0.0.1') },
    remote: 'internal',
    families: [{ family: 'l2vpn-evpn' }],
    ...options,
  });
}

export function settingsOfB(options: Partial<PeerOptions> = {}): PeerSettings {
  return settingsOfA({ local: { asn: asn(65000), id: id('10.0.0.2') }, ...options });
}

export function openOfB(options: Partial<PeerOptions> = {}): Open {
  return offer(settingsOfB(options));
}
