/**
 * The cases of `test/` that need VRFs, bridges and VXLAN devices, on the kernel of the guest: the host that runs the unit
 * tests may have none of these. What is written is what a dump returns and what iproute2 shows.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { projectDir } from '../fabric/out.ts';
import { scenario } from '../fabric/scenario.ts';
import { isWhole } from '../fabric/whole.ts';

const files = [
  'test/protocols/netlink/io/kernel.test.ts',
  'test/protocols/bgp/io/vrf.test.ts',
  ...(isWhole
    ? [
        'test/targets/kernel/kernel.test.ts',
        'test/targets/kernel/bgp-driver.test.ts',
        'test/sources/host/source.test.ts',
      ]
    : []),
];

scenario('what is written to this kernel is what it holds', async ({ step, note }) => {
  for (const file of files) {
    step(file);
    const report = await runTests(file);
    const [passed = 0, failed, skipped] = ['pass', 'fail', 'skipped'].map((word) =>
      Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(report)?.[1]),
    );
    note(`${passed} passed`);
    assert.deepEqual({ failed, skipped }, { failed: 0, skipped: 0 }, notPassed(report));
    assert.ok(passed > 0, report);
  }
});

/** What the runner says, as TAP. */
async function runTests(file: string): Promise<string> {
  // A run within a run would be told so by this, and report to that one.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  // The guest sees `.js`: types are stripped on the host.
  const path = join(projectDir, file.replace(/\.ts$/, '.js'));
  const argv = ['--test', '--test-reporter=tap', path];
  // A case that waits for ever is none that passed.
  const timeout = 10 * 60_000;
  const child = spawn(process.execPath, argv, { env, timeout, stdio: ['ignore', 'pipe', 'pipe'] });
  const [report, complaints] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return report + complaints;
}

/** The lines of the cases that failed or were skipped, with their reasons: a long one is a block, indented further. */
function notPassed(report: string): string {
  const lines = report.matchAll(
    /^\s*not ok.*|.*# SKIP.*|^( +)error: (?:\|-\n(?:\1 .*\n|\n)*|.*)/gm,
  );
  return [...lines].map(([line]) => line).join('\n');
}
