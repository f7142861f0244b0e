/** How several guests share the scenarios of one run: a directory for each that is taken, where all of them see it. */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { guestPart, sharedDir } from './out.ts';

/** Whether a piece of work is this guest's: the first of them that asks for it has it. Names must differ as file names. */
export function claim(name: string): boolean {
  if (guestPart === undefined) return true;
  const claims = join(sharedDir, 'claims');
  mkdirSync(claims, { recursive: true });
  try {
    mkdirSync(join(claims, name));
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

export function fileName(title: string): string {
  return title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}
