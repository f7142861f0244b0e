/**
 * Specs as stanzas of FRR, with which lines of them are ours, and stanzas as specs. Pure. What each line means to FRR
 * stands in the slots of protocols/vty; what a stanza is for, in resources/frr.ts.
 */

import type { IfName } from '../../net/if-name.ts';
import { formatIp } from '../../net/ip.ts';
import { type Asn, parseVni, type Vni } from '../../net/numbers.ts';
import { parseRouteDistinguisher, parseRouteTarget } from '../../net/route-distinguisher.ts';
import {
  advertiseSlot,
  type ConfigNode,
  emptied,
  importVrfSlot,
  linesInSlot,
  type OwnedStanza,
  ownedStanza,
  rdSlot,
  redistributeSlot,
  routerIdSlot,
  routeTargetSlot,
  type Slot,
  type StanzaFacts,
  stanzaBody,
  vniSlot,
} from '../../protocols/vty/index.ts';
import {
  type FrrBgpSpec,
  type FrrDeviceSpec,
  type FrrEvpn,
  type FrrImportSpec,
  type FrrVniSpec,
  type FrrVrfSpec,
  redistributeSources,
  unicastFamilies,
} from '../../resources/frr.ts';
import type { FrrAdvertisementSpec, FrrInterfaceSpec } from '../../resources/frr-interface.ts';
import { type FrrSegmentSpec, segmentDevice } from '../../resources/frr-segment.ts';
import type { AnySpec } from '../../resources/resource.ts';
import type { FrrFacts } from './facts.ts';
import { deviationsFrom, parsed, routerIdIn, valuesOf } from './read.ts';
import { readAdvertisement } from './interface-stanza.ts';
import { readSegment } from './segment-stanza.ts';

/** Of a VRF. */
type FrrVrfPart = FrrDeviceSpec | FrrVrfSpec | FrrVniSpec | FrrBgpSpec | FrrImportSpec;

type FrrDevicePart = FrrInterfaceSpec | FrrAdvertisementSpec;

export type FrrSpec = FrrVrfPart | FrrSegmentSpec | FrrDevicePart;

function isOfDevice(spec: FrrSpec): spec is FrrDevicePart {
  return spec.kind === 'frr-interface' || spec.kind === 'frr-advertisement';
}

/** The device that a stanza goes with, and is named after: that of its VRF, or of its segment, or the one it is of. */
export function deviceOf(spec: FrrSpec): IfName {
  if (spec.kind === 'frr-segment') return segmentDevice(spec.vni);
  return isOfDevice(spec) ? spec.link : spec.vrf;
}

export function isFrrSpec(spec: AnySpec): spec is FrrSpec {
  return (
    spec.kind === 'frr-device' ||
    spec.kind === 'frr-vrf' ||
    spec.kind === 'frr-vni' ||
    spec.kind === 'frr-bgp' ||
    spec.kind === 'frr-import' ||
    spec.kind === 'frr-segment' ||
    spec.kind === 'frr-interface' ||
    spec.kind === 'frr-advertisement'
  );
}

export function vrfLine(vrf: string): string {
  return `vrf ${vrf}`;
}

export function bgpLine({ asn, vrf }: Pick<FrrBgpSpec, 'asn' | 'vrf'>): string {
  return `router bgp ${asn} vrf ${vrf}`;
}

/** `vrf X` alone: nothing in it belongs to it, so it goes only when it is empty. */
export function vrfStanza(vrf: IfName): OwnedStanza {
  return ownedStanza(vrfLine(vrf), []);
}

export function vniStanza({ vrf, vni }: FrrVniSpec): OwnedStanza {
  return ownedStanza(vrfLine(vrf), [vniSlot(vni)]);
}

/** The same `vrf X`, without any VNI. */
export function emptyVniStanza(vrf: IfName): OwnedStanza {
  return ownedStanza(vrfLine(vrf), [emptied(vniSlot(1))]);
}

/**
 * The lines of `bgpLines` and `bgpFamilies`, each in the slot that is ours even where we want nothing in it; but a
 * router id that is not ours to set is no concern of ours.
 */
export function bgpStanza(spec: FrrBgpSpec): OwnedStanza {
  const redistribute = redistributeSources.map((source) => {
    const slot = redistributeSlot(source);
    return spec.redistribute.includes(source) ? slot : emptied(slot);
  });
  return ownedStanza(
    bgpLine(spec),
    spec.routerId === undefined ? [] : [routerIdSlot(formatIp(spec.routerId))],
    [
      ...unicastFamilies.map((family) => ownedStanza(familyLine(family), redistribute)),
      ownedStanza(evpnLine, evpnSlots(spec.evpn)),
    ],
  );
}

function evpnSlots(evpn: FrrEvpn | undefined): readonly Slot[] {
  const advertise = [advertiseSlot('ipv4 unicast'), advertiseSlot('ipv6 unicast')];
  return [
    ...(evpn === undefined ? advertise.map(emptied) : advertise),
    evpn?.rd === undefined ? emptied(rdSlot('0:1')) : rdSlot(evpn.rd),
    routeTargetSlot('import', evpn?.importTargets ?? []),
    routeTargetSlot('export', evpn?.exportTargets ?? []),
  ];
}

