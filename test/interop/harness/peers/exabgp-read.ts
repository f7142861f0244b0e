/** The events that ExaBGP reports, folded into sessions and what each neighbour has announced. */

import { decodeEvpn } from '../octets.ts';
import type { Capability, Session, SessionState } from '../router.ts';
import {
  type Attributes,
  type Family,
  familyOf,
  keyOf,
  type LearnedRoute,
  type Nlri,
} from '../routes.ts';
import {
  type Json,
  listIn,
  numberIn,
  numbersIn,
  objectIn,
  objectsIn,
  present,
  textIn,
  textsIn,
  wordIn,
} from './json.ts';

const familyOfName: Readonly<Record<string, Family>> = {
  'ipv4 unicast': 'ipv4',
  'ipv6 unicast': 'ipv6',
  'l2vpn evpn': 'evpn',
  'ipv4/unicast': 'ipv4',
  'ipv6/unicast': 'ipv6',
  'l2vpn/evpn': 'evpn',
};

const stateOfEvent: Readonly<Record<string, SessionState>> = {
  connected: 'OpenSent',
  up: 'Established',
  down: 'Idle',
};

interface Known {
  session: Session;
  readonly routes: Map<string, LearnedRoute>;
}

export class ExabgpEvents {
  readonly #neighbors = new Map<string, Known>();

  /** One line of its API. */
  read(line: string): void {
    if (!line.startsWith('{')) return;
    const event = parse(line);
    const about = objectIn(event['neighbor']);
    const from = textIn(objectIn(about['address'])['peer']);
    const known = this.#known(from);
    switch (event['type']) {
      case 'state': {
        const state = stateOfEvent[textIn(about['state'])] ?? 'Idle';
        const isOver = state !== 'Established';
        if (isOver) known.routes.clear();
        known.session = isOver
          ? { state, capabilities: [] }
          : { ...known.session, state, upSince: wordIn(event['time']) };
        break;
      }
      case 'open':
        known.session = { ...known.session, ...readOpen(objectIn(about['open'])) };
        break;
      case 'refresh':
        known.session = { ...known.session, refreshes: (known.session.refreshes ?? 0) + 1 };
        break;
      case 'update':
        readUpdate(objectIn(objectIn(about['message'])['update']), from, known.routes);
        break;
      default:
    }
  }

  #known(neighbor: string): Known {
    const session: Session = { state: 'Idle', capabilities: [] };
    const known = this.#neighbors.get(neighbor) ?? { session, routes: new Map() };
    this.#neighbors.set(neighbor, known);
    return known;
  }

  session(neighbor: string): Session {
    return this.#known(neighbor).session;
  }

  routes(family: Family): readonly LearnedRoute[] {
    return [...this.#neighbors.values()]
      .flatMap(({ routes }) => [...routes.values()])
      .filter(({ nlri }) => familyOf(nlri) === family)
      .toSorted((a, b) => (keyOf(a.nlri) < keyOf(b.nlri) ? -1 : 1));
  }
}

/**
 * An extended community is a number of 64 bits here, more than a JavaScript number holds; and 4.2 prints what a
 * NOTIFICATION says as it came, with octets that JSON does not have in texts.
 */
function parse(line: string): Json {
  const exact = line.replaceAll(/[^ -~]/g, ' ').replaceAll(/"value": (\d{16,})/g, '"value": "$1"');
  try {
    return objectIn(JSON.parse(exact));
  } catch {
    return {}; // 4.2 about a ROUTE-REFRESH: `{ … "afi": ipv4 … }`
  }
}

const capabilityOfCode: Readonly<Record<string, Capability>> = {
  2: 'route-refresh',
  5: 'extended-next-hop',
  6: 'extended-message',
  9: 'role',
  64: 'graceful-restart',
  65: '4-octet-as',
  70: 'enhanced-refresh',
  71: 'long-lived-graceful-restart',
  73: 'hostname',
  75: 'software-version',
};

