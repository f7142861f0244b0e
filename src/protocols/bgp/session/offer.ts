/** Our OPEN: the settings of a session as capabilities. Pure; the same settings give the same OPEN. */

import { equalData } from '../../../base/equal.ts';
import type { Capability } from '../wire/capability.ts';
import { families } from '../wire/family.ts';
import { AFI } from '../wire/numbers.ts';
import { type Open, twoOctetAs } from '../wire/open.ts';
import type { RestartSettings, PeerSettings } from './settings.ts';

export function offer(settings: PeerSettings): Open {
  const { holdTime, local } = settings;
  return Object.freeze({
    type: 'open',
    myAs: twoOctetAs(local.asn),
    holdTime,
    id: local.id,
    capabilities: Object.freeze([
      ...familyCapabilities(settings),
      ...speakerCapabilities(settings),
    ]),
  });
}

function familyCapabilities(settings: PeerSettings): Capability[] {
  const found: Capability[] = [];
  const extended = [];
  const paths = [];
  for (const {
    family,
    receivePaths = false,
    sendPaths = false,
    extendedNextHop,
  } of settings.families) {
    const { afi, safi } = families[family];
    found.push({ kind: 'multiprotocol', afi, safi });
    if (extendedNextHop === true) extended.push({ afi, safi, nextHopAfi: AFI.ipv6 });
    if (receivePaths || sendPaths)
      paths.push({ afi, safi, receive: receivePaths, send: sendPaths });
  }
  if (extended.length > 0) found.push({ kind: 'extended-next-hop', families: extended });
  if (paths.length > 0) found.push({ kind: 'add-path', families: paths });
  return found;
}

function speakerCapabilities(settings: PeerSettings): Capability[] {
  const { extendedMessage, hostname, local, restart, role } = settings;
  const found: Capability[] = [
    { kind: 'four-octet-as', asn: local.asn },
    { kind: 'route-refresh' },
  ];
  // RFC 7313 §4 lets who restarts gracefully mark nothing before its End-of-RIB. FRR 8.4.4 waits for that of every peer
  // that knows the marks, and sends it only to those that know graceful restart: others it would never answer.
  if (restart !== undefined) found.push({ kind: 'enhanced-route-refresh' });
  if (extendedMessage) found.push({ kind: 'extended-message' });
  // RFC 9234 §4: on internal sessions it is not sent.
  if (role !== undefined && !isInternal(settings)) found.push({ kind: 'role', role: role.role });
  if (restart !== undefined) found.push(...restartCapabilities(restart));
  if (hostname !== undefined) found.push({ kind: 'hostname', host: hostname, domain: '' });
  return found;
}

function isInternal({ local, remote }: PeerSettings): boolean {
  return remote === 'internal' || remote === local.asn;
}

/** RFC 4724 §3: with no family in it, it still says that we help others and send End-of-RIB. */
function restartCapabilities(restart: RestartSettings): Capability[] {
  const { longLived, notification, preserved, restarted, time } = restart;
  const kept = preserved.map((name) => ({ ...numbersOf(name), forwarding: true }));
  const found: Capability[] = [
    { kind: 'graceful-restart', restarted, notification, time, families: kept },
  ];
  const lasting = [...longLived].filter(([, seconds]) => seconds > 0);
  if (lasting.length > 0) {
    found.push({
      kind: 'long-lived-graceful-restart',
      families: lasting.map(([name, seconds]) => ({
        ...numbersOf(name),
        forwarding: preserved.includes(name),
        time: seconds,
      })),
    });
  }
  return found;
}

function numbersOf(name: keyof typeof families): { readonly afi: number; readonly safi: number } {
  const { afi, safi } = families[name];
  return { afi, safi };
}

/**
 * Whether a running session is as it would be under other settings; otherwise these need a new one. The rest of the
 * settings holds from the next occasion on.
 */
export function isSameOffer(before: PeerSettings, after: PeerSettings): boolean {
  return equalData(told(before), told(after)) && equalData(expected(before), expected(after));
}

/** The OPEN as if no restart had just been: that passes by itself. */
function told(settings: PeerSettings): Open {
  const { restart } = settings;
  return offer(
    restart === undefined ? settings : { ...settings, restart: { ...restart, restarted: false } },
  );
}

function expected({ confederation, enforceFirstAs, remote, role }: PeerSettings): unknown {
  return { confederation, enforceFirstAs, remote, isStrict: role?.strict };
}
