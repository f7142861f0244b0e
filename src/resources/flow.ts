/**
 * OpenFlow flows on provider bridges, marked by their cookie. Ports stand by name and our own MAC addresses by
 * device, so that a flow stays the same flow when Open vSwitch renumbers its ports; the target fills in numbers.
 */

import { assertNever } from '../base/assert-never.ts';
import { equalData } from '../base/equal.ts';
import type { IfName } from '../net/if-name.ts';
import type { Family } from '../net/ip.ts';
import { formatMac, type Mac } from '../net/mac.ts';
import type { VlanId } from '../net/numbers.ts';
import { formatPrefix, type Prefix } from '../net/prefix.ts';
import { linkKey } from './link.ts';
import type { Key, Kind } from './resource.ts';

export type FlowMatch =
  /** Packets of a family from a prefix. */
  | { readonly type: 'ip'; readonly source: Prefix }
  /** Packets of a family to a prefix. */
  | { readonly type: 'to'; readonly destination: Prefix }
  /** ARP requests, or neighbour solicitations. */
  | { readonly type: 'resolution'; readonly family: Family }
  /** ARP replies, or neighbour advertisements. */
  | { readonly type: 'resolved'; readonly family: Family }
  /** By which a host looks whether its own address is taken: RFC 5227 §1.1, RFC 4862 §5.4. */
  | { readonly type: 'probe'; readonly family: Family }
  /** Control packets of single-hop BFD, RFC 5881 §4. */
  | { readonly type: 'bfd'; readonly family: Family }
  /** Whatever is for a MAC address. */
  | { readonly type: 'to-mac'; readonly mac: Mac }
  | { readonly type: 'any' };

export type FlowAction =
  /** To the port, rewritten to the MAC of the device; `stripVlan` for a port outside of the packet's VLAN. */
  | {
      readonly type: 'deliver';
      readonly macOf: IfName;
      readonly port: IfName;
      readonly stripVlan: boolean;
    }
  /** Answer the ARP request or neighbour solicitation with the MAC of the device, whatever it asks for. */
  | { readonly type: 'answer'; readonly macOf: IfName }
  /** Rewritten to the MAC of the device, and switched as any packet: what was for another is routed by this node. */
  | { readonly type: 'rewrite'; readonly macOf: IfName }
  /** To these ports, and to none of any other; the bridge's own name is its port on this node. `mac`: rewritten to it. */
  | { readonly type: 'output'; readonly ports: readonly string[]; readonly mac?: Mac };

export interface FlowSpec {
  readonly kind: 'flow';
  readonly bridge: IfName;
  readonly cookie: number;
  readonly priority: number;
  /** An OVS port name; longer than a device name when it is a patch port. */
  readonly inPort: string;
  /** The VLAN of the packets; untagged, or any, without. */
  readonly vlan?: VlanId;
  /** The router's MAC: where packets come from; anybody behind the port without. */
  readonly routerMac?: Mac;
  readonly match: FlowMatch;
  readonly action: FlowAction;
}

/** The device whose address packets are given; a flow that only switches has none. */
export function deviceOf(action: FlowAction): IfName | undefined {
  return action.type === 'output' ? undefined : action.macOf;
}

export const flow: Kind<FlowSpec> = {
  kind: 'flow',
  target: 'ovs',
  marked: true,
  announces: false,
  key: flowKey,
  needs: ({ action }) => [
    ...(action.type === 'output' ? [] : [linkKey(action.macOf)]),
    ...(action.type === 'deliver' ? [`ovs-port ${action.port}` as Key] : []),
  ],
  outlives: () => [],
  compare: (wanted, observed) =>
    wanted.cookie === observed.cookie && equalData(wanted.action, observed.action)
      ? 'same'
      : 'change',
  adoptable: () => false,
  grace: () => 0,
  rest: () => 0,
  print: (verb, spec) =>
    verb === 'remove'
      ? `ovs-ofctl --strict del-flows ${spec.bridge} '${printMatch(spec)}'`
      : `ovs-ofctl add-flow ${spec.bridge} 'cookie=0x${spec.cookie.toString(16)},${printMatch(spec)},actions=${printAction(spec.action)}'`,
};

