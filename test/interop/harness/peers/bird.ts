/** BIRD 3: one process that is told its whole configuration anew for every change, and asked through birdcl. */

import { isIPv4 } from 'node:net';
import { assertNever } from '../../../../src/base/assert-never.ts';
import { type Command, Peer } from '../peer.ts';
import { bgpPort, defaultHoldTime, type NeighborConfig, type Session } from '../router.ts';
import {
  type Attributes,
  type Family,
  familyOf,
  keyOf,
  type LearnedRoute,
  type Nlri,
  type Route,
  singleHomed,
} from '../routes.ts';
import { readBirdRoutes, readBirdSession } from './bird-read.ts';

const tables = { ipv4: 'master4', ipv6: 'master6', evpn: 'evpntab' } as const;

/** What birdcl prints of a list of large communities in four digits: it has 1 KiB for a line. */
const longestList = 25;

export class Bird extends Peer {
  readonly #own = new Map<string, Route>();

  protected commands(): readonly Command[] {
    const config = this.write('bird.conf', this.#formatConfig());
    const socket = `${this.place.at}/bird.ctl`;
    const restart = this.isRecovering ? ['-R'] : [];
    return [{ path: '/usr/sbin/bird', args: ['-f', ...restart, '-c', config, '-s', socket] }];
  }

  async #ask(...words: readonly string[]): Promise<string> {
    const said = await this.run('/usr/sbin/birdcl', '-s', `${this.place.at}/bird.ctl`, ...words);
    return said.replace(/^BIRD [^\n]* ready\.\n/, '');
  }

  protected async isReady(): Promise<boolean> {
    try {
      return (await this.#ask('show', 'status')).includes('Daemon is up and running');
    } catch {
      return false;
    }
  }

  async session(neighbor: string): Promise<Session> {
    return readBirdSession(await this.#ask('show', 'protocols', 'all', this.#protocolOf(neighbor)));
  }

  #protocolOf(neighbor: string): string {
    return `n${this.config.neighbors.findIndex((each) => each.address === neighbor)}`;
  }

  async routes(family: Family): Promise<readonly LearnedRoute[]> {
    const text = await this.#ask('show', 'route', 'all', 'table', tables[family]);
    return readBirdRoutes(text, family);
  }

  async announce(...routes: readonly Route[]): Promise<void> {
    for (const route of routes) {
      const reason = this.cannotAnnounce(route);
      if (reason !== undefined) throw new Error(reason);
      this.#own.set(keyOf(route.nlri), route);
    }
    await this.#reconfigure();
  }

  async withdraw(...routes: readonly Route[]): Promise<void> {
    for (const { nlri } of routes) this.#own.delete(keyOf(nlri));
    await this.#reconfigure();
  }

  async #reconfigure(): Promise<void> {
    this.write('bird.conf', this.#formatConfig());
    const said = await this.#ask('configure');
    if (!/Reconfigured|Reconfiguration in progress/.test(said)) throw new Error(said);
  }

  async refresh(neighbor: string): Promise<void> {
    await this.#ask('reload', 'bgp', 'in', this.#protocolOf(neighbor));
  }

  async reset(neighbor: string): Promise<void> {
    await this.#ask('restart', this.#protocolOf(neighbor));
  }

  async shutdown(neighbor: string, words: string): Promise<void> {
    await this.#ask('disable', this.#protocolOf(neighbor), `"${words}"`);
  }

  cannotAnnounce({ nlri, attributes }: Route): string | undefined {
    if (nlri.type === 'prefix') return 'BIRD 3.4 has no word for EVPN type 5';
    if (attributes.pmsi !== undefined) return 'BIRD 3.4 has no word for a PMSI tunnel';
    // Given a next hop, it sends label 0.
    return 'label' in nlri && attributes.nextHop !== this.address
      ? 'BIRD 3.4 sends no label with a next hop that is not its own'
      : undefined;
  }

  /**
   * It gives what comes without LOCAL_PREF one of its own, as RFC 4271 §5.1.5 has it, and shows that. Of a long list it
   * prints the beginning.
   */
  override sees({ nlri, attributes }: Route): Route {
    const { largeCommunities } = attributes;
    const shown = largeCommunities?.slice(0, longestList);
    return {
      nlri,
      attributes: { localPref: 100, ...attributes, ...(shown && { largeCommunities: shown }) },
    };
  }

  /** No MED goes to another AS, and no IPv6 route where it has no IPv6 address to give as the next hop. */
  override tellsOutside({ nlri, attributes }: Route): Route | undefined {
    const { med: _, ...others } = attributes;
    if (nlri.type === 'ipv6' && isIPv4(this.address)) return undefined;
    return super.tellsOutside({ nlri, attributes: others });
  }

  get #speaksEvpn(): boolean {
    return this.config.neighbors.some(({ families }) => families.includes('evpn'));
  }

