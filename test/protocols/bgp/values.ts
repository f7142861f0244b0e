/** Generators of everything that BGP says, one place for properties, the comparison with tshark, and the fuzzer. */

import fc from 'fast-check';
import type { Esi } from '../../../src/net/esi.ts';
import type { Family, Ip, Ip6 } from '../../../src/net/ip.ts';
import { networkOf, type Prefix } from '../../../src/net/prefix.ts';
import type {
  AsSegment,
  Capability,
  EvpnRoute,
  ExtendedCommunity,
  FamilyName,
  KnownExtendedCommunity,
  Message,
  MpReach,
  MpUnreach,
  NextHop,
  NlriValues,
  Notification,
  PathAttributes,
  Rd,
  Route,
  SessionOptions,
  Update,
  WireSession,
} from '../../../src/protocols/bgp/index.ts';
import {
  AFI,
  cease,
  encodeMessage,
  families,
  familyNames,
  hardReset,
  roles,
  wireSession,
} from '../../../src/protocols/bgp/index.ts';
import { anyIp, anyIp4, anyIp6, anyMac } from '../../net/values.ts';

export const u8 = fc.integer({ min: 0, max: 0xff });
export const u16 = fc.integer({ min: 0, max: 0xffff });
export const u24 = fc.integer({ min: 0, max: 0xffffff });
export const u32 = fc.integer({ min: 0, max: 0xffffffff });
export const u64 = fc.bigInt({ min: 0n, max: (1n << 64n) - 1n });
/** AS numbers of both sizes are common, 0 never. */
const asn = fc.oneof(fc.integer({ min: 1, max: 0xffff }), fc.integer({ min: 1, max: 0xffffffff }));
const bool = fc.boolean();
const bytes = (maxLength: number) => fc.uint8Array({ maxLength });
const bits48 = fc.bigInt({ min: 0n, max: (1n << 48n) - 1n });
/** Of the three forms as often as of none. */
export const anyRd = fc
  .oneof(
    u64,
    fc.tuple(fc.constantFrom(0n, 1n, 2n), bits48).map(([form, rest]) => (form << 48n) | rest),
  )
  .map((bits) => bits as Rd);
export const anyEsi = fc.bigInt({ min: 0n, max: (1n << 80n) - 1n }).map((bits) => bits as Esi);

function ipOf(family: Family): fc.Arbitrary<Ip> {
  return family === 4 ? anyIp4 : anyIp6;
}

/** Without host bits, as they come back from the wire. */
function prefixOf(family: Family): fc.Arbitrary<Prefix> {
  return fc
    .record({ ip: ipOf(family), length: fc.integer({ min: 0, max: family === 4 ? 32 : 128 }) })
    .map(networkOf);
}

/** Ethernet segment and gateway of a route of type 5 exclude each other, RFC 9136 §3.2. */
function prefixRoute(family: Family): fc.Arbitrary<EvpnRoute> {
  const none = family === 4 ? { family, value: 0 } : { family, value: 0n };
  const index = fc.oneof(
    fc.record({ esi: anyEsi, gateway: fc.constant(none as Ip) }),
    fc.record({ esi: fc.constant(0n as Esi), gateway: ipOf(family) }),
  );
  // Without either it needs a label, RFC 9136 §3.1.
  const rest = {
    rd: anyRd,
    tag: u32,
    prefix: prefixOf(family),
    label: fc.integer({ min: 1, max: 0xffffff }),
  };
  return fc
    .tuple(fc.record(rest), index)
    .map(([fields, overlay]) => ({ type: 'prefix', ...fields, ...overlay }));
}

export const anyEvpnRoute: fc.Arbitrary<EvpnRoute> = fc.oneof(
  fc.record({
    type: fc.constant('ead'),
    rd: anyRd,
    esi: anyEsi,
    tag: fc.oneof(u32, fc.constant(0xffffffff)),
    label: u24,
  }),
  fc.record(
    {
      type: fc.constant('mac'),
      rd: anyRd,
      esi: anyEsi,
      tag: u32,
      mac: anyMac,
      ip: anyIp,
      label: u24,
      label2: u24,
    },
    { requiredKeys: ['type', 'rd', 'esi', 'tag', 'mac', 'label'] },
  ),
  fc.record({ type: fc.constant('imet'), rd: anyRd, tag: u32, originator: anyIp }),
  fc.record({ type: fc.constant('es'), rd: anyRd, esi: anyEsi, originator: anyIp }),
  prefixRoute(4),
  prefixRoute(6),
  fc.record({
    type: fc.constant('opaque'),
    code: fc.integer({ min: 6, max: 11 }),
    raw: bytes(60),
  }),
);

