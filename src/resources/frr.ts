/**
 * The stanzas of FRR's configuration that are ours: `vrf X` with its L3VNI, `router bgp N vrf X`, with EVPN or without,
 * and the two lines by which the node's own BGP takes in what such a VRF has. FRR has no place for a mark; a stanza is
 * ours by the name of its VRF: `vrf-<vni>` with that same VNI, or one whose device is ours. Lines that an operator adds
 * inside (a neighbour in the VRF, say) are left alone.
 */

import { equalData } from '../base/equal.ts';
import { type IfName, parseIfName } from '../net/if-name.ts';
import { formatIp, type Ip4 } from '../net/ip.ts';
import type { Asn, Vni } from '../net/numbers.ts';
import type { RouteDistinguisher, RouteTarget } from '../net/route-distinguisher.ts';
import { linkKey } from './link.ts';
import type { Comparison, Key, Kind, Verb } from './resource.ts';

/**
 * zebra's own notion of the device of a VRF. It comes and goes with the device, so that it is awaited and never made
 * or removed. Routes of the VRF's table wait for it: zebra reads devices and routes by different ways, and for a route
 * that it sees first it makes a table of that number which is not the VRF's, but freed with it (crashes of 10.3).
 */
export interface FrrDeviceSpec {
  readonly kind: 'frr-device';
  readonly vrf: IfName;
}

/** `vrf X`: goes only after the device, because FRR refuses to forget a VRF that is active. */
export interface FrrVrfSpec {
  readonly kind: 'frr-vrf';
  readonly vrf: IfName;
}

/** `vni N` inside of `vrf X`. FRR takes the L3VNI up when the VXLAN device and its bridge are there. */
export interface FrrVniSpec {
  readonly kind: 'frr-vni';
  readonly vrf: IfName;
  readonly vni: Vni;
}

/** `router bgp ASN vrf X`. */
export interface FrrBgpSpec {
  readonly kind: 'frr-bgp';
  readonly vrf: IfName;
  readonly asn: Asn;
  /** What stands there is left as it is when absent. */
  readonly routerId?: Ip4;
  /** What the instance takes from the kernel, in both families. Their order does not matter. */
  readonly redistribute: readonly RedistributeSource[];
  /** Undefined: the VRF is not announced over EVPN. */
  readonly evpn: FrrEvpn | undefined;
  /**
   * Only of an observed stanza that is not what the rest of this says: the lines that would make it so, such as
   * `advertise ipv4 unicast` where it is missing. Never wanted, so that such a stanza is changed.
   */
  readonly deviations?: readonly string[];
}

export type RedistributeSource = 'connected' | 'kernel';

export const redistributeSources: readonly RedistributeSource[] = ['connected', 'kernel'];

/** `address-family l2vpn evpn` of a VRF: its routes of both families as type 5, RFC 9136. */
export interface FrrEvpn {
  /** FRR's own choice when absent. */
  readonly rd: RouteDistinguisher | undefined;
  /** Empty: FRR derives ASN:VNI, RFC 8365 §5.1.2.1. */
  readonly importTargets: readonly RouteTarget[];
  readonly exportTargets: readonly RouteTarget[];
}

/**
 * `import vrf X`, in both unicast families of `router bgp ASN`, the instance of the default VRF. That stanza is the
 * operator's: these two lines are all that is made, altered or removed in it, and it is never made.
 */
export interface FrrImportSpec {
  readonly kind: 'frr-import';
  /** Where the routes come from. */
  readonly vrf: IfName;
  /** Of the instance that takes them in. */
  readonly asn: Asn;
  /** As of `FrrBgpSpec`: the line is missing in a family. */
  readonly deviations?: readonly string[];
}

export function frrDeviceKey(vrf: IfName): Key {
  return `frr device ${vrf}` as Key;
}

export function frrVrfKey(vrf: IfName): Key {
  return `frr vrf ${vrf}` as Key;
}

export function frrVniKey(vrf: IfName): Key {
  return `frr vni ${vrf}` as Key;
}

