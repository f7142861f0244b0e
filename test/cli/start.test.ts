/** What a command costs before it does anything: what it loads. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** Tells on exit which modules of Node's own are loaded, a line each. */
const told = `process.on('exit', () => process.stderr.write(process.moduleLoadList.join('\\n')))`;

function loadedBy(...argv: readonly string[]): readonly string[] {
  const meter = `data:text/javascript,${encodeURIComponent(told)}`;
  const words = ['--import', meter, program, ...argv];
  return spawnSync(process.execPath, words, { encoding: 'utf8' }).stderr.split('\n');
}

describe('a command that asks over a socket', () => {
  for (const argv of [
    ['bgp', 'show', 'summary', '--socket', '/nonexistent'],
    ['bgp', 'watch', '--socket', '/nonexistent'],
  ]) {
    test(`${argv.slice(0, -2).join(' ')} loads node:http, and no other HTTP client beside it`, () => {
      const loaded = loadedBy(...argv);
      assert.ok(loaded.includes('NativeModule http'), loaded.join('\n'));
      assert.ok(!loaded.includes('NativeModule internal/deps/undici/undici'));
    });
  }
});
