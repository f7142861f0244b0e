/**
 * A speaker: the addresses it listens on, the peers it knows, and which of them a connection belongs to. The composition of
 * sessions; routes are the business of the handlers.
 */

import { type Issue, issue } from '../../../base/issue.ts';
import { type Log, type Random, silentLog } from '../../../base/ports.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import type { IfName } from '../../../net/if-name.ts';
import { equalIp, formatIp, type Ip, isLinkLocal } from '../../../net/ip.ts';
import { formatPrefix, type Prefix, prefixContains } from '../../../net/prefix.ts';
import type { SessionHandler } from '../session/handler.ts';
import { checkSettings, type PeerSettings } from '../session/settings.ts';
import { cease } from '../wire/notification.ts';
import { CEASE } from '../wire/numbers.ts';
import { Connection, type ConnectionOwner, Traffic } from './connection.ts';
import { checkConnection, connectionSettings } from './connection-settings.ts';
import { Peer, type PeerContext } from './peer.ts';
import { tcpTransport } from './tcp.ts';
import { systemTimers, type Timers } from './timers.ts';
import type {
  ConnectionSettings,
  Listener,
  ListenSettings,
  Place,
  Stream,
  Transport,
} from './transport.ts';

export interface SpeakerOptions {
  readonly log?: Log;
  readonly timers?: Timers;
  readonly random?: Random;
  readonly transport?: Transport;
  /** Octets of a peer that are taken in before others have their turn. 32768 unless said, which is a few milliseconds at most. */
  readonly portion?: number;
  /** Octets queued to a peer at which `whenDrained` calls back. */
  readonly lowWater?: number;
  /** Called whenever the state of a peer has changed. */
  readonly changed?: (peer: Peer) => void;
}

const defaults = { portion: 32768, lowWater: 65536 };

export interface NewPeer {
  /** For logs and lists; its address unless said. */
  readonly name?: string;
  /** A link-local address needs its link. With a link and no address: whoever connects from a link-local address there. */
  readonly remote: { readonly ip: Ip; readonly link?: IfName } | { readonly link: IfName };
  readonly settings: PeerSettings;
  readonly connection?: Partial<ConnectionSettings>;
  readonly handler: SessionHandler;
}

/** Neighbours that are not configured one by one: whoever connects from this prefix, up to a limit. */
export interface ListenRange {
  readonly name?: string;
  readonly prefix: Prefix;
  /** How many at a time. */
  readonly limit: number;
  readonly settings: PeerSettings;
  readonly connection?: Partial<ConnectionSettings>;
  /** Called for each that comes; it is forgotten when its session is over and no route of it is kept. */
  readonly handler: (ip: Ip) => SessionHandler;
}

interface Entry {
  readonly peer: Peer;
  readonly ip: Ip | undefined;
  readonly link: IfName | undefined;
  readonly connection: ConnectionSettings;
  /** Of a neighbour that came by itself. */
  readonly range: ListenRange | undefined;
}

interface Range {
  readonly range: ListenRange;
  readonly connection: ConnectionSettings;
}

interface Open {
  readonly at: ListenSettings;
  readonly listener: Listener;
}

export class Speaker {
  readonly #context: PeerContext;
  readonly #changed: (peer: Peer) => void;
  readonly #entries = new Set<Entry>();
  readonly #ranges = new Set<Range>();
  readonly #listeners: Open[] = [];

