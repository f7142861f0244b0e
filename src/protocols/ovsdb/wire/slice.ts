/** The octets of one value, gathered from as many chunks as it came in, and parsed once. */

import { type Issue, issue } from '../../../base/issue.ts';
import { err, ok, type Result } from '../../../base/result.ts';

export class Slice {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #parts: Uint8Array[] = [];
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a copy, which `slice` of a Buffer is not: the memory of a chunk belongs to the socket. */
  append(octets: Uint8Array): void {
    this.#parts.push(new Uint8Array(octets));
    this.#bytes += octets.length;
  }

  /** Parses what was kept and `last`, and forgets both. */
  parse(last: Uint8Array): Result<unknown, Issue> {
    const whole = this.#parts.length === 0 ? last : this.#join(last);
    try {
      return ok(JSON.parse(this.#decoder.decode(whole)));
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      return err(issue(`not JSON: ${reason} in '${excerpt(whole)}'`));
    }
  }

  #join(last: Uint8Array): Uint8Array {
    const whole = new Uint8Array(this.#bytes + last.length);
    let at = 0;
    for (const part of [...this.#parts, last]) {
      whole.set(part, at);
      at += part.length;
    }
    this.#parts = [];
    this.#bytes = 0;
    return whole;
  }
}

/** The first octets, fit to be read in a log line. */
export function excerpt(octets: Uint8Array): string {
  const text = [...octets.subarray(0, 40)]
    .map((octet) => (octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : '.'))
    .join('');
  return octets.length > 40 ? `${text}…` : text;
}