/** The top line of FRR's own instance, that of the default VRF. */
export function defaultBgpLine({ asn }: { readonly asn: Asn }): string {
  return `router bgp ${asn}`;
}

/** In the stanza of an operator, `import vrf X` and nothing else is ours. */
export function importStanza(spec: FrrImportSpec): OwnedStanza {
  return importStanzaOf(defaultBgpLine(spec), importVrfSlot(spec.vrf));
}

/** The same, in the instance that is there, without that line. */
export function emptyImportStanza(line: string, vrf: IfName): OwnedStanza {
  return importStanzaOf(line, emptied(importVrfSlot(vrf)));
}

function importStanzaOf(line: string, slot: Slot): OwnedStanza {
  const families = unicastFamilies.map((family) => ownedStanza(familyLine(family), [slot]));
  return ownedStanza(line, [], families);
}

/** The L3VNI of a VRF; undefined when it has none. */
function vniOf(facts: StanzaFacts, vrf: string): Vni | undefined {
  const body = stanzaBody(facts.configOf(vrfLine(vrf)), [vrfLine(vrf)]) ?? [];
  const [text = ''] = valuesOf(body, 'vni');
  // 8.4 to 10.7 may add `prefix-routes-only`, which is the operator's choice.
  const vni = parseVni(text.split(' ', 1)[0] ?? '');
  return vni.ok ? vni.value : undefined;
}

/** What stands there now, whosever it is. */
export function readSpec(
  facts: FrrFacts,
  kind: FrrSpec['kind'],
  name: IfName,
): FrrSpec | undefined {
  if (kind === 'frr-segment') return readSegment(facts, name);
  if (kind === 'frr-advertisement') return readAdvertisement(facts, name);
  // FRR prints it where it has lines, or had; that it has one for each device, its caller knows.
  if (kind === 'frr-interface') {
    return facts.interfaces.has(name) ? { kind, link: name } : undefined;
  }
  return readPart(facts, kind, name);
}

function readPart(facts: FrrFacts, kind: FrrVrfPart['kind'], vrf: IfName): FrrVrfPart | undefined {
  if (kind === 'frr-device') {
    return facts.vrfs.get(vrf)?.isActive === true ? { kind, vrf } : undefined;
  }
  if (kind === 'frr-vrf') return facts.configured.has(vrf) ? { kind, vrf } : undefined;
  if (kind === 'frr-vni') {
    const vni = vniOf(facts, vrf);
    return vni === undefined ? undefined : { kind, vrf, vni };
  }
  if (kind === 'frr-import') return readImport(facts, vrf);
  const asn = facts.instances.get(vrf);
  return asn === undefined ? undefined : readBgp(facts, asn, vrf);
}

/** `import vrf X` in FRR's own instance, with `deviations` when it stands in one family only. */
function readImport(facts: FrrFacts, vrf: IfName): FrrImportSpec | undefined {
  const asn = facts.own?.asn;
  if (asn === undefined || !facts.imported.has(vrf)) return undefined;
  const spec: FrrImportSpec = { kind: 'frr-import', vrf, asn };
  const deviations = deviationsFrom(facts, importStanza(spec));
  return deviations.length === 0 ? spec : { ...spec, deviations };
}

/** What a BGP instance says, with `deviations` when it says it in other words than ours. */
function readBgp(facts: StanzaFacts, asn: Asn, vrf: IfName): FrrBgpSpec {
  const line = bgpLine({ asn, vrf });
  const config = facts.configOf(line);
  const bodyOf = (family: string): readonly ConfigNode[] =>
    stanzaBody(config, [line, familyLine(family)]) ?? [];
  const unicast = unicastFamilies.flatMap(bodyOf);
  const routerId = routerIdIn(stanzaBody(config, [line]) ?? []);
  const spec: FrrBgpSpec = {
    kind: 'frr-bgp',
    vrf,
    asn,
    ...(routerId === undefined ? {} : { routerId }),
    redistribute: redistributeSources.filter((source) => holds(unicast, redistributeSlot(source))),
    evpn: readEvpn(bodyOf('l2vpn evpn')),
  };
  const deviations = deviationsFrom(facts, bgpStanza(spec));
  return deviations.length === 0 ? spec : { ...spec, deviations };
}

/** Undefined when none of the lines that could be ours is there. */
function readEvpn(body: readonly ConfigNode[]): FrrEvpn | undefined {
  if (!evpnSlots(undefined).some((slot) => holds(body, slot))) return undefined;
  return {
    rd: parsed(valuesOf(body, 'rd'), parseRouteDistinguisher)[0],
    importTargets: parsed(valuesOf(body, 'route-target import'), parseRouteTarget),
    exportTargets: parsed(valuesOf(body, 'route-target export'), parseRouteTarget),
  };
}

function holds(body: readonly ConfigNode[], slot: Slot): boolean {
  return linesInSlot(body, slot).length > 0;
}

function familyLine(family: string): string {
  return `address-family ${family}`;
}

const evpnLine = familyLine('l2vpn evpn');
