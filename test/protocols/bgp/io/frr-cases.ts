/** Sessions with bgpd of FRR, on the addresses of lo. Run by frr.test.ts in a network namespace. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';

import { unwrap } from '../../../../src/base/result.ts';
import {
  type ConnectionSettings,
  formatReason,
  type Peer,
  type PeerOptions,
  Speaker,
} from '../../../../src/protocols/bgp/index.ts';
import { type Cases, runCases, Skip } from '../../netlink/io/namespace.ts';
import { type FrrRoot, frrRoots } from '../../vty/frr-daemons.ts';
import { asn, id, settingsOfA } from '../session/settings.ts';
import { Bgpd } from './bgpd.ts';
import { ip } from './pair.ts';
import { Recorder } from './recorder.ts';

const ours = '10.0.0.1';
const theirs = '10.0.0.2';

interface Options {
  readonly settings?: Partial<PeerOptions>;
  readonly connection?: Partial<ConnectionSettings>;
  /** Lines of the neighbour that we are to FRR, without `neighbor 10.0.0.1`. */
  readonly neighbor?: readonly string[];
  /** Further lines of `router bgp`. */
  readonly router?: readonly string[];
  readonly remoteAs?: number;
}

interface Meeting {
  readonly bgpd: Bgpd;
  readonly peer: Peer;
  readonly handler: Recorder;
}

/** Lets both meet, runs the case, and takes both away again. */
async function meet(
  root: FrrRoot,
  options: Options,
  run: (meeting: Meeting) => Promise<void>,
): Promise<void> {
  if (root.skip !== false) throw new Skip(root.skip);
  const { connection = {}, neighbor = [], remoteAs = 65000, router = [], settings = {} } = options;
  const bgpd = await Bgpd.start(root, theirs, [
    `router bgp 65000`,
    ` bgp router-id ${theirs}`,
    ' no bgp ebgp-requires-policy',
    ' no bgp default ipv4-unicast',
    ...router.map((line) => ` ${line}`),
    ` neighbor ${ours} remote-as ${remoteAs}`,
    ` neighbor ${ours} update-source ${theirs}`,
    ` neighbor ${ours} timers connect 1`,
    ...neighbor.map((line) => ` neighbor ${ours} ${line}`),
    ' address-family l2vpn evpn',
    `  neighbor ${ours} activate`,
  ]);
  const handler = new Recorder();
  const speaker = new Speaker({ changed: () => handler.wake() });
  try {
    unwrap(speaker.listen({ ip: ip(ours), port: 179 }));
    const peer = unwrap(
      speaker.add({
        remote: { ip: ip(theirs) },
        settings: settingsOfA({
          local: { asn: asn(remoteAs), id: id(ours) },
          remote: asn(65000),
          connectRetry: 1,
          restart: helps,
          ...settings,
        }),
        connection: { source: { ip: ip(ours) }, ...connection },
        handler,
      }),
    );
    peer.start();
    await run({ bgpd, peer, handler });
  } finally {
    speaker.shutdown();
    await bgpd.stop();
  }
}

/** So that both agree to marks of a refresh. */
const helps = {
  time: 0,
  notification: false,
  preserved: [],
  restarted: false,
  longLived: new Map(),
};

const active: Options = { neighbor: ['passive'] };
const passive: Options = { settings: { passive: true } };
const external = { remoteAs: 4_200_000_001, neighbor: ['disable-connected-check'] };

/** Established on both sides, and the capabilities are those that FRR has understood. */
async function isEstablished({ bgpd, handler }: Meeting): Promise<void> {
  const { negotiated } = await handler.whenUp();
  assert.deepEqual(negotiated.families, ['l2vpn-evpn']);
  assert.deepEqual(
    [negotiated.wire.fourOctetAs, negotiated.wire.extendedMessage, negotiated.refresh],
    [true, true, 'enhanced'],
  );
  const told = await bgpd.neighborWhen(ours, ({ bgpState }) => bgpState === 'Established');
  const capabilities = told['neighborCapabilities'] as Readonly<Record<string, unknown>>;
  assert.equal(capabilities['4byteAs'], 'advertisedAndReceived');
  assert.equal(capabilities['extendedMessage'], 'advertisedAndReceived');
  assert.equal(capabilities['enhancedRouteRefresh'], 'advertisedAndReceived');
  assert.match(String(capabilities['routeRefresh']), /^advertisedAndReceived/);
  assert.deepEqual(capabilities['multiprotocolExtensions'], {
    l2VpnEvpn: { advertisedAndReceived: true },
  });
}

