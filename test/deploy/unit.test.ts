/** The systemd unit is one that systemd accepts, and gives the agent little to do harm with. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const directory = mkdtempSync(join(tmpdir(), 'selvedge-unit-'));
after(() => rmSync(directory, { recursive: true }));

/** The unit with a program that exists on any machine, which is all that verification asks of it. */
const path = join(directory, 'selvedge.service');
const unit = readFileSync(new URL('../../deploy/selvedge.service', import.meta.url), 'utf8');
writeFileSync(path, unit.replace('/usr/bin/selvedge', '/bin/true'));

const has = spawnSync('systemd-analyze', ['--version']).error === undefined;
const options = has ? {} : { skip: 'systemd-analyze is not installed' };

test('systemd accepts the unit', options, () => {
  const { stderr } = spawnSync('systemd-analyze', ['verify', path], { encoding: 'utf8' });
  const complaints = stderr.split('\n').filter((line) => line.includes('selvedge.service'));
  assert.deepEqual(complaints, []);
});

test('its exposure is rated 2.5 or less', options, () => {
  const words = ['security', '--offline=true', '--threshold=25', path];
  const { status, stdout } = spawnSync('systemd-analyze', words, { encoding: 'utf8' });
  assert.equal(status, 0, stdout.split('\n').slice(-3).join('\n'));
});