  #formatConfig(): string {
    const { routerId, neighbors, gracefulRestart } = this.config;
    const own = (family: Family) =>
      [...this.#own.values()].filter(({ nlri }) => familyOf(nlri) === family);
    const statics = (['ipv4', 'ipv6', 'evpn'] as const)
      .filter((family) => family !== 'evpn' || this.#speaksEvpn)
      .flatMap((family) => [
        `protocol static s${family} {`,
        `  ${family} { table ${tables[family]}; };`,
        ...own(family).map((route) => `  route ${formatRoute(route, this.address)};`),
        '}',
      ]);
    return [
      'log stderr all;',
      `router id ${routerId};`,
      ...(gracefulRestart === undefined ? [] : [`graceful restart wait ${gracefulRestart};`]),
      'ipv4 table master4;',
      'ipv6 table master6;',
      ...(this.#speaksEvpn ? ['evpn table evpntab;'] : []),
      'protocol device {}',
      ...statics,
      ...neighbors.flatMap((each) => this.#neighbor(each)),
    ]
      .map((line) => `${line}\n`)
      .join('');
  }

  #neighbor(neighbor: NeighborConfig): readonly string[] {
    const {
      address,
      as,
      port = bgpPort,
      password,
      ttlSecurity,
      holdTime = defaultHoldTime,
    } = neighbor;
    if (address.startsWith('%')) throw new Error('the harness runs BIRD on addresses only');
    const { gracefulRestart: restart } = this.config;
    const isExternal = as !== this.config.as;
    const lines = [
      `local ${this.address} port ${this.port} as ${this.config.as}`,
      `neighbor ${address} port ${port} as ${as}`,
      // Without it, BIRD listens on every address.
      'strict bind yes',
      'connect delay time 1',
      'connect retry time 1',
      'error wait time 1, 1',
      `hold time ${holdTime}`,
      'enable extended messages yes',
      ...(isExternal ? [`multihop ${ttlSecurity ?? 2}`] : []),
      ...(neighbor.passive ? ['passive yes'] : []),
      ...(neighbor.client ? ['rr client'] : []),
      ...(neighbor.twoOctetAs ? ['enable as4 off'] : []),
      ...(password === undefined ? [] : [`password "${password}"`]),
      ...(ttlSecurity === undefined ? [] : ['ttl security yes']),
      ...(restart === undefined
        ? ['graceful restart off']
        : ['graceful restart yes', `graceful restart time ${restart}`]),
      ...(neighbor.lines ?? []),
    ];
    return [
      `protocol bgp ${this.#protocolOf(address)} {`,
      ...lines.map((line) => `  ${line};`),
      ...neighbor.families.map((family) => `  ${formatChannel(family, neighbor)}`),
      '}',
    ];
  }
}

const addPathWords = { send: 'tx', receive: 'rx', both: 'on' } as const;

function formatChannel(family: Family, { maxPrefix, addPath }: NeighborConfig): string {
  const limit = maxPrefix === undefined ? '' : ` import limit ${maxPrefix} action restart;`;
  const paths = addPath === undefined ? '' : ` add paths ${addPathWords[addPath]};`;
  return `${family} { table ${tables[family]}; import all; export all;${limit}${paths} };`;
}

function formatRoute({ nlri, attributes }: Route, own: string): string {
  return `${formatNlri(nlri)} blackhole { ${formatAttributes(nlri, attributes, own)} }`;
}

function formatNlri(nlri: Nlri): string {
  switch (nlri.type) {
    case 'ipv4':
    case 'ipv6':
      return nlri.prefix;
    case 'ead':
      return `evpn ead ${nlri.rd} ${nlri.tag} ${nlri.esi}`;
    case 'mac':
      return `evpn mac ${nlri.rd} ${nlri.tag} ${nlri.mac} ${nlri.ip ?? '*'}`;
    case 'imet':
      return `evpn imet ${nlri.rd} ${nlri.tag} ${nlri.ip}`;
    case 'es':
      return `evpn es ${nlri.rd} ${nlri.esi} ${nlri.ip}`;
    case 'prefix':
      throw new Error('not asked for: cannotAnnounce');
    default:
      return assertNever(nlri);
  }
}

/**
 * A next hop of BIRD's own is left to it: `cannotAnnounce` says why. `gw_mpls` would give a label too, but then the
 * next hop is read from memory that nobody has set (3.4.0).
 */
function formatAttributes(nlri: Nlri, attributes: Attributes, own: string): string {
  const { nextHop, origin, asPath, med, localPref } = attributes;
  const label = 'label' in nlri ? nlri.label : undefined;
  const esi = nlri.type === 'mac' && nlri.esi !== singleHomed ? nlri.esi : undefined;
  const lists = [
    ...(attributes.communities ?? []).map((each) => `bgp_community.add(${pair(each)})`),
    ...(attributes.largeCommunities ?? []).map((each) => `bgp_large_community.add(${pair(each)})`),
    ...(attributes.extendedCommunities ?? []).map(
      (each) => `bgp_ext_community.add((generic, 0x${each.slice(0, 8)}, 0x${each.slice(8)}))`,
    ),
  ];
  const words = [
    ...(nextHop === own ? [] : [`bgp_next_hop = ${nextHop}`]),
    `bgp_origin = ORIGIN_${origin.toUpperCase()}`,
    ...asPath.toReversed().map((as) => `bgp_path.prepend(${as})`),
    ...(med === undefined ? [] : [`bgp_med = ${med}`]),
    ...(localPref === undefined ? [] : [`bgp_local_pref = ${localPref}`]),
    ...(label === undefined ? [] : [`mpls_label = ${label}`]),
    ...(esi === undefined ? [] : [`evpn_esi = ${esi}`]),
    ...lists,
  ];
  return words.map((word) => `${word};`).join(' ');
}

function pair(community: string): string {
  return `(${community.replaceAll(':', ', ')})`;
}
