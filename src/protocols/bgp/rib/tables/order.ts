/** Which of the paths under one key of a table is used. A function of the paths: their order does not matter. */

import { singleHomed } from '../../../../net/esi.ts';
import { compareIp } from '../../../../net/ip.ts';
import { families } from '../../wire/family.ts';
import { type Candidate, decide } from '../decision.ts';
import { isEvpnRoute } from './key.ts';
import type { TablePath } from './path.ts';

/** Of whatever is no MAC. */
export function bestOf(paths: readonly TablePath[]): TablePath | undefined {
  const [first] = paths;
  if (paths.length <= 1) return first !== undefined && isUsable(first) ? first : undefined;
  // RFC 4271 §9.1.1: the table's own routes are preferred, as a router prefers what is connected.
  const own = paths.find(({ source }) => source === 'local');
  return own ?? decided(paths);
}

/** Of routes of others about one MAC, perhaps with different addresses. */
export function bestMacOf(paths: readonly TablePath[]): TablePath | undefined {
  const usable = paths.filter(isUsable);
  const [first] = usable;
  if (first === undefined || usable.length === 1) return first;
  const least = usable.reduce((a, b) => (compareMac(a, b) <= 0 ? a : b));
  const equals = usable.filter((each) => compareMac(each, least) === 0);
  return equals.length === 1 ? least : decided(equals);
}

/** Less is better. RFC 7432 §15, §15.2: a static MAC, then the last move, then the router with the lowest address. */
function compareMac(a: TablePath, b: TablePath): number {
  return (
    Number(b.sticky) - Number(a.sticky) ||
    b.sequence - a.sequence ||
    compareIp(a.nextHop.ip, b.nextHop.ip)
  );
}

/** Whether a MAC that was learned here is here, and not where `other` says. */
export function isHere(own: TablePath, other: TablePath): boolean {
  return isSameSegment(own, other) || compareMac(own, other) <= 0;
}

/** Two routers at one segment both have its MACs: nothing has moved. RFC 7432 §15: "a different Ethernet segment". */
export function isSameSegment(a: TablePath, b: TablePath): boolean {
  return a.esi !== singleHomed && a.esi === b.esi;
}

function isUsable({ origin }: TablePath): boolean {
  return origin === undefined || origin.metric() !== Number.POSITIVE_INFINITY;
}

/** By the decision process; where that knows no difference, by the text of the route. */
function decided(paths: readonly TablePath[]): TablePath | undefined {
  const sorted = paths
    .map((path) => ({ path, text: textOf(path) }))
    .toSorted((a, b) => (a.text < b.text ? -1 : Number(a.text > b.text)))
    .map(({ path }) => path);
  const candidates = sorted.map(
    ({ facts, from, origin }, index): Candidate => ({
      rank: facts.rank,
      from,
      metric: origin?.metric() ?? 0,
      pathId: index,
      path: index,
    }),
  );
  const best = decide(candidates);
  return best === undefined ? undefined : sorted[best.path];
}

function textOf({ route }: TablePath): string {
  if (!isEvpnRoute(route)) return `vpn ${route.rd} ${route.label}`;
  const { nlri } = families['l2vpn-evpn'];
  return `${nlri.format(route)} ${nlri.rd?.(route)}`;
}
