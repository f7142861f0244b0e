/** What the decision process looks at in a set of attributes, as numbers: taken out once per set, compared per path. */

import type { Ip4 } from '../../../net/ip.ts';
import { pathLength } from '../wire/four-octet-as.ts';
import type { PathAttributes } from '../wire/path-attributes.ts';
import type { AsPath } from '../wire/attribute/as-path.ts';
import { isConfederation } from '../wire/attribute/as-path.ts';
import { origins } from '../wire/attribute/origin.ts';
import type { Local } from './peer.ts';

export interface Rank {
  readonly localPref: number;
  readonly pathLength: number;
  /** By `origins`: less is better. */
  readonly origin: number;
  /** Whose MULTI_EXIT_DISC it is: the neighbouring AS; 0 when the path is our own AS's. */
  readonly neighbourAs: number;
  readonly med: number;
  /** Of ORIGINATOR_ID; -1 without. */
  readonly originator: number;
  readonly clusterLength: number;
  /** RFC 7432 §7.7; -1 without. */
  readonly mobility: number;
  readonly sticky: boolean;
  /** The route has been here: our AS in its path, our identifier, or our cluster. RFC 4271 §9.1.2, RFC 4456 §8. */
  readonly isLooped: boolean;
  /** RFC 1997. */
  readonly noAdvertise: boolean;
  readonly noExport: boolean;
}

/** RFC 4271 §5.1.5, and what all implementations take where there is none. */
const defaultLocalPref = 100;
const NO_EXPORT = 0xffff_ff01;
const NO_ADVERTISE = 0xffff_ff02;
const NO_EXPORT_SUBCONFED = 0xffff_ff03;

export function rankOf(values: PathAttributes, local: Local): Rank {
  const path = values.asPath ?? [];
  const communities = values.communities ?? [];
  const mobility = values.extendedCommunities?.find(({ kind }) => kind === 'mac-mobility');
  return Object.freeze({
    localPref: values.localPref ?? defaultLocalPref,
    pathLength: pathLength(path),
    origin: origins.indexOf(values.origin ?? 'incomplete'),
    neighbourAs: neighbourAs(path),
    med: values.med ?? 0,
    originator: values.originatorId?.value ?? -1,
    clusterLength: values.clusterList?.length ?? 0,
    mobility: mobility?.kind === 'mac-mobility' ? mobility.sequence : -1,
    sticky: mobility?.kind === 'mac-mobility' && mobility.sticky,
    isLooped: isLooped(path, values.originatorId, values.clusterList ?? [], local),
    noAdvertise: communities.includes(NO_ADVERTISE),
    noExport: communities.includes(NO_EXPORT) || communities.includes(NO_EXPORT_SUBCONFED),
  });
}

function isLooped(
  path: AsPath,
  originator: Ip4 | undefined,
  clusters: readonly Ip4[],
  local: Local,
): boolean {
  return (
    path.some(({ asns }) => asns.includes(local.as)) ||
    originator?.value === local.routerId ||
    clusters.some(({ value }) => value === local.clusterId)
  );
}

/** RFC 4271 §9.1.2.2 (c): the last AS of the path, which is the first that was not ours. */
function neighbourAs(path: AsPath): number {
  const first = path.find((segment) => !isConfederation(segment));
  return first?.type === 'sequence' ? (first.asns[0] ?? 0) : 0;
}