export function frrBgpKey(vrf: IfName): Key {
  return `frr bgp ${vrf}` as Key;
}

export function frrImportKey(vrf: IfName): Key {
  return `frr import ${vrf}` as Key;
}

/**
 * How long the stanzas of a VRF outlive their last use, in milliseconds: a gateway that comes right back finds them
 * in place, and FRR mishandles a VRF that is made again at once.
 */
export interface FrrGrace {
  readonly removal: number;
}

export function frrKinds(grace: FrrGrace): {
  readonly 'frr-device': Kind<FrrDeviceSpec>;
  readonly 'frr-vrf': Kind<FrrVrfSpec>;
  readonly 'frr-vni': Kind<FrrVniSpec>;
  readonly 'frr-bgp': Kind<FrrBgpSpec>;
  readonly 'frr-import': Kind<FrrImportSpec>;
} {
  return {
    'frr-device': {
      kind: 'frr-device',
      target: 'frr',
      marked: false,
      announces: false,
      key: (spec) => frrDeviceKey(spec.vrf),
      needs: (spec) => [linkKey(spec.vrf)],
      outlives: () => [],
      compare: () => 'same',
      adoptable: () => true,
      grace: () => 0,
      rest: () => 0,
      print: (_, spec) => `# until 'show vrf' of FRR has ${spec.vrf}`,
    },
    'frr-vrf': {
      kind: 'frr-vrf',
      target: 'frr',
      marked: false,
      announces: false,
      key: (spec) => frrVrfKey(spec.vrf),
      needs: () => [],
      outlives: (spec) => [linkKey(spec.vrf)],
      compare: () => 'same',
      adoptable: () => true,
      grace: () => 0,
      rest: () => 0,
      print: (verb, spec) => vtysh(verb === 'remove' ? `no vrf ${spec.vrf}` : `vrf ${spec.vrf}`),
    },
    'frr-vni': {
      kind: 'frr-vni',
      target: 'frr',
      marked: false,
      announces: false,
      key: (spec) => frrVniKey(spec.vrf),
      needs: ({ vrf }) => [frrVrfKey(vrf), linkKey(vrf), ...tunnelOf(vrf)],
      outlives: () => [],
      compare: (wanted, observed) => (wanted.vni === observed.vni ? 'same' : 'change'),
      adoptable: () => false,
      grace: () => grace.removal,
      rest: () => 0,
      print: (verb, spec) =>
        vtysh(`vrf ${spec.vrf}`, verb === 'remove' ? `no vni ${spec.vni}` : `vni ${spec.vni}`),
    },
    'frr-bgp': {
      kind: 'frr-bgp',
      target: 'frr',
      marked: false,
      announces: false,
      key: (spec) => frrBgpKey(spec.vrf),
      needs: bgpNeeds,
      outlives: (spec) => [frrVniKey(spec.vrf)],
      compare: compareBgp,
      adoptable: () => false,
      grace: () => grace.removal,
      rest: () => 0,
      print: printBgp,
    },
    'frr-import': {
      kind: 'frr-import',
      target: 'frr',
      marked: false,
      announces: false,
      key: (spec) => frrImportKey(spec.vrf),
      // FRR takes it without the instance, but 8.4 makes an empty one then, and keeps it.
      needs: (spec) => [frrBgpKey(spec.vrf)],
      outlives: () => [],
      compare: (wanted, observed) =>
        wanted.asn === observed.asn && observed.deviations === undefined ? 'same' : 'change',
      adoptable: () => false,
      grace: () => grace.removal,
      rest: () => 0,
      print: printImport,
    },
  };
}

/** A VRF with an L3VNI has a stanza and a tunnel; of any other, zebra must know the device. */
function bgpNeeds({ vrf }: FrrBgpSpec): readonly Key[] {
  const tunnel = tunnelOf(vrf);
  return tunnel.length > 0
    ? [frrVrfKey(vrf), linkKey(vrf), ...tunnel]
    : [frrDeviceKey(vrf), linkKey(vrf)];
}

