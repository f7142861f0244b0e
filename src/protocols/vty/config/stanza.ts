/** Stanzas that we own, wholly or in part, and what FRR's grammar says of a stanza by its first words. */

import { occupies, type Slot } from './slot.ts';
import type { ConfigNode, StanzaPath } from './tree.ts';

export interface OwnedStanza {
  /** `vrf vrf-500`, `router bgp 64999 vrf vrf-500`; of an inner one: `address-family l2vpn evpn`. */
  readonly line: string;
  /** What is ours directly in it. Their words must not overlap. */
  readonly slots: readonly Slot[];
  readonly inner: readonly OwnedStanza[];
  /** Inner ones that shall go, such as `vni 5` of an address family; where others have lines in one, ours alone go. */
  readonly unwanted: readonly OwnedStanza[];
}

export function ownedStanza(
  line: string,
  slots: readonly Slot[],
  inner: readonly OwnedStanza[] = [],
  unwanted: readonly OwnedStanza[] = [],
): OwnedStanza {
  return { line, slots, inner, unwanted };
}

/** The lines in `body` that fill `slot`. An inner stanza, such as `vni 5` of an address family, fills none. */
export function linesInSlot(body: readonly ConfigNode[], slot: Slot): readonly string[] {
  return body.filter((node) => isPlain(node) && occupies(slot, node.line)).map(({ line }) => line);
}

/** The paths of all lines in the stanza at `path` that are not ours. */
export function foreignLines(
  owned: OwnedStanza,
  body: readonly ConfigNode[],
  path: StanzaPath = [owned.line],
): readonly StanzaPath[] {
  return body.flatMap((node) => {
    const inside = [...path, node.line];
    const inner = owned.inner.find(({ line }) => line === node.line);
    if (inner !== undefined) return foreignLines(inner, node.body, inside);
    const ours = isPlain(node) && owned.slots.some((slot) => occupies(slot, node.line));
    return ours ? [] : [inside];
  });
}

/**
 * What two stanzas of FRR cannot both have: a VRF has one BGP instance, whatever its AS; a second one is refused
 * (status 13, `BGP is already running; AS is …`).
 */
export function stanzaIdentity(line: string): string {
  return line.replace(/^router bgp [0-9.]+/, 'router bgp *');
}

/** The word that leaves a stanza. `exit` would do everywhere; FRR prints these, and so do we. */
export function exitWord(line: string): string {
  const [first = ''] = line.split(' ', 1);
  return ['vrf', 'address-family', 'vni'].includes(first) ? `exit-${first}` : 'exit';
}

/** FRR's own order: a VRF stands before what refers to it, and routers stand last. */
export function stanzaRank(line: string): number {
  if (line.startsWith('vrf ')) return 0;
  return line.startsWith('router ') ? 2 : 1;
}

/** Whether zebra takes a stanza, or mgmtd on its behalf; bgpd takes the others that are known here. */
export function isOfZebra(line: string): boolean {
  return /^(vrf|interface) \S+$/.test(line);
}

/** The name in `vrf NAME`; undefined for any other stanza. */
export function vrfOf(line: string): string | undefined {
  return /^vrf (\S+)$/.exec(line)?.[1];
}

function isPlain(node: ConfigNode): boolean {
  return node.body.length === 0 && node.exit === undefined;
}
