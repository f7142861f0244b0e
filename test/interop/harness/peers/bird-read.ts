/** What birdcl prints, as values. Attributes are one a line, indented by a tab, below the line of their route. */

import type { Capability, Session, SessionState } from '../router.ts';
import { decodeEvpn } from '../octets.ts';
import {
  type Attributes,
  extended,
  type Family,
  keyOf,
  type LearnedRoute,
  type Nlri,
  singleHomed,
} from '../routes.ts';
import { present } from './json.ts';

/** The words of its capabilities, and ours. */
const capabilityNames: Readonly<Record<string, Capability>> = {
  'Route refresh': 'route-refresh',
  'Enhanced refresh': 'enhanced-refresh',
  'Extended message': 'extended-message',
  'Extended next hop': 'extended-next-hop',
  '4-octet AS numbers': '4-octet-as',
  'Graceful restart': 'graceful-restart',
  'Long-lived graceful restart': 'long-lived-graceful-restart',
  Role: 'role',
};

export function readBirdSession(text: string): Session {
  const field = (name: string): string | undefined =>
    new RegExp(`^ *${name}: +(.*)$`, 'm').exec(text)?.[1];
  const state = (field('BGP state') ?? 'Idle') as SessionState;
  // Down to the line that is indented less.
  const theirs = /Neighbor capabilities\n((?: {6,}.*\n)*)/.exec(text)?.[1] ?? '';
  const lines = theirs.split('\n').map((line) => line.trim());
  const capabilities = [...new Set(lines.flatMap((line, at) => readCapability(line, lines, at)))];
  if (state !== 'Established') return { state, capabilities: capabilities.toSorted() };
  const hold = field('Hold timer')?.split('/')[1];
  return {
    state,
    capabilities: capabilities.toSorted(),
    ...present({
      routerId: field('Neighbor ID'),
      upSince: /^\S+ +BGP +\S+ +up +(\S+)/m.exec(text)?.[1],
      holdTime: hold === undefined ? undefined : Number(hold),
      gracefulRestart: lines.includes('Graceful restart')
        ? {
            time: Number(/Restart time: (\d+)/.exec(theirs)?.[1] ?? 0),
            isRestarting: theirs.includes('Restart recovery'),
          }
        : undefined,
    }),
  };
}

function readCapability(line: string, lines: readonly string[], at: number): readonly Capability[] {
  const known = capabilityNames[line];
  if (known !== undefined) return [known];
  const [name = '', list = ''] = line.split(': ');
  const families = list.split(' ').filter(isFamily);
  if (name === 'Hostname') return ['hostname'];
  if (name === 'Role') return ['role'];
  if (name === 'AF announced' && lines[at - 1] === 'Multiprotocol') {
    return families.map((family) => `multiprotocol ${family}` as const);
  }
  if (name === 'RX' || name === 'TX')
    return families.map((family) => `add-path ${family}` as const);
  return [];
}

function isFamily(word: string): word is Family {
  return word === 'ipv4' || word === 'ipv6' || word === 'evpn';
}

export function readBirdRoutes(text: string, family: Family): readonly LearnedRoute[] {
  const routes: LearnedRoute[] = [];
  let name = '';
  for (const block of text.split(/\n(?=\S|[ ]{4,}\S)/)) {
    const [head = '', ...rest] = block.split('\n');
    const found = /^(.*?) +(?:blackhole|unreachable|unicast|multicast|prohibited) \[/.exec(head);
    if (found === null) continue;
    // Further paths of one destination have no name of their own.
    name = found[1]?.trim() || name;
    const fields = new Map(
      rest.map((line) => {
        const [word = '', ...value] = line.trim().split(': ');
        return [word.replace(/:$/, ''), value.join(': ').trim()] as const;
      }),
    );
    const from = fields.get('from');
    if (from === undefined) continue;
    routes.push({ from, nlri: readNlri(name, fields, family), attributes: readAttributes(fields) });
  }
  return routes.toSorted((a, b) => (keyOf(a.nlri) < keyOf(b.nlri) ? -1 : 1));
}

type Fields = ReadonlyMap<string, string>;

/** `evpn mac RD TAG MAC IP`; what it has no word for stands there as octets, the distinguisher twice. */
function readNlri(name: string, fields: Fields, family: Family): Nlri {
  if (family !== 'evpn') return { type: family, prefix: name };
  const [, type = '', rd = '', third = '', fourth = '', fifth = ''] = name
    .replace(/ mpls .*$/, '')
    .split(' ');
  const label = Number((fields.get('bgp_mpls_label_stack') ?? '0').split('/')[0]);
  const esi = fields.get('evpn_esi') ?? singleHomed;
  switch (type) {
    case 'ead':
      return { type, rd, esi: fourth, tag: Number(third), label };
    case 'mac': {
      const ip = fifth === '*' ? {} : { ip: fifth };
      return { type, rd, esi, tag: Number(third), mac: fourth, ...ip, label };
    }
    case 'imet':
      return { type, rd, tag: Number(third), ip: fourth };
    case 'es':
      return { type, rd, esi: third, ip: fourth };
    default: {
      const octets = Buffer.from(fourth.replaceAll(':', ''), 'hex');
      return decodeEvpn(Buffer.concat([Buffer.from([Number(rd), octets.length]), octets]));
    }
  }
}

/** `bgp_path: 65001 65002`, `bgp_ext_community: (rt, 65000, 100) (generic, 0x30c0000, 0x8)`. */
function readAttributes(fields: Fields): Attributes {
  const pairs = (name: string): readonly string[] =>
    [...(fields.get(name) ?? '').matchAll(/\(([^)]*)\)/g)].map(([, inner = '']) =>
      inner.replaceAll(/,\s*/g, ':'),
    );
  const number = (name: string): number | undefined =>
    fields.has(name) ? Number(fields.get(name)) : undefined;
  const words = (name: string): readonly string[] =>
    (fields.get(name) ?? '').split(' ').filter((word) => word !== '');
  return {
    // With a link-local address it prints both.
    nextHop: words('bgp_next_hop')[0] ?? '',
    origin: (fields.get('bgp_origin') ?? '').toLowerCase() as Attributes['origin'],
    asPath: words('bgp_path').map(Number),
    ...present({
      med: number('bgp_med'),
      localPref: number('bgp_local_pref'),
      communities: pairs('bgp_community'),
      largeCommunities: pairs('bgp_large_community'),
      extendedCommunities: pairs('bgp_ext_community').map(readExtended).toSorted(),
      onlyToCustomer: number('bgp_otc'),
      originatorId: fields.get('bgp_originator_id'),
      clusterList: words('bgp_cluster_list'),
      pmsi: readPmsi(fields.get('bgp_pmsi_tunnel')),
    }),
  };
}

function readExtended(text: string): string {
  const [kind, first = '', second = ''] = text.split(':');
  if (kind === 'rt') return extended.routeTarget(`${first}:${second}`);
  if (kind !== 'generic')
    throw new Error(`BIRD prints an extended community unknown here: ${text}`);
  const digits = (word: string): string => Number(word).toString(16).padStart(8, '0');
  return digits(first) + digits(second);
}

/** `ingress-replication 10.0.0.1 mpls 100` */
function readPmsi(text: string | undefined): Attributes['pmsi'] {
  if (text === undefined) return undefined;
  const [tunnel, endpoint, , label] = text.split(' ');
  return {
    tunnel: tunnel === 'ingress-replication' ? 6 : -1,
    label: Number(label ?? 0),
    ...(endpoint !== undefined && { endpoint }),
  };
}