const membership: fc.Arbitrary<NlriValues['route-target']> = fc.oneof(
  fc.constant({ length: 0, originAs: 0, target: 0n }),
  fc
    .record({ length: fc.integer({ min: 32, max: 96 }), originAs: u32, target: u64 })
    .map(({ length, originAs, target }) => {
      const spare = BigInt(96 - length);
      return { length, originAs, target: (target >> spare) << spare };
    }),
);

const vpn = (family: Family) => fc.record({ rd: anyRd, prefix: prefixOf(family), label: u24 });

export const anyNlri: { readonly [F in FamilyName]: fc.Arbitrary<NlriValues[F]> } = {
  'ipv4-unicast': prefixOf(4),
  'ipv6-unicast': prefixOf(6),
  'ipv4-vpn': vpn(4),
  'ipv6-vpn': vpn(6),
  'l2vpn-evpn': anyEvpnRoute,
  'route-target': membership,
};

/** fe80::/64 and these bits. */
function linkLocalOf(bits: bigint): Ip6 {
  return { family: 6, value: (0xfe80n << 112n) | bits };
}

/** The next hops that a family may have in this session. */
function nextHopOf(family: FamilyName, extended: boolean): fc.Arbitrary<NextHop> {
  const four = anyIp4.map((ip) => ({ ip }));
  const six = fc.oneof(
    anyIp6.map((ip) => ({ ip })),
    fc.record({ ip: anyIp6, linkLocal: u64.map(linkLocalOf) }),
  );
  if (family === 'ipv6-unicast' || family === 'ipv6-vpn') return six;
  const isIpv4 = family === 'ipv4-unicast' || family === 'ipv4-vpn';
  return isIpv4 && !extended ? four : fc.oneof(four, six);
}

function routesOf<F extends FamilyName>(
  family: F,
  pathIds: boolean,
  minLength = 1,
): fc.Arbitrary<readonly Route<NlriValues[F]>[]> {
  const nlri = anyNlri[family] as fc.Arbitrary<NlriValues[F]>;
  const route = pathIds ? fc.record({ nlri, pathId: u32 }) : fc.record({ nlri });
  return fc.array(route, { minLength, maxLength: 20, size: 'max' });
}

/** As many routes as only an extended message has room for. */
function manyRoutesOf<F extends FamilyName>(
  family: F,
  pathIds: boolean,
): fc.Arbitrary<readonly Route<NlriValues[F]>[]> {
  const nlri = anyNlri[family] as fc.Arbitrary<NlriValues[F]>;
  const route = pathIds ? fc.record({ nlri, pathId: u32 }) : fc.record({ nlri });
  return fc.array(route, { minLength: 300, maxLength: 400, size: 'max' });
}

export const anyExtendedCommunity: fc.Arbitrary<ExtendedCommunity> = fc.oneof(
  administered('route-target'),
  administered('site-of-origin'),
  fc.record({
    kind: fc.constant('link-bandwidth'),
    transitive: bool,
    asn: u16,
    bandwidth: fc.float({ noNaN: true }),
  }),
  fc.record({ kind: fc.constant('color'), flags: u16, color: u32 }),
  fc.record({ kind: fc.constant('encapsulation'), tunnel: u16 }),
  fc.constant({ kind: 'default-gateway' as const }),
  fc.record({ kind: fc.constant('mac-mobility'), sequence: u32, sticky: bool }),
  fc.record({ kind: fc.constant('esi-label'), singleActive: bool, label: u24 }),
  fc.record({ kind: fc.constant('es-import'), mac: anyMac }),
  fc.record({ kind: fc.constant('router-mac'), mac: anyMac }),
  fc.record({ kind: fc.constant('layer-2-attributes'), flags: u16, mtu: u16 }),
  fc.record({
    kind: fc.constant('df-election'),
    algorithm: fc.integer({ min: 0, max: 31 }),
    capabilities: u16,
    preference: u16,
  }),
  fc.record({ kind: fc.constant('arp-nd'), flags: u8 }),
  // Reserved bits, where a community has any: the octet behind the flag of a MAC that moves.
  fc.record({
    kind: fc.constant('mac-mobility'),
    sequence: u32,
    sticky: bool,
    reserved: fc.integer({ min: 1, max: 0xff }).map((bits) => BigInt(bits) << 32n),
  }),
  u64
    .map((bits) => (0x80n << 56n) | (bits & 0xff_ffff_ffff_ffffn))
    .map((bits) => ({ kind: 'opaque' as const, bits })),
);

