/** What the file of `selvedge bgp` may hold: the speaker itself, where it listens, groups of peers, peers, ranges. */

import { issue } from '../../base/issue.ts';
import { err, ok } from '../../base/result.ts';
import { formatIp, type Ip, parseIp } from '../../net/ip.ts';
import type { Asn } from '../../net/numbers.ts';
import { formatPrefix, parsePrefix, type Prefix } from '../../net/prefix.ts';
import { option, optional, type Type, type ValuesOf } from '../option.ts';
import { exchange, globalExchange } from './exchange.ts';
import { familyWords } from './families.ts';
import { globalRelations, relations } from './relations.ts';
import { asn, boolean, ifName, integer, ip4, listOf, oneOf, path, string } from '../types.ts';

const family = oneOf(...familyWords);

const remoteAs: Type<Asn | 'internal' | 'external'> = {
  says: 'AS number, `internal` or `external`',
  parse: (value) => (value === 'internal' || value === 'external' ? ok(value) : asn.parse(value)),
  format: (value) => value,
};

const ip: Type<Ip> = { says: 'IP address', parse: string(parseIp), format: formatIp };

const prefix: Type<Prefix> = { says: 'prefix', parse: string(parsePrefix), format: formatPrefix };

/** RFC 4271 §4.2: "either zero or at least three seconds". */
const holdTime: Type<number> = {
  ...integer(0, 65_535),
  says: 'seconds, 0 or 3 to 65535',
  parse: (value) =>
    value === 1 || value === 2
      ? err(issue(`a hold time is 0 or at least 3 seconds, not ${value}`))
      : integer(0, 65_535).parse(value),
};

const maxPasswordLength = 80;

/** What the kernel takes: TCP_MD5SIG_MAXKEYLEN. */
const password: Type<string> = {
  says: `text of 1 to ${maxPasswordLength} octets`,
  parse: string((value) => {
    const { length } = new TextEncoder().encode(value);
    return length > 0 && length <= maxPasswordLength
      ? ok(value)
      : err(issue(`not 1 to ${maxPasswordLength} octets`));
  }),
  format: (value) => value,
};

const families: Type<readonly (typeof familyWords)[number][]> = {
  ...listOf(family),
  parse: (value) =>
    Array.isArray(value) && value.length === 0
      ? err(issue('no family is left to speak'))
      : listOf(family).parse(value),
};

const text: Type<string> = { says: 'text', parse: string(ok), format: (value) => value };

export const global = {
  as: optional({ type: asn, about: 'Our AS.', why: 'must be given' }),
  routerId: optional({ type: ip4, about: 'Our BGP identifier, RFC 6286.', why: 'must be given' }),
  clusterId: optional({
    type: ip4,
    about: 'The cluster that we reflect for, RFC 4456.',
    why: 'the router id, unless several reflectors serve the same clients',
  }),
  families: option({
    type: families,
    default: ['l2vpn-evpn'],
    about: 'The families whose routes are held.',
    why: 'EVPN is what this speaker is for',
  }),
  ebgpRequiresPolicy: option({
    type: boolean,
    default: true,
    about:
      'Whether an external peer without `import` is taken nothing from, and one without `export` told nothing, RFC 8212.',
    why: 'a route that leaks to another AS does more harm than one that is missing; FRR has it so too',
  }),
  ...globalRelations,
  ...globalExchange,
  socket: option({
    type: path,
    default: '/run/selvedge/bgp.sock',
    about: 'The socket that `selvedge bgp show` asks.',
    why: 'beside the socket of the agent',
  }),
};

export const listen = {
  address: option({
    type: ip,
    default: { family: 4, value: 0 },
    about: 'The address to listen at.',
    why: 'every address of the node',
  }),
  port: option({
    type: integer(1, 65_535),
    default: 179,
    about: 'The TCP port to listen at.',
    why: 'the port of BGP, RFC 4271 §4',
  }),
  device: optional({ type: ifName, about: 'The VRF to listen in.', why: 'the default VRF' }),
};

