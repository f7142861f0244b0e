/** Where the lab keeps things on the host, and where the guest sees them. */

import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Release } from './release.ts';

/** The work tree this file belongs to. */
export const projectRoot = resolve(import.meta.dirname, '../..');

/** Outside the tree, shared by all work trees of this user. */
export const cacheRoot =
  process.env['LAB_CACHE'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'selvedge-lab');

export interface GuestFiles {
  readonly dir: string;
  readonly kernel: string;
  readonly initrd: string;
  readonly root: string;
  /** Written last: its content says what the other files were made from. */
  readonly stamp: string;
}

export function guestFiles(release: Release): GuestFiles {
  return guestFilesIn(join(cacheRoot, release.name));
}

export function guestFilesIn(dir: string): GuestFiles {
  return {
    dir,
    kernel: join(dir, 'vmlinuz'),
    initrd: join(dir, 'initrd.gz'),
    root: join(dir, 'root.squashfs'),
    stamp: join(dir, 'complete.json'),
  };
}

/** The project as the guest sees it: compiled, read-only. */
export const guestProject = '/opt/selvedge';
/** The directory shared with the host, read-write; it outlives the guest. */
export const guestOut = '/out';