function administered<K extends 'route-target' | 'site-of-origin'>(
  kind: K,
): fc.Arbitrary<Extract<KnownExtendedCommunity, { kind: K }>> {
  const forms = [
    { form: 'as2', administrator: u16, assigned: u32 },
    { form: 'ip4', administrator: u32, assigned: u16 },
    { form: 'as4', administrator: u32, assigned: u16 },
  ].map(({ form, ...numbers }) =>
    fc.record({ kind: fc.constant(kind), form: fc.constant(form), ...numbers }),
  );
  return fc.oneof(...forms) as fc.Arbitrary<Extract<KnownExtendedCommunity, { kind: K }>>;
}

const segment = (type: AsSegment['type'], of = asn): fc.Arbitrary<AsSegment> =>
  fc.record({
    type: fc.constant(type),
    asns: fc.oneof(
      { weight: 18, arbitrary: fc.array(of, { minLength: 1, maxLength: 6 }) },
      // Beyond an attribute length of one octet, and up to all that a segment holds.
      { weight: 1, arbitrary: fc.array(of, { minLength: 60, maxLength: 120, size: 'max' }) },
      { weight: 1, arbitrary: fc.array(of, { minLength: 255, maxLength: 255, size: 'max' }) },
    ),
  });

/** What may come from a peer of this kind; a member AS of two octets in a confederation, since AS4_PATH has none. */
function asPathOf({ peer, fourOctetAs }: WireSession): fc.Arbitrary<readonly AsSegment[]> {
  const plain = fc.array(fc.oneof(segment('sequence'), segment('set')), { maxLength: 3 });
  if (peer === 'external') return plain;
  const member = fourOctetAs ? asn : fc.integer({ min: 1, max: 0xffff });
  const inside = fc.oneof(segment('confed-sequence', member), segment('confed-set', member));
  const first = segment('confed-sequence', member);
  const minLength = peer === 'confederation' ? 1 : 0;
  return fc
    .tuple(fc.array(first, { minLength, maxLength: 1 }), fc.array(inside, { maxLength: 1 }), plain)
    .map(([lead, more, rest]) => [...lead, ...(lead.length === 0 ? [] : more), ...rest]);
}

const pmsiTunnel = fc.oneof(
  fc.record({
    flags: u8,
    tunnel: fc.constant(6),
    label: u24,
    identifier: fc.uint8Array({ minLength: 4, maxLength: 4 }),
  }),
  fc.record({
    flags: u8,
    tunnel: fc.constantFrom(0, 1, 2, 3, 4, 5, 7),
    label: u24,
    identifier: bytes(24),
  }),
);

function octetsOf(bits: bigint): Uint8Array {
  const octets = new Uint8Array(8);
  new DataView(octets.buffer).setBigUint64(0, bits);
  return octets;
}

const aigp = fc
  .tuple(
    // All ones are no metric, RFC 7311 §3.2.
    fc.bigInt({ min: 0n, max: (1n << 64n) - 2n }).map(octetsOf),
    fc.array(fc.record({ type: fc.integer({ min: 2, max: 255 }), value: bytes(10) }), {
      maxLength: 2,
    }),
  )
  .map(([metric, others]) => [{ type: 1, value: metric }, ...others]);

/** Those that are not read: optional and transitive, so that they are kept. */
const unknown = fc.uniqueArray(
  fc.record({
    code: fc.integer({ min: 40, max: 255 }),
    flags: fc.constantFrom(0xc0, 0xe0),
    raw: fc.oneof(bytes(10), fc.uint8Array({ minLength: 256, maxLength: 300 })),
  }),
  { minLength: 1, maxLength: 3, selector: ({ code }) => code },
);

const list = <T>(of: fc.Arbitrary<T>) =>
  fc.oneof(
    { weight: 9, arbitrary: fc.array(of, { minLength: 1, maxLength: 6 }) },
    { weight: 1, arbitrary: fc.array(of, { minLength: 33, maxLength: 70, size: 'max' }) },
  );

