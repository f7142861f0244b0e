/**
 * Prometheus metrics of a speaker: what its peers say and are told, what its tables hold, and what the process itself tells.
 * A page costs so much for each peer, and nothing for a route; it is made in portions. The names follow frr_exporter's where
 * the same is meant. docs/bgp.md has them all.
 */

import { setImmediate as turn } from 'node:timers/promises';
import type { Registry } from 'prom-client';

import type { Peer, PeerStatus } from '../protocols/bgp/index.ts';
import { familyViews, flapsOf, messageCounts } from './peers.ts';
import type { SpeakerProcess } from './process.ts';

/** Peers of which a metric is told before others get their turn. */
const portion = 256;

/** What a metric has for one combination of labels. */
type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

interface Metric<T> {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly samples: (of: T) => readonly Sample[];
}

/** A peer as it is when the page is made. */
interface Snapshot {
  readonly name: string;
  readonly status: PeerStatus;
  readonly families: ReturnType<typeof familyViews>;
  readonly errors: ReturnType<SpeakerProcess['errorsOf']>;
}

const alone = (value: number): readonly Sample[] => [[{}, value]];

const ofPeers: readonly Metric<Snapshot>[] = [
  {
    name: 'selvedge_bgp_peer_state',
    type: 'gauge',
    help: 'State of the session: 1 established, 0 not, 2 shut down by its administrator.',
    samples: ({ status: { admin, state } }) =>
      alone(admin === 'stopped' ? 2 : Number(state === 'Established')),
  },
  {
    name: 'selvedge_bgp_peer_uptime_seconds',
    type: 'gauge',
    help: 'Seconds since the session was established; 0 without one.',
    samples: ({ status: { uptime } }) => alone(Math.round((uptime ?? 0) / 1000)),
  },
  {
    name: 'selvedge_bgp_peer_established_total',
    type: 'counter',
    help: 'Sessions that were established.',
    samples: ({ status }) => alone(status.sessions),
  },
  {
    name: 'selvedge_bgp_peer_flaps_total',
    type: 'counter',
    help: 'Sessions that were established and have ended.',
    samples: ({ status }) => alone(flapsOf(status)),
  },
  {
    name: 'selvedge_bgp_peer_prefixes_received',
    type: 'gauge',
    help: 'Paths that the peer has announced and not withdrawn.',
    samples: ({ families }) => families.map(({ family, received }) => [{ family }, received]),
  },
  {
    name: 'selvedge_bgp_peer_prefixes_accepted',
    type: 'gauge',
    help: 'Those of them that may be used.',
    samples: ({ families }) => families.map(({ family, accepted }) => [{ family }, accepted]),
  },
  {
    name: 'selvedge_bgp_peer_prefixes_advertised',
    type: 'gauge',
    help: 'Routes that the peer was told.',
    samples: ({ families }) => families.map(({ family, sent }) => [{ family }, sent]),
  },
  {
    name: 'selvedge_bgp_peer_rejected_in',
    type: 'gauge',
    help: 'Announcements of the peer that its import policy has rejected in this session.',
    samples: ({ families }) => families.map(({ family, rejectedIn }) => [{ family }, rejectedIn]),
  },
  {
    name: 'selvedge_bgp_peer_rejected_out',
    type: 'gauge',
    help: 'Routes that the export policy has kept from the peer in this session.',
    samples: ({ families }) => families.map(({ family, rejectedOut }) => [{ family }, rejectedOut]),
  },
  {
    name: 'selvedge_bgp_peer_message_received_total',
    type: 'counter',
    help: 'Messages from the peer, by type.',
    samples: ({ status }) => messageSamples(status.traffic.received),
  },
  {
    name: 'selvedge_bgp_peer_message_sent_total',
    type: 'counter',
    help: 'Messages to the peer, by type.',
    samples: ({ status }) => messageSamples(status.traffic.sent),
  },
  {
    name: 'selvedge_bgp_peer_received_bytes_total',
    type: 'counter',
    help: 'Octets from the peer.',
    samples: ({ status }) => alone(status.traffic.octetsReceived),
  },
  {
    name: 'selvedge_bgp_peer_sent_bytes_total',
    type: 'counter',
    help: 'Octets to the peer, with those that are still queued.',
    samples: ({ status }) => alone(status.traffic.octetsSent),
  },
  {
    name: 'selvedge_bgp_peer_queued_bytes',
    type: 'gauge',
    help: 'Octets that the peer has not taken yet.',
    samples: ({ status }) => alone(status.queued),
  },
  {
    name: 'selvedge_bgp_peer_update_errors_total',
    type: 'counter',
    help: 'Errors in UPDATEs of the peer, by what was done about them (RFC 7606).',
    samples: ({ errors }) => Object.entries(errors).map(([action, count]) => [{ action }, count]),
  },
];

