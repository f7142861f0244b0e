/**
 * TCP on the sockets of Linux: connects, listens, reads and writes, without a copy and without node:net, which can neither
 * set options before it connects nor bind to a VRF. Knows no message. transport.ts says what each method means.
 */

import { readFileSync } from 'node:fs';
import { getSystemErrorMessage } from 'node:util';

import { err, ok, type Result } from '../../../base/result.ts';
import type { IfName } from '../../../net/if-name.ts';
import { type Ip, isLinkLocal } from '../../../net/ip.ts';
import type { Prefix } from '../../../net/prefix.ts';
import { type Addon, loadAddon, READABLE, type Watch, WRITABLE } from './addon.ts';
import {
  AF_INET,
  AF_INET6,
  decodeSocketName,
  encodeSocketName,
  type SocketName,
  socketNameLength,
} from './socket-address.ts';
import { SocketOptions } from './socket-options.ts';
import {
  bgpPort,
  EAGAIN,
  type ConnectionSettings,
  type Listener,
  type ListenSettings,
  type Place,
  type Stream,
  type StreamListener,
  type Transport,
} from './transport.ts';

export interface TcpOptions {
  readonly addon?: Addon;
  /** Octets that the kernel may hold for us, of each connection; 0 leaves it the choice. */
  readonly receiveBuffer?: number;
}

// What a peer can send while we are at something else; the kernel's own choice grows to as much, but only slowly.
const defaultReceiveBuffer = 4 << 20;

const SOCK_STREAM = 1;
const ECONNABORTED = 103;
const EINPROGRESS = 115;
/** Milliseconds. */
const acceptPause = 1000;
const backlog = 1024;
const maxTimeToLive = 255;

export function tcpTransport(options: TcpOptions = {}): Transport {
  const { addon = loadAddon(), receiveBuffer = defaultReceiveBuffer } = options;
  return new TcpTransport(addon, receiveBuffer);
}

class TcpTransport implements Transport {
  readonly #addon: Addon;
  readonly #receiveBuffer: number;

  constructor(addon: Addon, receiveBuffer: number) {
    this.#addon = addon;
    this.#receiveBuffer = receiveBuffer;
  }