  constructor(options: SpeakerOptions = {}) {
    this.#context = {
      log: options.log ?? silentLog,
      timers: options.timers ?? systemTimers,
      random: options.random ?? Math.random,
      transport: options.transport ?? tcpTransport(),
      buffer: new Uint8Array(options.portion ?? defaults.portion),
      lowWater: options.lowWater ?? defaults.lowWater,
    };
    this.#changed = options.changed ?? (() => {});
  }

  get peers(): readonly Peer[] {
    return [...this.#entries].map(({ peer }) => peer);
  }

  /** Accepts connections there, for all peers of that VRF. The port that it has become, for 0. */
  listen(at: ListenSettings): Result<{ readonly port: number }, Issue> {
    const opened = this.#context.transport.listen(at, (stream) => this.#accept(stream, at));
    if (!opened.ok) return err(issue(opened.error, `listen ${formatIp(at.ip)} port ${at.port}`));
    const open: Open = { at, listener: opened.value };
    for (const one of [...this.#entries, ...this.#ranges]) {
      const refused = setPassword([open], one, one.connection.password);
      if (refused === undefined) continue;
      open.listener.close();
      return err(refused);
    }
    this.#listeners.push(open);
    return ok({ port: open.listener.port });
  }

  /** Knows a peer from now on; `start` begins. Fails with all that is wrong. */
  add(options: NewPeer): Result<Peer, readonly Issue[]> {
    const { ip, link } = { ip: undefined, link: undefined, ...options.remote };
    const connection = connectionSettings(options.connection, options.settings);
    const issues = [...checkSettings(options.settings), ...checkConnection(connection)];
    if (ip !== undefined && isLinkLocal(ip) && ip.family === 6 && link === undefined) {
      issues.push(issue('a link-local address is of some link', 'remote.link'));
    }
    const known = { ip, link, connection };
    if ([...this.#entries].some((entry) => isSameRemote(entry, known))) {
      issues.push(issue('another peer has this address', 'remote'));
    }
    if (issues.length > 0) return err(issues);
    const name = options.name ?? formatRemote(ip, link);
    const refused = setPassword(this.#listeners, known, connection.password);
    if (refused !== undefined) return err([refused]);
    const peer = new Peer(
      { ...options, name, place: placeOf(ip, link), connection },
      this.#context,
      this.#changed,
    );
    this.#entries.add({ peer, ip, link, connection, range: undefined });
    return ok(peer);
  }

  /** Ends its session, and knows it no longer. */
  remove(peer: Peer): void {
    peer.deconfigure();
    for (const entry of this.#entries) if (entry.peer === peer) this.#forget(entry);
  }

  /** Accepts neighbours from this prefix from now on; what is returned ends that, and the sessions with it. */
  addRange(range: ListenRange): Result<() => void, readonly Issue[]> {
    const connection = connectionSettings(range.connection, range.settings);
    const issues = [...checkSettings(range.settings), ...checkConnection(connection)];
    if (issues.length > 0) return err(issues);
    const one: Range = { range, connection };
    const refused = setPassword(this.#listeners, one, connection.password);
    if (refused !== undefined) return err([refused]);
    this.#ranges.add(one);
    return ok(() => this.#removeRange(one));
  }

  /** Ends every session for good, and says so: peers forget our routes. */
  shutdown(words = ''): void {
    this.#close((peer) => peer.stop(words));
  }

  /** Ends without a word, so that peers that help restarts keep our routes until we are back. */
  abandon(): void {
    this.#close((peer) => peer.abandon());
  }

  #close(end: (peer: Peer) => void): void {
    for (const { listener } of this.#listeners.splice(0)) listener.close();
    this.#ranges.clear();
    for (const { peer } of this.#entries) end(peer);
    this.#entries.clear();
  }

  #removeRange(one: Range): void {
    this.#ranges.delete(one);
    setPassword(this.#listeners, one, undefined);
    for (const entry of this.#entries) if (entry.range === one.range) this.remove(entry.peer);
  }

  #forget(entry: Entry): void {
    this.#entries.delete(entry);
    if (entry.range === undefined) setPassword(this.#listeners, entry, undefined);
  }

  #accept(stream: Stream, at: ListenSettings): void {
    const entry = this.#entryOf(stream, at);
    const range = entry === undefined ? this.#rangeOf(stream.remote.ip, at) : undefined;
    if (entry !== undefined) this.#hand(stream, entry);
    else if (range === undefined) this.#reject(stream, 'no such peer is configured');
    else this.#welcome(stream, range);
  }

  #entryOf({ remote }: Stream, at: ListenSettings): Entry | undefined {
    const isOf = (link: IfName): boolean => this.#context.transport.isScope(remote.scope, link);
    return [...this.#entries].find(({ connection, ip, link }) => {
      if (connection.device !== at.device) return false;
      if (ip === undefined) return link !== undefined && isLinkLocal(remote.ip) && isOf(link);
      return equalIp(ip, remote.ip) && (link === undefined || !isLinkLocal(ip) || isOf(link));
    });
  }

  /** The narrowest one that holds the address. */
  #rangeOf(ip: Ip, at: ListenSettings): Range | undefined {
    return [...this.#ranges]
      .filter(({ connection }) => connection.device === at.device)
      .filter(({ range }) => prefixContains(range.prefix, ip))
      .toSorted((a, b) => b.range.prefix.length - a.range.prefix.length)[0];
  }

  /** False when the kernel did not let us set what is to be set. */
  #hand(stream: Stream, { connection, peer }: Entry): boolean {
    const adopted = this.#context.transport.adopt(stream, connection);
    if (adopted.ok) peer.accept(stream);
    else {
      this.#context.log('error', `${peer.name}: a connection cannot be accepted: ${adopted.error}`);
      stream.close();
    }
    return adopted.ok;
  }

  /** A neighbour that is new. */
  #welcome(stream: Stream, { connection, range }: Range): void {
    const { ip } = stream.remote;
    const name = formatIp(ip);
    const present = [...this.#entries].filter((entry) => entry.range === range).length;
    if (present >= range.limit) {
      return this.#reject(
        stream,
        `${formatPrefix(range.prefix)} has its ${range.limit} neighbours`,
      );
    }
    const peer = new Peer(
      {
        name: range.name === undefined ? name : `${range.name} ${name}`,
        place: { ip },
        settings: { ...range.settings, passive: true },
        connection,
        handler: range.handler(ip),
      },
      this.#context,
      (changed) => {
        if (this.#entries.has(entry) && changed.isAtRest) this.#entries.delete(entry);
        this.#changed(changed);
      },
    );
    const entry: Entry = { peer, ip, link: undefined, connection, range };
    peer.start();
    // Not before: until then it is at rest, and would be forgotten at once.
    if (this.#hand(stream, entry)) this.#entries.add(entry);
  }

  /** RFC 4486 §4. */
  #reject(stream: Stream, reason: string): void {
    this.#context.log(
      'info',
      `a connection from ${formatIp(stream.remote.ip)} is refused: ${reason}`,
    );
    const connection = new Connection(stream, nobody, new Traffic(), this.#context);
    connection.sendMessage(cease(CEASE.connectionRejected));
    connection.close();
  }
}

/** Who hears what a connection says that is refused. */
const nobody: ConnectionOwner = {
  update: () => {},
  refresh: () => {},
  event: () => {},
  drained: () => {},
};

interface Remote {
  readonly ip: Ip | undefined;
  readonly link: IfName | undefined;
  readonly connection: ConnectionSettings;
}

function isSameRemote(a: Remote, b: Remote): boolean {
  const isSameIp =
    a.ip === undefined ? b.ip === undefined : b.ip !== undefined && equalIp(a.ip, b.ip);
  return isSameIp && a.link === b.link && a.connection.device === b.connection.device;
}

function placeOf(ip: Ip | undefined, link: IfName | undefined): Place | undefined {
  if (ip === undefined) return undefined;
  return link === undefined ? { ip } : { ip, link };
}

function formatRemote(ip: Ip | undefined, link: IfName | undefined): string {
  if (ip === undefined) return link ?? '';
  return link === undefined ? formatIp(ip) : `${formatIp(ip)}%${link}`;
}

/** On those listeners that the peer's connections come in by. */
function setPassword(
  listeners: readonly Open[],
  { connection, ip, range }: Pick<Entry, 'connection'> & Partial<Pick<Entry, 'ip' | 'range'>>,
  password: string | undefined,
): Issue | undefined {
  if (connection.password === undefined) return undefined;
  const whose = range?.prefix ?? ip ?? linkLocals;
  const family = 'ip' in whose ? whose.ip.family : whose.family;
  for (const { at, listener } of listeners) {
    if (at.device !== connection.device || at.ip.family !== family) continue;
    const set = listener.setPassword(whose, password);
    if (!set.ok && password !== undefined) return issue(set.error, 'connection.password');
  }
  return undefined;
}

/** fe80::/10: where a peer is that is known by its link only. */
const linkLocals: Prefix = { ip: { family: 6, value: 0xfe80n << 112n }, length: 10 };
