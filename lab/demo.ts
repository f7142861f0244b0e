/** `make demo`: runs `lab/demo/show.ts` in the lab; with KEEP=1 the guest stays, and this says how to get in. */

import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const keep = process.env['KEEP'] === '1';
const release = process.env['RELEASE'] ?? 'trixie';
const out = join(root, 'out', 'demo');

const words = [keep ? 'up' : 'run', '--release', release, '--out', out, 'lab/demo/show.ts'];
// The guest sees no terminal; NO_COLOR counts.
const isColoured = process.stdout.isTTY && process.stdout.hasColors();
const { status } = spawnSync(process.execPath, ['lab/main.ts', ...words], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, LAB_COLOUR: isColoured ? '1' : '' },
});

if (keep) {
  const node = 'node_modules/.bin/node lab/main.ts';
  console.log(`
The fabric stays up. To look around:
  ${node} shell c1                              a shell on hypervisor c1 (c2, spine, central, he, near, far)
  ${node} exec c1 node dist/cli/main.js status  ask the agent (plan, show vrfs, why 10.1.0.11, doctor)
  ${node} exec spine vtysh -c 'show bgp l2vpn evpn'
  ${node} exec he ping -c 3 10.1.0.11
  ${node} down                                  stop it`);
}
process.exitCode = status ?? 1;
