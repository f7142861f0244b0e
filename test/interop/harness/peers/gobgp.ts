/** GoBGP: gobgpd and its command line gobgp, which speaks gRPC with it. */

import { isIPv6 } from 'node:net';
import { assertNever } from '../../../../src/base/assert-never.ts';
import { type Command, Peer } from '../peer.ts';
import { bgpPort, defaultHoldTime, type NeighborConfig, type Session } from '../router.ts';
import {
  type Attributes,
  type Family,
  familyOf,
  type LearnedRoute,
  type Nlri,
  type Route,
  singleHomed,
} from '../routes.ts';
import { readGobgpRoutes, readGobgpSession } from './gobgp-read.ts';

const familyNames = { ipv4: 'ipv4-unicast', ipv6: 'ipv6-unicast', evpn: 'l2vpn-evpn' } as const;
const apiPort = 50051;

export class Gobgp extends Peer {
  protected commands(): readonly Command[] {
    const config = this.write('gobgpd.toml', this.#formatConfig());
    const host = isIPv6(this.address) ? `[${this.address}]` : this.address;
    const api = ['--api-hosts', `${host}:${apiPort}`];
    const restart = this.isRecovering ? ['--graceful-restart'] : [];
    const args = ['--pprof-disable', '-f', config, ...api, ...restart];
    return [{ path: '/usr/bin/gobgpd', args }];
  }

  /** What its command line says. */
  ask(...args: readonly string[]): Promise<string> {
    return this.run('/usr/bin/gobgp', '-u', this.address, '-p', String(apiPort), ...args);
  }

  protected async isReady(): Promise<boolean> {
    try {
      await this.ask('global', '-j');
      return true;
    } catch {
      return false;
    }
  }

  async session(neighbor: string): Promise<Session> {
    const known: readonly unknown[] = JSON.parse(await this.ask('neighbor', '-j'));
    return readGobgpSession(known, neighbor);
  }

  async routes(family: Family): Promise<readonly LearnedRoute[]> {
    return readGobgpRoutes(await this.#table(family), family);
  }

  /** Those that it originates, as after `injectMrt`. */
  async ownRoutes(family: Family): Promise<readonly Route[]> {
    const own = readGobgpRoutes(await this.#table(family), family, true);
    return own.map(({ attributes, nlri }) => ({ attributes, nlri }));
  }

  async #table(family: Family): Promise<unknown> {
    return JSON.parse(await this.ask('global', 'rib', '-a', family, '-j'));
  }

  async announce(...routes: readonly Route[]): Promise<void> {
    for (const route of routes) await this.#rib('add', route);
  }

  async withdraw(...routes: readonly Route[]): Promise<void> {
    for (const route of routes) await this.#rib('del', route);
  }

  async #rib(verb: 'add' | 'del', { nlri, attributes }: Route): Promise<void> {
    const words = [...nlriWords(nlri), ...(verb === 'add' ? attributeWords(attributes) : [])];
    const said = await this.ask('global', 'rib', verb, '-a', familyOf(nlri), ...words);
    if (said.trim() !== '') throw new Error(`gobgp ${words.join(' ')}: ${said}`);
  }

  /** Takes a table in the format of MRT into its own; fails when it cannot read it. */
  async injectMrt(octets: Uint8Array): Promise<void> {
    const said = await this.ask('mrt', 'inject', 'global', this.write('table.mrt', octets));
    if (said.trim() !== '') throw new Error(`gobgp mrt inject: ${said}`);
  }

  /** `softresetin` looks at what it has kept, and sends nothing. */
  async refresh(): Promise<void> {
    throw new Error('gobgp has no command that sends ROUTE-REFRESH');
  }

  async reset(neighbor: string): Promise<void> {
    await this.ask('neighbor', neighbor, 'reset');
  }

  async shutdown(neighbor: string, words: string): Promise<void> {
    await this.ask('neighbor', neighbor, 'shutdown', '--reason', words);
  }

  cannotAnnounce({ nlri }: Route): string | undefined {
    return 'esi' in nlri && nlri.esi !== singleHomed && !nlri.esi.startsWith('00:')
      ? 'gobgp: of the segment identifiers, only those of type 0 are written here'
      : undefined;
  }

  #formatConfig(): string {
    const { as, routerId, neighbors } = this.config;
    const global = [
      '[global.config]',
      `as = ${as}`,
      `router-id = "${routerId}"`,
      `port = ${this.port}`,
      `local-address-list = ["${this.address}"]`,
    ];
    return [...global, ...neighbors.flatMap((each) => this.#neighbor(each))]
      .map((line) => `${line}\n`)
      .join('');
  }

  #neighbor(neighbor: NeighborConfig): readonly string[] {
    const {
      address,
      as,
      port = bgpPort,
      holdTime = defaultHoldTime,
      password,
      client,
      ttlSecurity,
    } = neighbor;
    if (address.startsWith('%')) throw new Error('GoBGP needs the neighbour in the kernel first');
    const table = (name: string, ...lines: readonly string[]) =>
      lines.length === 0 ? [] : [`[neighbors.${name}.config]`, ...lines];
    const { gracefulRestart: restart } = this.config;
    return [
      '[[neighbors]]',
      '[neighbors.config]',
      `neighbor-address = "${address}"`,
      `peer-as = ${as}`,
      ...(password === undefined ? [] : [`auth-password = "${password}"`]),
      ...table(
        'timers',
        `hold-time = ${holdTime}`,
        `keepalive-interval = ${Math.max(1, Math.floor(holdTime / 3))}`,
        'connect-retry = 1',
        'idle-hold-time-after-reset = 1',
      ),
      ...table(
        'transport',
        `passive-mode = ${neighbor.passive ?? false}`,
        `remote-port = ${port}`,
        `local-address = "${this.address}"`,
      ),
      ...(client
        ? table(
            'route-reflector',
            'route-reflector-client = true',
            `route-reflector-cluster-id = "${this.config.routerId}"`,
          )
        : []),
      ...(ttlSecurity === undefined
        ? []
        : table('ttl-security', 'enabled = true', `ttl-min = ${256 - ttlSecurity}`)),
      ...(restart === undefined
        ? []
        : table(
            'graceful-restart',
            'enabled = true',
            `restart-time = ${restart}`,
            ...(neighbor.longLived === undefined ? [] : ['long-lived-enabled = true']),
          )),
      ...neighbor.families.flatMap((family) => familyLines(family, neighbor, restart)),
      ...(neighbor.routeTargets
        ? ['[[neighbors.afi-safis]]', '[neighbors.afi-safis.config]', 'afi-safi-name = "rtc"']
        : []),
    ];
  }
}

function familyLines(
  family: Family,
  { maxPrefix, addPath, longLived }: NeighborConfig,
  restart: number | undefined,
): readonly string[] {
  const table = (name: string, ...lines: readonly string[]) => [
    `[neighbors.afi-safis.${name}config]`,
    ...lines,
  ];
  const receives = addPath === 'receive' || addPath === 'both';
  const sends = addPath === 'send' || addPath === 'both';
  return [
    '[[neighbors.afi-safis]]',
    ...table('', `afi-safi-name = "${familyNames[family]}"`),
    ...(restart === undefined ? [] : table('mp-graceful-restart.', 'enabled = true')),
    ...(longLived === undefined
      ? []
      : table('long-lived-graceful-restart.', 'enabled = true', `restart-time = ${longLived}`)),
    ...(maxPrefix === undefined ? [] : table('prefix-limit.', `max-prefixes = ${maxPrefix}`)),
    ...(addPath === undefined
      ? []
      : table('add-paths.', `receive = ${receives}`, `send-max = ${sends ? 8 : 0}`)),
  ];
}

/** Its parser wants the words in this order. */
function nlriWords(nlri: Nlri): readonly string[] {
  switch (nlri.type) {
    case 'ipv4':
    case 'ipv6':
      return [nlri.prefix];
    case 'ead':
      return ['a-d', ...esiWords(nlri.esi), ...tagWords(nlri), ...labelWords(nlri), 'rd', nlri.rd];
    case 'mac': {
      const ip = nlri.ip ?? '0.0.0.0';
      return [
        'macadv',
        nlri.mac,
        ip,
        ...esiWords(nlri.esi),
        ...tagWords(nlri),
        ...labelWords(nlri),
        'rd',
        nlri.rd,
      ];
    }
    case 'imet':
      return ['multicast', nlri.ip, ...tagWords(nlri), 'rd', nlri.rd];
    case 'es':
      return ['esi', nlri.ip, ...esiWords(nlri.esi), 'rd', nlri.rd];
    case 'prefix': {
      const words = [
        'gw',
        nlri.gateway,
        ...esiWords(nlri.esi),
        ...tagWords(nlri),
        ...labelWords(nlri),
      ];
      return ['prefix', nlri.prefix, ...words, 'rd', nlri.rd];
    }
    default:
      return assertNever(nlri);
  }
}

function esiWords(text: string): readonly string[] {
  return text === singleHomed ? ['esi', '0'] : ['esi', 'ARBITRARY', text.slice('00:'.length)];
}

function tagWords(nlri: { readonly tag: number }): readonly string[] {
  return ['etag', String(nlri.tag)];
}

function labelWords(nlri: { readonly label: number }): readonly string[] {
  return ['label', String(nlri.label)];
}

function attributeWords(attributes: Attributes): readonly string[] {
  const { nextHop, origin, asPath, med, localPref, communities, largeCommunities } = attributes;
  const word = (name: string, value: string | number | undefined) =>
    value === undefined || value === '' ? [] : [name, String(value)];
  return [
    ...extendedWords(attributes.extendedCommunities ?? []),
    ...pmsiWords(attributes.pmsi),
    ...word('nexthop', nextHop),
    ...word('origin', origin),
    ...word('aspath', asPath.join(',')),
    ...word('med', med),
    ...word('local-pref', localPref),
    ...word('community', communities?.join(',')),
    ...word('large-community', largeCommunities?.join(',')),
  ];
}

function pmsiWords(pmsi: Attributes['pmsi']): readonly string[] {
  if (pmsi === undefined) return [];
  return ['pmsi', 'ingress-repl', String(pmsi.label), pmsi.endpoint ?? '0.0.0.0'];
}

/** The command line has words for these alone, and one list of targets: a second one takes the place of the first. */
function extendedWords(communities: readonly string[]): readonly string[] {
  const targets = communities.filter((digits) => /^0[012]02/.test(digits)).map(formatTarget);
  const others = communities.filter((digits) => !/^0[012]02/.test(digits)).flatMap(formatExtended);
  return [...(targets.length === 0 ? [] : ['rt', ...targets]), ...others];
}

function formatTarget(digits: string): string {
  const octets = Buffer.from(digits, 'hex');
  switch (octets[0] ?? 0) {
    case 0:
      return `${octets.readUInt16BE(2)}:${octets.readUInt32BE(4)}`;
    case 1:
      return `${octets.subarray(2, 6).join('.')}:${octets.readUInt16BE(6)}`;
    default: // A long AS as one number becomes 65535: gobgp 4.8.0.
      return `${octets.readUInt16BE(2)}.${octets.readUInt16BE(4)}:${octets.readUInt16BE(6)}`;
  }
}

function formatExtended(digits: string): readonly string[] {
  const octets = Buffer.from(digits, 'hex');
  const mac = octets
    .subarray(2)
    .toString('hex')
    .replace(/..(?=.)/g, '$&:');
  switch (digits.slice(0, 4)) {
    case '030c':
      return ['encap', octets.readUInt16BE(6) === 8 ? 'vxlan' : String(octets.readUInt16BE(6))];
    case '0603':
      return ['router-mac', mac];
    case '0601':
      return formatEsiLabel(octets);
    case '030d':
      return ['default-gateway'];
    default:
      throw new Error(`gobgp has no word for the extended community ${digits}`);
  }
}

function formatEsiLabel(octets: Buffer): readonly string[] {
  const label = String(octets.readUIntBE(5, 3));
  return ['esi-label', label, octets[2] === 1 ? 'single-active' : 'all-active'];
}
