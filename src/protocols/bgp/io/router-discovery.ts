/**
 * Finds the neighbour on a link, and lets it find us: sends Router Advertisements there and listens for those of others, as
 * FRR does for `neighbor IF interface`. RFC 4861 §6.2. Who the neighbour is decides unnumbered/link-neighbor.ts.
 */

import { getSystemErrorMessage } from 'node:util';

import { type Log, silentLog } from '../../../base/ports.ts';
import { err, ok, type Result } from '../../../base/result.ts';
import type { IfName } from '../../../net/if-name.ts';
import { formatIp, type Ip } from '../../../net/ip.ts';
import { LinkNeighbor } from '../unnumbered/link-neighbor.ts';
import {
  encodeRouterAdvertisement,
  isRouterAdvertisement,
  ROUTER_ADVERTISEMENT,
} from '../unnumbered/router-advertisement.ts';
import { type Addon, loadAddon, READABLE, type Watch } from './addon.ts';
import {
  AF_INET6,
  decodeSocketName,
  encodeSocketName,
  socketNameLength,
} from './socket-address.ts';
import { SocketOptions } from './socket-options.ts';
import { systemTimers, type Timers } from './timers.ts';

export interface RouterDiscoveryOptions {
  readonly link: IfName;
  /** Called with the address of the neighbour, and again when another has taken its place. */
  readonly found: (ip: Ip) => void;
  readonly log?: Log;
  readonly timers?: Timers;
  readonly addon?: Addon;
}

const SOCK_RAW = 3;
const IPPROTO_ICMPV6 = 58;
const EPERM = 1;

/** ff02::1, all nodes of the link. */
const allNodes: Ip = { family: 6, value: (0xff02n << 112n) | 1n };

// RFC 4861 §6.2.4, §10: MIN_DELAY_BETWEEN_RAS, and so often after something has changed.
const shortPause = 3_000;
const initialCount = 3;
// FRR's pause for unnumbered neighbours; a switch that has restarted knows us so soon.
const longPause = 10_000;
const patience = 3 * longPause;

const longestRead = 1500;
/** struct cmsghdr, an int and padding. */
const controlLength = 24;
const controlHeader = 16;

interface Open {
  readonly speak: number;
  readonly hear: number;
  readonly watch: Watch;
}

export class RouterDiscovery {
  readonly #options: RouterDiscoveryOptions;
  readonly #addon: Addon;
  readonly #timers: Timers;
  readonly #log: Log;
  readonly #neighbor = new LinkNeighbor(patience);
  readonly #buffer = new Uint8Array(longestRead);
  #open: Open | undefined;
  /** Since something has changed. */
  #sent = 0;
  #sentAt = -shortPause;
  #cancel: () => void = () => {};
  /** What the log was last told of why nothing is sent; of which other router. */
  #complaint = '';
  #stranger = '';

  constructor(options: RouterDiscoveryOptions) {
    this.#options = options;
    this.#addon = options.addon ?? loadAddon();
    this.#timers = options.timers ?? systemTimers;
    this.#log = options.log ?? silentLog;
  }

  /** A link that is not there yet, or not up, is tried again. */
  start(): void {
    this.#advertise();
  }

  close(): void {
    this.#cancel();
    this.#shut();
  }

