/** The peers of a speaker, as they are shown: a line of each, and all there is to know of one. */

import type {
  BgpCapabilityView,
  BgpFamilyView,
  BgpNeighborView,
  BgpPeerView,
  MessageCounts,
} from '../api/contract/bgp.ts';
import { err, ok, type Result } from '../base/result.ts';
import { formatSocketAddress } from '../net/endpoint.ts';
import { formatIp, parseIp } from '../net/ip.ts';
import {
  type Capability,
  capabilities,
  families,
  formatCapability,
  formatFamily,
  formatReason,
  MESSAGE,
  type Negotiated,
  type Peer,
  type PeerStatus,
} from '../protocols/bgp/index.ts';
import type { SpeakerProcess } from './process.ts';

export function peerView(of: SpeakerProcess, peer: Peer): BgpPeerView {
  const { admin, lastReason, negotiated, queued, state, uptime } = peer.status;
  return {
    name: peer.name,
    state,
    admin,
    as: negotiated?.remote.asn,
    routerId: negotiated === undefined ? undefined : formatIp(negotiated.remote.id),
    uptime: seconds(uptime),
    families: familyViews(of, peer, negotiated),
    queued,
    lastReason: lastReason === undefined ? undefined : formatReason(lastReason),
  };
}

/** Of the families that are spoken now, and of those whose routes are held over a restart. */
export function familyViews(
  of: SpeakerProcess,
  peer: Peer,
  negotiated: Negotiated | undefined,
): readonly BgpFamilyView[] {
  const held = of.routesOf(peer);
  if (held === undefined) return [];
  const spoken = new Set<string>(negotiated?.families);
  return [...of.routing.ribs.values()].flatMap((rib) => {
    const { name } = rib.family;
    const received = rib.countOf(held.neighbour);
    if (!spoken.has(name) && received === 0) return [];
    const rejected = held.rejectedOf(families[name]);
    return [
      {
        family: name,
        received,
        accepted: received,
        sent: held.toldOf(families[name]),
        rejectedIn: rejected.import,
        rejectedOut: rejected.export,
      },
    ];
  });
}

/** By its name, or by its address. */
export function findPeer(of: SpeakerProcess, words: string): Result<Peer, string> {
  const { peers } = of.speaker;
  const ip = parseIp(words);
  const address = ip.ok ? formatIp(ip.value) : words;
  const found =
    peers.find(({ name }) => name === words) ?? peers.find((each) => remoteOf(each) === address);
  if (found !== undefined) return ok(found);
  return err(`there is no peer '${words}'; 'selvedge bgp show summary' lists those there are`);
}

/** NDJSON of `BgpNeighborView`, of one peer or all, some at a time: there may be thousands. */
export function neighborPortions(
  of: SpeakerProcess,
  query: URLSearchParams,
): Result<AsyncIterable<string>, string> {
  const words = query.get('peer');
  if (words === null) return ok(eachNeighbor(of, of.speaker.peers));
  const peer = findPeer(of, words);
  return peer.ok ? ok(eachNeighbor(of, [peer.value])) : peer;
}

// oxlint-disable-next-line require-await -- a generator that others wait for, which itself has nothing to wait for
async function* eachNeighbor(of: SpeakerProcess, peers: readonly Peer[]): AsyncGenerator<string> {
  for (const peer of peers) yield `${JSON.stringify(neighborView(of, peer))}\n`;
}

