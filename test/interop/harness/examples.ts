/** Routes that every daemon can tell apart: one of each kind, with attributes that a mistake would show in. */

import type { Router } from './router.ts';
import {
  type Attributes,
  extended,
  type Family,
  familyOf,
  type Route,
  singleHomed,
} from './routes.ts';

export const segment = '00:11:22:33:44:55:66:77:88:99';
const rd = '192.0.2.101:100';
const target = extended.routeTarget('65000:100');
const vxlan = extended.encapsulation(8);

/** EVPN types 1 to 5, type 2 with and without an address, type 5 of both families. */
export function evpnExamples(nextHop: string): readonly Route[] {
  const route = (nlri: Route['nlri'], more: Partial<Attributes>, ...communities: string[]) => ({
    nlri,
    attributes: {
      nextHop,
      origin: 'incomplete' as const,
      asPath: [],
      localPref: 100,
      extendedCommunities: [target, vxlan, ...communities],
      ...more,
    },
  });
  const tag = 0;
  const esi = singleHomed;
  return [
    route({ type: 'ead', rd, esi: segment, tag: 100, label: 1001 }, {}, extended.esiLabel(7, true)),
    route({ type: 'mac', rd, esi, tag, mac: '02:00:00:00:00:01', label: 1001 }, {}),
    route(
      { type: 'mac', rd, esi, tag, mac: '02:00:00:00:00:02', ip: '198.51.100.2', label: 1001 },
      { med: 30, localPref: 300 },
      extended.routerMac('02:00:00:00:00:aa'),
    ),
    route(
      { type: 'mac', rd, esi: segment, tag, mac: '02:00:00:00:00:03', ip: '2001:db8::3', label: 1 },
      {},
      extended.defaultGateway,
    ),
    route(
      { type: 'imet', rd, tag, ip: nextHop },
      { pmsi: { tunnel: 6, label: 1001, endpoint: nextHop } },
    ),
    route({ type: 'es', rd, esi: segment, ip: nextHop }, {}),
    route(
      { type: 'prefix', rd, esi, tag, prefix: '203.0.113.0/24', gateway: '192.0.2.7', label: 5000 },
      {},
      extended.routeTarget('4200000000:7'),
    ),
    route(
      { type: 'prefix', rd, esi, tag, prefix: '2001:db8:5::/48', gateway: '::', label: 0xffffff },
      {},
      extended.routerMac('02:00:00:00:00:bb'),
    ),
  ];
}

export function unicastExamples(nextHop: string): readonly Route[] {
  return [
    {
      nlri: { type: 'ipv4', prefix: '198.51.100.128/25' },
      attributes: {
        nextHop,
        origin: 'incomplete',
        asPath: [65010, 4200000001],
        med: 7,
        localPref: 300,
        communities: ['65000:1', '65000:2'],
        largeCommunities: ['65000:1:2'],
      },
    },
    {
      nlri: { type: 'ipv6', prefix: '2001:db8:128::/48' },
      attributes: { nextHop: '2001:db8::1', origin: 'igp', asPath: [], med: 0, localPref: 100 },
    },
  ];
}

/** Of these families, all that the router can announce as its own. */
export function routesOf(router: Router, families: readonly Family[]): readonly Route[] {
  return [...evpnExamples(router.address), ...unicastExamples(router.address)].filter(
    (route) =>
      families.includes(familyOf(route.nlri)) && router.cannotAnnounce(route) === undefined,
  );
}