  #advertise(): void {
    const refused = this.#send();
    if (refused === undefined) {
      this.#complaint = '';
      this.#sentAt = this.#timers.now();
      this.#sent += 1;
    } else {
      this.#shut();
      this.#complain(refused);
    }
    const isNews = refused !== undefined || this.#sent < initialCount;
    this.#in(isNews ? shortPause : longPause);
  }

  #in(pause: number): void {
    this.#cancel();
    this.#cancel = this.#timers.after(pause, () => this.#advertise());
  }

  #complain(reason: string): void {
    if (reason === this.#complaint) return;
    this.#complaint = reason;
    const { link } = this.#options;
    this.#log('warn', `${link}: the neighbour cannot be looked for: ${reason}; is tried again`);
  }

  #send(): string | undefined {
    if (this.#open === undefined) {
      const opened = this.#openBoth();
      if (!opened.ok) return opened.error;
      this.#open = opened.value;
    }
    const sent = this.#addon.send(this.#open.speak, encodeRouterAdvertisement());
    return sent < 0 ? `cannot send: ${getSystemErrorMessage(sent)}` : undefined;
  }

  #shut(): void {
    if (this.#open === undefined) return;
    this.#addon.close(this.#open.speak);
    this.#open.watch.close();
    this.#open = undefined;
  }

  /** Two, as one that is connected to a group hears nobody. */
  #openBoth(): Result<Open, string> {
    const speak = this.#socket((options, fd) =>
      firstRefused(
        () => options.multicastHops(255),
        () => options.noMulticastLoop(),
        () => this.#addon.connect(fd, encodeSocketName({ ip: allNodes, port: 0, scope: 0 })),
      ),
    );
    if (!speak.ok) return speak;
    const hear = this.#socket((options) =>
      firstRefused(
        () => options.onlyIcmp6(ROUTER_ADVERTISEMENT),
        () => options.tellHopLimit(),
      ),
    );
    if (!hear.ok) {
      this.#addon.close(speak.value);
      return hear;
    }
    const watch = new this.#addon.Watch(hear.value, (errno) => this.#ready(errno));
    watch.watch(READABLE);
    return ok({ speak: speak.value, hear: hear.value, watch });
  }

  /** Of ICMPv6, on the link. */
  #socket(prepare: (options: SocketOptions, fd: number) => number): Result<number, string> {
    const fd = this.#addon.socket(AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
    if (fd === -EPERM) return err('a socket of ICMPv6 needs CAP_NET_RAW');
    if (fd < 0) return err(`cannot make a socket: ${getSystemErrorMessage(fd)}`);
    const options = new SocketOptions(this.#addon, fd, 6);
    const refused = firstRefused(
      () => options.device(this.#options.link),
      () => prepare(options, fd),
    );
    if (refused === 0) return ok(fd);
    this.#addon.close(fd);
    return err(getSystemErrorMessage(refused));
  }

  #ready(errno: number): void {
    if (this.#open === undefined) return;
    // An error has ended the watching; what comes next opens both anew.
    if (errno !== 0) return this.#shut();
    const [address, control] = [new Uint8Array(socketNameLength), new Uint8Array(controlLength)];
    const length = this.#addon.recvmsg(this.#open.hear, this.#buffer, address, control);
    const from = length < 0 ? undefined : decodeSocketName(address);
    if (from === undefined) return;
    const octets = this.#buffer.subarray(0, length);
    // Only IPV6_HOPLIMIT was asked for, so it is the first.
    const hopLimit = new DataView(control.buffer).getInt32(controlHeader, true);
    if (isRouterAdvertisement(octets, from.ip, hopLimit)) this.#hear(from.ip);
  }

  #hear(ip: Ip): void {
    const { found, link } = this.#options;
    const who = this.#neighbor.hear(ip, this.#timers.now());
    if (who === 'other') return this.#warnOf(ip);
    if (who === 'known') return;
    this.#log('info', `${link}: the neighbour is ${formatIp(ip)}`);
    // It may have begun after what we have said, and knows us as little.
    this.#sent = 0;
    this.#in(Math.max(0, this.#sentAt + shortPause - this.#timers.now()));
    found(ip);
  }

  #warnOf(ip: Ip): void {
    const stranger = formatIp(ip);
    if (stranger === this.#stranger) return;
    this.#stranger = stranger;
    const { link } = this.#options;
    const known = this.#neighbor.ip === undefined ? '' : formatIp(this.#neighbor.ip);
    const remedy = 'give neighbours of a shared link their addresses';
    this.#log('warn', `${link}: ${stranger} is a router too, beside ${known}; ${remedy}`);
  }
}

function firstRefused(...calls: readonly (() => number)[]): number {
  for (const call of calls) {
    const result = call();
    if (result < 0) return result;
  }
  return 0;
}
