/** What a speaker holds, as it is shown. */

import type { BgpPeerView, BgpRouteView, BgpSummaryView } from '../api/contract/bgp.ts';
import { formatIp } from '../net/ip.ts';
import {
  families,
  type FamilyName,
  formatAttributes,
  formatNextHop,
  formatRd,
  formatReason,
  decodeNextHop,
  nextHopOf,
  type Peer,
  type Rib,
  valuesOf,
} from '../protocols/bgp/index.ts';
import type { SpeakerProcess } from './process.ts';

export function summary(of: SpeakerProcess): BgpSummaryView {
  const { as, routerId } = of.config.global;
  const { routing, speaker } = of;
  return {
    as,
    routerId: formatIp(routerId),
    ribs: [...routing.ribs.values()].map(({ family, destinations, paths }) => ({
      family: family.name,
      destinations: destinations.count,
      paths: paths.count,
    })),
    attributeSets: routing.attributes.count,
    peers: speaker.peers.map((peer) => peerView(of, peer)),
  };
}

function peerView(of: SpeakerProcess, peer: Peer): BgpPeerView {
  const { admin, lastReason, negotiated, queued, state, uptime } = peer.status;
  const held = of.routesOf(peer);
  const spoken = negotiated?.families ?? [];
  return {
    name: peer.name,
    state,
    admin,
    as: negotiated?.remote.asn,
    routerId: negotiated === undefined ? undefined : formatIp(negotiated.remote.id),
    uptime: uptime === undefined ? undefined : Math.round(uptime / 1000),
    families: spoken.map((name) => ({
      family: name,
      received: held === undefined ? 0 : (of.routing.rib(name)?.countOf(held.neighbour) ?? 0),
      sent: held?.toldOf(families[name]) ?? 0,
    })),
    queued,
    lastReason: lastReason === undefined ? undefined : formatReason(lastReason),
  };
}

/** Every route of a family, its best path first. */
export function routes(of: SpeakerProcess, name: FamilyName): readonly BgpRouteView[] {
  const rib = of.routing.rib(name);
  if (rib === undefined) return [];
  return [...rib.destinations].flatMap((destination) => {
    const paths = [...pathsOf(rib, destination)];
    return paths.length === 0 ? [] : [routeView(rib, destination, paths)];
  });
}

function* pathsOf(rib: Rib, destination: number): Generator<number> {
  let path = rib.destinations.firstPath(destination);
  for (; path >= 0; path = rib.paths.next(path)) yield path;
}

function routeView(rib: Rib, destination: number, paths: readonly number[]): BgpRouteView {
  const { family, destinations } = rib;
  const best = destinations.bestPath(destination);
  const address = rib.nlriOf(best, destination);
  const { octets } = destinations;
  const value = family.nlri.decode(
    octets.slab(address),
    octets.start(address),
    octets.end(address),
  );
  const rd = family.nlri.rd?.(value);
  return {
    route: family.nlri.format(value),
    rd: rd === undefined ? undefined : formatRd(rd),
    paths: paths
      .toSorted((a, b) => Number(b === best) - Number(a === best))
      .map((path) => pathView(rib, path, path === best)),
  };
}

function pathView(rib: Rib, path: number, isBest: boolean): BgpRouteView['paths'][number] {
  const set = rib.attributes.get(rib.paths.attributes(path));
  const hop = set === undefined ? new Uint8Array(0) : nextHopOf(set);
  return {
    isBest,
    isStale: rib.paths.isStale(path),
    from: rib.neighbour(rib.paths.peer(path))?.address ?? '',
    nextHop: formatNextHop(decodeNextHop(hop, 0, hop.length, rib.family.nextHop)),
    attributes: set === undefined ? [] : formatAttributes(valuesOf(set)),
  };
}
