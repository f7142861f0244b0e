/** What a speaker says of itself and its peers, and what changes in it, as text. Pure, but for the colours. */

import type {
  BgpCapabilityView,
  BgpEvent,
  BgpNeighborView,
  BgpPeerView,
  BgpSummaryView,
} from '../api/contract/bgp.ts';
import { assertNever } from '../base/assert-never.ts';
import { type Colour, formatTable, paint } from './output.ts';

export function renderSummary({
  as,
  routerId,
  ribs,
  attributeSets,
  peers,
}: BgpSummaryView): string {
  const held = ribs.map(({ family, destinations, paths }) => [
    family,
    String(destinations),
    String(paths),
  ]);
  return [
    `AS ${as}, router id ${routerId}, ${attributeSets} sets of attributes`,
    '',
    formatTable(['FAMILY', 'ROUTES', 'PATHS'], held),
    '',
    peers.length === 0 ? 'no peers are configured' : renderPeers(peers),
  ].join('\n');
}

function renderPeers(peers: readonly BgpPeerView[]): string {
  const header = [
    'PEER',
    'AS',
    'STATE',
    'UP',
    'FAMILY',
    'RECEIVED',
    'ACCEPTED',
    'SENT',
    'LAST END',
  ];
  const rows = peers.flatMap((peer) => {
    const { name, as, uptime, families, lastReason } = peer;
    const since = uptime === undefined ? '' : formatDuration(uptime);
    const first = [name, as === undefined ? '' : String(as), stateOf(peer), since];
    // Of a session that stands, how the one before it ended is for `show neighbors`.
    const end = uptime === undefined ? (lastReason ?? '') : '';
    if (families.length === 0) return [[...first, '', '', '', '', end]];
    return families.map(({ accepted, family, received, sent }, index) => [
      ...(index === 0 ? first : ['', '', '', '']),
      family,
      String(received),
      String(accepted),
      String(sent),
      index === 0 ? end : '',
    ]);
  });
  return formatTable(header, rows);
}

function stateOf({ admin, state }: { readonly admin: string; readonly state: string }): string {
  if (admin === 'stopped') return 'shut down';
  return admin === 'held' ? `${state} (held after failures)` : state;
}

/** Of a peer: a line with its name, and below it, indented, a block for each matter. */
export function renderNeighbor(peer: BgpNeighborView): string {
  const { name, remote } = peer;
  const title = name === remote ? name : `${name} (${remote})`;
  return [
    paint('bold', `Peer ${title}`),
    ...fieldsOf(peer).map(([field, text]) => `  ${field.padEnd(17)} ${text}`.trimEnd()),
    ...block('Capabilities', peer.capabilities.map(capabilityRow), [
      'CAPABILITY',
      'SENT',
      'RECEIVED',
    ]),
    ...block('Families', peer.families.map(familyRow), [
      'FAMILY',
      'RECEIVED',
      'ACCEPTED',
      'SENT',
      'REJECTED IN',
      'REJECTED OUT',
    ]),
    ...block('Messages', messageRows(peer), ['TYPE', 'RECEIVED', 'SENT']),
    '',
  ].join('\n');
}

function familyRow(of: BgpNeighborView['families'][number]): readonly string[] {
  const { accepted, family, received, rejectedIn, rejectedOut, sent } = of;
  return [family, ...[received, accepted, sent, rejectedIn, rejectedOut].map(String)];
}

function capabilityRow({ name, received, sent }: BgpCapabilityView): readonly string[] {
  const told = (text: string | undefined): string => (text === undefined ? 'no' : text || 'yes');
  return [name, told(sent), told(received)];
}

function messageRows({ messages, octets }: BgpNeighborView): readonly (readonly string[])[] {
  const { received, sent } = messages;
  const types = Object.keys(received) as readonly (keyof typeof received)[];
  return [
    ...types.map((type) => [type, String(received[type]), String(sent[type])]),
    ['octets', String(octets.received), String(octets.sent)],
  ];
}

function block(
  title: string,
  rows: readonly (readonly string[])[],
  header: readonly string[],
): readonly string[] {
  if (rows.length === 0) return [];
  const lines = formatTable(header, rows).split('\n');
  return [`  ${title}`, ...lines.map((line) => `    ${line}`)];
}