/**
 * The VXLAN device and bridge of a VRF, by its name. Both stay until FRR has let go of the VNI and of all routes that
 * came through it: zebra 10.3 dies when it deletes such a route and the VXLAN device is gone.
 */
function tunnelOf(vrf: IfName): readonly Key[] {
  const vni = /^vrf-([0-9]+)$/.exec(vrf)?.[1];
  if (vni === undefined) return [];
  return [`br-${vni}`, `vxlan-${vni}`].flatMap((name) => {
    const parsed = parseIfName(name);
    return parsed.ok ? [linkKey(parsed.value)] : [];
  });
}

/** A VRF has one BGP instance: another AS takes the place of the first. FRR sorts targets as it likes. */
function compareBgp(wanted: FrrBgpSpec, observed: FrrBgpSpec): Comparison {
  if (wanted.asn !== observed.asn) return 'replace';
  const isSame =
    (wanted.routerId === undefined || equalData(wanted.routerId, observed.routerId)) &&
    equalData(new Set(wanted.redistribute), new Set(observed.redistribute)) &&
    equalData(withTargetSets(wanted.evpn), withTargetSets(observed.evpn)) &&
    equalData(wanted.deviations, observed.deviations);
  return isSame ? 'same' : 'change';
}

function withTargetSets(evpn: FrrEvpn | undefined): object | undefined {
  if (evpn === undefined) return undefined;
  const { importTargets, exportTargets } = evpn;
  return { ...evpn, importTargets: new Set(importTargets), exportTargets: new Set(exportTargets) };
}

/** The lines of our `router bgp` stanza that stand in no family. */
export function bgpLines({ routerId }: FrrBgpSpec): readonly string[] {
  return routerId === undefined ? [] : [`bgp router-id ${formatIp(routerId)}`];
}

/** The lines of our `router bgp` stanza by address family, without their indentation. */
export function bgpFamilies(spec: FrrBgpSpec): ReadonlyMap<string, readonly string[]> {
  const unicast = redistributeSources.flatMap((source) =>
    spec.redistribute.includes(source) ? `redistribute ${source}` : [],
  );
  return new Map([
    ['ipv4 unicast', unicast],
    ['ipv6 unicast', unicast],
    ['l2vpn evpn', evpnLines(spec.evpn)],
  ]);
}

function evpnLines(evpn: FrrEvpn | undefined): readonly string[] {
  if (evpn === undefined) return [];
  return [
    'advertise ipv4 unicast',
    'advertise ipv6 unicast',
    ...(evpn.rd === undefined ? [] : [`rd ${evpn.rd}`]),
    ...evpn.importTargets.map((target) => `route-target import ${target}`),
    ...evpn.exportTargets.map((target) => `route-target export ${target}`),
  ];
}

function printBgp(verb: Verb, spec: FrrBgpSpec): string {
  const head = `router bgp ${spec.asn} vrf ${spec.vrf}`;
  if (verb === 'remove') return vtysh(`no ${head}`);
  const families = [...bgpFamilies(spec)].flatMap(([family, lines]) =>
    lines.length === 0 ? [] : inFamily(family, ...lines),
  );
  return vtysh(head, ...bgpLines(spec), ...families);
}

function printImport(verb: Verb, spec: FrrImportSpec): string {
  const line = verb === 'remove' ? `no import vrf ${spec.vrf}` : `import vrf ${spec.vrf}`;
  const families = unicastFamilies.flatMap((family) => inFamily(family, line));
  return vtysh(`router bgp ${spec.asn}`, ...families);
}

export const unicastFamilies: readonly string[] = ['ipv4 unicast', 'ipv6 unicast'];

export function inFamily(family: string, ...lines: readonly string[]): readonly string[] {
  return [`address-family ${family}`, ...lines, 'exit-address-family'];
}

/** What a person would type to configure these lines. */
export function vtysh(...lines: readonly string[]): string {
  return ['configure terminal', ...lines].reduce((text, line) => `${text} -c '${line}'`, 'vtysh');
}
