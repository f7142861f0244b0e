/** Ports by the subnets they are in, so that those that overlap one are found without a look at the others. */

import { comparePrefix, networkOf, type Prefix, prefixContains } from '../net/prefix.ts';
import type { PortBinding } from './port-binding.ts';

interface Entry {
  /** With its host bits cleared. */
  readonly subnet: Prefix;
  readonly port: PortBinding;
}

export class SubnetIndex {
  /** By address, and of the same address the wider first: what a subnet holds comes right behind it. */
  readonly #entries: Entry[] = [];
  /** How many there are of each family and length: few lengths are in use. */
  readonly #lengths = new Map<string, { readonly of: Prefix; count: number }>();

  add(prefix: Prefix, port: PortBinding): void {
    const subnet = networkOf(prefix);
    this.#entries.splice(this.#firstOf(subnet), 0, { subnet, port });
    const known = this.#lengths.get(lengthOf(subnet));
    if (known === undefined) this.#lengths.set(lengthOf(subnet), { of: subnet, count: 1 });
    else known.count += 1;
  }

  remove(prefix: Prefix, port: PortBinding): void {
    const subnet = networkOf(prefix);
    let at = this.#firstOf(subnet);
    while (this.#isAt(at, subnet) && this.#entries[at]?.port !== port) at += 1;
    if (!this.#isAt(at, subnet)) return;
    this.#entries.splice(at, 1);
    const known = this.#lengths.get(lengthOf(subnet));
    if (known !== undefined && known.count > 1) known.count -= 1;
    else this.#lengths.delete(lengthOf(subnet));
  }

  /** Those whose subnet holds this one, is the same, or is in it. */
  *overlapping(prefix: Prefix): Iterable<PortBinding> {
    for (const { of } of this.#lengths.values()) {
      if (of.ip.family !== prefix.ip.family || of.length >= prefix.length) continue;
      const wider = networkOf({ ip: prefix.ip, length: of.length });
      for (let at = this.#firstOf(wider); this.#isAt(at, wider); at += 1) yield* this.#portAt(at);
    }
    const subnet = networkOf(prefix);
    for (let at = this.#firstOf(subnet); at < this.#entries.length; at += 1) {
      const entry = this.#entries[at];
      if (entry === undefined || !prefixContains(subnet, entry.subnet.ip)) return;
      yield entry.port;
    }
  }

  *#portAt(at: number): Iterable<PortBinding> {
    const entry = this.#entries[at];
    if (entry !== undefined) yield entry.port;
  }

  #isAt(at: number, subnet: Prefix): boolean {
    const entry = this.#entries[at];
    return entry !== undefined && comparePrefix(entry.subnet, subnet) === 0;
  }

  /** Where the first entry stands that is not before this subnet. */
  #firstOf(subnet: Prefix): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const entry = this.#entries[middle];
      if (entry !== undefined && comparePrefix(entry.subnet, subnet) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function lengthOf({ ip, length }: Prefix): string {
  return `${ip.family} ${length}`;
}
