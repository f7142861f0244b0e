/**
 * The state of FRR that this target looks at, read from the daemons as three texts and parsed only when one of them is
 * another than before. Stanzas are indexed by their VRF, so that looking at one costs the same beside a thousand.
 */

import { ok, type Result } from '../../base/result.ts';
import { type IfName, parseIfName } from '../../net/if-name.ts';
import type { Ip4 } from '../../net/ip.ts';
import { type Asn, parseAsn, parseVni, type Vni } from '../../net/numbers.ts';
import {
  type ConfigNode,
  parseConfig,
  parseVrfStates,
  stanzaBody,
  type StanzaFacts,
  type StanzaSessions,
  type VtyError,
  type VtyRefused,
} from '../../protocols/vty/index.ts';
import { segmentDevice } from '../../resources/frr-segment.ts';
import { unicastFamilies } from '../../resources/frr.ts';
import { routerIdIn } from './read.ts';

export interface FrrFacts extends StanzaFacts {
  /** VRFs that somebody has configured, with lines or without; not those that only the kernel has. */
  readonly configured: ReadonlySet<IfName>;
  /** The BGP instance of every VRF that has one. */
  readonly instances: ReadonlyMap<IfName, Asn>;
  /** FRR's own instance, that of the default VRF; no AS when it stands there in dots (`as-notation dot`). */
  readonly own: OwnInstance | undefined;
  /** The VRFs whose routes FRR's own instance takes in, in one family or both. */
  readonly imported: ReadonlySet<IfName>;
  /** What FRR's own instance says of a VNI, `vni N` of EVPN, by the device of that. */
  readonly segments: ReadonlyMap<IfName, { readonly vni: Vni; readonly node: ConfigNode }>;
  /** What stands in `interface X`, of the devices for which that is printed. */
  readonly interfaces: ReadonlyMap<IfName, readonly ConfigNode[]>;
  /** Whether it takes in EVPN at all (`advertise-all-vni`): without, it refuses every word of a VNI. */
  readonly hasEvpn: boolean;
}

export interface OwnInstance {
  readonly line: string;
  readonly asn: Asn | undefined;
  /** As configured; without, zebra chooses one. */
  readonly routerId: Ip4 | undefined;
}

/** What the daemons print. Equal texts are equal states: FRR puts no time into them. */
export interface FrrTexts {
  readonly vrf: string;
  readonly bgp: string;
  readonly states: string;
}

export async function readTexts(
  sessions: StanzaSessions,
): Promise<Result<FrrTexts, VtyError | VtyRefused>> {
  const [vrf, bgp, states] = await Promise.all([
    sessions.vrf.ask('show running-config'),
    sessions.bgp.ask('show running-config'),
    sessions.zebra.ask('show vrf'),
  ]);
  if (!vrf.ok) return vrf;
  if (!bgp.ok) return bgp;
  if (!states.ok) return states;
  return ok({ vrf: vrf.value, bgp: bgp.value, states: states.value });
}

export function equalTexts(a: FrrTexts, b: FrrTexts): boolean {
  return a.vrf === b.vrf && a.bgp === b.bgp && a.states === b.states;
}

export function parseFacts(texts: FrrTexts): FrrFacts {
  const zebra = parseConfig(texts.vrf);
  const vrfStanzas = byVrf(zebra, vrfPattern);
  const interfaces = byVrf(zebra, interfacePattern);
  const bgp = parseConfig(texts.bgp);
  const routers = byVrf(bgp, routerPattern);
  const own = bgp.filter(({ line }) => ownPattern.test(line));
  const ownEvpn = own.flatMap(({ line }) => stanzaBody(own, [line, evpnLine]) ?? []);
  const vrfs = parseVrfStates(texts.states);
  const known = [...vrfs].flatMap(([name, { isConfigured }]) => (isConfigured ? name : []));
  return {
    configOf: (stanza) => {
      if (ownPattern.test(stanza)) return own;
      const vrf = vrfStanzas.get(nameIn(stanza, vrfPattern));
      const device = interfaces.get(nameIn(stanza, interfacePattern));
      return vrf ?? device ?? routers.get(nameIn(stanza, routerPattern)) ?? [];
    },
    vrfs,
    configured: new Set([...vrfStanzas.keys(), ...known].flatMap(asName)),
    instances: new Map([...routers.values()].flat().flatMap(instanceOf)),
    own: ownOf(own),
    imported: new Set(own.flatMap(({ body }) => body.flatMap(importsOf))),
    segments: new Map(ownEvpn.flatMap(segmentIn)),
    interfaces: new Map(
      [...interfaces].flatMap(([name, nodes]) =>
        asName(name).map((link) => [link, nodes] as const),
      ),
    ),
    hasEvpn: ownEvpn.some(({ line }) => line === 'advertise-all-vni'),
  };
}

const evpnLine = 'address-family l2vpn evpn';

function segmentIn(
  node: ConfigNode,
): readonly (readonly [IfName, { vni: Vni; node: ConfigNode }])[] {
  const vni = parseVni(/^vni ([0-9]+)$/.exec(node.line)?.[1] ?? '');
  return vni.ok ? [[segmentDevice(vni.value), { vni: vni.value, node }]] : [];
}

function ownOf([node]: readonly ConfigNode[]): FrrFacts['own'] {
  if (node === undefined) return undefined;
  return { line: node.line, asn: asnOf(node), routerId: routerIdIn(node.body) };
}

function importsOf({ line, body }: ConfigNode): readonly IfName[] {
  if (!unicastFamilies.some((family) => line === `address-family ${family}`)) return [];
  return body.flatMap((node) => asName(nameIn(node.line, importPattern)));
}

const vrfPattern = /^vrf (?<vrf>\S+)$/;
const interfacePattern = /^interface (?<vrf>\S+)$/;
const routerPattern = /^router bgp [0-9.]+ vrf (?<vrf>\S+)$/;
const ownPattern = /^router bgp [0-9.]+$/;
const importPattern = /^import vrf (?<vrf>\S+)$/;

function byVrf(nodes: readonly ConfigNode[], pattern: RegExp): Map<string, readonly ConfigNode[]> {
  const ours = nodes.filter(({ line }) => pattern.test(line));
  return Map.groupBy(ours, ({ line }) => nameIn(line, pattern));
}

function nameIn(line: string, pattern: RegExp): string {
  return pattern.exec(line)?.groups?.['vrf'] ?? '';
}

function instanceOf(node: ConfigNode): readonly (readonly [IfName, Asn])[] {
  const asn = asnOf(node);
  if (asn === undefined) return [];
  return asName(nameIn(node.line, routerPattern)).map((vrf) => [vrf, asn] as const);
}

/** An AS in dotted form (`as-notation dot`) would not be found again under the number. */
function asnOf({ line }: ConfigNode): Asn | undefined {
  const asn = parseAsn(line.split(' ')[2] ?? '');
  return asn.ok ? asn.value : undefined;
}

/** Names that could not be ours are not looked at. */
function asName(text: string): readonly IfName[] {
  const name = parseIfName(text);
  return name.ok ? [name.value] : [];
}