/** All that describe routes: those that an announcement must have, and any of the others. */
export function anyAttributes(session: WireSession): fc.Arbitrary<PathAttributes> {
  const within = session.peer === 'internal';
  const optional = {
    med: u32,
    atomicAggregate: fc.constant(true as const),
    aggregator: fc.record({ asn, address: anyIp4 }),
    communities: list(u32),
    extendedCommunities: list(anyExtendedCommunity),
    ipv6ExtendedCommunities: list(fc.uint8Array({ minLength: 20, maxLength: 20 })),
    pmsiTunnel,
    ...(session.peer === 'external' ? {} : { aigp }),
    largeCommunities: list(fc.record({ global: u32, local1: u32, local2: u32 })),
    onlyToCustomer: u32,
    unknown,
    ...(within ? { originatorId: anyIp4, clusterList: list(anyIp4) } : {}),
  };
  const required = {
    origin: fc.constantFrom('igp', 'egp', 'incomplete'),
    asPath: asPathOf(session),
    ...(session.peer === 'external' ? {} : { localPref: u32 }),
  };
  const keys = Object.keys(required);
  return fc.record({ ...required, ...optional }, { requiredKeys: keys as never }) as never;
}

function sends(session: WireSession, family: FamilyName) {
  const agreed = [...session.families.values()].find((one) => one.family.name === family);
  return { pathIds: agreed?.sendPathIds ?? false, extended: agreed?.extendedNextHop ?? false };
}

export function anyMpReach(session: WireSession): fc.Arbitrary<MpReach> {
  return fc.constantFrom(...familyNames).chain((family) => {
    const { pathIds, extended } = sends(session, family);
    return fc.record({
      family: fc.constant(family),
      nextHop: nextHopOf(family, extended),
      routes: session.extendedMessage
        ? fc.oneof(
            { weight: 19, arbitrary: routesOf(family, pathIds) },
            { weight: 1, arbitrary: manyRoutesOf(family, pathIds) },
          )
        : routesOf(family, pathIds),
    }) as fc.Arbitrary<MpReach>;
  });
}

export function anyMpUnreach(session: WireSession): fc.Arbitrary<MpUnreach> {
  return fc.constantFrom(...familyNames).chain((family) => {
    const routes = routesOf(family, sends(session, family).pathIds, 0);
    return fc.record({ family: fc.constant(family), routes }) as fc.Arbitrary<MpUnreach>;
  });
}

/** Any that fits into a message of the session. */
export function anyUpdate(session: WireSession): fc.Arbitrary<Update> {
  return ofAnyParts(session).filter((update) => encodeMessage(update, session).ok);
}

function ofAnyParts(session: WireSession): fc.Arbitrary<Update> {
  const { pathIds } = sends(session, 'ipv4-unicast');
  const ipv4 = routesOf('ipv4-unicast', pathIds);
  const none = fc.constant([]);
  const set = anyAttributes(session);
  const type = fc.constant('update' as const);
  return fc.oneof(
    fc.record({ type, withdrawn: ipv4, attributes: fc.constant({}), nlri: none }),
    fc.record({
      type,
      withdrawn: none,
      attributes: fc
        .tuple(set, anyIp4)
        .map(([attributes, nextHop]) => ({ ...attributes, nextHop })),
      nlri: ipv4,
    }),
    fc.record({
      type,
      withdrawn: none,
      attributes: fc
        .tuple(set, anyMpReach(session))
        .map(([attributes, mpReach]) => ({ ...attributes, mpReach })),
      nlri: none,
    }),
    fc.record({
      type,
      withdrawn: none,
      attributes: anyMpUnreach(session).map((mpUnreach) => ({ mpUnreach })),
      nlri: none,
    }),
    // What no one should send, RFC 7606 §5.1, and everyone must read: all at once.
    fc.record({
      type,
      withdrawn: ipv4,
      attributes: fc
        .tuple(set, anyIp4, anyMpReach(session), anyMpUnreach(session))
        .map(([attributes, nextHop, mpReach, mpUnreach]) => ({
          ...attributes,
          nextHop,
          mpReach,
          mpUnreach,
        })),
      nlri: ipv4,
    }),
  ) as fc.Arbitrary<Update>;
}

/** Known and unknown ones, in any pairs. */
const afiSafi = {
  afi: fc.oneof(u16, fc.constantFrom(...familyNames.map((name) => families[name].afi))),
  safi: fc.oneof(u8, fc.constantFrom(...familyNames.map((name) => families[name].safi))),
};
const several = <T>(of: fc.Arbitrary<T>) => fc.array(of, { maxLength: 4, size: 'max' });
const text = fc.string({ maxLength: 30, unit: 'grapheme-ascii' });

