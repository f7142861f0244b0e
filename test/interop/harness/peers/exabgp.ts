/**
 * ExaBGP: it decides nothing, sends what it is told and reports what it gets, raw octets included. Its helper process
 * connects its API to a socket of the test's.
 *
 * It has no word for EVPN routes. They travel as a raw MP_REACH_NLRI beside an IPv4 route of 100.64.0.0/16, so the
 * session must have IPv4 unicast too, and every EVPN route announced has such a companion. It stays when the route is
 * withdrawn: 4.2 does not send what is announced and withdrawn in one breath.
 */

import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  encodeEvpn,
  encodePmsi,
  encodeReach,
  encodeUnreach,
  formatAddress,
  u32,
} from '../octets.ts';
import { type Command, Peer } from '../peer.ts';
import { bgpPort, defaultHoldTime, type NeighborConfig, type Session } from '../router.ts';
import {
  type Attributes,
  type EvpnNlri,
  type Family,
  isEvpn,
  keyOf,
  type LearnedRoute,
  type Nlri,
  type Route,
} from '../routes.ts';
import { ExabgpEvents } from './exabgp-read.ts';

const familyNames = { ipv4: 'ipv4 unicast', ipv6: 'ipv6 unicast', evpn: 'l2vpn evpn' } as const;

const helper = `import socket, sys, threading
api = socket.socket(socket.AF_UNIX)
api.connect(sys.argv[1])
def commands():
    for line in api.makefile('r'):
        sys.stdout.write(line)
        sys.stdout.flush()
threading.Thread(target=commands, daemon=True).start()
for line in sys.stdin:
    api.sendall(line.encode())
`;

/** 100.64.0.0, RFC 6598. */
const companions = 0x64400000;

/** Whether a route is only there because an EVPN route travels with it. */
export function isCompanion(nlri: Nlri): boolean {
  return nlri.type === 'ipv4' && nlri.prefix.startsWith('100.64.');
}

export class Exabgp extends Peer {
  #events = new ExabgpEvents();
  #server: Server | undefined;
  #api: Socket | undefined;
  readonly #companions = new Map<string, string>();

