/** The systemd units are ones that systemd accepts, and give their programs little to do harm with. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const directory = mkdtempSync(join(tmpdir(), 'selvedge-unit-'));
after(() => rmSync(directory, { recursive: true }));

const has = spawnSync('systemd-analyze', ['--version']).error === undefined;
const options = has ? {} : { skip: 'systemd-analyze is not installed' };

/** What `systemd-analyze security` may say at most, of 10. */
const exposures = { 'selvedge.service': 2.5, 'selvedge-bgp.service': 1.7 };

for (const [name, exposure] of Object.entries(exposures)) {
  // The unit with a program that exists on any machine, which is all that verification asks of it.
  const path = join(directory, name);
  const unit = readFileSync(new URL(`../../deploy/${name}`, import.meta.url), 'utf8');
  writeFileSync(path, unit.replace('/usr/bin/selvedge', '/bin/true'));

  test(`systemd accepts ${name}`, options, () => {
    const { stderr } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
    const complaints = stderr.split('\n').filter((line) => line.includes(name));
    assert.deepEqual(complaints, []);
  });

  test(`the exposure of ${name} is rated ${exposure} or less`, options, () => {
    const words = ['security', '--offline=true', `--threshold=${exposure * 10}`, path];
    const { status, stdout } = spawnSync('systemd-analyze', words, { encoding: 'utf8' });
    assert.equal(status, 0, stdout.split('\n').slice(-3).join('\n'));
  });
}
