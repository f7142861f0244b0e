/** Capabilities that speak of address families: multiprotocol, extended next hop, ADD-PATH. */

import { type AfiSafi, formatFamily } from '../family.ts';
import { AFI, CAPABILITY } from '../numbers.ts';
import { u8, u16 } from '../octets.ts';
import { afiSafi, type CapabilityCodec, familyToJson, list } from './codec.ts';

/** RFC 4760 §8. */
export interface Multiprotocol extends AfiSafi {
  readonly kind: 'multiprotocol';
}

/** RFC 8950 §4: of these families, a next hop of this other AFI is understood. */
export interface ExtendedNextHop {
  readonly kind: 'extended-next-hop';
  readonly families: readonly (AfiSafi & { readonly nextHopAfi: number })[];
}

/** RFC 7911 §4: of which families the sender can receive several paths of one route, and of which it would send them. */
export interface AddPath {
  readonly kind: 'add-path';
  readonly families: readonly (AfiSafi & AddPathMode)[];
}

export interface AddPathMode {
  readonly receive: boolean;
  readonly send: boolean;
}

export const multiprotocol: CapabilityCodec<Multiprotocol> = {
  code: CAPABILITY.multiprotocol,
  name: 'Multiprotocol',
  /** RFC 4760 §8: the octet between is reserved. */
  decode: (octets, start, end) =>
    end - start === 4 && u8(octets, start + 2) === 0
      ? { kind: 'multiprotocol', afi: u16(octets, start), safi: u8(octets, start + 3) }
      : undefined,
  encode: (writer, { afi, safi }) => writer.u16(afi).u8(0).u8(safi),
  format: formatFamily,
  toJson: familyToJson,
};

export const extendedNextHop: CapabilityCodec<ExtendedNextHop> = {
  code: CAPABILITY.extendedNextHop,
  name: 'Extended Next Hop',
  decode(octets, start, end) {
    // The SAFI has two octets here, unlike everywhere else.
    const families = list(start, end, 6, (at) => ({
      afi: u16(octets, at),
      safi: u16(octets, at + 2),
      nextHopAfi: u16(octets, at + 4),
    }));
    return families === undefined ? undefined : { kind: 'extended-next-hop', families };
  },
  encode: (writer, { families }) => {
    for (const { afi, safi, nextHopAfi } of families) writer.u16(afi).u16(safi).u16(nextHopAfi);
  },
  format: ({ families }) =>
    families
      .map(
        (of) =>
          `${formatFamily(of)} via ${of.nextHopAfi === AFI.ipv6 ? 'IPv6' : `AFI ${of.nextHopAfi}`}`,
      )
      .join(', '),
  toJson: ({ families }) => ({
    families: families.map((of) => ({ ...familyToJson(of), nextHopAfi: of.nextHopAfi })),
  }),
};

/** By code less one, RFC 7911 §4. */
const modes: readonly AddPathMode[] = [
  { receive: true, send: false },
  { receive: false, send: true },
  { receive: true, send: true },
];

export const addPath: CapabilityCodec<AddPath> = {
  code: CAPABILITY.addPath,
  name: 'ADD-PATH',
  decode(octets, start, end) {
    const found = list(start, end, 4, (at) => {
      const mode = modes[u8(octets, at + 3) - 1];
      return mode === undefined ? undefined : { ...afiSafi(octets, at), ...mode };
    });
    const families = found?.filter((one) => one !== undefined);
    // RFC 7911 §4: a mode that is not defined is to be ignored; here the whole then stays as it came, and so does nothing.
    return families === undefined || families.length !== found?.length
      ? undefined
      : { kind: 'add-path', families };
  },
  encode: (writer, { families }) => {
    for (const { afi, safi, receive, send } of families) {
      writer
        .u16(afi)
        .u8(safi)
        .u8((receive ? 1 : 0) + (send ? 2 : 0));
    }
  },
  format: ({ families }) =>
    families.map((of) => `${formatFamily(of)} ${formatMode(of)}`).join(', '),
  toJson: ({ families }) => ({
    families: families.map((of) => ({ ...familyToJson(of), receive: of.receive, send: of.send })),
  }),
};

function formatMode({ receive, send }: AddPathMode): string {
  if (receive && send) return 'both';
  return receive ? 'receive' : 'send';
}