/**
 * The mark of a flow that is none of ovn-bgp-agent's, in the cookie beside that of all our flows. A BGP driver that finds
 * its own cookie on a flow of another priority breaks off there, at each of its runs over everything, and a node could not
 * go back to it. Who has chosen a cookie as large as that has no flows for it to find.
 */
const apartBit = 2 ** 32;

export function apartCookie(cookie: number): number {
  return cookie < apartBit ? cookie + apartBit : cookie;
}

/** `COOKIE/MASK` for all flows with this cookie, those apart among them, in the words of ovs-ofctl(8). */
export function cookieFilter(cookie: number): string {
  const whole = 2n ** 64n - 1n;
  const mask = cookie < apartBit ? whole - BigInt(apartBit) : whole;
  return `0x${cookie.toString(16)}/0x${mask.toString(16)}`;
}

/** What OpenFlow takes for the identity of a flow: table, priority and match. */
export function flowKey(spec: FlowSpec): Key {
  return `flow ${spec.bridge} ${printMatch(spec)}` as Key;
}

function printMatch(spec: FlowSpec): string {
  const head = `priority=${spec.priority}`;
  const vlan = spec.vlan === undefined ? '' : `,dl_vlan=${spec.vlan}`;
  const router = spec.routerMac === undefined ? '' : `,dl_src=${formatMac(spec.routerMac)}`;
  const from = `in_port=${spec.inPort}${vlan}${router}`;
  const { protocol, fields } = matchFields(spec.match);
  return [head, ...protocol, from, ...fields].join(',');
}

/** The match in the words of ovs-fields(7): the protocol that other fields depend on, and these. */
export function matchFields(match: FlowMatch): {
  readonly protocol: readonly string[];
  readonly fields: readonly string[];
} {
  switch (match.type) {
    case 'ip':
      return ofPrefix(match.source, 'nw_src', 'ipv6_src');
    case 'to':
      return ofPrefix(match.destination, 'nw_dst', 'ipv6_dst');
    case 'resolution':
      return match.family === 4 ? arp('arp_op=1') : icmp6(135);
    case 'resolved':
      return match.family === 4 ? arp('arp_op=2') : icmp6(136);
    case 'probe':
      return match.family === 4 ? arp('arp_op=1', 'arp_spa=0.0.0.0') : icmp6(135, 'ipv6_src=::');
    case 'bfd':
      return { protocol: [match.family === 4 ? 'udp' : 'udp6'], fields: ['tp_dst=3784'] };
    case 'to-mac':
      return { protocol: [], fields: [`dl_dst=${formatMac(match.mac)}`] };
    case 'any':
      return { protocol: [], fields: [] };
    default:
      return assertNever(match);
  }
}

function ofPrefix(prefix: Prefix, field4: string, field6: string) {
  const [protocol, field] = prefix.ip.family === 4 ? ['ip', field4] : ['ipv6', field6];
  const fields = prefix.length === 0 ? [] : [`${field}=${formatPrefix(prefix)}`];
  return { protocol: [protocol ?? ''], fields };
}

function arp(...fields: readonly string[]) {
  return { protocol: ['arp'], fields };
}

function icmp6(type: number, ...fields: readonly string[]) {
  return { protocol: ['icmp6'], fields: [...fields, `icmp_type=${type}`, 'icmp_code=0'] };
}

function printAction(action: FlowAction): string {
  if (action.type === 'answer') return `answer(mac of ${action.macOf})`;
  if (action.type === 'output') {
    const rewrite = action.mac === undefined ? [] : [`mod_dl_dst:${formatMac(action.mac)}`];
    const words = [...rewrite, ...action.ports.map((port) => `output:${port}`)];
    return words.length === 0 ? 'drop' : words.join(',');
  }
  if (action.type === 'rewrite') return `mod_dl_dst:<mac of ${action.macOf}>,NORMAL`;
  const strip = action.stripVlan ? 'strip_vlan,' : '';
  return `mod_dl_dst:<mac of ${action.macOf}>,${strip}output:${action.port}`;
}
