/** Graceful restart (RFC 4724 §3, RFC 8538 §2) and long-lived graceful restart (RFC 9494 §3.1). */

import { type AfiSafi, formatFamily } from '../family.ts';
import { CAPABILITY } from '../numbers.ts';
import { u8, u16, u24, writeU24 } from '../octets.ts';
import { afiSafi, type CapabilityCodec, familyToJson, list } from './codec.ts';

export interface GracefulRestart {
  readonly kind: 'graceful-restart';
  /** The sender has restarted. */
  readonly restarted: boolean;
  /** The sender keeps routes over a NOTIFICATION too, RFC 8538. */
  readonly notification: boolean;
  /** Seconds in which it will be back: 0 to 4095. */
  readonly time: number;
  readonly families: readonly (AfiSafi & Preserved)[];
}

export interface Preserved {
  /** The forwarding state was kept over the restart. */
  readonly forwarding: boolean;
}

export interface LongLivedGracefulRestart {
  readonly kind: 'long-lived-graceful-restart';
  readonly families: readonly (AfiSafi &
    Preserved & {
      /** Seconds for which stale routes may be kept: 0 to 16777215. */
      readonly time: number;
    })[];
}

const RESTARTED = 0x8000;
const NOTIFICATION = 0x4000;
const FORWARDING = 0x80;

/** The flags octet of a family; its other bits are reserved, and ignored. */
function preserved(flags: number): Preserved {
  return { forwarding: (flags & FORWARDING) !== 0 };
}

export const gracefulRestart: CapabilityCodec<GracefulRestart> = {
  code: CAPABILITY.gracefulRestart,
  name: 'Graceful Restart',
  decode(octets, start, end) {
    if (end - start < 2) return undefined;
    const head = u16(octets, start);
    const families = list(start + 2, end, 4, (at) => ({
      ...afiSafi(octets, at),
      ...preserved(u8(octets, at + 3)),
    }));
    if (families === undefined) return undefined;
    return {
      kind: 'graceful-restart',
      restarted: (head & RESTARTED) !== 0,
      notification: (head & NOTIFICATION) !== 0,
      time: head & 0x0fff,
      families,
    };
  },
  encode: (writer, { restarted, notification, time, families }) => {
    writer.u16((restarted ? RESTARTED : 0) | (notification ? NOTIFICATION : 0) | time);
    for (const { afi, safi, forwarding } of families) {
      writer
        .u16(afi)
        .u8(safi)
        .u8(forwarding ? FORWARDING : 0);
    }
  },
  format({ restarted, notification, time, families }) {
    const flags = `${restarted ? ', restarted' : ''}${notification ? ', notification' : ''}`;
    return `${time} s${flags}${families.map((of) => `, ${formatPreserved(of)}`).join('')}`;
  },
  toJson: ({ restarted, notification, time, families }) => ({
    restarted,
    notification,
    time,
    families: families.map((of) => ({ ...familyToJson(of), forwarding: of.forwarding })),
  }),
};

export const longLivedGracefulRestart: CapabilityCodec<LongLivedGracefulRestart> = {
  code: CAPABILITY.longLivedGracefulRestart,
  name: 'Long-Lived Graceful Restart',
  decode(octets, start, end) {
    const families = list(start, end, 7, (at) => ({
      ...afiSafi(octets, at),
      ...preserved(u8(octets, at + 3)),
      time: u24(octets, at + 4),
    }));
    return families === undefined ? undefined : { kind: 'long-lived-graceful-restart', families };
  },
  encode: (writer, { families }) => {
    for (const { afi, safi, forwarding, time } of families) {
      writer
        .u16(afi)
        .u8(safi)
        .u8(forwarding ? FORWARDING : 0);
      writeU24(writer, time);
    }
  },
  format: ({ families }) => families.map((of) => `${formatPreserved(of)} ${of.time} s`).join(', '),
  toJson: ({ families }) => ({
    families: families.map((of) => ({
      ...familyToJson(of),
      forwarding: of.forwarding,
      time: of.time,
    })),
  }),
};

function formatPreserved(of: AfiSafi & Preserved): string {
  return `${formatFamily(of)}${of.forwarding ? ' (forwarding)' : ''}`;
}
