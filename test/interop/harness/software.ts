/** The daemons there are to test against: what they are called, where they come from, what they speak. */

import { readFileSync } from 'node:fs';
import { type Json, objectIn, textIn } from './peers/json.ts';
import { Bird } from './peers/bird.ts';
import { Exabgp } from './peers/exabgp.ts';
import { Frr } from './peers/frr.ts';
import { Gobgp } from './peers/gobgp.ts';
import type { Peer } from './peer.ts';
import type { PeerConfig } from './router.ts';
import { isComplete, type PackageName, type ReleaseName, rootOf, versionsOf } from './releases.ts';
import type { Family } from './routes.ts';

export interface Software {
  /** `FRR 8.4.4`; without the version when it is not there. */
  readonly name: string;
  readonly release: ReleaseName;
  readonly families: readonly Family[];
  /** Why it cannot be run here, in the words of a skipped test. */
  readonly skip: string | false;
  /** A peer that does not run yet. */
  readonly create: (config: PeerConfig) => Peer;
}

const all = ['ipv4', 'ipv6', 'evpn'] as const;

const classes = { frr: Frr, gobgpd: Gobgp, bird3: Bird, exabgp: Exabgp } as const;
const titles = { frr: 'FRR', gobgpd: 'GoBGP', bird3: 'BIRD', exabgp: 'ExaBGP' } as const;

function from(
  release: ReleaseName,
  program: PackageName,
  families: readonly Family[] = all,
): Software {
  const version = textIn(readVersions(release)[program]);
  const name = `${titles[program]} ${version || `of ${release}`}`;
  return {
    name,
    release,
    families,
    skip: skipOf(release),
    create: (config) => new classes[program]({ name, version, root: rootOf(release) }, config),
  };
}

function readVersions(release: ReleaseName): Json {
  if (!isComplete(release)) return {};
  return objectIn(JSON.parse(readFileSync(versionsOf(rootOf(release)), 'utf8')));
}

function skipOf(release: ReleaseName): string | false {
  if (process.getuid?.() !== 0) return 'needs root for mounts of its own';
  if (isComplete(release)) return false;
  return `no daemons of Debian ${release}; node test/interop/fetch.ts ${release}`;
}

/**
 * On loopback addresses FRR 10 is without IPv6 unicast: it refuses the session, `No local IPv6 address`, where zebra
 * has not told it of one.
 */
const withoutIpv6 = ['ipv4', 'evpn'] as const;

export const frr8 = from('bookworm', 'frr');
export const frr10 = from('trixie', 'frr', withoutIpv6);
export const frrNew = from('sid', 'frr', withoutIpv6);
export const gobgp3 = from('trixie', 'gobgpd');
export const gobgp4 = from('sid', 'gobgpd');
/** EVPN came with BIRD 3.2 or later: 3.1.7 has none. */
export const bird31 = from('trixie', 'bird3', ['ipv4', 'ipv6']);
export const bird3 = from('sid', 'bird3');
export const exabgp4 = from('trixie', 'exabgp');
export const exabgp5 = from('sid', 'exabgp');

export const software: readonly Software[] = [
  frr8,
  frr10,
  frrNew,
  gobgp3,
  gobgp4,
  bird31,
  bird3,
  exabgp4,
  exabgp5,
];