  connect(to: Place, settings: ConnectionSettings): Result<Stream, string> {
    const made = this.#socket(to.ip);
    if (!made.ok) return made;
    const { fd, options } = made.value;
    const remote: SocketName = { ip: to.ip, port: settings.port ?? bgpPort, scope: 0 };
    const device = isLinkLocal(to.ip) ? (to.link ?? settings.device) : settings.device;
    const refused =
      (device === undefined ? undefined : refusal(`bind to ${device}`, options.device(device))) ??
      this.#setPassword(options, to.ip, settings.password) ??
      prepare(options, settings) ??
      this.#bindSource(fd, options, to.ip, settings) ??
      this.#begin(fd, remote);
    if (refused !== undefined) {
      this.#addon.close(fd);
      return err(refused);
    }
    return ok(new TcpStream(this.#addon, fd, options, remote, 'connecting'));
  }

  listen(at: ListenSettings, accept: (stream: Stream) => void): Result<Listener, string> {
    const made = this.#socket(at.ip);
    if (!made.ok) return made;
    const { fd, options } = made.value;
    const name = encodeSocketName({ ip: at.ip, port: at.port, scope: 0 });
    const refused =
      refusal('share the address', options.reuseAddress()) ??
      (at.ip.family === 6 ? refusal('keep IPv4 out', options.onlyIpv6()) : undefined) ??
      (at.device === undefined
        ? undefined
        : refusal(`bind to ${at.device}`, options.device(at.device))) ??
      // A peer with GTSM accepts the answer to its SYN from the full TTL only, RFC 5082 §3; `adopt` sets that of the peer.
      refusal('set the TTL', options.timeToLive(maxTimeToLive)) ??
      refusal('bind', this.#addon.bind(fd, name)) ??
      refusal('listen', this.#addon.listen(fd, backlog));
    if (refused !== undefined) {
      this.#addon.close(fd);
      return err(refused);
    }
    return ok(new TcpListener(this.#addon, fd, options, accept));
  }

  adopt(stream: Stream, settings: ConnectionSettings): Result<void, string> {
    const refused = stream instanceof TcpStream ? prepare(stream.options, settings) : undefined;
    return refused === undefined ? ok(undefined) : err(refused);
  }

  isScope(scope: number, link: IfName): boolean {
    try {
      return Number(readFileSync(`/sys/class/net/${link}/ifindex`, 'utf8')) === scope;
    } catch {
      return false;
    }
  }

  #socket(of: Ip): Result<{ fd: number; options: SocketOptions }, string> {
    const fd = this.#addon.socket(of.family === 4 ? AF_INET : AF_INET6, SOCK_STREAM, 0);
    if (fd < 0) return err(`cannot make a socket: ${getSystemErrorMessage(fd)}`);
    const options = new SocketOptions(this.#addon, fd, of.family);
    // Refused to who is not privileged: then the kernel sizes the buffer by itself.
    if (this.#receiveBuffer > 0) options.receiveBuffer(this.#receiveBuffer);
    return ok({ fd, options });
  }

  #setPassword(options: SocketOptions, of: Ip, password = ''): string | undefined {
    if (password === '') return undefined;
    return refusal('set the TCP-MD5 password', options.password(of, password));
  }

  #bindSource(
    fd: number,
    options: SocketOptions,
    to: Ip,
    { source }: ConnectionSettings,
  ): string | undefined {
    if (source === undefined) return undefined;
    const any: Ip = to.family === 4 ? { family: 4, value: 0 } : { family: 6, value: 0n };
    const name = encodeSocketName({ ip: source.ip ?? any, port: source.port ?? 0, scope: 0 });
    return (
      refusal('share the source port', options.reuseAddress()) ??
      refusal('bind to the source address', this.#addon.bind(fd, name))
    );
  }

  #begin(fd: number, remote: SocketName): string | undefined {
    const result = this.#addon.connect(fd, encodeSocketName(remote));
    return result === -EINPROGRESS ? undefined : refusal('connect', result);
  }
}

/** What is the peer's own, on either side. */
function prepare(options: SocketOptions, settings: ConnectionSettings): string | undefined {
  const { hops, ttlSecurity = false } = settings;
  return (
    refusal('set the TTL', options.timeToLive(ttlSecurity ? maxTimeToLive : hops)) ??
    (ttlSecurity
      ? refusal('set the least TTL', options.leastTimeToLive(maxTimeToLive + 1 - hops))
      : undefined) ??
    refusal('set the precedence', options.precedence()) ??
    refusal('send without delay', options.noDelay())
  );
}

/** `cannot bind: permission denied`; `undefined` for a call that was not refused. */
function refusal(what: string, result: number): string | undefined {
  return result < 0 ? `cannot ${what}: ${getSystemErrorMessage(result)}` : undefined;
}

class TcpStream implements Stream {
  readonly remote: SocketName;
  readonly options: SocketOptions;
  readonly #addon: Addon;
  readonly #fd: number;
  readonly #watch: Watch;
  #listener: StreamListener | undefined;
  #isConnecting: boolean;
  #wantsWritable = false;
  #isClosed = false;

  constructor(
    addon: Addon,
    fd: number,
    options: SocketOptions,
    remote: SocketName,
    begins: 'connecting' | 'connected',
  ) {
    this.#addon = addon;
    this.#fd = fd;
    this.options = options;
    this.remote = remote;
    this.#isConnecting = begins === 'connecting';
    this.#watch = new addon.Watch(fd, (errno, events) => this.#ready(errno, events));
  }

  local(): SocketName | undefined {
    const name = this.#isClosed ? -1 : this.#addon.getsockname(this.#fd, socketNameLength);
    return typeof name === 'number' ? undefined : decodeSocketName(name);
  }

  read(into: Uint8Array): number {
    return this.#addon.recv(this.#fd, into);
  }

  write(octets: Uint8Array): number {
    return this.#addon.send(this.#fd, octets);
  }

  wantWritable(wanted: boolean): void {
    if (this.#wantsWritable === wanted) return;
    this.#wantsWritable = wanted;
    this.#wait();
  }

  listen(listener: StreamListener): void {
    this.#listener = listener;
    this.#wait();
  }

  close(): void {
    this.#isClosed = true;
    this.#watch.close();
  }

  #wait(): void {
    if (this.#isClosed) return;
    if (this.#isConnecting) this.#watch.watch(WRITABLE);
    else this.#watch.watch(this.#wantsWritable ? READABLE | WRITABLE : READABLE);
  }

  #ready(errno: number, events: number): void {
    if (this.#isConnecting) return this.#settle();
    // What the peer sent before the connection broke can still be read; the error comes after it.
    if (errno !== 0) return this.#readOut();
    if ((events & WRITABLE) !== 0) this.#listener?.writable();
    if ((events & READABLE) !== 0 && !this.#isClosed) this.#listener?.readable();
  }

  #settle(): void {
    const error = this.options.takeError();
    if (error !== 0) return this.#listener?.failed(getSystemErrorMessage(-error));
    this.#isConnecting = false;
    this.#wait();
    this.#listener?.connected();
  }

  /** The descriptor is no longer watched, so whoever reads is told until it has come to the end. */
  #readOut(): void {
    if (this.#isClosed) return;
    this.#listener?.readable();
    setImmediate(() => this.#readOut());
  }
}

class TcpListener implements Listener {
  readonly #addon: Addon;
  readonly #fd: number;
  readonly #options: SocketOptions;
  readonly #watch: Watch;
  readonly #accept: (stream: Stream) => void;
  #pause: NodeJS.Timeout | undefined;

  constructor(addon: Addon, fd: number, options: SocketOptions, accept: (stream: Stream) => void) {
    this.#addon = addon;
    this.#fd = fd;
    this.#options = options;
    this.#accept = accept;
    this.#watch = new addon.Watch(fd, () => this.#take());
    this.#watch.watch(READABLE);
  }

  get port(): number {
    const name = this.#addon.getsockname(this.#fd, socketNameLength);
    return typeof name === 'number' ? 0 : (decodeSocketName(name)?.port ?? 0);
  }

  setPassword(of: Ip | Prefix, password: string | undefined): Result<void, string> {
    const refused = refusal('set the TCP-MD5 password', this.#options.password(of, password ?? ''));
    return refused === undefined ? ok(undefined) : err(refused);
  }

  close(): void {
    clearTimeout(this.#pause);
    this.#watch.close();
  }

  /** With no descriptor left (EMFILE) the connection still waits, and would be told of without end. */
  #pauseFor(errno: number): void {
    if (errno === EAGAIN || errno === ECONNABORTED) return;
    this.#watch.watch(0);
    this.#pause = setTimeout(() => this.#watch.watch(READABLE), acceptPause);
  }

  /** One a turn; those that wait behind it are told of again. */
  #take(): void {
    const fd = this.#addon.accept(this.#fd);
    if (fd < 0) return this.#pauseFor(-fd);
    const name = this.#addon.getpeername(fd, socketNameLength);
    const remote = typeof name === 'number' ? undefined : decodeSocketName(name);
    // It is gone already.
    if (remote === undefined) return void this.#addon.close(fd);
    const options = new SocketOptions(this.#addon, fd, remote.ip.family);
    this.#accept(new TcpStream(this.#addon, fd, options, remote, 'connected'));
  }
}
