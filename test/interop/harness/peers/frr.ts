/**
 * FRR: bgpd alone where only sessions matter, with zebra (and from FRR 10 mgmtd) where it runs in a network namespace
 * and so has a kernel to itself. It is asked through its vty.
 */

import { chownSync, existsSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import { unwrap } from '../../../../src/base/result.ts';
import { openVty, type VtySession, vtyPath } from '../../../../src/protocols/vty/index.ts';
import { frrIds, realClock } from '../../../protocols/vty/frr-daemons.ts';
import { type Command, type Origin, Peer } from '../peer.ts';
import {
  bgpPort,
  defaultHoldTime,
  type NeighborConfig,
  type PeerConfig,
  type Session,
} from '../router.ts';
import {
  type Attributes,
  extended,
  type Family,
  familyOf,
  isEvpn,
  type LearnedRoute,
  type Nlri,
  type Route,
  unspecifiedLike,
} from '../routes.ts';
import { until } from '../until.ts';
import { readFrrRoutes, readFrrSession } from './frr-read.ts';

const families = {
  ipv4: 'ipv4 unicast',
  ipv6: 'ipv6 unicast',
  evpn: 'l2vpn evpn',
} as const;

export class Frr extends Peer {
  readonly #version: number;
  #vty: VtySession | undefined;

  constructor(origin: Origin, config: PeerConfig) {
    // The names of its sockets are built in, and mgmtd reads what lies in /etc/frr.
    super(origin, config, { at: '/run/frr', hidden: '/etc/frr' });
    chownSync(this.place.directory, ...frrIds(origin.root));
    this.#version = Number.parseFloat(origin.version);
  }

  protected commands(): readonly Command[] {
    const config = this.write('bgpd.conf', this.#formatConfig());
    const { netns, address } = this.config;
    const quiet = ['-A', '127.0.0.1', '-P', '0', '--log', 'stdout'];
    const listen = ['-p', String(this.port), ...(address === undefined ? [] : ['-l', address])];
    const zebra = netns === undefined ? ['-Z'] : [];
    const bgpd: Command = {
      path: '/usr/lib/frr/bgpd',
      args: [...quiet, ...listen, ...zebra, '-f', config],
    };
    const beside = netns === undefined ? [] : this.#hasMgmtd ? ['mgmtd', 'zebra'] : ['zebra'];
    return [...beside.map((name) => ({ path: `/usr/lib/frr/${name}`, args: quiet })), bgpd];
  }

  get #hasMgmtd(): boolean {
    return existsSync(join(this.place.root, 'usr/lib/frr/mgmtd'));
  }

  protected async isReady(): Promise<boolean> {
    const path = vtyPath(this.place.directory, 'bgpd');
    const session = await openVty({ path, clock: realClock });
    // It goes on after a line that it does not know, and the next ones land in another node.
    const refused = /No such command on config line.*/.exec(this.readLog())?.[0];
    if (refused !== undefined) throw new Error(`${this.name}: ${refused}`);
    if (session.ok) this.#vty = session.value;
    return session.ok;
  }

  protected override async release(): Promise<void> {
    this.#vty?.close();
    this.#vty = undefined;
  }

  /** What bgpd prints for a command; rejects when it refuses. */
  async ask(command: string): Promise<string> {
    if (this.#vty === undefined) throw new Error(`${this.name} does not run`);
    return unwrap(await this.#vty.ask(command));
  }

  /** What zebra prints for a command, where it has a kernel to itself. */
  async askZebra(command: string): Promise<string> {
    return this.#with('zebra', async (zebra) => unwrap(await zebra.ask(command)));
  }

  /** Carries out lines of zebra's from the top of the configuration, which from FRR 10 mgmtd has. */
  async configureZebra(...lines: readonly string[]): Promise<void> {
    const daemon = this.#hasMgmtd ? 'mgmtd' : 'zebra';
    await this.#with(daemon, (session) =>
      until(`${this.name} takes '${lines[0]}'`, async () => {
        const done = await session.configure(lines);
        // 10.7.1, while it still starts: "could not lock running DS".
        if (!done.ok && JSON.stringify(done.error).includes('could not lock')) return false;
        unwrap(done);
        return true;
      }),
    );
  }

  async #with<T>(daemon: string, use: (session: VtySession) => Promise<T>): Promise<T> {
    const path = vtyPath(this.place.directory, daemon);
    // bgpd may be there before it.
    await until(`${this.name} has ${daemon}`, () => existsSync(path));
    const session = unwrap(await openVty({ path, clock: realClock }));
    try {
      return await use(session);
    } finally {
      session.close();
    }
  }

  /** Carries out lines from the top of the configuration. */
  async configure(...lines: readonly string[]): Promise<void> {
    if (this.#vty === undefined) throw new Error(`${this.name} does not run`);
    unwrap(await this.#vty.configure(lines));
  }

  async session(neighbor: string): Promise<Session> {
    const known: unknown = JSON.parse(await this.ask('show bgp neighbors json'));
    return readFrrSession(known, neighbor.replace(/^%/, ''));
  }

  async routes(family: Family): Promise<readonly LearnedRoute[]> {
    const command =
      family === 'evpn'
        ? 'show bgp l2vpn evpn route detail json'
        : `show bgp ${families[family]} json detail`;
    return readFrrRoutes(await this.ask(command), family);
  }

  async announce(...routes: readonly Route[]): Promise<void> {
    for (const route of routes) {
      const { nlri, attributes } = route;
      if (isEvpn(nlri)) throw new Error(this.cannotAnnounce(route));
      const map = mapOf(nlri);
      await this.configure(
        `route-map ${map} permit 10`,
        ...this.#nextHop(nlri, attributes),
        ...setLines(attributes),
        'exit',
        ...this.#inFamily(familyOf(nlri), `network ${nlri.prefix} route-map ${map}`),
      );
    }
  }

  async withdraw(...routes: readonly Route[]): Promise<void> {
    for (const { nlri } of routes) {
      if (isEvpn(nlri)) continue;
      await this.configure(
        ...this.#inFamily(familyOf(nlri), `no network ${nlri.prefix}`),
        `no route-map ${mapOf(nlri)}`,
      );
    }
  }

  /** Its own is set by itself, and 10 refuses one within 127.0.0.0/8 here. */
  #nextHop(nlri: Nlri, { nextHop }: Attributes): readonly string[] {
    if (nextHop === this.address) return [];
    return [`set ${nlri.type === 'ipv6' ? 'ipv6 next-hop global' : 'ip next-hop'} ${nextHop}`];
  }

  #inFamily(family: Family, line: string): readonly string[] {
    return [
      `router bgp ${this.config.as}`,
      `address-family ${families[family]}`,
      line,
      'exit-address-family',
      'exit',
    ];
  }

  async refresh(neighbor: string, family: Family): Promise<void> {
    await this.ask(`clear bgp ${families[family]} ${neighbor.replace(/^%/, '')} in`);
  }

  async reset(neighbor: string): Promise<void> {
    await this.ask(`clear bgp ${neighbor.replace(/^%/, '')}`);
  }

  async shutdown(neighbor: string, words: string): Promise<void> {
    const name = neighbor.replace(/^%/, '');
    const line = `neighbor ${name} shutdown message ${words}`;
    await this.configure(`router bgp ${this.config.as}`, line);
  }

  cannotAnnounce({ nlri }: Route): string | undefined {
    if (familyOf(nlri) !== 'evpn') return undefined;
    return 'FRR originates EVPN routes only of what the kernel has; it reflects those of others';
  }

  override sees(route: Route): Route {
    return shown(this.#version, kept(this.#version, route));
  }

  override passesOn({ nlri, attributes }: Route): Route {
    const isOld = this.#version < withoutLoss && isEvpn(nlri);
    const med = isOld ? { med: attributes.med ?? 0 } : {};
    return kept(this.#version, { nlri, attributes: { ...attributes, ...med } });
  }

  /** Itself as the next hop, and where it has no IPv6 address to give, its IPv4 address in the place of one. */
  override tellsOutside({ nlri, attributes }: Route): Route | undefined {
    const isMapped = nlri.type === 'ipv6' && isIPv4(this.address);
    const nextHop = isMapped ? `::ffff:${this.address}` : attributes.nextHop;
    return super.tellsOutside({ nlri, attributes: { ...attributes, nextHop } });
  }

  #formatConfig(): string {
    const { as, routerId, neighbors, gracefulRestart, lines: own = [] } = this.config;
    const of = (family: Family) => neighbors.filter((each) => each.families.includes(family));
    const lines = [
      `router bgp ${as}`,
      `bgp router-id ${routerId}`,
      'bgp log-neighbor-changes',
      'no bgp default ipv4-unicast',
      'no bgp ebgp-requires-policy',
      'no bgp network import-check',
      // Else what a new session is told waits for a second.
      'coalesce-time 0',
      // Next hops within 127.0.0.0/8.
      'bgp allow-martian-nexthop',
      ...(gracefulRestart === undefined
        ? []
        : ['bgp graceful-restart', `bgp graceful-restart restart-time ${gracefulRestart}`]),
      ...own,
      ...neighbors.flatMap((each) => this.#neighbor(each)),
      ...(['ipv4', 'ipv6', 'evpn'] as const).flatMap((family) => [
        `address-family ${families[family]}`,
        ...of(family).flatMap(familyLines),
        'exit-address-family',
      ]),
    ];
    return ['log stdout', ...lines].map((line) => `${line}\n`).join('');
  }

  #neighbor(neighbor: NeighborConfig): readonly string[] {
    const isInterface = neighbor.address.startsWith('%');
    const { as, password, ttlSecurity, holdTime = defaultHoldTime } = neighbor;
    const name = neighbor.address.replace(/^%/, '');
    const isExternal = as !== this.config.as;
    const lines = [
      isInterface ? `interface remote-as ${as}` : `remote-as ${as}`,
      `port ${neighbor.port ?? bgpPort}`,
      ...(isInterface || this.address === '' ? [] : [`update-source ${this.address}`]),
      `timers ${Math.max(1, Math.floor(holdTime / 3))} ${holdTime}`,
      'timers connect 1',
      'advertisement-interval 0',
      ...(neighbor.passive ? ['passive'] : []),
      ...(password === undefined ? [] : [`password ${password}`]),
      ...(ttlSecurity === undefined ? [] : [`ttl-security hops ${ttlSecurity}`]),
      // It can leave out all capabilities, or none.
      ...(neighbor.twoOctetAs ? ['dont-capability-negotiate'] : []),
      // Without zebra it knows no interface, and so nobody that is connected.
      ...(isExternal && !isInterface ? ['disable-connected-check'] : []),
      ...(neighbor.lines ?? []),
    ];
    return lines.map((line) => `neighbor ${name} ${line}`);
  }
}

function familyLines(neighbor: NeighborConfig): readonly string[] {
  const { maxPrefix, client, addPath } = neighbor;
  const sends = addPath === 'send' || addPath === 'both';
  const lines = [
    'activate',
    ...(client ? ['route-reflector-client'] : []),
    ...(maxPrefix === undefined ? [] : [`maximum-prefix ${maxPrefix}`]),
    ...(sends ? ['addpath-tx-all-paths'] : []),
    ...(neighbor.familyLines ?? []),
  ];
  return lines.map((line) => `neighbor ${neighbor.address.replace(/^%/, '')} ${line}`);
}

function mapOf(nlri: { readonly prefix: string }): string {
  return `OF-${nlri.prefix.replaceAll(/[/:.]/g, '-')}`;
}

function setLines(attributes: Attributes): readonly string[] {
  const { origin, asPath, med, localPref, communities, largeCommunities } = attributes;
  return [
    `origin ${origin}`,
    ...(asPath.length === 0 ? [] : [`as-path prepend ${asPath.join(' ')}`]),
    ...(med === undefined ? [] : [`metric ${med}`]),
    ...(localPref === undefined ? [] : [`local-preference ${localPref}`]),
    ...(communities === undefined ? [] : [`community ${communities.join(' ')}`]),
    ...(largeCommunities === undefined ? [] : [`large-community ${largeCommunities.join(' ')}`]),
  ].map((line) => `set ${line}`);
}

/** 8.4 and 10.3 lose parts of EVPN routes, and give those that they reflect a MED of 0; 10.7 does not. */
const withoutLoss = 10.7;

/** 8.4 loses the label of type 1; 8.4 and 10.3 the gateway of type 5. */
function kept(version: number, { nlri, attributes }: Route): Route {
  if (nlri.type === 'ead' && version < 10) return { nlri: { ...nlri, label: 0 }, attributes };
  if (nlri.type !== 'prefix' || version >= withoutLoss) return { nlri, attributes };
  return { nlri: { ...nlri, gateway: unspecifiedLike(nlri.prefix) }, attributes };
}

/** It hides the endpoint of a PMSI tunnel before 10.7, and of RFC 7432 §7.5 it shows the flag alone. */
function shown(version: number, { nlri, attributes }: Route): Route {
  const { pmsi, extendedCommunities } = attributes;
  const hidesEndpoint = pmsi !== undefined && version < 10.7;
  return {
    nlri,
    attributes: {
      ...attributes,
      ...(hidesEndpoint && { pmsi: { tunnel: pmsi.tunnel, label: pmsi.label } }),
      ...(extendedCommunities !== undefined && {
        extendedCommunities: extendedCommunities.map(withoutEsiLabel),
      }),
    },
  };
}

function withoutEsiLabel(digits: string): string {
  return digits.startsWith('0601') ? extended.esiLabel(0, digits.slice(4, 6) === '01') : digits;
}