function fieldsOf(peer: BgpNeighborView): readonly (readonly [field: string, text: string])[] {
  const { expectedAs, failures, flaps, local, queued, established, uptime, updateErrors } = peer;
  const since = uptime === undefined ? '' : `, up ${formatDuration(uptime)}`;
  const failing = failures === 0 ? '' : `, ${failures} failures in a row`;
  const { discard, withdraw, disable, reset } = updateErrors;
  return [
    ['State', `${stateOf(peer)}${since}`],
    ['Sessions', `${established} established, ${flaps} ended${failing}`],
    ['AS', `${peer.as ?? expectedAs}, ours ${local.as}${kindOf(peer)}`],
    ...(peer.role === undefined ? [] : [['Role', roleOf(peer)] as const]),
    ['Router id', `${peer.routerId ?? 'not known'}, ours ${local.routerId}`],
    ['Connection', connectionOf(peer)],
    ['Timers', timersOf(peer)],
    ['Graceful restart', restartOf(peer)],
    ['Queued', `${queued} octets`],
    [
      'UPDATE errors',
      `${discard} attribute discard, ${withdraw} treat-as-withdraw, ${disable} AFI/SAFI disable, ${reset} session reset`,
    ],
    ['Last end', lastEndOf(peer)],
  ];
}

function kindOf({ isClient, isGuest, kind }: BgpNeighborView): string {
  const words = [kind, isClient ? 'route reflector client' : '', isGuest ? 'from a range' : ''];
  return words
    .filter((word) => word !== undefined && word !== '')
    .map((word) => `, ${word}`)
    .join('');
}

function roleOf({ role, uptime }: BgpNeighborView): string {
  if (role === undefined) return '';
  const { isStrict, leaks, local, remote } = role;
  const theirs = remote ?? (uptime === undefined ? 'not known' : 'not told');
  return `ours ${local}${isStrict ? ' (strict)' : ''}, theirs ${theirs}; ${leaks} leaks held off`;
}

function connectionOf({ ends, protection }: BgpNeighborView): string {
  const { hops, password, ttlSecurity } = protection;
  const words = [
    ends === undefined ? 'none' : `${ends.local ?? 'unknown'} to ${ends.remote}`,
    `at most ${hops} ${hops === 1 ? 'hop' : 'hops'}`,
    ...(ttlSecurity ? ['GTSM'] : []),
    ...(password ? ['TCP-MD5'] : []),
  ];
  return words.join(', ');
}

function timersOf({ timers }: BgpNeighborView): string {
  const { connectRetry, holdTime, keepalive, negotiatedHoldTime, silence } = timers;
  const hold =
    negotiatedHoldTime === undefined
      ? `hold ${holdTime} s`
      : `hold ${negotiatedHoldTime} s (ours ${holdTime} s), keepalive ${Math.round(keepalive ?? 0)} s`;
  const heard = silence === undefined ? '' : `, last message ${formatDuration(silence)} ago`;
  return `${hold}, connect retry ${connectRetry} s${heard}`;
}

function restartOf({ gracefulRestart: { local, remote, retained } }: BgpNeighborView): string {
  const kept = retained.map(({ family, phase }) => `${family} (${phase})`).join(', ');
  const said = `ours ${local ?? 'none'}; theirs ${remote ?? 'none'}`;
  return kept === '' ? said : `${said}; stale routes kept: ${kept}`;
}

function lastEndOf({ lastReason, lastReasonAge }: BgpNeighborView): string {
  if (lastReason === undefined) return 'never';
  return lastReasonAge === undefined
    ? lastReason
    : `${formatDuration(lastReasonAge)} ago: ${lastReason}`;
}

/** `00:05:12`; from a day on `3d04h12m`. */
function formatDuration(seconds: number): string {
  const two = (part: number): string => String(part).padStart(2, '0');
  const [days, hours, minutes] = [
    Math.floor(seconds / 86_400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ];
  if (days > 0) return `${days}d${two(hours)}h${two(minutes)}m`;
  return [hours, minutes, seconds % 60].map(two).join(':');
}

const stateColours: Readonly<Record<string, Colour>> = { Established: 'green', Idle: 'red' };

/** One line an event: `+` for a best path, `-` where there is none any more, `!` for a peer. */
export function renderEvent(of: BgpEvent): string {
  const time = of.time.slice(11, 19);
  switch (of.event) {
    case 'current':
      return paint('dim', `${time} = all that is held has been told; what follows is new`);
    case 'peer': {
      const why =
        of.state === 'Established' || of.lastReason === undefined ? '' : `: ${of.lastReason}`;
      return paint(stateColours[of.state] ?? 'dim', `${time} ! ${of.peer} ${stateOf(of)}${why}`);
    }
    case 'route': {
      const rd = of.rd === undefined ? '' : `${of.rd} `;
      const route = `${of.family} ${rd}${of.route}`;
      if (of.best === null) return paint('yellow', `${time} - ${route}`);
      return `${time} + ${route} via ${of.best.nextHop} from ${of.best.from}`;
    }
    default:
      return assertNever(of);
  }
}
