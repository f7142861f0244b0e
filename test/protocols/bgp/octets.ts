/** Octets as a specification writes them: hexadecimal, with spaces and comments where they help to read. */

import { MESSAGE } from '../../../src/protocols/bgp/index.ts';

/** `octets('40 01 01 00')`; what stands between parentheses is for the reader. */
export function octets(text: string): Uint8Array {
  const digits = text.replace(/\([^)]*\)/g, '').replace(/\s/g, '');
  if (!/^([0-9a-f]{2})*$/.test(digits)) throw new Error(`not hexadecimal: ${text}`);
  return new Uint8Array(Buffer.from(digits, 'hex'));
}

export function hex(of: Uint8Array): string {
  return Buffer.from(of).toString('hex');
}

/** A whole message around a body. */
export function message(type: keyof typeof MESSAGE, body: string): Uint8Array {
  const content = octets(body);
  const whole = new Uint8Array(19 + content.length).fill(0xff, 0, 16);
  whole.set([(19 + content.length) >>> 8, 19 + content.length, MESSAGE[type]], 16);
  whole.set(content, 19);
  return whole;
}

/** An UPDATE of its three fields; the lengths are put in. */
export function updateMessage(
  fields: {
    readonly withdrawn?: string;
    readonly attributes?: string;
    readonly nlri?: string;
  } = {},
): Uint8Array {
  const { withdrawn = '', attributes = '', nlri = '' } = fields;
  return message('update', `${sized(withdrawn)} ${sized(attributes)} ${nlri}`);
}

function sized(field: string): string {
  return octets(field).length.toString(16).padStart(4, '0') + field;
}
