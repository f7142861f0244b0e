/** What FRR's own instance says of a segment, as a stanza with which lines of it are ours, and back. Pure. */

import {
  emptied,
  linesInSlot,
  type OwnedStanza,
  ownedStanza,
  rdSlot,
  routeTargetSlot,
  type Slot,
} from '../../protocols/vty/index.ts';
import type { FrrSegmentSpec } from '../../resources/frr-segment.ts';
import type { IfName } from '../../net/if-name.ts';
import { parseRouteDistinguisher, parseRouteTarget } from '../../net/route-distinguisher.ts';
import { deviationsFrom, parsed, valuesOf } from './read.ts';
import type { FrrFacts } from './facts.ts';

const evpnLine = 'address-family l2vpn evpn';

export function segmentStanza(spec: FrrSegmentSpec): OwnedStanza {
  const vni = ownedStanza(`vni ${spec.vni}`, slotsOf(spec));
  return ownedStanza(`router bgp ${spec.asn}`, [], [ownedStanza(evpnLine, [], [vni])]);
}

/** The same, in the instance that is there, without what is ours; nothing of `vni N` stays that nobody else has made. */
export function emptySegmentStanza(line: string, { vni }: FrrSegmentSpec): OwnedStanza {
  const gone = ownedStanza(`vni ${vni}`, slotsOf(undefined));
  return ownedStanza(line, [], [ownedStanza(evpnLine, [], [], [gone])]);
}

function slotsOf(
  spec: Pick<FrrSegmentSpec, 'rd' | 'importTargets' | 'exportTargets'> | undefined,
): readonly Slot[] {
  return [
    spec?.rd === undefined ? emptied(rdSlot('0:1')) : rdSlot(spec.rd),
    routeTargetSlot('import', spec?.importTargets ?? []),
    routeTargetSlot('export', spec?.exportTargets ?? []),
  ];
}

/** Undefined when none of the lines that could be ours is there. */
export function readSegment(facts: FrrFacts, device: IfName): FrrSegmentSpec | undefined {
  const { own } = facts;
  const found = facts.segments.get(device);
  if (own?.asn === undefined || found === undefined) return undefined;
  const { vni, node } = found;
  const { body } = node;
  if (!slotsOf(undefined).some((slot) => linesInSlot(body, slot).length > 0)) return undefined;
  const spec: FrrSegmentSpec = {
    kind: 'frr-segment',
    vni,
    asn: own.asn,
    rd: parsed(valuesOf(body, 'rd'), parseRouteDistinguisher)[0],
    importTargets: parsed(valuesOf(body, 'route-target import'), parseRouteTarget),
    exportTargets: parsed(valuesOf(body, 'route-target export'), parseRouteTarget),
  };
  // Beside a thousand others one costs what it costs alone.
  const family = { line: evpnLine, body: [node], exit: undefined };
  const alone = { line: own.line, body: [family], exit: undefined };
  const only = { configOf: () => [alone], vrfs: facts.vrfs };
  const deviations = deviationsFrom(only, segmentStanza(spec));
  return deviations.length === 0 ? spec : { ...spec, deviations };
}
