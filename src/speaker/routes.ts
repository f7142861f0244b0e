/**
 * The routes that a speaker holds, as they are shown: a walk over destinations in portions, each so short that no keepalive
 * is late for it. A route that is there all the while is told once; one that comes or goes meanwhile may be told or not.
 */

import type { BgpPathView, BgpRouteView } from '../api/contract/bgp.ts';
import { err, ok, type Result } from '../base/result.ts';
import { formatIp } from '../net/ip.ts';
import {
  attributesToJson,
  type Candidate,
  decodeNextHop,
  type Explanation,
  formatAttributes,
  formatNextHop,
  formatRd,
  nextHopOf,
  type PathAttributes,
  type Rib,
  valuesOf,
} from '../protocols/bgp/index.ts';
import type { SpeakerProcess } from './process.ts';
import { findPeer } from './peers.ts';
import { parseRouteQuery, type RouteQuery } from './route-query.ts';

/** Work of a portion, in destinations that are looked at; one that is told costs as much as so many. */
const portion = 2048;
const costOfTelling = 64;

/** NDJSON of `BgpRouteView`, a portion a step; or why the question cannot be answered. */
export function routePortions(
  of: SpeakerProcess,
  query: URLSearchParams,
): Result<AsyncIterable<string>, string> {
  const walk = walkOf(of, query);
  return walk.ok ? ok(linesOf(walk.value)) : walk;
}

/** All of them at once, for small tables. */
export function allRoutes(of: SpeakerProcess, query: URLSearchParams): readonly BgpRouteView[] {
  const walk = walkOf(of, query);
  const found: BgpRouteView[] = [];
  while (walk.ok && !walk.value.isOver) found.push(...walk.value.next());
  return found;
}

function walkOf(of: SpeakerProcess, query: URLSearchParams): Result<Walk, string> {
  const parsed = parseRouteQuery(query);
  if (!parsed.ok) return parsed;
  const { family, peer } = parsed.value;
  const rib = of.routing.rib(family);
  if (rib === undefined) {
    const held = [...of.routing.ribs.values()].map((each) => each.family.name);
    return err(`${family} is not held here, only ${held.join(', ')}; see families in [global]`);
  }
  if (peer === undefined) return ok(new Walk(of, rib, parsed.value, undefined));
  const from = findPeer(of, peer);
  if (!from.ok) return from;
  return ok(new Walk(of, rib, parsed.value, of.routesOf(from.value)?.id ?? none));
}

/** No peer's number. */
const none = -1;

// oxlint-disable-next-line require-await -- a generator that others wait for, which itself has nothing to wait for
async function* linesOf(walk: Walk): AsyncGenerator<string> {
  while (!walk.isOver) {
    const lines = walk.next().map((view) => `${JSON.stringify(view)}\n`);
    yield lines.join('');
  }
}

class Walk {
  readonly #of: SpeakerProcess;
  readonly #rib: Rib;
  readonly #query: RouteQuery;
  /** The number of the peer whose paths are wanted. */
  readonly #from: number | undefined;
  #at = 0;

  constructor(of: SpeakerProcess, rib: Rib, query: RouteQuery, from: number | undefined) {
    this.#of = of;
    this.#rib = rib;
    this.#query = query;
    this.#from = from;
  }

  get isOver(): boolean {
    return this.#at >= this.#rib.destinations.bound;
  }

  /** The next portion; may be empty before the end. */
  next(): readonly BgpRouteView[] {
    const { destinations } = this.#rib;
    const told: BgpRouteView[] = [];
    let left = portion;
    for (; left > 0 && !this.isOver; this.#at += 1) {
      left -= 1;
      if (destinations.firstPath(this.#at) < 0 || destinations.address(this.#at) === 0) continue;
      const view = this.#view(this.#at);
      if (view === undefined) continue;
      told.push(view);
      left -= costOfTelling * view.paths.length;
    }
    return told;
  }

  #view(destination: number): BgpRouteView | undefined {
    const { destinations, family } = this.#rib;
    const wanted = this.#pathsOf(destination);
    if (wanted.length === 0) return undefined;
    const address = this.#rib.nlriOf(wanted[0] ?? -1, destination);
    const { octets } = destinations;
    const place = [octets.slab(address), octets.start(address), octets.end(address)] as const;
    const matches = this.#query.matches(...place);
    if (matches === false) return undefined;
    if (matches === 'by tunnel' && !wanted.some((path) => this.#hasTunnel(path))) return undefined;
    const value = family.nlri.decode(...place);
    const rd = family.nlri.rd?.(value);
    const why = this.#rib.explain(destination);
    const best = destinations.bestPath(destination);
    return {
      family: family.name,
      route: family.nlri.format(value),
      rd: rd === undefined ? undefined : formatRd(rd),
      nlri: family.nlri.toJson(value),
      paths: wanted.map((path) => this.#pathView(path, path === best, why)),
    };
  }

  /** Those that are asked for, the best one first. */
  #pathsOf(destination: number): readonly number[] {
    const { destinations, paths } = this.#rib;
    const best = destinations.bestPath(destination);
    const found: number[] = [];
    for (let path = destinations.firstPath(destination); path >= 0; path = paths.next(path)) {
      if (this.#from !== undefined && paths.peer(path) !== this.#from) continue;
      if (path === best) found.unshift(path);
      else if (!this.#query.bestOnly) found.push(path);
    }
    return found;
  }

  #hasTunnel(path: number): boolean {
    return this.#valuesOf(path).pmsiTunnel?.label === this.#query.vni;
  }

  #valuesOf(path: number): PathAttributes {
    const set = this.#rib.attributes.get(this.#rib.paths.attributes(path));
    return set === undefined ? {} : valuesOf(set);
  }

  #pathView(path: number, isBest: boolean, why: Explanation): BgpPathView {
    const { attributes, family, paths } = this.#rib;
    const set = attributes.get(paths.attributes(path));
    const hop = set === undefined ? new Uint8Array(0) : nextHopOf(set);
    const values = this.#valuesOf(path);
    const peer = paths.peer(path);
    const neighbour = this.#rib.neighbour(peer);
    return {
      isBest,
      reason: reasonOf(path, why),
      isStale: paths.isStale(path),
      from: this.#of.nameOf(peer),
      as: neighbour?.as ?? 0,
      routerId: formatIp({ family: 4, value: neighbour?.routerId ?? 0 }),
      pathId: paths.pathId(path),
      nextHop: formatNextHop(decodeNextHop(hop, 0, hop.length, family.nextHop)),
      attributes: attributesToJson(values),
      ...(this.#query.lines ? { lines: formatAttributes(values) } : {}),
    };
  }
}

function reasonOf(path: number, { best, by, lost }: Explanation): string {
  if (best?.path === path) return by ?? 'only path';
  const isOf = ([each]: readonly [Candidate, string]): boolean => each.path === path;
  return [...lost].find(isOf)?.[1] ?? '';
}