function readOpen(open: Json): Omit<Session, 'state'> {
  const entries = Object.entries(objectIn(open['capabilities']));
  const capabilities = entries.flatMap(([code, value]): readonly Capability[] => {
    const fields = objectIn(value);
    const families = (list: readonly string[]) => list.flatMap((name) => familyOfName[name] ?? []);
    if (code === '1') {
      return families(textsIn(fields['families'])).map((each) => `multiprotocol ${each}` as const);
    }
    if (code === '69') {
      return families(Object.keys(fields)).map((each) => `add-path ${each}` as const);
    }
    const known = capabilityOfCode[code];
    return known === undefined ? [] : [known];
  });
  const restart = entries.find(([code]) => code === '64')?.[1];
  return {
    capabilities: capabilities.toSorted(),
    ...present({
      routerId: textIn(open['router_id']),
      holdTime: numberIn(open['hold_time']),
      gracefulRestart:
        restart === undefined
          ? undefined
          : {
              time: numberIn(objectIn(restart)['time']) ?? 0,
              // Its word for the R bit.
              isRestarting: textsIn(objectIn(restart)['restart-flags']).includes('forwarding'),
            },
    }),
  };
}

function readUpdate(update: Json, from: string, routes: Map<string, LearnedRoute>): void {
  for (const [name, list] of Object.entries(objectIn(update['withdraw']))) {
    for (const nlri of objectsIn(list)) routes.delete(keyOf(readNlri(nlri, name)));
  }
  for (const [name, byHop] of Object.entries(objectIn(update['announce']))) {
    if (familyOfName[name] === undefined) continue;
    for (const [nextHop, list] of Object.entries(objectIn(byHop))) {
      for (const each of objectsIn(list)) {
        if (each['nlri'] === undefined && each['raw'] === undefined) continue; // End-of-RIB
        const nlri = readNlri(each, name);
        const attributes = readAttributes(objectIn(update['attribute']), nextHop);
        routes.set(keyOf(nlri), { from, nlri, attributes });
      }
    }
  }
}

function readNlri(nlri: Json, name: string): Nlri {
  const family = familyOfName[name] ?? 'ipv4';
  if (family !== 'evpn') return { type: family, prefix: textIn(nlri['nlri']) };
  return decodeEvpn(Buffer.from(textIn(nlri['raw']), 'hex'));
}

function readAttributes(attribute: Json, nextHop: string): Attributes {
  const pairs = (name: string): readonly string[] =>
    listIn(attribute[name]).map((each) => numbersIn(each).join(':'));
  return {
    nextHop,
    origin: textIn(attribute['origin']) as Attributes['origin'],
    asPath: readAsPath(attribute['as-path']),
    ...present({
      med: numberIn(attribute['med']),
      localPref: numberIn(attribute['local-preference']),
      communities: pairs('community'),
      largeCommunities: pairs('large-community'),
      extendedCommunities: objectsIn(attribute['extended-community'])
        .map(({ value }) => BigInt(String(value)).toString(16).padStart(16, '0'))
        .toSorted(),
      originatorId: textIn(attribute['originator-id']) || undefined,
      clusterList: textsIn(attribute['cluster-list']),
      pmsi: readPmsi(textIn(attribute['pmsi'])),
    }),
  };
}

/** 4.2: a list of numbers; 5.0: segments by their place. */
function readAsPath(path: unknown): readonly number[] {
  if (Array.isArray(path)) return numbersIn(path);
  return Object.values(objectIn(path)).flatMap((segment) => numbersIn(objectIn(segment)['value']));
}

/** `pmsi:ingressreplication:0:6(100):10.0.0.1`: flags, then the label, without and with its low bits. */
function readPmsi(text: string): Attributes['pmsi'] {
  const found = /^pmsi:([^:]+):\d+:\d+\((\d+)\):(.*)$/.exec(text);
  if (found === null) return undefined;
  const [, tunnel, label, endpoint = ''] = found;
  return {
    tunnel: tunnel === 'ingressreplication' ? 6 : -1,
    label: Number(label),
    ...(endpoint !== '' && { endpoint }),
  };
}
