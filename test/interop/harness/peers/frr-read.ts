/** What bgpd prints as JSON, as values. */

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
  ipv4Unicast: 'ipv4',
  ipv6Unicast: 'ipv6',
  l2VpnEvpn: 'evpn',
};

export function readFrrSession(known: unknown, neighbor: string): Session {
  const found = objectIn(objectIn(known)[neighbor]);
  const state = textIn(found['bgpState']) as SessionState;
  const capabilities = readCapabilities(objectIn(found['neighborCapabilities']));
  if (state !== 'Established') return { state, capabilities };
  const restart = objectIn(found['gracefulRestartInfo']);
  const time = numberIn(objectIn(restart['timers'])['receivedRestartTimer']) ?? 0;
  return {
    state,
    capabilities,
    ...present({
      routerId: textIn(found['remoteRouterId']),
      upSince: wordIn(found['bgpTimerUpEstablishedEpoch']),
      refreshes: numberIn(objectIn(found['messageStats'])['routeRefreshRecv']),
      holdTime: (numberIn(found['bgpTimerHoldTimeMsecs']) ?? 0) / 1000,
      gracefulRestart: capabilities.includes('graceful-restart')
        ? { time, isRestarting: restart['rBit'] === true }
        : undefined,
    }),
  };
}

const capabilityNames: Readonly<Record<string, Capability>> = {
  '4byteAs': '4-octet-as',
  extendedMessage: 'extended-message',
  extendedNexthop: 'extended-next-hop',
  longLivedGracefulRestart: 'long-lived-graceful-restart',
  routeRefresh: 'route-refresh',
  enhancedRouteRefresh: 'enhanced-refresh',
  gracefulRestart: 'graceful-restart',
  gracefulRestartCapability: 'graceful-restart',
  role: 'role',
};

/** `advertisedAndReceived`, `received`; 8.4 says `advertisedAndReceivedOldAndNew` of route refresh. */
function isReceived(value: unknown): boolean {
  return typeof value === 'string' && /received/i.test(value);
}

/** `{ "advertisedAndReceived": true }`, `{ "rxAdvertised": true, "txReceived": true }` */
function saysReceived(fields: Json): boolean {
  return Object.entries(fields).some(([name, value]) => value === true && isReceived(name));
}

function readCapabilities(all: Json): readonly Capability[] {
  const found = Object.entries(all).flatMap(([name, value]): readonly Capability[] => {
    const known = capabilityNames[name];
    if (known !== undefined) return isReceived(value) ? [known] : [];
    const families = Object.entries(objectIn(value));
    const those = (word: 'multiprotocol' | 'add-path') =>
      families.flatMap(([each, fields]): readonly Capability[] => {
        const family = familyOfName[each];
        return family !== undefined && saysReceived(objectIn(fields)) ? [`${word} ${family}`] : [];
      });
    switch (name) {
      case 'multiprotocolExtensions':
        return those('multiprotocol');
      case 'addPath':
        return those('add-path');
      case 'hostName':
        return textIn(objectIn(value)['rcvHostName']) === '' ? [] : ['hostname'];
      case 'softwareVersion':
        return textIn(objectIn(value)['receivedSoftwareVersion']) === ''
          ? []
          : ['software-version'];
      default:
        return [];
    }
  });
  return [...new Set(found)].toSorted();
}

