/** Routes as text: a table with the columns that their kind asks for, or all there is of each. Pure, but for the colours. */

import type { BgpPathView, BgpRouteView, JsonValue } from '../api/contract/bgp.ts';
import { paint } from './output.ts';

interface Column {
  readonly title: string;
  readonly cell: (route: BgpRouteView, path: BgpPathView) => string;
  /** The same for all paths of a route: told with the first one. */
  readonly isOfRoute: boolean;
}

const ofRoute = (title: string, cell: Column['cell']): Column => ({ title, cell, isOfRoute: true });
const ofPath = (title: string, cell: (path: BgpPathView) => string): Column => ({
  title,
  cell: (_, path) => cell(path),
  isOfRoute: false,
});

const rd = ofRoute('RD', (route) => route.rd ?? '');
const esi = ofRoute('ESI', ({ nlri }) => noneIfZero(text(nlri, 'esi')));
const tag = ofRoute('TAG', ({ nlri }) => text(nlri, 'ethTag'));
const vni = ofRoute('VNI', ({ nlri }) => {
  const second = text(nlri, 'label2');
  return second === '' ? text(nlri, 'label') : `${text(nlri, 'label')}/${second}`;
});
const tunnel = ofPath('VNI', ({ attributes }) => text(at(attributes, 'pmsiTunnel'), 'label'));
const originator = ofRoute('ORIGINATOR', ({ nlri }) => text(nlri, 'ip'));
const mac = ofRoute('MAC', ({ nlri }) => text(nlri, 'mac'));
const ip = ofRoute('IP', ({ nlri }) => text(nlri, 'ip'));
const prefix = ofRoute('PREFIX', ({ nlri }) => `${text(nlri, 'ip')}/${text(nlri, 'ipLen')}`);
const gateway = ofRoute('GATEWAY', ({ nlri }) => noneIfZero(text(nlri, 'gatewayIp')));
const anyRoute = ofRoute('ROUTE', ({ route }) => route);
const communities = ofPath('COMMUNITIES', communitiesOf);

const head = [ofPath('', marks)];
const tail = [
  ofPath('NEXT HOP', ({ nextHop }) => nextHop),
  ofPath('FROM', ({ from }) => from),
  ofPath('LOCPREF', ({ attributes }) => text(attributes, 'localPref')),
  ofPath('MED', ({ attributes }) => text(attributes, 'med')),
  ofPath('AS PATH', pathOf),
];

/** By the words of `show evpn`; of a family, by its name. */
const columns: Readonly<Record<string, readonly Column[]>> = {
  mac: [...head, rd, mac, ip, vni, esi, ...tail, communities],
  imet: [...head, rd, tag, originator, tunnel, ...tail, communities],
  prefix: [...head, rd, prefix, gateway, vni, ...tail, communities],
  es: [...head, rd, esi, originator, ...tail, communities],
  ad: [...head, rd, esi, tag, vni, ...tail, communities],
  'l2vpn-evpn': [...head, rd, anyRoute, ...tail, communities],
  'ipv4-vpn': [...head, rd, anyRoute, ...tail, communities],
  'ipv6-vpn': [...head, rd, anyRoute, ...tail, communities],
};
const plain = [...head, anyRoute, ...tail, communities];

export class RouteColumns {
  readonly #columns: readonly Column[];

  constructor(kind: string) {
    this.#columns = columns[kind] ?? plain;
  }

  get header(): readonly string[] {
    return this.#columns.map(({ title }) => title);
  }

  /** One row a path. */
  rows(route: BgpRouteView): readonly (readonly string[])[] {
    return route.paths.map((path, index) =>
      this.#columns.map(({ cell, isOfRoute }) => (isOfRoute && index > 0 ? '' : cell(route, path))),
    );
  }
}

/** `*>` the best, `* ` another one; `S` where its peer is away and it is kept. */
function marks({ isBest, isStale }: BgpPathView): string {
  return `${isBest ? '*>' : '* '}${isStale ? 'S' : ' '}`;
}

/** A route with all its paths, and why the best is the best. */
export function renderRoute({ family, paths, rd: distinguisher, route }: BgpRouteView): string {
  const name = distinguisher === undefined ? route : `${distinguisher} ${route}`;
  return [
    paint('bold', `${family} ${name}`),
    ...paths.flatMap((path) => [
      `${marks(path)} ${paint(path.isBest ? 'green' : 'dim', path.isBest ? 'best' : 'not used')}: ${path.reason}`,
      `      from ${path.from}, AS ${path.as}, router id ${path.routerId}${path.pathId === 0 ? '' : `, path id ${path.pathId}`}`,
      `      next hop ${path.nextHop}`,
      ...(path.lines ?? []).map((line) => `      ${line}`),
    ]),
    '',
  ].join('\n');
}

function pathOf({ attributes }: BgpPathView): string {
  const segments = list(at(attributes, 'asPath')).map((segment) => {
    const asns = list(at(segment, 'asns')).map(String);
    const type = text(segment, 'type');
    if (type === 'sequence') return asns.join(' ');
    if (type === 'set') return `{${asns.join(' ')}}`;
    return type === 'confed-sequence' ? `(${asns.join(' ')})` : `[${asns.join(' ')}]`;
  });
  const origin = text(attributes, 'origin').toLowerCase();
  const sign = origin === 'incomplete' ? '?' : origin.slice(0, 1);
  return [...segments, sign].filter((word) => word !== '').join(' ');
}

function communitiesOf({ attributes }: BgpPathView): string {
  const words = ['communities', 'largeCommunities', 'extendedCommunities'].flatMap((name) =>
    list(at(attributes, name)).map((each) =>
      typeof each === 'string' ? each : text(each, 'text'),
    ),
  );
  return words.join(' ');
}

/** Of an address or a segment that stands for none. */
function noneIfZero(word: string): string {
  return /^[0.:]*$/.test(word) ? '' : word;
}

function isObject(value: JsonValue): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function at(value: JsonValue, name: string): JsonValue {
  return isObject(value) ? (value[name] ?? null) : null;
}

function text(value: JsonValue, name: string): string {
  const found = at(value, name);
  return typeof found === 'string' || typeof found === 'number' ? String(found) : '';
}

function list(value: JsonValue): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}
