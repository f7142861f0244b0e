/** What a speaker holds, answered at once: how much it is, and, of small tables, what. */

import type { BgpRouteView, BgpSummaryView } from '../api/contract/bgp.ts';
import { formatIp } from '../net/ip.ts';
import type { FamilyName } from '../protocols/bgp/index.ts';
import { peerView } from './peers.ts';
import type { SpeakerProcess } from './process.ts';
import { allRoutes } from './routes.ts';

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

/** Every route of a family, its attributes as text too. */
export function routes(of: SpeakerProcess, family: FamilyName): readonly BgpRouteView[] {
  return allRoutes(of, new URLSearchParams({ family, lines: '' }));
}
