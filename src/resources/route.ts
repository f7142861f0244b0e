/** Kernel routes, marked by their protocol number. Identity is what the kernel takes for it: table, prefix, metric. */

import { equalData } from '../base/equal.ts';
import type { IfName } from '../net/if-name.ts';
import { formatIp, type Ip } from '../net/ip.ts';
import type { TableId } from '../net/numbers.ts';
import { formatPrefix, type Prefix } from '../net/prefix.ts';
import { linkKey } from './link.ts';
import type { Key, Kind, Verb } from './resource.ts';

export type RouteHop =
  | { readonly type: 'unreachable' }
  /** On the link itself, or through `via`. */
  | { readonly type: 'unicast'; readonly dev: IfName; readonly via?: Ip };

export interface RouteSpec {
  readonly kind: 'route';
  readonly table: TableId;
  /** With its host bits cleared. */
  readonly destination: Prefix;
  /** 0 lets the kernel choose, which for IPv6 is 1024. */
  readonly metric: number;
  readonly hop: RouteHop;
}

export function routeKey(table: TableId, destination: Prefix, metric: number): Key {
  // The kernel stores an IPv6 route without a metric under 1024 (IP6_RT_PRIO_USER).
  const stored = metric === 0 && destination.ip.family === 6 ? 1024 : metric;
  return `route ${table} ${formatPrefix(destination)} ${stored}` as Key;
}

export const route: Kind<RouteSpec> = {
  kind: 'route',
  target: 'kernel',
  marked: true,
  announces: false,
  key: (spec) => routeKey(spec.table, spec.destination, spec.metric),
  needs: (spec) => (spec.hop.type === 'unicast' ? [linkKey(spec.hop.dev)] : []),
  outlives: () => [],
  compare: (wanted, observed) => (equalData(wanted.hop, observed.hop) ? 'same' : 'change'),
  adoptable: () => false,
  grace: () => 0,
  rest: () => 0,
  print: printRoute,
};

function printRoute(verb: Verb, spec: RouteSpec): string {
  const action = verb === 'remove' ? 'del' : 'replace';
  const type = spec.hop.type === 'unreachable' ? 'unreachable ' : '';
  const metric = spec.metric === 0 ? '' : ` metric ${spec.metric}`;
  const head = `ip route ${action} ${type}${formatPrefix(spec.destination)}`;
  return `${head}${printHop(spec.hop)} table ${spec.table}${metric}`;
}

function printHop(hop: RouteHop): string {
  if (hop.type === 'unreachable') return '';
  return `${hop.via === undefined ? '' : ` via ${formatIp(hop.via)}`} dev ${hop.dev}`;
}
