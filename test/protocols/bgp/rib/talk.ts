/**
 * A Routing without sockets or clocks, and peers of it that say things in octets and keep what they are told: what is tested
 * with them is what a daemon would see.
 */

import assert from 'node:assert/strict';
import { unwrap } from '../../../../src/base/result.ts';
import type { Asn } from '../../../../src/net/numbers.ts';
import type { Ip, Ip4 } from '../../../../src/net/ip.ts';
import {
  type Down,
  families,
  type FamilyName,
  Framer,
  MESSAGE,
  type MessageError,
  negotiate,
  type NextHop,
  type NlriValues,
  offer,
  type PathAttributes,
  type PeerRouting,
  type PeerSettings,
  peerSettings,
  type PeerRoutes,
  type Reason,
  Routing,
  type RoutingPorts,
  type Session,
  type WireSession,
} from '../../../../src/protocols/bgp/index.ts';
import { retained, resumed } from '../../../../src/protocols/bgp/session/retention.ts';
import { decodeUpdate } from '../../../../src/protocols/bgp/wire/update.ts';
import { encodeMessage } from '../../../../src/protocols/bgp/wire/message.ts';

export const ourAs = 65000 as Asn;
export const ourId: Ip4 = { family: 4, value: 0x0a00_00ff };

export const plain: PathAttributes = { origin: 'igp', asPath: [], localPref: 100 };

/** What a peer was told of one route, or of one path of it. */
export interface Told {
  readonly attributes: PathAttributes;
  readonly nextHop: NextHop | undefined;
}

export class Talk {
  readonly routing: Routing;
  readonly #turns: (() => void)[] = [];

  constructor(names: readonly FamilyName[], more: Partial<RoutingPorts> = {}) {
    const local = { as: ourAs, routerId: ourId.value, clusterId: ourId.value };
    const soon = (callback: () => void): void => void this.#turns.push(callback);
    this.routing = new Routing({ local, families: names, soon, ...more });
  }

  /** Until nothing is left to do. */
  run(): void {
    for (let turn = this.#turns.shift(); turn; turn = this.#turns.shift()) turn();
  }

  /** Some turns only. */
  turn(count = 1): void {
    for (let n = 0; n < count; n += 1) this.#turns.shift()?.();
  }
}

export interface TalkerOptions {
  readonly id: number;
  readonly ours: Partial<PeerSettings> & Pick<PeerSettings, 'families'>;
  readonly theirs?: Partial<PeerSettings>;
  readonly as?: number;
  readonly routing?: Partial<PeerRouting>;
  /** How routes are named in `told`, where their text does not tell them apart. */
  readonly nameOf?: (nlri: unknown) => string;
}

/** One peer. */
export class Talker {
  readonly routes: PeerRoutes;
  readonly id: number;
  readonly #settings: { readonly ours: PeerSettings; readonly theirs: PeerSettings };
  /** By family, route and path identifier: `l2vpn-evpn [3]:… #1`. */
  readonly told = new Map<string, Told>();
  /** Families whose end was told. */
  readonly ends: FamilyName[] = [];
  updates = 0;
  /** What it was sent last lies in it: the same as another's where the same was made for both. */
  heard: unknown;
  /** How often it was asked for its routes again, RFC 2918. */
  asked = 0;
  isBusy = false;
  readonly #nameOf: TalkerOptions['nameOf'];
  #drained: (() => void) | undefined;
  #session: Session | undefined;

  constructor(talk: Talk, options: TalkerOptions) {
    const { id, ours, theirs = {}, as = ourAs, routing = {} } = options;
    this.id = id;
    this.#nameOf = options.nameOf;
    const asn = as as Asn;
    const remote = asn === ourAs ? 'internal' : 'external';
    const own: Ip4 = { family: 4, value: 0x0a00_0000 + id };
    this.#settings = {
      // Most paths here are made up, and say nothing of who tells them.
      ours: peerSettings({
        local: { asn: ourAs, id: ourId },
        remote,
        enforceFirstAs: false,
        ...ours,
      }),
      theirs: peerSettings({
        local: { asn, id: own },
        remote,
        families: ours.families,
        ...theirs,
      }),
    };
    const address = String(id).padStart(8, '0');
    this.routes = talk.routing.peer({ address, client: remote === 'internal', ...routing });
  }

  get families(): readonly FamilyName[] {
    return this.#settings.ours.families.map(({ family }) => family);
  }

  get as(): number {
    return this.#settings.theirs.local.asn;
  }

  /** Whether it sends several paths of a route, or takes them. */
  sendsPaths(family: FamilyName): boolean {
    const { ours, theirs } = this.#settings;
    return (
      ours.families.some((each) => each.family === family && each.receivePaths === true) &&
      theirs.families.some((each) => each.family === family && each.sendPaths === true)
    );
  }

  takesPaths(family: FamilyName): boolean {
    const { ours, theirs } = this.#settings;
    return (
      ours.families.some((each) => each.family === family && each.sendPaths === true) &&
      theirs.families.some((each) => each.family === family && each.receivePaths === true)
    );
  }

  /** Whether what is kept of it lives on in the session of now. */
  resumes(family: FamilyName): boolean {
    return this.#session?.resumed.has(families[family]) === true;
  }

  get isUp(): boolean {
    return this.#session !== undefined;
  }

