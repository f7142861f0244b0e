/** Messages for what chance finds too seldom: more than one thing has to be wrong with them, or right, at once. */

import { cease, encodeMessage, hardReset, wireSession } from '../../src/protocols/bgp/index.ts';
import { unwrap } from '../../src/base/result.ts';
import { octets, message, updateMessage } from '../../test/protocols/bgp/octets.ts';

const origin = '40 01 01 00';
const nextHop = '40 03 04 0a000001';
const localPref = '40 05 04 00000064';
const route = '18 0a0000';

/** IPv4 routes of a speaker of two-octet AS numbers, with this AS_PATH and AS4_PATH. */
function oldPath(path: string, as4Path: string): Uint8Array {
  const attributes = `${origin} ${long('40', '02', path)} ${nextHop} ${localPref} ${long('c0', '11', as4Path)}`;
  return updateMessage({ attributes, nlri: route });
}

/** An attribute with a length of two octets. */
function long(flags: string, code: string, content: string): string {
  const extended = (Number.parseInt(flags, 16) | 0x10).toString(16);
  return `${extended} ${code} ${octets(content).length.toString(16).padStart(4, '0')} ${content}`;
}

/** An IPv4 route, with one attribute more than it needs. */
function withRoute(attribute: string): Uint8Array {
  return updateMessage({
    attributes: `${origin} 40 02 00 ${nextHop} ${localPref} ${attribute}`,
    nlri: route,
  });
}

function evpn(nlri: string, others = ''): Uint8Array {
  const reach = `0019 46 04 0a000001 00 ${nlri}`;
  return updateMessage({
    attributes: `${long('80', '0e', reach)} ${origin} 40 02 00 ${localPref} ${others}`,
  });
}

const twoHundred = `02 c8 ${'0001'.repeat(200)}`;

function refreshOf(body: string): Uint8Array {
  return message('routeRefresh', body);
}

/** RFC 9072: capabilities of more than 255 octets. */
function longOpen(): Uint8Array {
  const raw = new Uint8Array(200);
  const capability = { kind: 'unknown', code: 200, raw } as const;
  const id = { family: 4, value: 1 } as const;
  const capabilities = [capability, capability];
  return unwrap(
    encodeMessage({ type: 'open', myAs: 1, holdTime: 90, id, capabilities }, wireSession()),
  );
}

function notifications(): readonly Uint8Array[] {
  const words = [cease(2, 'back at noon'), cease(4, 'é'.repeat(200)), cease(2)];
  return [...words, ...words.map(hardReset), cease(9)].map((each) =>
    unwrap(encodeMessage(each, wireSession())),
  );
}

export const directed: readonly Uint8Array[] = [
  // A type that is not known, with a length that no type has.
  octets(`${'ff'.repeat(16)} 0012 09`),
  message('open', '04 fde8 00b4 00000000 00'),
  // RFC 6793 §4.2.3: the nearest ASes of AS_PATH, then AS4_PATH; joined where both are sequences, and that fits.
  oldPath('02 03 0001 0002 5ba0', '02 01 00011170'),
  oldPath('02 03 0001 0002 5ba0', '01 01 00011170'),
  oldPath('01 02 0001 0002 02 01 5ba0', '02 01 00011170'),
  oldPath('03 01 0005 02 02 0001 5ba0', '02 01 00011170'),
  oldPath('02 01 5ba0', '02 01 00011170'),
  oldPath('02 01 5ba0', '02 02 00011170 00000002'),
  updateMessage({ attributes: `${origin} 40 02 06 02 01 00005ba0 ${nextHop}`, nlri: route }),
  oldPath(`${twoHundred} ${twoHundred}`, `02 c8 ${'00011170'.repeat(200)}`),
  // AS4_AGGREGATOR of AS 0, and beside an aggregator that is not the stand-in, that is of AS 0, that is not there.
  withRoute('c0 07 06 5ba0 0a000001 c0 12 08 00000000 0a000001'),
  withRoute('c0 07 06 0001 0a000001 c0 12 08 00011170 0a000001'),
  withRoute('c0 07 06 0000 0a000001 c0 12 07 00011170 0a0000'),
  withRoute('c0 12 08 00011170 0a000001'),
  // AIGP without a metric, with one that is too long, with half a TLV, without any.
  withRoute('80 1a 05 02 0005 abcd'),
  withRoute('80 1a 0c 01 000c 000000000000000000'),
  withRoute('80 1a 02 01 00'),
  withRoute('80 1a 00'),
  // PMSI_TUNNEL of ingress replication without an address, and with half of one.
  withRoute('c0 16 05 00 06 000001'),
  withRoute('c0 16 07 00 06 000001 0a00'),
  // EVPN: a MAC with two octets behind its labels; an originator of three octets; a prefix that is too long, and too short.
  evpn(`02 23 ${'00'.repeat(22)} 30 00005e005301 00 000001 ffff`),
  evpn(`02 22 ${'00'.repeat(22)} 30 00005e005301 00 0000`),
  evpn(`03 10 ${'00'.repeat(12)} 20 0a0000`),
  evpn(`05 22 ${'00'.repeat(22)} 21 0a000000 00000000 000001`),
  evpn(`05 21 ${'00'.repeat(22)} 18 0a000000 00000000 0000`),
  // A label of zero: with a router's MAC, and without.
  evpn(`05 22 ${'00'.repeat(22)} 18 0a000000 00000000 000000`),
  evpn(`05 22 ${'00'.repeat(22)} 18 0a000000 00000000 000000`, 'c0 10 08 060300005e005301'),
  withRoute('80 1a 0b 01 000b ffffffffffffffff'),
  // More octets at fault than are shown.
  withRoute(long('c0', '08', '00'.repeat(4097))),
  message('open', '04 0000 00b4 0a000001 00'),
  message('open', '04 fde8 0001 0a000001 00'),
  // A four-octet AS number, and graceful restart of one octet.
  message('open', '04 5ba0 00b4 0a000001 0b 02 09 41 04 00011170 40 01 00'),
  refreshOf('0019 00 46'),
  refreshOf('0019 01 46 00'),
  longOpen(),
  ...notifications(),
];
