/**
 * One operation as netlink requests, with which refusals mean that it is so already, and what is known of the kernel
 * once they are done. Pure: it reads what is known and sends nothing.
 */

import { assertNever } from '../../base/assert-never.ts';
import { hostPrefix, type Prefix } from '../../net/prefix.ts';
import {
  type Address,
  addressOf,
  create,
  IFA_F,
  type Neigh,
  NTF,
  neighOf,
  type ObjectName,
  type ObjectValue,
  objects,
  type Route,
  RT_TABLE,
  RTPROT,
  type Rule,
  remove,
  type Request,
  replace,
  routeOf,
  ruleOf,
} from '../../protocols/netlink/index.ts';
import type { AddressSpec } from '../../resources/address.ts';
import type { Spec } from '../../resources/index.ts';
import type { NeighbourSpec } from '../../resources/neighbour.ts';
import type { Key, Verb } from '../../resources/resource.ts';
import { type RouteSpec, routeKey } from '../../resources/route.ts';
import type { LocalRuleSpec, LookupRuleSpec, RuleSpec } from '../../resources/rule.ts';
import { done, failed, type Operation, type Outcome } from '../../resources/target.ts';
import type { Device } from './devices.ts';
import { lowerLink, settingUp } from './lower-link.ts';
import { ourProtocol } from './mark.ts';
import { notice } from './read.ts';
import type { LocalRule } from './rules.ts';
import type { KernelState, Notice } from './state.ts';

export interface Step {
  readonly request: Request;
  /** Refusals after which to go on as if it had been done. */
  readonly tolerated: readonly string[];
  /** What is known once it is done, or tolerated. */
  readonly effect: Notice | undefined;
}

/** Phases go one after the other, and none after a refused one; the steps of a phase go out in one datagram. */
export type Lowered =
  | { readonly phases: readonly (readonly Step[])[] }
  | { readonly outcome: Outcome };

/**
 * Made by one request, whose refusal alters nothing: what is made on it can follow in the same datagram, before anybody
 * who hears of the first has a turn on the processor.
 */
export function leads(kind: string): boolean {
  return kind === 'lookup-rule' || kind === 'route' || kind === 'neighbour';
}

export function lowerOperation(operation: Operation<Spec>, state: KernelState): Lowered {
  const { verb, spec, key } = operation;
  if (verb === 'remove' && state.observe(key)?.owner === 'nobody' && spec.kind !== 'sysctl') {
    // It has become somebody else's in the meantime.
    return { outcome: done };
  }
  switch (spec.kind) {
    case 'link':
      return lowerLink(verb, spec, state.devices);
    case 'address':
      return onDevice(state, spec.link, (device) => addressSteps(verb, spec, device, state));
    case 'neighbour':
      return onDevice(state, spec.link, (device) => neighbourSteps(verb, spec, device));
    case 'route': {
      if (spec.hop.type === 'unreachable') return { phases: [routeSteps(verb, spec, 0, state)] };
      return onDevice(state, spec.hop.dev, ({ index }) => routeSteps(verb, spec, index, state));
    }
    case 'rule':
      return { phases: [ruleSteps(verb, spec)] };
    case 'local-rule':
      return { phases: localRulePhases(verb, spec, state) };
    case 'lookup-rule':
      return { phases: lookupRulePhases(operation.key, verb, spec, state) };
    case 'link-up':
      return onDevice(state, spec.link, ({ index }) => [settingUp(index)]);
    case 'sysctl':
    case 'ovs-port':
    case 'flow':
    case 'frr-device':
    case 'frr-vrf':
    case 'frr-vni':
    case 'frr-bgp':
    case 'frr-import':
    case 'frr-segment':
    case 'ovn-row':
    case 'frr-interface':
    case 'frr-advertisement':
      return { outcome: failed(`${spec.kind} is nothing that rtnetlink makes`) };
    default:
      return assertNever(spec);
  }
}

const absent = ['ENOENT', 'ENODEV', 'ESRCH', 'EADDRNOTAVAIL'];

/** A request that makes or alters an object. */
function making<K extends ObjectName>(verb: Verb, object: K, value: ObjectValue<K>): Step {
  const codec = objects[object] as Parameters<typeof create<ObjectValue<K>>>[0];
  const request = verb === 'create' ? create(codec, value) : replace(codec, value);
  return { request, tolerated: [], effect: notice('new', object, value) };
}

/** A request after which an object is not there. */
function removing<K extends ObjectName>(object: K, value: ObjectValue<K>): Step {
  const codec = objects[object] as Parameters<typeof remove<ObjectValue<K>>>[0];
  return {
    request: remove(codec, value),
    tolerated: absent,
    effect: notice('gone', object, value),
  };
}

function onDevice(
  state: KernelState,
  name: string,
  steps: (device: Device) => readonly Step[],
): Lowered {
  const device = state.devices.named(name);
  if (device === undefined) return { outcome: failed(`there is no device ${name}`) };
  return { phases: [steps(device)] };
}

