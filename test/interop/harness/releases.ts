/** The Debian releases that BGP daemons come from, and where each one's root directory is kept. Data only. */

import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export type ReleaseName = 'bookworm' | 'trixie' | 'sid';
export type PackageName = 'frr' | 'gobgpd' | 'bird3' | 'exabgp';

/** Older GoBGP and BIRD than these are not worth testing against: README.md says why. */
export const packagesOf: Readonly<Record<ReleaseName, readonly PackageName[]>> = {
  bookworm: ['frr'],
  trixie: ['frr', 'gobgpd', 'bird3', 'exabgp'],
  sid: ['frr', 'gobgpd', 'bird3', 'exabgp'],
};

export const releaseNames: readonly ReleaseName[] = ['bookworm', 'trixie', 'sid'];

/** Outside the tree, shared by all work trees of this user. */
export const rootsDirectory =
  process.env['PEER_ROOTS'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'selvedge-peers');

export function rootOf(release: ReleaseName): string {
  return join(rootsDirectory, release);
}

/** Raise it when fetch.ts makes something else of the same packages. */
const recipeVersion = 1;

/** What a root was made of: the content of its stamp. */
export function recipeOf(release: ReleaseName): string {
  return JSON.stringify({ recipeVersion, packages: packagesOf[release] });
}

/** Written last, so a root that has it is complete. */
export function stampOf(root: string): string {
  return join(root, 'complete.json');
}

/** The version that each program gave of itself. */
export function versionsOf(root: string): string {
  return join(root, 'versions.json');
}

export function isComplete(release: ReleaseName): boolean {
  const stamp = stampOf(rootOf(release));
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === recipeOf(release);
}