  /** `localAddress`: our end of the session. */
  up(theirs: Partial<PeerSettings> = {}, localAddress?: Ip): void {
    const open = offer({ ...this.#settings.theirs, ...theirs });
    const { ours } = this.#settings;
    const negotiated = negotiate(offer(ours), open, ours);
    this.told.clear();
    this.ends.length = 0;
    const isBusy = (): boolean => this.isBusy;
    this.#session = {
      negotiated,
      localAddress,
      resumed: resumed(negotiated),
      send: (octets) => this.#hear(octets),
      get queued() {
        return isBusy() ? 1 << 30 : 0;
      },
      whenDrained: (callback) => {
        this.#drained = callback;
      },
      reset: () => assert.fail('no session is reset here'),
    };
    this.routes.up(this.#session);
  }

  /** It takes nothing more, or again. */
  busy(is: boolean): void {
    this.isBusy = is;
    if (is) return;
    this.#drained?.();
    this.#drained = undefined;
  }

  down(reason: Reason = { kind: 'lost', detail: '' }): Down {
    const negotiated = this.#session?.negotiated;
    assert.ok(negotiated !== undefined);
    const down = { reason, retained: retained(negotiated, reason) };
    this.routes.down(down);
    this.#session = undefined;
    this.#drained = undefined;
    return down;
  }

  announce<F extends FamilyName>(
    family: F,
    nlri: NlriValues[F],
    attributes: PathAttributes = plain,
    pathId?: number,
  ): MessageError | undefined {
    const route = pathId === undefined ? { nlri } : { nlri, pathId };
    const nextHop = { ip: { family: 4, value: 0x0a09_0000 + this.id } } as const;
    const mpReach = { family, nextHop, routes: [route] };
    return this.#say({ attributes: { ...attributes, mpReach } as PathAttributes });
  }

  withdraw<F extends FamilyName>(family: F, nlri: NlriValues[F], pathId?: number): void {
    const route = pathId === undefined ? { nlri } : { nlri, pathId };
    const mpUnreach = { family, routes: [route] };
    assert.equal(this.#say({ attributes: { mpUnreach } as PathAttributes }), undefined);
  }

  endOfRib(family: FamilyName): void {
    assert.equal(this.#say({ attributes: { mpUnreach: { family, routes: [] } } }), undefined);
  }

  /** The texts of all routes it has, by family. */
  has(family: FamilyName): readonly string[] {
    return [...this.told.keys()]
      .filter((key) => key.startsWith(`${family} `))
      .map((key) => key.slice(family.length + 1))
      .toSorted();
  }

  #say({ attributes }: { readonly attributes: PathAttributes }): MessageError | undefined {
    const session = this.#session;
    assert.ok(session !== undefined, 'it is down');
    const { wire } = session.negotiated;
    const message = { type: 'update', withdrawn: [], nlri: [], attributes } as const;
    const octets = unwrap(encodeMessage(message, mirrored(wire)));
    return this.routes.update(octets, 0, octets.length);
  }

  #hear(octets: Uint8Array): void {
    const session = this.#session;
    assert.ok(session !== undefined, 'told while down');
    this.heard = octets.buffer;
    const framer = new Framer();
    framer.longest = 65_535;
    framer.push(octets);
    while (framer.next()) {
      // The marks of RFC 7313 say nothing of routes, and are no request: the octet between the families says so.
      const isRequest =
        framer.type === MESSAGE.routeRefresh && framer.octets[framer.start + 21] === 0;
      if (isRequest) this.asked += 1;
      if (framer.type !== MESSAGE.update) continue;
      this.#update(session, framer.octets, framer.start, framer.end);
    }
    assert.equal(framer.error, undefined);
  }

  #update({ negotiated }: Session, octets: Uint8Array, start: number, end: number): void {
    const { wire } = negotiated;
    const decoded = decodeUpdate(octets, start, end, mirrored(wire));
    assert.ok(decoded.verdict !== 'reset');
    assert.deepEqual(decoded.findings, []);
    this.updates += 1;
    if (decoded.endOfRib !== undefined) this.ends.push(decoded.endOfRib.name);
    const { attributes, withdrawn, nlri } = decoded.update;
    const { mpReach, mpUnreach, nextHop, ...others } = attributes;
    const gone = [
      ...withdrawn.map((each) => this.#keyOf('ipv4-unicast', each)),
      ...(mpUnreach?.routes ?? []).map((each) => this.#keyOf(mpUnreach?.family, each)),
    ];
    // Nobody is told of the end of what he was never told of.
    for (const key of gone) assert.ok(this.told.delete(key), `${this.id}: ${key} is withdrawn`);
    for (const each of nlri) {
      const hop = nextHop === undefined ? undefined : { ip: nextHop };
      this.told.set(this.#keyOf('ipv4-unicast', each), { attributes: others, nextHop: hop });
    }
    for (const each of mpReach?.routes ?? []) {
      const told = { attributes: others, nextHop: mpReach?.nextHop };
      this.told.set(this.#keyOf(mpReach?.family, each), told);
    }
  }

  #keyOf(
    family: FamilyName | undefined,
    { nlri, pathId }: { readonly nlri: unknown; readonly pathId?: number },
  ): string {
    assert.ok(family !== undefined);
    const text = this.#nameOf?.(nlri) ?? families[family].nlri.format(nlri as never);
    return `${family} ${text}${pathId === undefined ? '' : ` #${pathId}`}`;
  }
}

/** What is sent there is received here. */
function mirrored(wire: WireSession): WireSession {
  const turned = [...wire.families].map(([number, each]) => {
    const { receivePathIds: sendPathIds, sendPathIds: receivePathIds } = each;
    return [number, { ...each, receivePathIds, sendPathIds }] as const;
  });
  const firstAs = wire.firstAs === undefined ? {} : { firstAs: ourAs };
  return { ...wire, ...firstAs, families: new Map(turned) };
}
