/** A netlink socket as the rest needs it, in five methods, and the one of them that stands on the addon. */

import { AF, NETLINK_OPTION, SOL_NETLINK } from '../wire/numbers.ts';
import { type Addon, loadAddon, type Poll } from './addon.ts';

export interface TransportOptions {
  /** NETLINK_ROUTE (0) or another family of netlink. */
  readonly protocol: number;
  /** Multicast groups to hear, by number. */
  readonly groups: readonly number[];
  /** Octets of the receive buffer; beyond the system's limit with CAP_NET_ADMIN. 0 leaves the system's default. */
  readonly receiveBuffer: number;
  /** Whether the socket alone keeps the process running. */
  readonly keepAlive: boolean;
}

/** What arrives: a datagram, or the errno of a read. After ENOBUFS messages are missing and reading goes on. */
export type Arrival = { readonly datagram: Uint8Array } | { readonly errno: number };

/** Each method that can be refused gives an errno, 0 when it was done. */
export interface Transport {
  open(options: TransportOptions): number;
  send(datagram: Uint8Array): number;
  /** What has arrived already, and is then not told by `onData`; nothing if nothing has. */
  receive(): Arrival | undefined;
  /** One listener; set it before `open`. */
  onData(listener: (arrival: Arrival) => void): void;
  close(): void;
}

const SOCK_RAW = 3;
const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;
const EAGAIN = 11;
const EMSGSIZE = 90;
const ENOTCONN = 107;
/** More than any answer but a part of a dump has. */
const answerSize = 32_768;
/** Of struct sockaddr_nl, and where the port of the sender stands in it. */
const addressSize = 12;
const portAt = 4;

export function netlinkTransport(addon: Addon = loadAddon()): Transport {
  let listener: (arrival: Arrival) => void = () => {};
  let open: { readonly fd: number; readonly poll: Poll } | undefined;
  const answer = new Uint8Array(answerSize);
  const sender = new DataView(new ArrayBuffer(addressSize));
  const from = new Uint8Array(sender.buffer);
  const nothing = new Uint8Array(0);
  return {
    open: (options) => {
      const fd = addon.socket(AF.netlink, SOCK_RAW, options.protocol);
      if (fd < 0) return -fd;
      const errno = prepare(addon, fd, options);
      if (errno !== 0) {
        addon.close(fd);
        return errno;
      }
      const poll = new addon.Poll(fd, (error, datagram) =>
        listener(datagram === undefined ? { errno: error } : { datagram }),
      );
      if (!options.keepAlive) poll.unref();
      open = { fd, poll };
      return 0;
    },
    send: (datagram) => {
      if (open === undefined) return ENOTCONN;
      return Math.max(0, -addon.send(open.fd, datagram));
    },
    receive: () => {
      for (;;) {
        const length = open === undefined ? -EAGAIN : addon.recvmsg(open.fd, answer, from, nothing);
        if (length === -EAGAIN) return undefined;
        if (length < 0) return { errno: -length };
        // Other processes may write to this socket too; only the kernel, port 0, is listened to.
        if (sender.getUint32(portAt, true) !== 0) continue;
        if (length === answerSize) return { errno: EMSGSIZE };
        return { datagram: answer.slice(0, length) };
      }
    },
    onData: (to) => {
      listener = to;
    },
    close: () => {
      open?.poll.close();
      open = undefined;
    },
  };
}

/** Options, address and groups of a fresh socket; the errno of the first that is refused. */
function prepare(addon: Addon, fd: number, options: TransportOptions): number {
  const setNetlink = (name: number, value: number) =>
    addon.setsockopt(fd, SOL_NETLINK, name, int(value));
  // Without these the kernel gives no reasons, echoes whole requests, and ignores dump filters it does not know.
  const wanted = [
    setNetlink(NETLINK_OPTION.cappedAck, 1),
    setNetlink(NETLINK_OPTION.extendedAck, 1),
    setNetlink(NETLINK_OPTION.strictCheck, 1),
    setReceiveBuffer(addon, fd, options.receiveBuffer),
    addon.bind(fd, anyPort()),
    ...options.groups.map((group) => setNetlink(NETLINK_OPTION.addMembership, group)),
  ];
  return -(wanted.find((result) => result < 0) ?? 0);
}

function setReceiveBuffer(addon: Addon, fd: number, size: number): number {
  if (size === 0) return 0;
  const forced = addon.setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, int(size));
  // Without CAP_NET_ADMIN as much as net.core.rmem_max lets us.
  return forced === 0 ? 0 : addon.setsockopt(fd, SOL_SOCKET, SO_RCVBUF, int(size));
}

function int(value: number): Uint8Array {
  return new Uint8Array(Int32Array.of(value).buffer);
}

/** struct sockaddr_nl with port 0: the kernel chooses one. */
function anyPort(): Uint8Array {
  const address = new Uint8Array(addressSize);
  new DataView(address.buffer).setUint16(0, AF.netlink, true);
  return address;
}
