/** What a term does to a route: another set of attributes and another next hop, as values. */

import type { CommunityKind, CommunityPattern } from '../../../net/community.ts';
import type { Ip } from '../../../net/ip.ts';
import type { AsPath, AsSegment } from '../wire/attribute/as-path.ts';
import type { AddressFamily } from '../wire/family.ts';
import { isNextHopLength } from '../wire/next-hop.ts';
import type { PathAttributes } from '../wire/path-attributes.ts';
import { communityValues, withCommunityValues } from './community-values.ts';
import type { Subject } from './conditions.ts';
import type { Changes } from './policy.ts';
import { CommunitySet } from './value-sets.ts';

/** What is left of a kind of communities, and what comes to it. */
interface CommunityChange {
  readonly kind: CommunityKind;
  readonly replaced: readonly bigint[] | undefined;
  readonly added: readonly bigint[];
}

/** The changes of one term, ready to be made. */
export class Change {
  readonly #changes: Changes;
  /** The names of what is set. */
  readonly sets: readonly (keyof Changes)[];
  readonly #removed: CommunitySet;
  readonly #communities: readonly CommunityChange[];

  constructor(changes: Changes) {
    const { addCommunities = [], removeCommunities = [] } = changes;
    this.#changes = changes;
    this.sets = (Object.keys(changes) as (keyof Changes)[]).filter(
      (key) => changes[key] !== undefined,
    );
    this.#removed = new CommunitySet(removeCommunities);
    const valuesOf = (kind: CommunityKind, list: readonly CommunityPattern[]) =>
      list.filter((each) => each.kind === kind).map(({ value }) => value);
    const all = {
      standard: changes.communities,
      extended: changes.extendedCommunities,
      large: changes.largeCommunities,
    };
    this.#communities = (Object.keys(all) as CommunityKind[]).flatMap((kind) => {
      const list = all[kind];
      const added = valuesOf(kind, addCommunities);
      const isRemoved = removeCommunities.some((each) => each.kind === kind);
      if (list === undefined && added.length === 0 && !isRemoved) return [];
      return [{ kind, replaced: list && valuesOf(kind, list), added }];
    });
  }

  /** `ourAddress`: what `self` stands for; without one it changes nothing. */
  of(subject: Subject, ourAddress: Ip | undefined): Subject {
    const { attributes, family, nextHop } = subject;
    const { localPref, med, origin, prepend = [] } = this.#changes;
    const hop = this.#changes.nextHop === 'self' ? ourAddress : this.#changes.nextHop;
    const values: PathAttributes = {
      ...attributes,
      ...(localPref === undefined ? {} : { localPref }),
      ...(med === undefined ? {} : { med }),
      ...(origin === undefined ? {} : { origin }),
      ...(prepend.length === 0 ? {} : { asPath: prepended(attributes.asPath ?? [], prepend) }),
    };
    return {
      ...subject,
      attributes: this.#withCommunities(values),
      nextHop: hop !== undefined && canHave(family, hop) ? { ip: hop } : nextHop,
    };
  }

  #withCommunities(attributes: PathAttributes): PathAttributes {
    return this.#communities.reduce((before, { added, kind, replaced }) => {
      const first = replaced ?? communityValues(before, kind);
      const kept = first.filter((value) => !this.#removed.has(kind, value));
      return withCommunityValues(before, kind, [...new Set([...kept, ...added])]);
    }, attributes);
  }
}

/** RFC 8950 §3 lets IPv4 routes have next hops of IPv6, but only where the peer agrees: nobody gets one from here. */
function canHave({ nextHop: rule }: AddressFamily, { family }: Ip): boolean {
  const head = rule.rd ? 8 : 0;
  return isNextHopLength(rule, head + (family === 4 ? 4 : 16), false);
}

/** RFC 4271 §5.1.2: a segment has at most 255 ASes. */
function prepended(path: AsPath, asns: readonly number[]): AsPath {
  return asns.reduceRight<AsPath>((before, asn) => {
    const [first, ...others] = before;
    const joins = first?.type === 'sequence' && first.asns.length < 255;
    const segment: AsSegment = { type: 'sequence', asns: joins ? [asn, ...first.asns] : [asn] };
    return [segment, ...(joins ? others : before)];
  }, path);
}