export function readFrrRoutes(text: string, family: Family): readonly LearnedRoute[] {
  // Of an EVPN table that is empty, 10.3 prints `{\n,"numPrefix":0,…`.
  const table: unknown = JSON.parse(text.replace(/^\{\s*,/, '{'));
  const routes = family === 'evpn' ? readEvpn(table) : readUnicast(table, family);
  return routes.toSorted((a, b) => (keyOf(a.nlri) < keyOf(b.nlri) ? -1 : 1));
}

/** 8.4 puts the prefix beside its paths in one list, 10 puts the paths into a field. */
function readUnicast(table: unknown, family: 'ipv4' | 'ipv6'): LearnedRoute[] {
  return Object.entries(objectIn(objectIn(table)['routes'])).flatMap(([prefix, value]) => {
    const paths = Array.isArray(value)
      ? objectsIn(value).slice(1)
      : objectsIn(objectIn(value)['paths']);
    return paths.filter(isLearned).map((path) => ({
      from: fromOf(path),
      nlri: { type: family, prefix },
      attributes: readAttributes(path),
    }));
  });
}

function isLearned(path: Json): boolean {
  return path['sourced'] !== true && path['local'] !== true;
}

function fromOf(path: Json): string {
  return textIn(objectIn(path['peer'])['peerId']);
}

/** By distinguisher, then by name; beside the names there is the distinguisher again. */
function readEvpn(table: unknown): LearnedRoute[] {
  return Object.values(objectIn(table))
    .flatMap((ofRd) => Object.entries(objectIn(ofRd)))
    .filter(([name]) => name.startsWith('['))
    .flatMap(([name, value]) => {
      const route = objectIn(value);
      return pathsOf(route).map((path) => ({
        from: fromOf(path),
        nlri: readNlri(name, route, path),
        attributes: readAttributes(path),
      }));
    });
}

/** Each path in a list of its own: 8.4 to 10.7. */
function pathsOf(route: Json): readonly Json[] {
  return listIn(route['paths'])
    .flatMap((each) => objectsIn(Array.isArray(each) ? each : [each]))
    .filter(isLearned);
}

/** Fields in brackets: `[2]:[tag]:[48]:[mac]:[32]:[ip]`; what makes the key is there, the rest with the path. */
function readNlri(name: string, route: Json, path: Json): Nlri {
  const fields = [...name.matchAll(/\[([^\]]*)\]/g)].map(([, field = '']) => field);
  const rd = textIn(route['rd']);
  const label = Number(path['vni'] ?? path['VNI'] ?? 0);
  const esi = textIn(path['esi']) || singleHomed;
  const [type = '', second = '', third = '', fourth = '', , sixth] = fields;
  switch (type) {
    case '1':
      return { type: 'ead', rd, esi: third, tag: Number(second), label };
    case '2': {
      const ip = sixth === undefined ? {} : { ip: sixth };
      return { type: 'mac', rd, esi, tag: Number(second), mac: fourth, ...ip, label };
    }
    case '3':
      return { type: 'imet', rd, tag: Number(second), ip: fourth };
    case '4':
      return { type: 'es', rd, esi: second, ip: fourth };
    case '5': {
      const prefix = `${fourth}/${third}`;
      const gateway = textIn(path['gatewayIP']) || unspecifiedLike(prefix);
      return { type: 'prefix', rd, esi, tag: Number(second), prefix, gateway, label };
    }
    default:
      throw new Error(`FRR prints a route unknown here: ${name}`);
  }
}

function readAttributes(path: Json): Attributes {
  const [hop = {}] = objectsIn(path['nexthops']);
  const segments = objectsIn(objectIn(path['aspath'])['segments']);
  const pmsi = objectIn(path['pmsi']);
  const text = textIn(objectIn(path['extendedCommunity'])['string']);
  return {
    nextHop: textIn(hop['ip']),
    origin: textIn(path['origin']).toLowerCase() as Attributes['origin'],
    asPath: segments.flatMap((each) => numbersIn(each['list'])),
    ...present({
      med: numberIn(path['metric']),
      localPref: numberIn(path['locPrf']),
      communities: textsIn(objectIn(path['community'])['list']),
      largeCommunities: textsIn(objectIn(path['largeCommunity'])['list']),
      extendedCommunities: readExtended(text).toSorted(),
      onlyToCustomer: numberIn(path['otc']),
      originatorId: textIn(path['originatorId']) || undefined,
      clusterList: textsIn(objectIn(path['clusterList'])['list']),
      pmsi:
        path['pmsi'] === undefined
          ? undefined
          : {
              tunnel: pmsi['tunnelType'] === 'Ingress Replication' ? 6 : -1,
              label: numberIn(pmsi['label']) ?? 0,
              ...(textIn(pmsi['id']) !== '' && { endpoint: textIn(pmsi['id']) }),
            },
    }),
  };
}

/** `RT:65000:1 ET:8 Rmac:02:… MM:5, sticky MAC Default Gateway ESI-label-Rt:SA ES-Import-Rt:…` */
function readExtended(text: string): string[] {
  const words: readonly (readonly [RegExp, (match: readonly string[]) => string])[] = [
    [/^RT:(\S+)/, ([, target = '']) => extended.routeTarget(target)],
    [/^ET:(\d+)/, ([, tunnel]) => extended.encapsulation(Number(tunnel))],
    [/^Rmac:(\S+)/, ([, mac = '']) => extended.routerMac(mac)],
    [/^MM:(\d+)(, sticky MAC)?/, ([, n, sticky]) => extended.macMobility(Number(n), !!sticky)],
    [/^Default Gateway/, () => extended.defaultGateway],
    [/^ESI-label-Rt:(AA|SA)/, ([, mode]) => extended.esiLabel(0, mode === 'SA')],
    [/^ES-Import-Rt:(\S+)/, ([, mac = '']) => extended.esImport(mac)],
  ];
  const found: string[] = [];
  for (let rest = text.trim(); rest !== ''; rest = rest.trimStart()) {
    const word = words.find(([pattern]) => pattern.test(rest));
    if (word === undefined)
      throw new Error(`FRR prints extended communities unknown here: ${rest}`);
    const match = word[0].exec(rest) ?? [''];
    found.push(word[1](match));
    rest = rest.slice(match[0]?.length ?? 1);
  }
  return found;
}
