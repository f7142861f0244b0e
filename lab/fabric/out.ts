/** Where a script in the lab leaves files for the host. */

export const outDir: string = process.env['LAB_OUT'] ?? 'lab-out';