export const anyCapability: fc.Arbitrary<Capability> = fc.oneof(
  fc.record({ kind: fc.constant('multiprotocol'), ...afiSafi }),
  fc.constant({ kind: 'route-refresh' as const }),
  fc.record({
    kind: fc.constant('extended-next-hop'),
    families: several(fc.record({ ...afiSafi, nextHopAfi: fc.oneof(fc.constant(AFI.ipv6), u16) })),
  }),
  fc.constant({ kind: 'extended-message' as const }),
  fc.record({ kind: fc.constant('role'), role: fc.constantFrom(...roles) }),
  fc.record({
    kind: fc.constant('graceful-restart'),
    restarted: bool,
    notification: bool,
    time: fc.integer({ min: 0, max: 4095 }),
    families: several(fc.record({ ...afiSafi, forwarding: bool })),
  }),
  fc.record({ kind: fc.constant('four-octet-as'), asn }),
  fc.record({
    kind: fc.constant('add-path'),
    families: several(
      fc
        .record({ ...afiSafi, mode: fc.integer({ min: 1, max: 3 }) })
        .map(({ afi, safi, mode }) => ({
          afi,
          safi,
          receive: (mode & 1) === 1,
          send: mode > 1,
        })),
    ),
  }),
  fc.constant({ kind: 'enhanced-route-refresh' as const }),
  fc.record({
    kind: fc.constant('long-lived-graceful-restart'),
    families: several(fc.record({ ...afiSafi, forwarding: bool, time: u24 })),
  }),
  fc.record({ kind: fc.constant('hostname'), host: text, domain: text }),
  fc.record({
    kind: fc.constant('unknown'),
    code: fc.integer({ min: 128, max: 255 }),
    raw: bytes(40),
  }),
) as fc.Arbitrary<Capability>;

/** Of any code, with the words of an administrator, and either within a hard reset. */
const anyNotification: fc.Arbitrary<Notification> = fc
  .tuple(
    fc.oneof(
      fc.record({ type: fc.constant('notification'), code: u8, subcode: u8, data: bytes(60) }),
      fc.tuple(fc.constantFrom(2, 4), text).map(([subcode, words]) => cease(subcode, words)),
    ),
    bool,
  )
  .map(([plain, isHard]) => (isHard ? hardReset(plain) : plain));

export function anyMessage(session: WireSession): fc.Arbitrary<Message> {
  return fc.oneof(
    { weight: 6, arbitrary: anyUpdate(session) },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant('open'),
        myAs: fc.integer({ min: 1, max: 0xffff }),
        holdTime: fc.oneof(fc.constant(0), fc.integer({ min: 3, max: 0xffff })),
        id: u32.filter((value) => value > 0).map((value) => ({ family: 4 as const, value })),
        // With and without so many that their length takes two octets.
        capabilities: fc.array(anyCapability, { maxLength: 30, size: 'max' }),
      }) as fc.Arbitrary<Message>,
    },
    {
      weight: 1,
      arbitrary: anyNotification,
    },
    {
      weight: 1,
      arbitrary: fc.oneof(
        fc.record({
          type: fc.constant('route-refresh'),
          ...afiSafi,
          subtype: fc.constantFrom('request', 'begin', 'end'),
          filters: fc.constant(new Uint8Array(0)),
        }),
        fc.record({
          type: fc.constant('route-refresh'),
          ...afiSafi,
          subtype: fc.constantFrom<'request' | number>('request', 3, 255),
          filters: bytes(30),
        }),
      ) as fc.Arbitrary<Message>,
    },
    { weight: 1, arbitrary: fc.constant({ type: 'keepalive' as const }) },
  );
}

const everyFamily = (options: { readonly pathIds: boolean; readonly extended: boolean }) =>
  familyNames.map((family) => ({
    family,
    receivePathIds: options.pathIds,
    sendPathIds: options.pathIds,
    extendedNextHop: options.extended,
  }));

const shape: readonly SessionOptions[] = (
  ['internal', 'external', 'confederation'] as const
).flatMap((peer) =>
  [true, false].flatMap((fourOctetAs) => [
    { peer, fourOctetAs, families: everyFamily({ pathIds: false, extended: false }) },
    {
      peer,
      fourOctetAs,
      extendedMessage: true,
      families: everyFamily({ pathIds: true, extended: true }),
    },
  ]),
);

/** Every kind of peer, with AS numbers of both sizes, without and with ADD-PATH, extended messages and next hops. */
export const sessions: readonly WireSession[] = shape.map(wireSession);

export const anySession = fc.constantFrom(...sessions);
