/**
 * Flows in the language of ovs-ofctl(8): written for a bundle, and read back from a dump into the same values. Flows
 * are compared as values, never as text: the same action has several spellings. Pure.
 */

import type { IfName } from '../../net/if-name.ts';
import { formatMac, type Mac, parseMac } from '../../net/mac.ts';
import { parseVlanId } from '../../net/numbers.ts';
import { parsePrefix } from '../../net/prefix.ts';
import {
  type FlowAction,
  type FlowMatch,
  type FlowSpec,
  matchFields,
} from '../../resources/flow.ts';

/** What stands by name in a spec and by number on the wire. */
export interface Numbering {
  /** OpenFlow port number of a port of this bridge; `undefined` while there is none. */
  ofport(port: string): number | undefined;
  portName(ofport: number): string | undefined;
  macOf(device: string): Mac | undefined;
  deviceOf(mac: Mac): IfName | undefined;
}

/** A flow for `ovs-ofctl add-flow`, or the name of the port or device that is not there yet. */
export function formatFlow(
  spec: FlowSpec,
  numbering: Numbering,
): { readonly text: string } | { readonly missing: string } {
  const match = formatMatch(spec, numbering);
  if ('missing' in match) return match;
  const actions = formatActions(spec, numbering);
  if ('missing' in actions) return actions;
  return { text: `cookie=0x${spec.cookie.toString(16)},${match.text},actions=${actions.text}` };
}

/** The match with its priority, as `--strict del-flows` takes it. */
export function formatMatch(
  spec: FlowSpec,
  numbering: Numbering,
): { readonly text: string } | { readonly missing: string } {
  const ofport = numbering.ofport(spec.inPort);
  if (ofport === undefined) return { missing: `port ${spec.inPort} of ${spec.bridge}` };
  // OpenFlow 1.1 and later strip a tag only from packets that are known to have one.
  const vlan = spec.vlan === undefined ? '' : `,dl_vlan=${spec.vlan}`;
  const router = spec.routerMac === undefined ? '' : `,dl_src=${formatMac(spec.routerMac)}`;
  const head = `priority=${spec.priority},in_port=${ofport}${vlan}${router}`;
  const { protocol, fields } = matchFields(spec.match);
  return { text: [head, ...protocol, ...fields].join(',') };
}

function formatActions(
  spec: FlowSpec,
  numbering: Numbering,
): { readonly text: string } | { readonly missing: string } {
  const { action } = spec;
  if (action.type === 'output') return formatOutput(spec.bridge, action, numbering);
  const mac = numbering.macOf(action.macOf);
  if (mac === undefined) return { missing: `device ${action.macOf}` };
  if (action.type === 'answer') return { text: answerActions(spec.match, mac).join(',') };
  if (action.type === 'rewrite') return { text: `mod_dl_dst:${formatMac(mac)},NORMAL` };
  const ofport = numbering.ofport(action.port);
  if (ofport === undefined) return { missing: `port ${action.port} of ${spec.bridge}` };
  const strip = action.stripVlan ? ['strip_vlan'] : [];
  return { text: [`mod_dl_dst:${formatMac(mac)}`, ...strip, `output:${ofport}`].join(',') };
}

function formatOutput(
  bridge: IfName,
  { ports, mac }: Extract<FlowAction, { type: 'output' }>,
  numbering: Numbering,
): { readonly text: string } | { readonly missing: string } {
  const actions = mac === undefined ? [] : [`mod_dl_dst:${formatMac(mac)}`];
  for (const port of ports) {
    const ofport = port === bridge ? 'LOCAL' : numbering.ofport(port);
    if (ofport === undefined) return { missing: `port ${port} of ${bridge}` };
    actions.push(ofport === 'LOCAL' ? ofport : `output:${ofport}`);
  }
  return { text: actions.length === 0 ? 'drop' : actions.join(',') };
}

/** In the spelling of a dump, so that reading back compares action by action. */
function answerActions(match: FlowMatch, mac: Mac): readonly string[] {
  const hex = `0x${mac.toString(16)}`;
  const isV6 = match.type === 'resolution' && match.family === 6;
  return [
    'move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]',
    `mod_dl_src:${formatMac(mac)}`,
    ...(isV6 ? counterSolicitation(hex) : arpReply(hex)),
    'IN_PORT',
  ];
}

/** RFC 826: the answer swaps the two sides and fills in the address that was asked for. */
function arpReply(mac: string): readonly string[] {
  return [
    'load:0x2->NXM_OF_ARP_OP[]',
    'move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[]',
    `load:${mac}->NXM_NX_ARP_SHA[]`,
    'push:NXM_OF_ARP_TPA[]',
    'move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[]',
    'pop:NXM_OF_ARP_SPA[]',
  ];
}

/**
 * The kernel's datapath cannot turn a solicitation into an advertisement. It is turned round instead: now the address
 * that was asked for solicits the router, and tells its own link-layer address with that, which the router learns
 * (RFC 4861 §7.2.3).
 */
