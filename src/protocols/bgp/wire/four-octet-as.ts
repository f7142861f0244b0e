/**
 * Sessions with a speaker of two-octet AS numbers: what does not fit into AS_PATH and AGGREGATOR travels beside them, in
 * AS4_PATH and AS4_AGGREGATOR, and is put together here. RFC 6793 §4.2.
 */

import { type AsPath, type AsSegment, isConfederation } from './attribute/as-path.ts';
import { AS_TRANS } from './numbers.ts';
import type { PathAttributes } from './path-attributes.ts';
import type { AttributeValues } from './attributes.ts';

type Received = Partial<AttributeValues>;

/** What was received with what was meant in its place. RFC 6793 §4.2.3. */
export function mergeFourOctetAs(received: Received): Received {
  const { as4Path, as4Aggregator, ...rest } = received;
  const { asPath, aggregator } = rest;
  // An aggregator that is not the stand-in: an old speaker has formed the aggregate anew, and both are out of date.
  if (as4Aggregator !== undefined && (aggregator?.asn ?? AS_TRANS) !== AS_TRANS) return rest;
  return {
    ...rest,
    ...(aggregator === undefined ? {} : { aggregator: as4Aggregator ?? aggregator }),
    ...(asPath === undefined ? {} : { asPath: mergePaths(asPath, as4Path ?? []) }),
  };
}

/** As many of the nearest ASes as AS4_PATH lacks, then AS4_PATH. */
function mergePaths(path: AsPath, as4Path: AsPath): AsPath {
  const [first, ...rest] = as4Path;
  const lacking = pathLength(path) - pathLength(as4Path);
  if (first === undefined || lacking < 0) return path;
  const merged: AsSegment[] = [];
  let left = lacking;
  for (const segment of path) {
    const part = leading(segment, left);
    if (part === undefined) break;
    merged.push(part);
    left -= countOf(part);
  }
  return Object.freeze([...joined(merged, first), ...rest]);
}

/** The part of a segment that is among the first `count` ASes; segments of a confederation count for nothing. */
function leading(segment: AsSegment, count: number): AsSegment | undefined {
  if (isConfederation(segment)) return segment;
  if (count === 0) return undefined;
  if (segment.type === 'set') return segment;
  return { type: segment.type, asns: segment.asns.slice(0, count) };
}

/** RFC 4271 §9.1.2.2 (a), RFC 5065 §5.3: a set counts as one, a segment of a confederation as none. */
function countOf(segment: AsSegment): number {
  if (isConfederation(segment)) return 0;
  return segment.type === 'set' ? 1 : segment.asns.length;
}

/** The number of ASes by which paths are compared. */
export function pathLength(path: AsPath): number {
  return path.reduce((sum, segment) => sum + countOf(segment), 0);
}

/** The sequence that was cut in two is one again, as far as 255 ASes go. */
function joined(near: readonly AsSegment[], far: AsSegment): AsPath {
  const last = near.at(-1);
  if (last?.type !== 'sequence' || far.type !== 'sequence') return [...near, far];
  const asns = [...last.asns, ...far.asns];
  if (asns.length > 255) return [...near, far];
  return [...near.slice(0, -1), Object.freeze({ type: 'sequence', asns: Object.freeze(asns) })];
}

/** What a speaker of two-octet numbers is sent: the same, and beside it what does not fit. RFC 6793 §4.2.2. */
export function withFourOctetAs(sent: PathAttributes): Received {
  const { asPath, aggregator } = sent;
  const as4Path = asPath?.filter((segment) => !isConfederation(segment)) ?? [];
  const needsPath = as4Path.some(({ asns }) => asns.some((asn) => asn > 0xffff));
  const needsAggregator = aggregator !== undefined && aggregator.asn > 0xffff;
  return {
    ...sent,
    ...(needsPath ? { as4Path } : {}),
    ...(needsAggregator ? { as4Aggregator: aggregator } : {}),
  };
}