/** Four keepalives in each direction, and nothing else happens. */
async function stays({ bgpd, handler }: Meeting): Promise<void> {
  await bgpd.neighborWhen(ours, ({ messageStats }) => {
    const { keepalivesRecv, keepalivesSent } = messageStats as Readonly<Record<string, number>>;
    return Math.min(keepalivesRecv ?? 0, keepalivesSent ?? 0) >= 5;
  });
  assert.deepEqual(handler.calls, ['up']);
}

function casesOf(root: FrrRoot): Cases {
  const named: Readonly<Record<string, readonly [Options, (meeting: Meeting) => Promise<void>]>> = {
    'iBGP, we connect': [active, isEstablished],
    'iBGP, FRR connects': [passive, isEstablished],
    'iBGP, both connect': [{}, isEstablished],
    'FRR speaks first, because our OPEN is delayed': [
      { ...active, settings: { delayOpen: 3600 } },
      isEstablished,
    ],
    'both delay their OPENs, and one is the first': [
      { neighbor: ['timers delayopen 2'], settings: { delayOpen: 1 } },
      isEstablished,
    ],
    'eBGP, we connect': [
      { ...external, neighbor: [...external.neighbor, 'passive'] },
      isEstablished,
    ],
    'eBGP, FRR connects': [{ ...external, ...passive }, isEstablished],
    'stays up with a hold time of 3 seconds': [{ settings: { holdTime: 3 } }, stays],
    'TCP-MD5': [
      { neighbor: ['password secret'], connection: { password: 'secret' } },
      isEstablished,
    ],
    'TCP-MD5, FRR connects': [
      { ...passive, neighbor: ['password secret'], connection: { password: 'secret' } },
      isEstablished,
    ],
    GTSM: [
      {
        remoteAs: 65001,
        neighbor: ['ttl-security hops 1'],
        connection: { hops: 1, ttlSecurity: true },
      },
      isEstablished,
    ],
    'FRR reads our words when we shut down': [active, saysWhy],
    'we read FRR’s words when it shuts down': [active, hearsWhy],
    'FRR refuses our AS, and we hear it': [
      { ...active, settings: { local: { asn: asn(65009), id: id(ours) } } },
      isRefused,
    ],
    'routes of an FRR that is killed are retained': [
      {
        ...active,
        router: ['bgp graceful-restart', 'bgp graceful-restart preserve-fw-state'],
        settings: { restart },
      },
      retains,
    ],
  };
  return Object.fromEntries(
    Object.entries(named).map(([name, [options, run]]) => [
      `FRR ${root.version ?? root.path}: ${name}`,
      () => meet(root, options, run),
    ]),
  );
}

const restart = { ...helps, time: 60, notification: true };

/** On both sides: until FRR has handed an accepted connection over to the neighbor, it ends it without a word. */
async function whenBothUp({ bgpd, handler }: Meeting): Promise<void> {
  await handler.whenUp();
  await bgpd.neighborWhen(ours, ({ bgpState }) => bgpState === 'Established');
}

async function saysWhy(meeting: Meeting): Promise<void> {
  const { bgpd, peer } = meeting;
  await whenBothUp(meeting);
  peer.stop('back at noon');
  const told = await bgpd.neighborWhen(ours, ({ bgpState }) => bgpState !== 'Established');
  assert.equal(told['lastNotificationReason'], 'Cease/Administrative Shutdown');
  assert.equal(told['lastShutdownDescription'], 'back at noon');
}

async function hearsWhy(meeting: Meeting): Promise<void> {
  const { bgpd, handler } = meeting;
  await whenBothUp(meeting);
  await bgpd.configure('router bgp 65000', `neighbor ${ours} shutdown message see you later`);
  const { reason } = await handler.whenDown();
  assert.equal(formatReason(reason), 'received Cease/Administrative Shutdown "see you later"');
}

async function isRefused({ handler, peer }: Meeting): Promise<void> {
  await handler.until(() => peer.status.lastReason?.kind === 'received');
  const { lastReason } = peer.status;
  assert.match(
    lastReason === undefined ? '' : formatReason(lastReason),
    /^received OPEN Message Error\/Bad Peer AS/,
  );
  assert.deepEqual(handler.calls, []);
}

async function retains({ bgpd, handler }: Meeting): Promise<void> {
  await handler.whenUp();
  await bgpd.stop('SIGKILL');
  const { retained } = await handler.whenDown();
  assert.deepEqual(
    retained.map(({ family }) => family.name),
    ['l2vpn-evpn'],
  );
}

execFileSync('ip', ['link', 'set', 'lo', 'up']);
for (const address of [ours, theirs]) {
  execFileSync('ip', ['address', 'add', `${address}/32`, 'dev', 'lo']);
}
for (const root of frrRoots()) await runCases(casesOf(root));