function counterSolicitation(mac: string): readonly string[] {
  return [
    'move:NXM_NX_IPV6_SRC[]->NXM_NX_IPV6_DST[]',
    'push:NXM_NX_IPV6_SRC[]',
    'move:NXM_NX_ND_TARGET[]->NXM_NX_IPV6_SRC[]',
    'pop:NXM_NX_ND_TARGET[]',
    `load:${mac}->NXM_NX_ND_SLL[]`,
  ];
}

/** A line of `ovs-ofctl dump-flows`, split: fields of the match by name (bare words have no value), and actions. */
export interface DumpedFlow {
  readonly cookie: number;
  readonly priority: number;
  readonly fields: ReadonlyMap<string, string>;
  readonly actions: readonly string[];
  /** As `--strict del-flows` takes it. */
  readonly strictMatch: string;
}

export function parseDump(text: string): readonly DumpedFlow[] {
  return text.split('\n').flatMap(parseLine);
}

const notOfTheMatch = new Set(['cookie', 'table', 'priority', 'duration', 'idle_age', 'hard_age']);

function parseLine(line: string): readonly DumpedFlow[] {
  const at = line.indexOf(' actions=');
  if (at < 0) return [];
  const words = line
    .slice(0, at)
    .split(/[ ,]+/)
    .filter((word) => word !== '');
  const fields = new Map<string, string>();
  const match: string[] = [];
  for (const word of words) {
    const equals = word.indexOf('=');
    const name = equals < 0 ? word : word.slice(0, equals);
    fields.set(name, equals < 0 ? '' : word.slice(equals + 1));
    if (!notOfTheMatch.has(name) && !isCount(name)) match.push(word);
  }
  const priority = Number(fields.get('priority') ?? 32768);
  const cookie = Number(fields.get('cookie') ?? 0);
  const strictMatch = [`priority=${priority}`, ...match].join(',');
  const actions = splitActions(line.slice(at + ' actions='.length).trim());
  return [{ cookie, priority, fields, actions, strictMatch }];
}

function isCount(name: string): boolean {
  return name.startsWith('n_') || name === 'reset_counts';
}

/** At commas outside of parentheses. */
function splitActions(text: string): readonly string[] {
  return text.split(/,(?![^(]*\))/);
}

/**
 * Whether we or ovn-bgp-agent may have written it: for packets that come in by one port, and by what we match. A cookie is a
 * number that others may have taken too.
 */
export function isOfOurForm({ fields }: DumpedFlow): boolean {
  return fields.has('in_port') && readMatch(fields) !== undefined;
}

/** The spec of a dumped flow, or `undefined` for a flow of a form that is none of ours. */
export function readFlow(
  bridge: IfName,
  flow: DumpedFlow,
  numbering: Numbering,
): FlowSpec | undefined {
  const match = readMatch(flow.fields);
  const source = flow.fields.get('dl_src');
  const mac = source === undefined ? undefined : parseMac(source);
  const inPort = readPort(bridge, flow.fields.get('in_port') ?? '', numbering);
  if (match === undefined || mac?.ok === false || inPort === undefined) return undefined;
  const vlan = parseVlanId(flow.fields.get('dl_vlan') ?? '');
  return {
    kind: 'flow',
    bridge,
    cookie: flow.cookie,
    priority: flow.priority,
    inPort,
    ...(vlan.ok ? { vlan: vlan.value } : {}),
    ...(mac === undefined ? {} : { routerMac: mac.value }),
    match,
    action: readAction(bridge, match, flow.actions, numbering),
  };
}

/** The device that packets are given the address of, as the sender of an answer or as the receiver. */
export function readDevice({ actions }: DumpedFlow, numbering: Numbering): IfName | undefined {
  for (const action of actions) {
    const [, plain, field] =
      /^(?:mod_dl_(?:src|dst):(.*)|set_field:(.*)->eth_(?:src|dst))$/.exec(action) ?? [];
    const mac = parseMac(plain ?? field ?? '');
    if (mac.ok) return numbering.deviceOf(mac.value);
  }
  return undefined;
}

function readPort(bridge: IfName, text: string, numbering: Numbering): string | undefined {
  return text === 'LOCAL' ? bridge : numbering.portName(Number(text || Number.NaN));
}

const notOfOurMatch = new Set(['in_port', 'dl_vlan', 'dl_src']);

function readMatch(fields: ReadonlyMap<string, string>): FlowMatch | undefined {
  const match = candidateOf(fields);
  if (match === undefined) return undefined;
  // Of another form is whatever says more than that, or something else.
  const { protocol, fields: own } = matchFields(match);
  const values = new Map(own.map((field) => field.split('=') as [string, string]));
  const isKnown = (name: string) =>
    values.has(name) || protocol.includes(name) || notOfOurMatch.has(name);
  const isSame = ([name, value]: [string, string]) => isSameValue(fields.get(name), value);
  const words = [...fields.keys()].filter((name) => !notOfTheMatch.has(name) && !isCount(name));
  return words.every(isKnown) && [...values].every(isSame) ? match : undefined;
}

/** An address of full length is printed without its length. */
function isSameValue(dumped: string | undefined, written: string): boolean {
  return [written, written.replace(/\/(32|128)$/, '')].includes(dumped ?? '');
}

