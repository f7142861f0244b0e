/**
 * Specs as stanzas of FRR, with which lines of them are ours, and stanzas as specs. Pure. What each line means to FRR
 * stands in the slots of protocols/vty; what a stanza is for, in resources/frr.ts.
 */

import type { IfName } from '../../net/if-name.ts';
import { type Asn, parseVni, type Vni } from '../../net/numbers.ts';
import { parseRouteDistinguisher, parseRouteTarget } from '../../net/route-distinguisher.ts';
import {
  advertiseSlot,
  beginsWith,
  type ConfigNode,
  diffStanzas,
  emptied,
  type OwnedStanza,
  ownedStanza,
  rdSlot,
  redistributeSlot,
  routeTargetSlot,
  type StanzaFacts,
  stanzaBody,
  vniSlot,
} from '../../protocols/vty/index.ts';
import type { FrrBgpSpec, FrrDeviceSpec, FrrVniSpec, FrrVrfSpec } from '../../resources/frr.ts';
import type { AnySpec } from '../../resources/resource.ts';
import type { FrrFacts } from './facts.ts';

export type FrrSpec = FrrDeviceSpec | FrrVrfSpec | FrrVniSpec | FrrBgpSpec;

export function isFrrSpec(spec: AnySpec): spec is FrrSpec {
  return (
    spec.kind === 'frr-device' ||
    spec.kind === 'frr-vrf' ||
    spec.kind === 'frr-vni' ||
    spec.kind === 'frr-bgp'
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

/** The lines of `bgpFamilies`, each in the slot that is ours even where we want nothing in it. */
export function bgpStanza(spec: FrrBgpSpec): OwnedStanza {
  const redistribute = [redistributeSlot('connected')];
  return ownedStanza(
    bgpLine(spec),
    [],
    [
      ownedStanza('address-family ipv4 unicast', redistribute),
      ownedStanza('address-family ipv6 unicast', redistribute),
      ownedStanza(evpn, [
        advertiseSlot('ipv4 unicast'),
        advertiseSlot('ipv6 unicast'),
        spec.rd === undefined ? emptied(rdSlot('0:1')) : rdSlot(spec.rd),
        routeTargetSlot('import', spec.importTargets),
        routeTargetSlot('export', spec.exportTargets),
      ]),
    ],
  );
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
  { kind, vrf }: Pick<FrrSpec, 'kind' | 'vrf'>,
): FrrSpec | undefined {
  if (kind === 'frr-device') {
    return facts.vrfs.get(vrf)?.isActive === true ? { kind, vrf } : undefined;
  }
  if (kind === 'frr-vrf') return facts.configured.has(vrf) ? { kind, vrf } : undefined;
  if (kind === 'frr-vni') {
    const vni = vniOf(facts, vrf);
    return vni === undefined ? undefined : { kind, vrf, vni };
  }
  const asn = facts.instances.get(vrf);
  return asn === undefined ? undefined : readBgp(facts, asn, vrf);
}

/** What a BGP instance says, with `deviations` when it says it in other words than ours. */
function readBgp(facts: StanzaFacts, asn: Asn, vrf: IfName): FrrBgpSpec {
  const line = bgpLine({ asn, vrf });
  const body = stanzaBody(facts.configOf(line), [line, evpn]) ?? [];
  const spec: FrrBgpSpec = {
    kind: 'frr-bgp',
    vrf,
    asn,
    rd: parsed(valuesOf(body, 'rd'), parseRouteDistinguisher)[0],
    importTargets: parsed(valuesOf(body, 'route-target import'), parseRouteTarget),
    exportTargets: parsed(valuesOf(body, 'route-target export'), parseRouteTarget),
  };
  const deviations = diffStanzas(facts, [bgpStanza(spec)], []).batches.flatMap(({ commands }) =>
    commands.flatMap(({ does, text }) => (does === 'set' || does === 'clear' ? text : [])),
  );
  return deviations.length === 0 ? spec : { ...spec, deviations };
}

const evpn = 'address-family l2vpn evpn';

function valuesOf(body: readonly ConfigNode[], words: string): readonly string[] {
  return body.flatMap(({ line }) => valueOf(line, words) ?? []);
}

function valueOf(line: string, words: string): string | undefined {
  return beginsWith(line, words) ? line.slice(words.length + 1) : undefined;
}

function parsed<T>(
  texts: readonly string[],
  parse: (text: string) => { readonly ok: true; readonly value: T } | { readonly ok: false },
): readonly T[] {
  return texts.flatMap((text) => {
    const result = parse(text);
    return result.ok ? [result.value] : [];
  });
}
