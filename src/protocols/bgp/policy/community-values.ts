/** The communities of a set of attributes as numbers, and such numbers as the values of the attributes again. */

import type { CommunityKind } from '../../../net/community.ts';
import { decodeExtendedCommunity, encodeExtendedCommunity } from '../wire/extended-community.ts';
import type { PathAttributes } from '../wire/path-attributes.ts';

/** Those of this kind. */
export function communityValues(
  attributes: PathAttributes,
  kind: CommunityKind,
): readonly bigint[] {
  const { communities = [], extendedCommunities = [], largeCommunities = [] } = attributes;
  if (kind === 'standard') return communities.map(BigInt);
  if (kind === 'extended') return extendedCommunities.map(encodeExtendedCommunity);
  return largeCommunities.map(
    ({ global, local1, local2 }) =>
      (BigInt(global) << 64n) | (BigInt(local1) << 32n) | BigInt(local2),
  );
}

/** The attributes with these in place of those of the kind. One with nothing in it is none: RFC 7606 §7.8, §7.14. */
export function withCommunityValues(
  attributes: PathAttributes,
  kind: CommunityKind,
  values: readonly bigint[],
): PathAttributes {
  if (kind === 'standard') {
    const { communities: _before, ...others } = attributes;
    return values.length === 0 ? others : { ...others, communities: values.map(Number) };
  }
  if (kind === 'extended') {
    const { extendedCommunities: _before, ...others } = attributes;
    if (values.length === 0) return others;
    return { ...others, extendedCommunities: values.map(decodeExtendedCommunity) };
  }
  const { largeCommunities: _before, ...others } = attributes;
  if (values.length === 0) return others;
  const largeCommunities = values.map((bits) => ({
    global: Number(bits >> 64n),
    local1: Number((bits >> 32n) & 0xffff_ffffn),
    local2: Number(bits & 0xffff_ffffn),
  }));
  return { ...others, largeCommunities };
}