function candidateOf(fields: ReadonlyMap<string, string>): FlowMatch | undefined {
  for (const [protocol, source, destination, family] of [
    ['ip', 'nw_src', 'nw_dst', 4],
    ['ipv6', 'ipv6_src', 'ipv6_dst', 6],
  ] as const) {
    if (!fields.has(protocol)) continue;
    const to = fields.get(destination);
    const prefix = parsePrefix(to ?? fields.get(source) ?? (family === 4 ? '0.0.0.0/0' : '::/0'));
    if (!prefix.ok) return undefined;
    return to === undefined
      ? { type: 'ip', source: prefix.value }
      : { type: 'to', destination: prefix.value };
  }
  if (fields.has('arp')) return readArp(fields);
  if (fields.has('icmp6')) return readNeighbourDiscovery(fields);
  if (fields.has('udp')) return { type: 'bfd', family: 4 };
  if (fields.has('udp6')) return { type: 'bfd', family: 6 };
  const mac = parseMac(fields.get('dl_dst') ?? '');
  return mac.ok ? { type: 'to-mac', mac: mac.value } : { type: 'any' };
}

function readArp(fields: ReadonlyMap<string, string>): FlowMatch | undefined {
  if (fields.get('arp_op') === '2') return { type: 'resolved', family: 4 };
  return { type: fields.has('arp_spa') ? 'probe' : 'resolution', family: 4 };
}

function readNeighbourDiscovery(fields: ReadonlyMap<string, string>): FlowMatch | undefined {
  if (fields.get('icmp_type') === '136') return { type: 'resolved', family: 6 };
  return { type: fields.has('ipv6_src') ? 'probe' : 'resolution', family: 6 };
}

/** An action of unknown form, or to a MAC that no device of ours has, names a device that cannot be. */
const nobody = '?' as IfName;

function readAction(
  bridge: IfName,
  match: FlowMatch,
  actions: readonly string[],
  numbering: Numbering,
): FlowAction {
  if (match.type === 'ip') {
    const delivery = readDelivery(actions, numbering);
    if (delivery.macOf !== nobody) return delivery;
  }
  const output = readOutput(bridge, actions, numbering);
  if (output !== undefined) return output;
  const mac = macOfAnswer(actions);
  const isWhole = mac !== undefined && sameActions(actions, answerActions(match, mac));
  return { type: 'answer', macOf: (isWhole ? numbering.deviceOf(mac) : undefined) ?? nobody };
}

function macOfAnswer(actions: readonly string[]): Mac | undefined {
  for (const action of actions) {
    const written = /^mod_dl_src:(.*)$/.exec(action) ?? /^set_field:(.*)->eth_src$/.exec(action);
    const mac = parseMac(written?.[1] ?? '');
    if (mac.ok) return mac.value;
  }
  return undefined;
}

function sameActions(dumped: readonly string[], wanted: readonly string[]): boolean {
  const plain = (action: string) =>
    action.replace(/^set_field:(.*)->eth_src$/, 'mod_dl_src:$1').toLowerCase();
  return (
    dumped.length === wanted.length &&
    dumped.every((action, index) => plain(action) === plain(wanted[index] ?? ''))
  );
}

function readOutput(
  bridge: IfName,
  actions: readonly string[],
  numbering: Numbering,
): FlowAction | undefined {
  if (actions.length === 1 && actions[0] === 'drop') return { type: 'output', ports: [] };
  const mac = macOfRewrite(actions[0] ?? '');
  const outputs = mac === undefined ? actions : actions.slice(1);
  const ports = outputs.flatMap((output) => {
    const to = /^output:(\d+)$/.exec(output)?.[1] ?? output;
    return readPort(bridge, to, numbering) ?? [];
  });
  if (ports.length === 0 || ports.length !== outputs.length) return undefined;
  return { type: 'output', ports, ...(mac === undefined ? {} : { mac }) };
}

function macOfRewrite(action: string): Mac | undefined {
  const text = /^mod_dl_dst:(.*)$/.exec(action) ?? /^set_field:(.*)->eth_dst$/.exec(action);
  const mac = parseMac(text?.[1] ?? '');
  return mac.ok ? mac.value : undefined;
}

function readDelivery(
  actions: readonly string[],
  numbering: Numbering,
): Exclude<FlowAction, { type: 'output' }> {
  const [rewrite = '', ...rest] = actions;
  const stripVlan = rest[0] === 'strip_vlan' || rest[0] === 'pop_vlan';
  const [output = '', ...more] = stripVlan ? rest.slice(1) : rest;
  const mac = macOfRewrite(rewrite);
  const device = mac === undefined ? undefined : numbering.deviceOf(mac);
  if (actions.length === 2 && output === 'NORMAL') {
    return { type: 'rewrite', macOf: device ?? nobody };
  }
  const port = numbering.portName(Number(/^output:(\d+)$/.exec(output)?.[1] ?? Number.NaN));
  if (device === undefined || port === undefined || more.length > 0) {
    return { type: 'deliver', macOf: nobody, port: nobody, stripVlan };
  }
  return { type: 'deliver', macOf: device, port: port as IfName, stripVlan };
}
