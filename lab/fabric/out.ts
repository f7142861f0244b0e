/** Where a script in the lab finds the built project, and where it leaves files for the host. */

export const outDir: string = process.env['LAB_OUT'] ?? 'lab-out';

/** `dist/`, `build/` and `node_modules/` lie here: in the guest an image, else the work tree. */
export const projectDir: string = process.env['LAB_PROJECT'] ?? '/opt/selvedge';
