/**
 * Next hops of the sets of attributes there are, and how far each is: RFC 4271 §9.1.2.1 asks that of the routing table,
 * here the user of the library tells it. Each next hop is asked for once, and again when it is said to have changed; what
 * goes through it is found by its sets, not by looking through the routes.
 */

import { formatIp, type Ip } from '../../../net/ip.ts';
import { ip } from '../wire/octets.ts';
import type { AttributeSet, SetObserver } from './attribute-table.ts';

export interface NextHopPorts {
  /**
   * The distance to a next hop; infinite when it cannot be reached. Asked when the first route through it comes, which
   * must not call back; from then on until `released`, say `nextHopChanged` when the answer has become another.
   */
  readonly metric: (nextHop: Ip) => number;
  /** No route goes through it any more. */
  readonly released?: (nextHop: Ip) => void;
}

interface Hop {
  readonly ip: Ip;
  metric: number;
  readonly sets: Set<number>;
}

export class NextHops implements SetObserver {
  readonly #ports: NextHopPorts;
  readonly #byAddress = new Map<string, Hop>();
  /** By set. */
  readonly #hops: (Hop | undefined)[] = [];

  constructor(ports: NextHopPorts) {
    this.#ports = ports;
  }

  /** Those that something goes through, with their distances. */
  *[Symbol.iterator](): Generator<{ readonly ip: Ip; readonly metric: number }> {
    for (const { ip: address, metric } of this.#byAddress.values()) yield { ip: address, metric };
  }

  metricOf({ id }: AttributeSet): number {
    return this.#hops[id]?.metric ?? 0;
  }

  added({ id, octets, attributesLength }: AttributeSet): void {
    const address = addressOf(octets, attributesLength);
    if (address === undefined) return;
    const text = formatIp(address);
    const known = this.#byAddress.get(text);
    const hop = known ?? { ip: address, metric: this.#ports.metric(address), sets: new Set() };
    if (known === undefined) this.#byAddress.set(text, hop);
    hop.sets.add(id);
    this.#hops[id] = hop;
  }

  removed({ id }: AttributeSet): void {
    const hop = this.#hops[id];
    if (hop === undefined) return;
    this.#hops[id] = undefined;
    hop.sets.delete(id);
    if (hop.sets.size > 0) return;
    this.#byAddress.delete(formatIp(hop.ip));
    this.#ports.released?.(hop.ip);
  }

  /** Asks again: the sets through this next hop when its distance is another now, else none. */
  changed(address: Ip): readonly number[] {
    const hop = this.#byAddress.get(formatIp(address));
    if (hop === undefined) return [];
    const metric = this.#ports.metric(hop.ip);
    if (metric === hop.metric) return [];
    hop.metric = metric;
    return [...hop.sets];
  }
}

const rdLength = 8;

/** Of a next hop as in MP_REACH_NLRI, whatever its family: the length tells what it is. The link-local one is no matter. */
function addressOf(octets: Uint8Array, start: number): Ip | undefined {
  const length = octets.length - start;
  // RFC 4364 §4.3.2, RFC 4659 §3.2.1: in VPN routes a route distinguisher of zero stands before the address.
  const head = length === 12 || length === 24 || length === 48 ? rdLength : 0;
  if (length - head < 4) return undefined;
  return ip(octets, start + head, length - head === 4 ? 4 : 16);
}