  protected commands(): readonly Command[] {
    this.#listen();
    const config = this.write('exabgp.conf', this.#formatConfig());
    const env = {
      exabgp_daemon_user: 'root',
      exabgp_daemon_drop: 'false',
      exabgp_api_cli: 'false',
      exabgp_api_ack: 'false',
      exabgp_log_level: 'INFO',
      PYTHONDONTWRITEBYTECODE: '1',
    };
    return [{ path: '/usr/bin/python3', args: ['/usr/sbin/python3-exabgp', config], env }];
  }

  #listen(): void {
    this.#events = new ExabgpEvents();
    this.#server = createServer((socket) => {
      this.#api = socket;
      createInterface({ input: socket }).on('line', (line) => this.#events.read(line));
    });
    this.#server.listen(join(this.place.directory, 'api.sock'));
  }

  protected async isReady(): Promise<boolean> {
    return this.#api !== undefined;
  }

  protected override async release(): Promise<void> {
    this.#api?.destroy();
    this.#api = undefined;
    this.#server?.close();
  }

  async session(neighbor: string): Promise<Session> {
    const session = this.#events.session(neighbor);
    const own = this.config.neighbors.find(({ address }) => address === neighbor)?.holdTime;
    if (session.holdTime === undefined) return session;
    // It tells what the neighbour offered.
    return { ...session, holdTime: Math.min(session.holdTime, own ?? defaultHoldTime) };
  }

  async routes(family: Family): Promise<readonly LearnedRoute[]> {
    return this.#events.routes(family);
  }

  async announce(...routes: readonly Route[]): Promise<void> {
    for (const { nlri, attributes } of routes) {
      if (!isEvpn(nlri)) {
        this.#sayAnnounce(nlri.prefix, attributes);
      } else {
        const raw = [['0x0e', encodeReach(attributes.nextHop, [encodeEvpn(nlri)])] as const];
        this.#announceRaw(nlri, attributes, raw);
      }
    }
  }

  async withdraw(...routes: readonly Route[]): Promise<void> {
    for (const { nlri, attributes } of routes) {
      if (!isEvpn(nlri)) {
        this.say(`withdraw route ${nlri.prefix} next-hop ${attributes.nextHop}`);
      } else {
        const raw = [['0x0f', encodeUnreach([encodeEvpn(nlri)])] as const];
        const { pmsi: _, ...others } = attributes;
        this.#announceRaw(nlri, others, raw);
      }
    }
  }

  #announceRaw(
    nlri: EvpnNlri,
    attributes: Attributes,
    raw: readonly (readonly [code: string, value: Buffer])[],
  ): void {
    const { pmsi } = attributes;
    const all = [...raw, ...(pmsi === undefined ? [] : [['0x16', encodePmsi(pmsi)] as const])];
    // 0x80 is an optional attribute, 0xc0 one that is transitive as well.
    const words = all.map(([code, value]) => {
      const flags = code === '0x16' ? '0xc0' : '0x80';
      return `attribute [ ${code} ${flags} 0x${value.toString('hex')} ]`;
    });
    const companion = this.#companionOf(nlri);
    this.#sayAnnounce(companion, attributes, words);
  }

  #companionOf(nlri: Nlri): string {
    const key = keyOf(nlri);
    const next = `${formatAddress(u32(companions + this.#companions.size))}/32`;
    const companion = this.#companions.get(key) ?? next;
    this.#companions.set(key, companion);
    return companion;
  }

  /** A command of its API, for every neighbour. */
  say(command: string): void {
    if (this.#api === undefined) throw new Error(`${this.name} does not listen`);
    this.#api.write(`${command}\n`);
  }

  async refresh(_neighbor: string, family: Family): Promise<void> {
    this.say(`announce route-refresh ${familyNames[family]}`);
  }

  /** Cease, administrative reset. */
  async reset(neighbor: string): Promise<void> {
    this.say(`neighbor ${neighbor} teardown 4`);
  }

  /** Its API has no words for it. */
  async shutdown(neighbor: string): Promise<void> {
    this.say(`neighbor ${neighbor} teardown 2`);
  }

  cannotAnnounce(): undefined {}

  /**
   * A path that it is told is sent as it is, to whomever: whoever tells it one for another AS puts its own before that.
   */
  #sayAnnounce(prefix: string, attributes: Attributes, words: readonly string[] = []): void {
    const { as, neighbors } = this.config;
    const { asPath } = attributes;
    const say = (whom: string, told: Attributes): void =>
      this.say([`${whom}announce route ${prefix}`, formatAttributes(told), ...words].join(' '));
    if (asPath.length === 0 || neighbors.every((each) => each.as === as)) {
      say('', attributes);
      return;
    }
    for (const each of neighbors) {
      const path = each.as === as ? asPath : [as, ...asPath];
      say(`neighbor ${each.address} `, { ...attributes, asPath: path });
    }
  }

  #formatConfig(): string {
    const path = this.write('helper.py', helper);
    return [
      'process api {',
      `  run /usr/bin/python3 ${path} ${this.place.at}/api.sock;`,
      '  encoder json;',
      '}',
      ...this.config.neighbors.flatMap((each) => this.#neighbor(each)),
    ]
      .map((line) => `${line}\n`)
      .join('');
  }

  #neighbor(neighbor: NeighborConfig): readonly string[] {
    const { address, as, port = bgpPort, password, ttlSecurity, holdTime = 90 } = neighbor;
    const { routerId, as: own, gracefulRestart: restart } = this.config;
    const calls = neighbor.passive ? ['passive true', `listen ${this.port}`] : [`connect ${port}`];
    const lines = [
      `router-id ${routerId}`,
      `local-address ${this.address}`,
      `local-as ${own}`,
      `peer-as ${as}`,
      `hold-time ${holdTime}`,
      ...calls,
      ...(password === undefined ? [] : [`md5-password "${password}"`]),
      ...(ttlSecurity === undefined
        ? []
        : ['outgoing-ttl 255', `incoming-ttl ${256 - ttlSecurity}`]),
    ];
    const addPath = addPathWords(neighbor.addPath);
    return [
      `neighbor ${address} {`,
      ...lines.map((line) => `  ${line};`),
      `  family { ${neighbor.families.map((each) => `${familyNames[each]};`).join(' ')} }`,
      `  capability { asn4 ${neighbor.twoOctetAs ? 'disable' : 'enable'}; route-refresh enable; extended-message enable;${
        restart === undefined ? '' : ` graceful-restart ${restart};`
      }${addPath} }`,
      '  api { processes [ api ]; neighbor-changes; receive { parsed; update; open; refresh; } }',
      '}',
    ];
  }
}

function addPathWords(addPath: NeighborConfig['addPath']): string {
  if (addPath === undefined) return '';
  return ` add-path ${addPath === 'both' ? 'send/receive' : addPath};`;
}

function formatAttributes(attributes: Attributes): string {
  const { nextHop, origin, asPath, med, localPref } = attributes;
  const list = (name: string, values: readonly unknown[] | undefined): readonly string[] =>
    values === undefined || values.length === 0 ? [] : [`${name} [ ${values.join(' ')} ]`];
  return [
    `next-hop ${nextHop}`,
    `origin ${origin}`,
    ...list('as-path', asPath),
    ...(med === undefined ? [] : [`med ${med}`]),
    ...(localPref === undefined ? [] : [`local-preference ${localPref}`]),
    ...list('community', attributes.communities),
    ...list('large-community', attributes.largeCommunities),
    ...list(
      'extended-community',
      attributes.extendedCommunities?.map((each) => `0x${each}`),
    ),
  ].join(' ');
}
