/** Where a script in the lab finds the built project, and where it leaves files for the host. */

import { join } from 'node:path';

/** Shared with the host, and with the other guests of one run. */
export const sharedDir: string = process.env['LAB_OUT'] ?? 'lab-out';

/** Which of several guests this is that share the scenarios among them: 1, 2, ...; undefined when it is the only one. */
export const guestPart: string | undefined = process.env['LAB_PART'];

export const outDir: string =
  guestPart === undefined ? sharedDir : join(sharedDir, `guest-${guestPart}`);

/** `dist/`, `build/` and `node_modules/` lie here: in the guest an image, else the work tree. */
export const projectDir: string = process.env['LAB_PROJECT'] ?? '/opt/selvedge';
