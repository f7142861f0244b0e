/**
 * Counts the routes in a stream of BGP messages, as cheaply as can be: it looks at lengths and at the two attributes
 * that hold routes, RFC 4760.
 */

const headerLength = 19;
const update = 2;
const longFlag = 0x10;
const reach = 14;
const unreach = 15;

export class Counter {
  announced = 0;
  withdrawn = 0;
  readonly #onMessage: (type: number, message: Buffer) => void;
  #rest: Buffer = Buffer.alloc(0);

  /** `onMessage` is told of every message that is no UPDATE. */
  constructor(onMessage: (type: number, message: Buffer) => void) {
    this.#onMessage = onMessage;
  }

  // HOT: every octet that a daemon sends passes here; bench/bgp.ts.
  read(chunk: Buffer): void {
    const octets = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    while (octets.length - at >= headerLength) {
      const length = ((octets[at + 16] ?? 0) << 8) | (octets[at + 17] ?? 0);
      if (octets.length - at < length) break;
      const type = octets[at + 18] ?? 0;
      if (type === update) this.#readUpdate(octets, at + headerLength, at + length);
      else this.#onMessage(type, octets.subarray(at, at + length));
      at += length;
    }
    this.#rest = octets.subarray(at);
  }

  #readUpdate(octets: Buffer, start: number, end: number): void {
    const withdrawnLength = ((octets[start] ?? 0) << 8) | (octets[start + 1] ?? 0);
    let at = start + 2 + withdrawnLength + 2;
    while (at < end) {
      const isLong = ((octets[at] ?? 0) & longFlag) !== 0;
      const code = octets[at + 1] ?? 0;
      const value = at + (isLong ? 4 : 3);
      const length = isLong
        ? ((octets[at + 2] ?? 0) << 8) | (octets[at + 3] ?? 0)
        : (octets[at + 2] ?? 0);
      if (code === reach) {
        const nlri = value + 5 + (octets[value + 3] ?? 0);
        this.announced += countNlri(octets, nlri, value + length);
      } else if (code === unreach) {
        this.withdrawn += countNlri(octets, value + 3, value + length);
      }
      at = value + length;
    }
  }
}

/** A type, a length, and as many octets: RFC 7432 §7. */
function countNlri(octets: Buffer, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at += 2 + (octets[at + 1] ?? 0)) count += 1;
  return count;
}