/** Served over HTTP, where a port is given. */
export const metrics = {
  address: option({
    type: ip,
    default: { family: 4, value: 0x7f00_0001 },
    about: 'Where `/metrics`, `/healthz` and `/readyz` are served.',
    why: 'loopback: there is neither encryption nor a password',
  }),
  port: optional({
    type: integer(1, 65_535),
    about: 'The TCP port of these pages.',
    why: 'they are not served',
  }),
};

/** Of a peer, of a range, or of a group for all that name it. */
export const session = {
  as: optional({ type: remoteAs, about: 'The AS of the peer.', why: 'must be given' }),
  families: optional({
    type: families,
    about: 'The families that are spoken with the peer.',
    why: 'those of [global]',
  }),
  client: option({
    type: boolean,
    default: false,
    about: 'Whether an internal peer is a client of ours as a route reflector, RFC 4456.',
    why: 'a peer is told routes of others only when that is asked for',
  }),
  passive: option({
    type: boolean,
    default: false,
    about: 'Whether we only wait for the peer to connect.',
    why: 'both ends connect, so that either may come later',
  }),
  holdTime: option({
    type: holdTime,
    default: 90,
    about: 'Seconds without a sign of the peer, after which it is gone; 0, or at least 3.',
    why: 'RFC 4271 §10 suggests it',
  }),
  connectRetry: option({
    type: integer(1, 65_535),
    default: 10,
    about: 'Seconds between two attempts to connect.',
    why: 'in a fabric a switch is back within seconds',
  }),
  delayOpen: option({
    type: integer(0, 65_535),
    default: 0,
    about: 'Seconds for which the peer may send its OPEN before we send ours (DelayOpen).',
    why: 'RFC 4271 §8.1.1 has it off',
  }),
  port: option({
    type: integer(1, 65_535),
    default: 179,
    about: 'The TCP port of the peer.',
    why: 'the port of BGP, RFC 4271 §4',
  }),
  source: optional({ type: ip, about: 'The address to connect from.', why: "the kernel's choice" }),
  device: optional({ type: ifName, about: 'The VRF of the peer.', why: 'the default VRF' }),
  password: optional({
    type: password,
    secret: true,
    about: 'The key of TCP-MD5, RFC 2385.',
    why: 'none',
  }),
  hops: optional({
    type: integer(1, 255),
    about: 'How many hops away an external peer may be.',
    why: '1; internal peers may be anywhere',
  }),
  ttlSecurity: option({
    type: boolean,
    default: false,
    about: 'Whether packets from further away are dropped, GTSM, RFC 5082.',
    why: 'both ends must do it',
  }),
  extendedMessage: option({
    type: boolean,
    default: true,
    about: 'Whether messages may be longer than 4096 octets where the peer agrees, RFC 8654.',
    why: 'costs nothing where the peer does not',
  }),
  gracefulRestart: option({
    type: integer(0, 4095),
    default: 120,
    about: 'Seconds for which routes of a peer that restarts are kept, RFC 4724; 0: not at all.',
    why: 'what FRR and BIRD take',
  }),
  ...relations,
  ...exchange,
  shutdown: option({
    type: boolean,
    default: false,
    about: 'Whether no session is wanted.',
    why: 'a peer is configured to be spoken with',
  }),
};

export const peer = {
  address: optional({ type: ip, about: 'The address of the peer.', why: 'or `link`' }),
  link: optional({
    type: ifName,
    about: 'The link of the peer: with a link-local address, or without any address.',
    why: 'the kernel finds it',
  }),
};

export const range = {
  prefix: optional({
    type: prefix,
    about: 'Peers are accepted from these addresses.',
    why: 'must be given',
  }),
  limit: option({
    type: integer(1, 100_000),
    default: 1000,
    about: 'How many at a time.',
    why: 'a stranger must not fill our memory',
  }),
};

/** The names of things, of which nothing else is asked. */
export const naming = {
  group: optional({ type: text, about: 'The group whose options hold.', why: 'none' }),
  name: optional({ type: text, about: 'For logs and lists.', why: 'the address' }),
};

export type SessionValues = ValuesOf<typeof session>;
export type GlobalValues = ValuesOf<typeof global>;
export type ListenValues = ValuesOf<typeof listen>;
export type MetricsValues = ValuesOf<typeof metrics>;
