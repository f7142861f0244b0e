/** Follows what is used: a listener in the order of changes that is no peer. */

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

/** Changes that are told before others get their turn. */
const portion = 1024;

export class Watch {
  readonly #rib: Rib;
  readonly #cursor: Cursor;
  readonly #tell: (change: Change) => void;

  /** Tells of all there is at first. */
  constructor(rib: Rib, tell: (change: Change) => void) {
    this.#rib = rib;
    this.#cursor = rib.order.open();
    this.#tell = tell;
  }

  /** The next portion; whether there is more. */
  advance(): boolean {
    const { order } = this.#rib;
    for (let told = 0; told < portion; told += 1) {
      const next = order.after(this.#cursor.at);
      if (next === none) return false;
      order.move(this.#cursor, next);
      this.#tell(changeOf(this.#rib, next));
    }
    return order.after(this.#cursor.at) !== none;
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