export function neighborView(of: SpeakerProcess, peer: Peer): BgpNeighborView {
  const { status, settings } = peer;
  const { negotiated, traffic } = status;
  return {
    ...peerView(of, peer),
    remote: remoteOf(peer) ?? peer.name,
    expectedAs: settings.remote,
    local: { as: settings.local.asn, routerId: formatIp(settings.local.id) },
    kind: negotiated?.wire.peer,
    role: roleOf(of, peer),
    isClient: of.isClient(peer),
    isGuest: of.isGuest(peer),
    ends: endsOf(status),
    protection: protectionOf(peer),
    capabilities: negotiated === undefined ? [] : capabilityViews(negotiated),
    timers: {
      holdTime: settings.holdTime,
      negotiatedHoldTime: negotiated?.holdTime,
      keepalive: negotiated?.keepaliveTime,
      connectRetry: settings.connectRetry,
      silence: seconds(status.silence),
    },
    messages: { received: messageCounts(traffic.received), sent: messageCounts(traffic.sent) },
    octets: { received: traffic.octetsReceived, sent: traffic.octetsSent },
    established: status.sessions,
    flaps: flapsOf(status),
    failures: status.failures,
    lastReasonAge: seconds(status.lastReasonAge),
    gracefulRestart: restartOf(status),
    updateErrors: of.errorsOf(peer),
  };
}

function roleOf(of: SpeakerProcess, peer: Peer): BgpNeighborView['role'] {
  const { role } = peer.settings;
  if (role === undefined) return undefined;
  const remote = peer.status.negotiated?.roles?.remote;
  const leaks = of.routesOf(peer)?.leaks ?? 0;
  return { local: role.role, isStrict: role.strict, remote, leaks };
}

/** Sessions that have ended. */
export function flapsOf({ sessions, negotiated }: PeerStatus): number {
  return sessions - (negotiated === undefined ? 0 : 1);
}

export function messageCounts(by: Float64Array): MessageCounts {
  return {
    open: by[MESSAGE.open] ?? 0,
    update: by[MESSAGE.update] ?? 0,
    notification: by[MESSAGE.notification] ?? 0,
    keepalive: by[MESSAGE.keepalive] ?? 0,
    refresh: by[MESSAGE.routeRefresh] ?? 0,
  };
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms / 1000);
}

/** The address of the peer, where it is known. */
function remoteOf({ status, place }: Peer): string | undefined {
  const ip = place?.ip ?? status.ends?.remote.ip;
  return ip === undefined ? undefined : formatIp(ip);
}

function endsOf({ ends }: PeerStatus): BgpNeighborView['ends'] {
  if (ends === undefined) return undefined;
  const { local, remote } = ends;
  return {
    local: local === undefined ? undefined : formatSocketAddress(local),
    remote: formatSocketAddress(remote),
  };
}

function protectionOf({ connection }: Peer): BgpNeighborView['protection'] {
  const { hops, password, ttlSecurity } = connection;
  return { password: password !== undefined, ttlSecurity: ttlSecurity === true, hops };
}

function restartOf({ negotiated, retained }: PeerStatus): BgpNeighborView['gracefulRestart'] {
  const told = (side: readonly Capability[] | undefined): string | undefined => {
    const found = side?.find(({ kind }) => kind === 'graceful-restart');
    return found && contentOf(found);
  };
  return {
    local: told(negotiated?.capabilities.local),
    remote: told(negotiated?.capabilities.remote),
    retained,
  };
}

/** Each once, whoever has it: those of both sides first, in the order in which we tell ours. */
function capabilityViews({
  capabilities: { local, remote },
}: Negotiated): readonly BgpCapabilityView[] {
  const [ours, theirs] = [byName(local), byName(remote)];
  const names = new Set([...ours.keys(), ...theirs.keys()]);
  return [...names].map((name) => ({ name, sent: ours.get(name), received: theirs.get(name) }));
}

function byName(told: readonly Capability[]): ReadonlyMap<string, string> {
  return new Map(told.map((each) => [nameOf(each), contentOf(each)]));
}

/** There is one of each family where it is told of families one by one. */
function nameOf(of: Capability): string {
  if (of.kind === 'unknown') return `capability ${of.code}`;
  if (of.kind === 'multiprotocol') return `Multiprotocol ${formatFamily(of)}`;
  return capabilities[of.kind].name;
}

/** What it says beyond its name. */
function contentOf(of: Capability): string {
  return formatCapability(of).slice(nameOf(of).length).trim();
}