function addressSteps(
  verb: Verb,
  { prefix, localRoute, metric }: AddressSpec,
  device: Device,
  state: KernelState,
): readonly Step[] {
  const { index } = device;
  // The address is there to be announced: nobody else on this link could have it.
  const flags = prefix.ip.family === 6 ? IFA_F.nodad : 0;
  const own = { index, prefix, flags, protocol: ourProtocol };
  const value: Address = addressOf(metric === undefined ? own : { ...own, metric });
  if (verb === 'remove') return [removing('address', value)];
  if (localRoute === 'removed') {
    return [making(verb, 'address', value), ...deliveries(value, device, state)];
  }
  // Only a new address gets its local route back.
  const anew = localRoute === 'kept' && (verb === 'change' || verb === 'replace');
  return anew
    ? [removing('address', value), making('create', 'address', value)]
    : [making(verb, 'address', value)];
}

/**
 * Takes away the kernel's own routes to an address. The local route of an IPv6 address comes a little after the
 * address, by the kernel's own work queue; the notice of it makes the core ask for its removal again.
 */
function deliveries(
  { prefix: { ip }, index }: Address,
  device: Device,
  state: KernelState,
): readonly Step[] {
  const tables = state.devices.tablesOf(device);
  const destination = hostPrefix(ip);
  const common = { destination, oif: index, protocol: RTPROT.kernel };
  const local: Route = routeOf({
    ...common,
    table: tables.local,
    type: 'local',
    scope: 'nowhere',
  });
  if (ip.family === 4) return [removing('route', local)];
  // IP6_RT_PRIO_ADDRCONF, the metric of the routes of prefixes.
  const link = routeOf({ ...common, table: tables.link, metric: 256 });
  // Whether they are gone is left to the notices: the kernel may have put one back by the time we hear of its end.
  return [removing('route', local), removing('route', link)].map((step) => ({
    ...step,
    effect: undefined,
  }));
}

function neighbourSteps(
  verb: Verb,
  { ip, mac }: NeighbourSpec,
  { index }: Device,
): readonly Step[] {
  const common = { index, ip, protocol: ourProtocol };
  const value: Neigh =
    mac === 'proxy'
      ? neighOf({ ...common, flags: NTF.proxy })
      : neighOf({ ...common, address: mac });
  // Never exclusive: what the kernel has learned by itself is overruled.
  return [verb === 'remove' ? removing('neigh', value) : making('replace', 'neigh', value)];
}

function routeSteps(
  verb: Verb,
  { table, destination, metric, hop }: RouteSpec,
  oif: number,
  state: KernelState,
): readonly Step[] {
  const { family } = destination.ip;
  const protocol =
    verb === 'remove'
      ? (state.protocolOf(routeKey(table, destination, metric)) ?? ourProtocol)
      : ourProtocol;
  const via = hop.type === 'unicast' ? hop.via : undefined;
  const isDirect = hop.type === 'unicast' && via === undefined && family === 4;
  const value = routeOf({
    table,
    destination,
    protocol,
    type: hop.type,
    scope: isDirect ? 'link' : 'universe',
    ...(metric === 0 ? {} : { metric }),
    ...(oif === 0 ? {} : { oif }),
    // RFC 8950 §3: IPv4 through an IPv6 next hop has an attribute of its own.
    ...(via === undefined ? {} : via.family === family ? { gateway: via } : { via }),
  });
  return [verb === 'remove' ? removing('route', value) : making(verb, 'route', value)];
}

function ruleSteps(verb: Verb, { family, priority }: RuleSpec): readonly Step[] {
  const value: Rule = ruleOf({
    family,
    priority,
    action: 'unreachable',
    l3mdev: true,
    protocol: ourProtocol,
  });
  return [verb === 'remove' ? removing('rule', value) : making('create', 'rule', value)];
}

/**
 * Ours first, and then a predecessor's goes: packets find one or the other. The kernel does not look at who has made the
 * rule that it is told to remove, but takes the first that it has, and ours came last.
 */
function lookupRulePhases(
  key: Key,
  verb: Verb,
  { priority, to, table }: LookupRuleSpec,
  state: KernelState,
): readonly (readonly Step[])[] {
  const { family } = to.ip;
  const at = (where: { readonly destination: Prefix; readonly protocol: number }): Rule =>
    ruleOf({ family, priority, action: 'lookup', table, ...where });
  const ours = at({ destination: to, protocol: ourProtocol });
  const leaving = state
    .rulesOfDriver(key)
    .map(({ to: destination, protocol }) => removing('rule', at({ destination, protocol })));
  if (verb !== 'remove') return [[making('create', 'rule', ours)], leaving];
  const isOurs = state.observe(key)?.owner === 'us';
  return [[...(isOurs ? [removing('rule', ours)] : []), ...leaving]];
}

/** The new one first, and nothing further unless it stands: a node without `lookup local` hears nothing. */
function localRulePhases(
  verb: Verb,
  { family, priority }: LocalRuleSpec,
  state: KernelState,
): readonly (readonly Step[])[] {
  const to = verb === 'remove' ? 0 : priority;
  const protocol = to === 0 ? RTPROT.kernel : ourProtocol;
  const table = RT_TABLE.local as NonNullable<Rule['table']>;
  const at = (where: LocalRule): Rule => ruleOf({ family, table, ...where });
  const made = making('create', 'rule', at({ priority: to, protocol }));
  const others = state.rules.movable(family).filter((where) => where.priority !== to);
  return [[{ ...made, tolerated: ['EEXIST'] }], others.map((where) => removing('rule', at(where)))];
}
