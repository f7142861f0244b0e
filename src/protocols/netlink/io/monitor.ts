/**
 * Listens to what changes in the kernel, by anyone's hand. Notices can be lost, when they come faster than they are
 * read: the listener is then told once, and has to dump what it follows. No state is kept here.
 */

import { err, ok, type Result } from '../../../base/result.ts';
import { type NetlinkError, refused } from '../wire/error.ts';
import { visitMessages } from '../wire/message.ts';
import { NETLINK_ROUTE, NLMSG, RTNLGRP } from '../wire/numbers.ts';
import { decodeEvent, type NetlinkEvent } from '../wire/objects.ts';
import { type Arrival, netlinkTransport, type Transport } from './transport.ts';

export interface MonitorListener {
  event(event: NetlinkEvent): void;
  /** Notices are missing from here on back: dump again. */
  overflow(): void;
}

export type MonitorGroup = keyof typeof RTNLGRP;

export interface MonitorOptions {
  /** All that this library speaks, without it. */
  readonly groups?: readonly MonitorGroup[];
  readonly transport?: Transport;
  /** Octets of the receive buffer, beyond the system's limit with CAP_NET_ADMIN. */
  readonly receiveBuffer?: number;
  /** Whether the monitor alone keeps the process running. */
  readonly keepAlive?: boolean;
}

export interface Monitor {
  /** Nothing is heard any more. May be called twice. */
  close(): void;
}

// 32 MiB took a flood of 70,000 notices at full speed without a loss, the default of 208 KiB lost half of them.
const defaultReceiveBuffer = 32 << 20;
const allGroups = Object.keys(RTNLGRP) as MonitorGroup[];

/** Starts to listen in the network namespace of this process. Dump after it, so that nothing falls between. */
export function watchNetlink(
  listener: MonitorListener,
  options: MonitorOptions = {},
): Result<Monitor, NetlinkError> {
  const transport = options.transport ?? netlinkTransport();
  transport.onData((arrival) => deliver(listener, arrival));
  const errno = transport.open({
    protocol: NETLINK_ROUTE,
    groups: (options.groups ?? allGroups).map((group) => RTNLGRP[group]),
    receiveBuffer: options.receiveBuffer ?? defaultReceiveBuffer,
    keepAlive: options.keepAlive ?? false,
  });
  if (errno !== 0) return err(refused('open a netlink monitor', { errno, text: '' }));
  return ok({ close: () => transport.close() });
}

function deliver(listener: MonitorListener, arrival: Arrival): void {
  if ('errno' in arrival) return listener.overflow();
  const { datagram } = arrival;
  const data = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  const sound = visitMessages(data, (message) => {
    if (message.type <= NLMSG.overrun) return;
    const event = decodeEvent(data, message);
    if (event === 'foreign') return;
    // What cannot be read is as good as lost.
    if (event === 'malformed') listener.overflow();
    else listener.event(event);
  });
  if (!sound) listener.overflow();
}
