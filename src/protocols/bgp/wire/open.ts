/**
 * OPEN: who the sender is and what it can do. RFC 4271 §4.2, capabilities RFC 5492 §4, optional parameters beyond 255
 * octets RFC 9072 §2, errors RFC 4271 §6.2. Whether the AS is the expected one is for the session to say.
 */

import { Writer } from '../../../base/bytes.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import { formatIp, type Ip4 } from '../../../net/ip.ts';
import {
  type Capability,
  capabilityToJson,
  decodeCapability,
  encodeCapability,
  formatCapability,
} from './capability.ts';
import type { MessageError } from './error.ts';
import { headerLength } from './header.ts';
import type { Json } from './json.ts';
import { AS_TRANS, ERROR, OPEN_ERROR, OPTIONAL_PARAMETER } from './numbers.ts';
import { ip4, u8, u16 } from './octets.ts';

export interface Open {
  readonly type: 'open';
  /** The AS number in two octets: AS_TRANS (23456) stands for one that needs four. See `asnOf`. */
  readonly myAs: number;
  /** Seconds: 0, or 3 to 65535. */
  readonly holdTime: number;
  /** BGP identifier, not 0.0.0.0. */
  readonly id: Ip4;
  /** As they came; a speaker may say one several times, with several values (RFC 5492 §4). */
  readonly capabilities: readonly Capability[];
}

const version = 4;

/** The number for the two-octet field: the AS itself or its stand-in, RFC 6793 §4.2.1. */
export function twoOctetAs(asn: number): number {
  return asn > 0xffff ? AS_TRANS : asn;
}

/** The sender's AS: that of its capability, where it has one. RFC 6793 §4.1. */
export function asnOf(open: Open): number {
  const capability = open.capabilities.find(({ kind }) => kind === 'four-octet-as');
  return capability?.kind === 'four-octet-as' ? capability.asn : open.myAs;
}

/** Decodes the OPEN in [start, end), header included, whose header `checkHeader` has accepted. */
export function decodeOpen(
  octets: Uint8Array,
  start: number,
  end: number,
): Result<Open, MessageError> {
  const at = start + headerLength;
  if (u8(octets, at) !== version) {
    const data = Uint8Array.of(0, version);
    return refuse(OPEN_ERROR.unsupportedVersion, 'the version is not 4', 'RFC 4271 §6.2', data);
  }
  const capabilities = decodeParameters(octets, at + 9, end);
  if (!capabilities.ok) return capabilities;
  const open: Open = Object.freeze({
    type: 'open',
    myAs: u16(octets, at + 1),
    holdTime: u16(octets, at + 3),
    id: Object.freeze(ip4(octets, at + 5)),
    capabilities: Object.freeze(capabilities.value),
  });
  return checkFields(open);
}

function checkFields(open: Open): Result<Open, MessageError> {
  if (open.myAs === 0 || asnOf(open) === 0) {
    return refuse(OPEN_ERROR.badPeerAs, 'AS 0 is nobody’s', 'RFC 7607 §2');
  }
  if (open.holdTime === 1 || open.holdTime === 2) {
    const reason = 'a hold time of 1 or 2 seconds is too short';
    return refuse(OPEN_ERROR.unacceptableHoldTime, reason, 'RFC 4271 §6.2');
  }
  if (open.id.value === 0) {
    return refuse(OPEN_ERROR.badIdentifier, 'the identifier is 0.0.0.0', 'RFC 6286 §2.2');
  }
  return ok(open);
}

function refuse(
  subcode: number,
  reason: string,
  rfc: string,
  data: Uint8Array = new Uint8Array(0),
): { readonly ok: false; readonly error: MessageError } {
  return err({ code: ERROR.open, subcode, data, reason, rfc });
}

/** Where the parameters stand, and how many octets each spends on its length. */
interface ParameterField {
  readonly start: number;
  readonly end: number;
  readonly lengthOctets: 1 | 2;
}

/** RFC 9072 §2: a first parameter of type 255 says that lengths take two octets, whatever the length before it says. */
function parameterField(octets: Uint8Array, at: number, end: number): ParameterField {
  const length = u8(octets, at);
  const isExtended =
    length > 0 && end - at >= 4 && u8(octets, at + 1) === OPTIONAL_PARAMETER.extendedLength;
  return isExtended
    ? { start: at + 4, end: at + 4 + u16(octets, at + 2), lengthOctets: 2 }
    : { start: at + 1, end: at + 1 + length, lengthOctets: 1 };
}

function decodeParameters(
  octets: Uint8Array,
  lengthAt: number,
  end: number,
): Result<Capability[], MessageError> {
  const malformed = refuse(
    OPEN_ERROR.unspecific,
    'the optional parameters do not fit',
    'RFC 4271 §6.2',
  );
  const field = parameterField(octets, lengthAt, end);
  if (field.end !== end) return malformed;
  const capabilities: Capability[] = [];
  let at = field.start;
  while (at < end) {
    const content = at + 1 + field.lengthOctets;
    const length = field.lengthOctets === 2 ? u16(octets, at + 1) : u8(octets, at + 1);
    const next = content + length;
    if (content > end || next > end) return malformed;
    if (u8(octets, at) !== OPTIONAL_PARAMETER.capabilities) {
      const reason = 'an optional parameter is none of capabilities';
      return refuse(OPEN_ERROR.unsupportedParameter, reason, 'RFC 4271 §6.2');
    }
    if (!decodeCapabilities(octets, content, next, capabilities)) return malformed;
    at = next;
  }
  return ok(capabilities);
}

/** False when the lengths do not add up. */
function decodeCapabilities(
  octets: Uint8Array,
  start: number,
  end: number,
  into: Capability[],
): boolean {
  let at = start;
  while (at < end) {
    const next = at + 2 + u8(octets, at + 1);
    if (at + 2 > end || next > end) return false;
    into.push(decodeCapability(octets, u8(octets, at), at + 2, next));
    at = next;
  }
  return true;
}

/** The body of the message, without its header: all capabilities in one parameter, as RFC 5492 §4 asks. */
export function writeOpen(writer: Writer, open: Open): void {
  writer.u8(version).u16(open.myAs).u16(open.holdTime).u32(open.id.value);
  const list = new Writer();
  for (const capability of open.capabilities) {
    const { code, octets } = encodeCapability(capability);
    list.u8(code).u8(octets.length).bytes(octets);
  }
  const { length } = list;
  const { capabilities, extendedLength } = OPTIONAL_PARAMETER;
  if (length === 0) writer.u8(0);
  else if (length + 2 <= 0xff)
    writer
      .u8(length + 2)
      .u8(capabilities)
      .u8(length);
  else {
    writer
      .u8(extendedLength)
      .u8(extendedLength)
      .u16(length + 3);
    writer.u8(capabilities).u16(length);
  }
  writer.bytes(list.finish());
}

export function formatOpen(open: Open): string {
  const head = `AS ${asnOf(open)}, hold time ${open.holdTime} s, identifier ${formatIp(open.id)}`;
  return [head, ...open.capabilities.map(formatCapability)].join('; ');
}

export function openToJson(open: Open): Json {
  return {
    type: 'open',
    asn: asnOf(open),
    holdTime: open.holdTime,
    id: formatIp(open.id),
    capabilities: open.capabilities.map(capabilityToJson),
  };
}
