/** What `gobgp -j` prints, as values. Where GoBGP 3 and 4 call a field differently, both are tried. */

import { isIP } from 'node:net';
import type { Capability, Session, SessionState } from '../router.ts';
import {
  type Attributes,
  extended,
  type Family,
  keyOf,
  type LearnedRoute,
  type Nlri,
  singleHomed,
  unspecifiedLike,
} from '../routes.ts';
import { readAny } from './gobgp-any.ts';
import {
  isObject,
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

const states: readonly SessionState[] = [
  'Idle', // api: 0 is not known yet
  'Idle',
  'Connect',
  'Active',
  'OpenSent',
  'OpenConfirm',
  'Established',
];

export function readGobgpSession(known: readonly unknown[], neighbor: string): Session {
  const found = known
    .filter(isObject)
    .find((each) => objectIn(each['conf'])['neighbor_address'] === neighbor);
  const state = objectIn(found?.['state']);
  const received = objectIn(objectIn(state['messages'])['received']);
  const timers = objectIn(objectIn(found?.['timers'])['state']);
  const capabilities = objectsIn(state['remote_cap']).map((each) =>
    isObject(each['Cap']) ? each['Cap'] : readAny(each),
  );
  const restart = capabilities.map((each) => each['GracefulRestart']).find(isObject);
  const isUp = numberIn(state['session_state']) === 6;
  return {
    state: states[numberIn(state['session_state']) ?? 0] ?? 'Idle',
    capabilities: [...new Set(capabilities.flatMap(readCapability))].toSorted(),
    ...(isUp
      ? present({
          routerId: textIn(state['router_id']),
          upSince: wordIn(objectIn(timers['uptime'])['seconds']),
          refreshes: numberIn(received['refresh']) ?? 0,
          holdTime: numberIn(timers['negotiated_hold_time']),
          gracefulRestart:
            restart === undefined
              ? undefined
              : {
                  time: numberIn(restart['time']) ?? 0,
                  isRestarting: ((numberIn(restart['flags']) ?? 0) & 8) !== 0,
                },
        })
      : {}),
  };
}

const familyOfCodes: Readonly<Record<string, Family>> = {
  '1/1': 'ipv4',
  '2/1': 'ipv6',
  '25/70': 'evpn',
};

function readFamily(value: unknown): readonly Family[] {
  const { afi, safi } = objectIn(value);
  const family = familyOfCodes[`${wordIn(afi)}/${wordIn(safi)}`];
  return family === undefined ? [] : [family];
}

function readCapability(capability: Json): readonly Capability[] {
  const [name, content] = Object.entries(capability)[0] ?? ['', undefined];
  switch (name) {
    case 'MultiProtocol':
      return readFamily(objectIn(content)['family']).map((f) => `multiprotocol ${f}` as const);
    case 'AddPath':
      return objectsIn(objectIn(content)['tuples'])
        .flatMap((each) => readFamily(each['family']))
        .map((f) => `add-path ${f}` as const);
    case 'RouteRefresh':
      return ['route-refresh'];
    case 'EnhancedRouteRefresh':
      return ['enhanced-refresh'];
    case 'ExtendedMessage':
      return ['extended-message'];
    case 'ExtendedNexthop':
      return ['extended-next-hop'];
    case 'FourOctetAsn':
      return ['4-octet-as'];
    case 'GracefulRestart':
      return ['graceful-restart'];
    case 'LongLivedGracefulRestart':
      return ['long-lived-graceful-restart'];
    case 'Role':
      return ['role'];
    case 'Fqdn':
      return ['hostname'];
    case 'SoftwareVersion':
      return ['software-version'];
    default:
      return [];
  }
}

/** Those that it has learned, or its own. */
export function readGobgpRoutes(
  rib: unknown,
  family: Family,
  isOwn = false,
): readonly LearnedRoute[] {
  return Object.values(objectIn(rib))
    .flatMap(objectsIn)
    .filter((path) => (fromOf(path) === '') === isOwn)
    .map((path) => ({
      from: fromOf(path),
      nlri: readNlri(objectIn(path['nlri']), family),
      attributes: readAttributes(objectsIn(path['attrs'])),
    }))
    .toSorted((a, b) => (keyOf(a.nlri) < keyOf(b.nlri) ? -1 : 1));
}

/** The first of them in GoBGP 4. */
function fromOf(path: Json): string {
  return textIn(path['peer-address'] ?? path['neighbor-ip']);
}

function readNlri(nlri: Json, family: Family): Nlri {
  if (family !== 'evpn') return { type: family, prefix: textIn(nlri['prefix']) };
  const value = objectIn(nlri['value']);
  const rd = readRd(objectIn(value['rd']));
  const tag = numberIn(value['etag']) ?? 0;
  const esi = readEsi(textIn(value['esi']));
  const ip = textIn(value['ip']);
  const label = numberIn(value['label']) ?? numbersIn(value['labels'])[0] ?? 0;
  switch (nlri['type']) {
    case 1:
      return { type: 'ead', rd, esi, tag, label };
    case 2: {
      const isThere = isIP(ip) !== 0 && ip !== '0.0.0.0'; // 3.36 prints `<nil>`
      return {
        type: 'mac',
        rd,
        esi,
        tag,
        mac: textIn(value['mac']),
        ...(isThere && { ip }),
        label,
      };
    }
    case 3:
      return { type: 'imet', rd, tag, ip };
    case 4:
      return { type: 'es', rd, esi, ip };
    default: {
      const prefix = textIn(value['prefix']);
      const gateway = textIn(value['gateway']) || unspecifiedLike(prefix);
      return { type: 'prefix', rd, esi, tag, prefix, gateway, label };
    }
  }
}

/** A long AS stands there as its two halves: `64086.59904`. */
function readRd({ type, admin, assigned }: Json): string {
  const [high = 0, low = 0] = wordIn(admin).split('.').map(Number);
  const isHalves = type === 2 && wordIn(admin).includes('.');
  return `${isHalves ? high * 0x10000 + low : wordIn(admin)}:${wordIn(assigned)}`;
}

function readEsi(text: string): string {
  if (text === 'single-homed' || text === '') return singleHomed;
  const octets = /^ESI_ARBITRARY \| (.*)$/.exec(text)?.[1];
  return octets === undefined ? text : `00:${octets}`;
}

const origins = ['igp', 'egp', 'incomplete'] as const;

function readAttributes(list: readonly Json[]): Attributes {
  const by = new Map(list.map((each) => [numberIn(each['type']) ?? 0, each]));
  const valueOf = (code: number): unknown => by.get(code)?.['value'];
  const communities = numbersIn(by.get(8)?.['communities'] ?? valueOf(8));
  return {
    nextHop: textIn(by.get(3)?.['nexthop'] ?? by.get(14)?.['nexthop']),
    origin: origins[numberIn(valueOf(1)) ?? 0] ?? 'igp',
    asPath: objectsIn(by.get(2)?.['as_paths']).flatMap((each) => numbersIn(each['asns'])),
    ...present({
      med: numberIn(by.get(4)?.['metric'] ?? valueOf(4)),
      localPref: numberIn(valueOf(5)),
      communities: communities.map((each) => `${each >>> 16}:${each & 0xffff}`),
      onlyToCustomer: by.has(35) ? readNumber(valueOf(35)) : undefined,
      originatorId: textIn(valueOf(9)) || undefined,
      clusterList: textsIn(valueOf(10)),
      extendedCommunities: objectsIn(valueOf(16)).map(readExtended).toSorted(),
      pmsi: by.has(22) ? readPmsi(by.get(22) ?? {}) : undefined,
      largeCommunities: listIn(valueOf(32)).map(readLarge),
    }),
  };
}

/** Four octets of an attribute that it does not know. */
function readNumber(value: unknown): number {
  return Buffer.from(textIn(value), 'base64').readUInt32BE();
}

function readLarge(value: unknown): string {
  const { ASN, LocalData1, LocalData2 } = objectIn(value);
  return [ASN, LocalData1, LocalData2].map(wordIn).join(':');
}

function readPmsi(attribute: Json): NonNullable<Attributes['pmsi']> {
  const endpoint = textIn(attribute['tunnel-id']);
  return {
    tunnel: numberIn(attribute['tunnel-type']) ?? 0,
    label: numberIn(attribute['label']) ?? 0,
    ...(endpoint !== '' && { endpoint }),
  };
}

function readExtended(community: Json): string {
  const { type, subtype, value } = community;
  const kind = `${wordIn(type)}/${wordIn(subtype)}`;
  switch (kind) {
    case '0/2':
    case '1/2':
      return extended.routeTarget(textIn(value));
    case '2/2': {
      const [admin = '', assigned = ''] = textIn(value).split(':');
      return extended.routeTarget(readRd({ type: 2, admin, assigned }));
    }
    case '3/12':
      return extended.encapsulation(numberIn(community['tunnel_type']) ?? 0);
    case '3/13':
      return extended.defaultGateway;
    case '6/0':
      return extended.macMobility(
        numberIn(community['sequence']) ?? 0,
        community['is_sticky'] === true,
      );
    case '6/1':
      return extended.esiLabel(
        numberIn(community['label']) ?? 0,
        community['is_single_active'] === true,
      );
    case '6/2':
      return extended.esImport(textIn(community['es_import'] ?? value));
    case '6/3':
      return extended.routerMac(textIn(community['mac']));
    default:
      throw new Error(
        `GoBGP prints an extended community unknown here: ${JSON.stringify(community)}`,
      );
  }
}
