/**
 * Octets that are nearly a message: a valid one with a few things changed, in the ways that parsers trip over. A seed makes
 * the same ones again; nothing is kept between two but the state of the generator.
 */

/** xorshift32: fast, and the same everywhere. Numbers from 0 to `below` - 1. */
export class Chance {
  #state: number;

  constructor(seed: number) {
    // A state of zero would stay zero.
    this.#state = seed | 0 || 0x9e3779b9;
  }

  below(below: number): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return (x >>> 0) % below;
  }
}

const headerLength = 19;
/** Values at which a length, a type or a flag begins to mean something else. */
const edges = [0, 1, 2, 3, 4, 0x0f, 0x10, 0x20, 0x21, 0x40, 0x7f, 0x80, 0x81, 0xc0, 0xff];

/** Room for a message and whatever is put into it. */
export class Mutator {
  readonly #octets = new Uint8Array(65_600);
  readonly #chance: Chance;
  #length = 0;

  constructor(chance: Chance) {
    this.#chance = chance;
  }

  /** A view that holds until the next call. */
  mutate(seed: Uint8Array, other: Uint8Array): Uint8Array {
    this.#octets.set(seed);
    this.#length = seed.length;
    const changes = 1 + this.#chance.below(4);
    for (let i = 0; i < changes; i += 1) this.#change(other);
    // Mostly the header is right, so that what is behind it is looked at.
    if (this.#chance.below(50) > 0) this.#mendHeader();
    else this.#breakHeader();
    return this.#octets.subarray(0, this.#length);
  }

  #change(other: Uint8Array): void {
    const at = this.#place();
    switch (this.#chance.below(9)) {
      case 0:
        this.#octets[at] = this.#chance.below(256);
        break;
      case 1:
        this.#octets[at] = edges[this.#chance.below(edges.length)] ?? 0;
        break;
      case 2:
        this.#octets[at] = (this.#octets[at] ?? 0) ^ (1 << this.#chance.below(8));
        break;
      case 3:
        this.#octets[at] = (this.#octets[at] ?? 0) + (this.#chance.below(2) === 0 ? 1 : -1);
        break;
      case 4:
        this.#remove(at, 1 + this.#chance.below(8));
        break;
      case 5:
        this.#insert(at, this.#octets.slice(at, at + 1 + this.#chance.below(8)));
        break;
      case 6:
        this.#insert(at, other.subarray(headerLength, headerLength + this.#chance.below(40)));
        break;
      case 7:
        this.#length = at;
        break;
      default:
        this.#repeatAttribute(at);
    }
  }

  /** Copies some octets to somewhere else: with luck, an attribute that is there twice. */
  #repeatAttribute(at: number): void {
    const from = this.#place();
    this.#insert(at, this.#octets.slice(from, from + 3 + this.#chance.below(12)));
  }

  #place(): number {
    return Math.min(
      headerLength + this.#chance.below(Math.max(this.#length - headerLength, 1)),
      this.#length,
    );
  }

  #remove(at: number, count: number): void {
    const end = Math.min(at + count, this.#length);
    this.#octets.copyWithin(at, end, this.#length);
    this.#length -= end - at;
  }

  #insert(at: number, part: Uint8Array): void {
    if (this.#length + part.length > 65_535) return;
    this.#octets.copyWithin(at + part.length, at, this.#length);
    this.#octets.set(part, at);
    this.#length += part.length;
  }

  #breakHeader(): void {
    if (this.#chance.below(4) === 0) this.#length = this.#chance.below(headerLength);
    else this.#octets[this.#chance.below(headerLength)] = this.#chance.below(8);
  }

  #mendHeader(): void {
    this.#octets[16] = this.#length >>> 8;
    this.#octets[17] = this.#length & 0xff;
    // An UPDATE: the length of the attributes follows from that of the message, where routes are in an attribute.
    if (this.#octets[18] === 2 && this.#chance.below(2) === 0) this.#mendAttributesLength();
  }

  #mendAttributesLength(): void {
    const withdrawn = ((this.#octets[19] ?? 0) << 8) | (this.#octets[20] ?? 0);
    const at = 21 + withdrawn;
    if (at + 2 > this.#length) return;
    const length = this.#length - at - 2;
    this.#octets[at] = length >>> 8;
    this.#octets[at + 1] = length & 0xff;
  }
}
