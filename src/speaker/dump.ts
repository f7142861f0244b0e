/** Everything that a speaker holds as a file in the format of MRT, made in portions; routes of peers that come meanwhile are not in it. */

import { err, ok, type Result } from '../base/result.ts';
import type { Ip } from '../net/ip.ts';
import {
  attributesOf,
  familyNames,
  type MrtPath,
  type MrtPeer,
  type MrtRoute,
  nextHopOf,
  type Peer,
  peerIndexTable,
  type Rib,
  ribRecords,
} from '../protocols/bgp/index.ts';
import type { SpeakerProcess } from './process.ts';

/** Destinations that are looked at before others get their turn. */
const portion = 128;

/** A peer of the table: its place there, and since when its routes may have been heard. */
interface Source {
  readonly index: number;
  /** Seconds since 1970. */
  readonly since: number;
}

/** Of all families, or of the one that is asked for. */
export function dumpPortions(
  of: SpeakerProcess,
  query: URLSearchParams,
): Result<AsyncIterable<Uint8Array>, string> {
  const word = query.get('family');
  const name = familyNames.find((each) => each === word);
  const ribs = [...of.routing.ribs.values()].filter(
    ({ family }) => word === null || family.name === name,
  );
  if (ribs.length > 0) return ok(new Dump(of, ribs).portions());
  const held = [...of.routing.ribs.values()].map(({ family }) => family.name);
  return err(`'${word}' is no family that is held here; there are ${held.join(', ')}`);
}

class Dump {
  readonly #of: SpeakerProcess;
  readonly #ribs: readonly Rib[];
  /** Seconds since 1970. */
  readonly #now = Math.floor(Date.now() / 1000);
  /** By the number of a peer's routes. */
  readonly #sources = new Map<number, Source>();
  #sequence = 0;

  constructor(of: SpeakerProcess, ribs: readonly Rib[]) {
    this.#of = of;
    this.#ribs = ribs;
  }

  // oxlint-disable-next-line require-await -- a generator that others wait for, which itself has nothing to wait for
  async *portions(): AsyncGenerator<Uint8Array> {
    const { routerId } = this.#of.config.global;
    yield peerIndexTable(this.#now, routerId, this.#listPeers());
    for (const rib of this.#ribs) {
      for (let at = 0; at < rib.destinations.bound; at += portion) yield this.#records(rib, at);
    }
  }

  /** We come first, then the peers, whether they have routes or not. */
  #listPeers(): readonly MrtPeer[] {
    const { as, routerId } = this.#of.config.global;
    const peers: MrtPeer[] = [{ id: routerId, address: nowhere, asn: as }];
    this.#sources.set(this.#of.routing.ourselves.id, { index: 0, since: this.#now });
    for (const peer of this.#of.speaker.peers) {
      const routes = this.#of.routesOf(peer);
      if (routes === undefined) continue;
      const { as: asn, id, routerId: value } = routes.neighbour;
      // The time of a route is not kept: it has come since the session began.
      const since = this.#now - Math.floor((peer.status.uptime ?? 0) / 1000);
      this.#sources.set(id, { index: peers.length, since });
      peers.push({ id: { family: 4, value }, address: addressOf(peer), asn });
    }
    return peers;
  }

  #records(rib: Rib, from: number): Uint8Array {
    const { destinations, family } = rib;
    const { octets } = destinations;
    const routes: MrtRoute[] = [];
    const end = Math.min(destinations.bound, from + portion);
    for (let destination = from; destination < end; destination += 1) {
      for (const [address, paths] of this.#pathsOf(rib, destination)) {
        const nlri = octets.slab(address).subarray(octets.start(address), octets.end(address));
        routes.push({ family, nlri, paths });
      }
    }
    const sequence = this.#sequence;
    this.#sequence += routes.length;
    return ribRecords(this.#now, sequence, routes);
  }

  /** By their NLRI: of one route they may differ in what is not its key, such as labels. The best one first. */
  #pathsOf(rib: Rib, destination: number): ReadonlyMap<number, readonly MrtPath[]> {
    const { destinations, paths } = rib;
    const best = destinations.bestPath(destination);
    const found = new Map<number, MrtPath[]>();
    if (destinations.address(destination) === 0) return found;
    for (let path = destinations.firstPath(destination); path >= 0; path = paths.next(path)) {
      const told = this.#pathOf(rib, path);
      if (told === undefined) continue;
      const address = rib.nlriOf(path, destination);
      const others = found.get(address) ?? [];
      found.set(address, path === best ? [told, ...others] : [...others, told]);
    }
    return found;
  }

  #pathOf({ attributes, paths }: Rib, path: number): MrtPath | undefined {
    const set = attributes.get(paths.attributes(path));
    const source = this.#sources.get(paths.peer(path));
    if (set === undefined || source === undefined) return undefined;
    const pathId = paths.pathId(path);
    return {
      peer: source.index,
      time: source.since,
      attributes: attributesOf(set),
      nextHop: nextHopOf(set),
      ...(pathId === 0 ? {} : { pathId }),
    };
  }
}

const nowhere: Ip = { family: 4, value: 0 };

/** 0.0.0.0 of one that is known by its link only and has no session. */
function addressOf({ place, status }: Peer): Ip {
  return place?.ip ?? status.ends?.remote.ip ?? nowhere;
}
