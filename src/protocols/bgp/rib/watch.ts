/**
 * Follows what is used: a reader in the order of changes that is no peer. Who reads slowly is told the last state only, and
 * costs no more than its place; but what has ended is remembered until it has passed.
 */

import type { AddressFamily } from '../wire/family.ts';
import type { Json } from '../wire/json.ts';
import { decodeNextHop, type NextHop } from '../wire/next-hop.ts';
import type { PathAttributes } from '../wire/path-attributes.ts';
import { nextHopOf, valuesOf } from './attribute-table.ts';
import type { Cursor } from './change-order.ts';
import { type Destination, none } from './destinations.ts';
import type { Neighbour } from './peer.ts';
import type { Rib } from './rib.ts';

/** What is used for a route now. */
export interface BestPath {
  readonly from: Neighbour;
  readonly nextHop: NextHop;
  readonly attributes: PathAttributes;
}

export interface Change {
  /** As a value of the rib's family. */
  readonly route: unknown;
  readonly text: string;
  readonly json: Json;
  /** `undefined`: there is none any more. */
  readonly best: BestPath | undefined;
}

export class Watch {
  readonly #rib: Rib;
  readonly #cursor: Cursor;
  /** What had ended by then was never told. */
  readonly #begun: number;

  /** Of all there is and then of what changes, or only of that. */
  constructor(rib: Rib, from: 'beginning' | 'now') {
    const { order } = rib;
    this.#rib = rib;
    this.#cursor = from === 'now' ? order.openAtEnd() : order.open();
    this.#begun = order.lastChange;
  }

  get family(): AddressFamily {
    return this.#rib.family;
  }

  get hasNews(): boolean {
    return this.#rib.order.after(this.#cursor.at) !== none;
  }

  /** Whether all that there was at the beginning has been told. */
  get isCurrent(): boolean {
    return this.#cursor.change >= this.#begun || !this.hasNews;
  }

  /** The next change; `undefined` when there is none yet. */
  next(): Change | undefined {
    const { destinations, order } = this.#rib;
    for (;;) {
      const next = order.after(this.#cursor.at);
      if (next === none) return undefined;
      order.move(this.#cursor, next);
      const isOver = destinations.bestPath(next) === none && order.changeOf(next) <= this.#begun;
      if (!isOver) return changeOf(this.#rib, next);
    }
  }

  close(): void {
    this.#rib.order.close(this.#cursor);
  }
}

function changeOf(rib: Rib, destination: Destination): Change {
  const { destinations, family } = rib;
  const best = destinations.bestPath(destination);
  const address = rib.nlriOf(best, destination);
  const { octets } = destinations;
  const route = family.nlri.decode(
    octets.slab(address),
    octets.start(address),
    octets.end(address),
  );
  return {
    route,
    text: family.nlri.format(route),
    json: family.nlri.toJson(route),
    best: bestPath(rib, best),
  };
}

function bestPath(rib: Rib, path: number): BestPath | undefined {
  const set = path === none ? undefined : rib.attributes.get(rib.paths.attributes(path));
  const from = rib.neighbour(rib.paths.peer(path));
  if (set === undefined || from === undefined) return undefined;
  const hop = nextHopOf(set);
  const nextHop = decodeNextHop(hop, 0, hop.length, rib.family.nextHop);
  return { from, nextHop, attributes: valuesOf(set) };
}
