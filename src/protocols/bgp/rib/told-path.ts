/**
 * The AS path as another AS is told it: our AS in front, and what an operator has asked for of the others, private ones left
 * out or that of the peer overridden. RFC 4271 §5.1.2, RFC 5065 §4. Pure; knows no other attribute.
 */

import { type AsPath, type AsSegment, isConfederation } from '../wire/attribute/as-path.ts';
import type { Local } from './peer.ts';

/**
 * What becomes of private ASes, in FRR's words: `remove-private-AS` (of paths that have no other), `all`, `replace-AS` and
 * `all replace-AS`.
 */
export const privateAsRules = [
  'private-only',
  'all',
  'replace-private-only',
  'replace-all',
] as const;

export type PrivateAsRule = (typeof privateAsRules)[number];

/** Of one peer in another AS. */
export interface PathRules {
  /** Left out: they stay. */
  readonly removePrivateAs?: PrivateAsRule;
  /** Whether our AS takes the place of the peer's, so that two sites of one AS hear of each other. */
  readonly asOverride: boolean;
  readonly peerAs: number;
}

/** `isMember`: to another member AS of our confederation, which is told all that the confederation knows. */
export function toldPath(
  path: AsPath,
  local: Local,
  isMember: boolean,
  rules: PathRules | undefined,
): AsPath {
  if (isMember) return prepended(path, 'confed-sequence', local.as);
  const as = local.confederation ?? local.as;
  // RFC 5065 §4: segments of a confederation do not leave it.
  const outside = path.filter((segment) => !isConfederation(segment));
  return prepended(rules === undefined ? outside : ruled(outside, as, rules), 'sequence', as);
}

function prepended(path: AsPath, type: AsSegment['type'], as: number): AsPath {
  const [first, ...others] = path;
  const joins = first?.type === type && first.asns.length < 255;
  return joins ? [{ type, asns: [as, ...first.asns] }, ...others] : [{ type, asns: [as] }, ...path];
}

function ruled(
  path: AsPath,
  as: number,
  { asOverride, peerAs, removePrivateAs }: PathRules,
): AsPath {
  const kept =
    removePrivateAs === undefined ? path : withoutPrivate(path, as, peerAs, removePrivateAs);
  if (!asOverride) return kept;
  return eachAs(kept, (asn) => (asn === peerAs ? as : asn));
}

/** The peer's own AS stays, as in FRR, so that it sees a loop for what it is. */
function withoutPrivate(path: AsPath, as: number, peerAs: number, rule: PrivateAsRule): AsPath {
  const isAll = rule === 'all' || rule === 'replace-all';
  if (!isAll && !path.every(({ asns }) => asns.every(isPrivate))) return path;
  const replaces = rule === 'replace-all' || rule === 'replace-private-only';
  return eachAs(path, (asn) => {
    if (!isPrivate(asn) || asn === peerAs) return asn;
    return replaces ? as : undefined;
  });
}

/** RFC 6996 §5. */
function isPrivate(as: number): boolean {
  return (as >= 64_512 && as <= 65_534) || (as >= 4_200_000_000 && as <= 4_294_967_294);
}

/** A segment of which nothing is left goes. */
function eachAs(path: AsPath, change: (as: number) => number | undefined): AsPath {
  return path.flatMap(({ type, asns }) => {
    const changed = asns.flatMap((as) => change(as) ?? []);
    return changed.length === 0 ? [] : [{ type, asns: changed }];
  });
}
