/** Recorded messages (golden/*.jsonl, made by golden/capture.ts) and the form in which two messages are compared. */

import { readFileSync } from 'node:fs';
import { AF, IFA, RTM } from '../../../src/protocols/netlink/wire/numbers.ts';
import { objects } from '../../../src/protocols/netlink/wire/objects.ts';
import type { ObjectCodec } from '../../../src/protocols/netlink/wire/object.ts';

export interface Vector {
  readonly name: string;
  readonly command: string;
  /** A whole message, header included. */
  readonly message: Uint8Array;
}

export function loadVectors(release: string): readonly Vector[] {
  const path = new URL(`golden/${release}.jsonl`, import.meta.url);
  const [, ...lines] = readFileSync(path, 'utf8').trim().split('\n');
  return lines.map((line) => {
    const { name, command, hex } = JSON.parse(line) as Record<string, string>;
    return { name: name!, command: command!, message: new Uint8Array(Buffer.from(hex!, 'hex')) };
  });
}

export const headerLength = 16;

export function viewOf(octets: Uint8Array): DataView {
  return new DataView(octets.buffer, octets.byteOffset, octets.length);
}

export type AnyCodec = ObjectCodec<unknown, never>;

/** The codec for a message, by its number and family; `undefined` for objects that are not spoken. */
export function codecOf(message: Uint8Array): AnyCodec | undefined {
  const type = viewOf(message).getUint16(4, true) & ~3;
  const isBridge = message[headerLength] === AF.bridge;
  if (type === RTM.link) return isBridge ? objects.vlan : objects.link;
  if (type === RTM.neigh) return isBridge ? objects.fdb : objects.neigh;
  return Object.values(objects).find((codec) => codec.type === type);
}

const headerSizes: Readonly<Record<string, number>> = {
  link: 16,
  vlan: 16,
  address: 8,
  route: 12,
  rule: 12,
  neigh: 12,
  fdb: 12,
  netconf: 4,
};

/**
 * The body of a message with what carries no meaning taken out: the order of attributes, the flag that says a payload
 * is nested (kernels and tools differ in it), padding, the closing zero of a text. Everything else must be equal to the octet.
 */
export function canonical(codec: string, body: Uint8Array): unknown {
  const size = headerSizes[codec] ?? 0;
  const header = Buffer.from(body.subarray(0, size));
  // iproute2 says table 0 in the header when the attribute has the number, the kernel says 252.
  if ((codec === 'route' || codec === 'rule') && header[4] === 252) header[4] = 0;
  // Only the first octet of this one is defined.
  if (codec === 'netconf') header.fill(0, 1);
  const found = attributesOf(body.subarray(size));
  if (codec === 'address') return canonicalAddress(header, found ?? []);
  return [header.toString('hex'), found];
}

/** Flags stand in the header, in an attribute, or in both; an own address without a peer as one attribute or two. */
function canonicalAddress(header: Buffer, found: readonly Found[]): unknown {
  const valueOf = (type: number) => found.find((one) => one.type === type)?.payload;
  const flags = valueOf(IFA.flags) ?? `${hexOf(header[2])}000000`;
  header[2] = 0;
  const isTwice = valueOf(IFA.local) === valueOf(IFA.address);
  const rest = found.filter(({ type }) => type !== IFA.flags && !(isTwice && type === IFA.local));
  return [header.toString('hex'), flags, rest];
}

function hexOf(octet = 0): string {
  return octet.toString(16).padStart(2, '0');
}

/** iproute2 leaves the closing zero of some texts out; the kernel takes both. */
function leafOf(raw: Uint8Array): string {
  const text = Buffer.from(raw).toString('latin1');
  return /^[a-z0-9:_-]{3,}\0$/.test(text)
    ? leafOf(raw.subarray(0, -1))
    : Buffer.from(raw).toString('hex');
}

/** A device within the description of another, as the other end of a veth: struct ifinfomsg in front. */
function withHeader(raw: Uint8Array): unknown {
  const found = raw.length > 16 ? attributesOf(raw.subarray(16)) : undefined;
  return found === undefined
    ? undefined
    : [Buffer.from(raw.subarray(0, 16)).toString('hex'), found];
}

interface Found {
  readonly type: number;
  readonly payload: unknown;
}

function attributesOf(octets: Uint8Array): Found[] | undefined {
  const view = viewOf(octets);
  const found: Found[] = [];
  let at = 0;
  while (octets.length - at >= 4) {
    const length = view.getUint16(at, true);
    if (length < 4 || at + length > octets.length) return undefined;
    const raw = octets.subarray(at + 4, at + length);
    const nested = raw.length >= 4 ? (attributesOf(raw) ?? withHeader(raw)) : undefined;
    const type = view.getUint16(at + 2, true) & 0x3fff;
    found.push({ type, payload: nested ?? leafOf(raw) });
    at += (length + 3) & ~3;
  }
  if (at < octets.length) return undefined;
  return found.sort((a, b) => a.type - b.type);
}