const ofSpeaker: readonly Metric<SpeakerProcess>[] = [
  {
    name: 'selvedge_bgp_peers',
    type: 'gauge',
    help: 'Peers that are known, with those that have come from ranges.',
    samples: ({ speaker }) => alone(speaker.peers.length),
  },
  {
    name: 'selvedge_bgp_rib_destinations',
    type: 'gauge',
    help: 'Routes that are held, each once however many paths there are to it.',
    samples: ({ routing }) =>
      [...routing.ribs.values()].map(({ destinations, family }) => [
        { family: family.name },
        destinations.count,
      ]),
  },
  {
    name: 'selvedge_bgp_rib_paths',
    type: 'gauge',
    help: 'Paths that are held.',
    samples: ({ routing }) =>
      [...routing.ribs.values()].map(({ family, paths }) => [{ family: family.name }, paths.count]),
  },
  {
    name: 'selvedge_bgp_attribute_sets',
    type: 'gauge',
    help: 'Different sets of attributes that are held.',
    samples: ({ routing }) => alone(routing.attributes.count),
  },
];

function messageSamples(by: Float64Array): readonly Sample[] {
  return Object.entries(messageCounts(by)).map(([type, count]) => [{ type }, count]);
}

/** Makes pages. What the process tells of itself is counted from now on. */
export function makePages(of: SpeakerProcess): () => Promise<string> {
  const registry = processMetrics();
  return async () => `${await speakerPage(of)}${await (await registry).metrics()}`;
}

async function processMetrics(): Promise<Registry> {
  const { collectDefaultMetrics, Registry: Pages } = await import('prom-client');
  const register = new Pages();
  // How late the event loop is: looked at a hundred times a second, since a stall of 20 ms is already a long one here.
  collectDefaultMetrics({ register, prefix: 'selvedge_', eventLoopMonitoringPrecision: 10 });
  return register;
}

async function speakerPage(of: SpeakerProcess): Promise<string> {
  const lines = ofSpeaker.flatMap((metric) => [
    ...headOf(metric),
    ...metric.samples(of).map(([labels, value]) => formatSample(metric.name, labels, value)),
  ]);
  const peers: Snapshot[] = [];
  for (const [index, peer] of of.speaker.peers.entries()) {
    peers.push(snapshot(of, peer));
    if (index % portion === portion - 1) await turn();
  }
  for (const metric of ofPeers) {
    lines.push(...headOf(metric));
    for (let at = 0; at < peers.length; at += portion) {
      for (const peer of peers.slice(at, at + portion)) {
        for (const [labels, value] of metric.samples(peer)) {
          lines.push(formatSample(metric.name, { peer: peer.name, ...labels }, value));
        }
      }
      await turn();
    }
  }
  return `${lines.join('\n')}\n`;
}

function snapshot(of: SpeakerProcess, peer: Peer): Snapshot {
  const { name, status } = peer;
  const families = familyViews(of, peer, status.negotiated);
  return { name, status, families, errors: { ...of.errorsOf(peer) } };
}

function headOf({ help, name, type }: Metric<never>): readonly string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

/** https://prometheus.io/docs/instrumenting/exposition_formats/ */
function formatSample(
  name: string,
  labels: Readonly<Record<string, string>>,
  value: number,
): string {
  const told = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return told.length === 0 ? `${name} ${value}` : `${name}{${told.join(',')}} ${value}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
