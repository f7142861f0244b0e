/** What a peer's configuration means to its session, and to its routes. Pure. */

import type { Log } from '../base/ports.ts';
import type { BgpConfig, SessionConfig } from '../config/bgp/read.ts';
import {
  type Alterable,
  type FamilyName,
  ownNextHop,
  type PeerKind,
  type PeerRouting,
  type PeerSettings,
  peerSettings,
  type PrefixLimit,
  type RestartSettings,
} from '../protocols/bgp/index.ts';

/** `isRestart`: we are back, and peers may have kept what they heard of us. */
export function settingsOf(
  global: BgpConfig['global'],
  config: SessionConfig,
  isRestart: boolean,
): PeerSettings {
  const { as, confederation, confederationMembers, routerId } = global;
  const families = spoken(global, config);
  // RFC 5065 §4: who is not a member knows us by the AS of the confederation.
  const isOutsider = confederation !== undefined && config.isOutside;
  return peerSettings({
    local: { asn: isOutsider ? confederation : as, id: routerId },
    remote: config.as,
    confederation: new Set(isOutsider ? [] : confederationMembers),
    families: families.map((family) => ({
      family,
      receivePaths: config.addPathReceive,
      sendPaths: config.addPath !== undefined,
      extendedNextHop: config.extendedNextHop === true && overIpv4.has(family),
    })),
    enforceFirstAs: config.enforceFirstAs && config.role !== 'route-server-client',
    role: config.role && { role: config.role, strict: config.roleStrict },
    holdTime: config.holdTime,
    connectRetry: config.connectRetry,
    delayOpen: config.delayOpen,
    passive: config.passive,
    maxPrefixesHold: config.maxPrefixesRestart,
    extendedMessage: config.extendedMessage,
    restart: restartOf(config, families, isRestart),
  });
}

/** RFC 8950 §4: the families of AFI 1 that we speak with next hops of either kind. */
const overIpv4: ReadonlySet<FamilyName> = new Set(['ipv4-unicast', 'ipv4-vpn']);

function spoken({ families }: BgpConfig['global'], config: SessionConfig): readonly FamilyName[] {
  return config.families ?? families;
}

function restartOf(
  { gracefulRestart: time, longLived, notification, preserve }: SessionConfig,
  families: readonly FamilyName[],
  isRestart: boolean,
): RestartSettings | undefined {
  const lasting = families.map((name) => [name, longLived?.[name] ?? 0] as const);
  if (time === 0 && lasting.every(([, seconds]) => seconds === 0)) return undefined;
  return {
    time,
    notification,
    preserved: preserve ? families : [],
    restarted: preserve && isRestart,
    longLived: new Map(lasting),
  };
}

/** What the routes of this peer are subject to. */
export function routingOf(
  global: BgpConfig['global'],
  config: SessionConfig,
  name: string,
  log: Log,
): Pick<PeerRouting, 'client' | 'limits' | 'nearLimit' | 'paths'> & Alterable {
  return {
    client: config.client,
    paths: config.addPath ?? 'all',
    ...alterableOf(config),
    limits: limitsOf(config, spoken(global, config)),
    nearLimit: (family, count, { most }) =>
      log('warn', `${name}: ${count} routes of ${family}, of ${most} that max_prefixes allows`),
  };
}

/** What of that may change while a session stands, but for the policies. */
export function alterableOf(config: SessionConfig): Omit<Alterable, 'policies'> {
  const { allowOwnAs, asOverride, longLivedPartial, removePrivateAs } = config;
  return {
    allowOwnAs,
    asOverride,
    longLivedPartial,
    removePrivateAs,
    nextHop: (family, session) => {
      const { peer } = session.negotiated.wire;
      return isSelf(config.nextHop, family.name, peer) ? ownNextHop(family, session) : undefined;
    },
  };
}

/** A configuration without what may change while a session stands: where nothing else differs, it stays. */
export function lastingOf<C extends SessionConfig>(config: C): C {
  return {
    ...config,
    import: undefined,
    export: undefined,
    nextHop: undefined,
    allowOwnAs: 0,
    asOverride: false,
    longLivedPartial: false,
    removePrivateAs: undefined,
  };
}

/** The tunnel of an EVPN or VPN route ends where its next hop is, however many ASes lie between: FRR has it so too. */
function isSelf(asked: SessionConfig['nextHop'], family: FamilyName, kind: PeerKind): boolean {
  if (family === 'route-target') return true;
  if (asked !== undefined) return asked === 'self';
  return kind === 'external' && (family === 'ipv4-unicast' || family === 'ipv6-unicast');
}

function limitsOf(
  config: SessionConfig,
  families: readonly FamilyName[],
): ReadonlyMap<FamilyName, PrefixLimit> {
  const { maxPrefixes, maxPrefixesAction: action, maxPrefixesWarning: percent } = config;
  return new Map(
    families.flatMap((name) => {
      const most = maxPrefixes?.[name];
      if (most === undefined) return [];
      return [[name, { most, warnAt: Math.ceil((most * percent) / 100), action }] as const];
    }),
  );
}
