/** Our reader beside the original: the same random texts give the same options, or are refused by both. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseIni } from '../../../src/protocols/oslo/index.ts';

/** Debian's interpreter: python3-oslo.config is installed for it and no other. */
const python = '/usr/bin/python3';
const script = fileURLToPath(new URL('oslo-config.py', import.meta.url));
const installed = spawnSync(python, ['-c', 'import oslo_config']).status === 0;

test('random texts are read as oslo.config reads them', {
  skip: installed ? false : 'python3-oslo.config is not installed',
}, () => {
  const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  const texts = fc.sample(anyText, { numRuns: 2000, seed });
  const run = spawnSync(python, [script], { input: JSON.stringify(texts), encoding: 'utf8' });
  assert.equal(run.status, 0, run.stderr);
  const theirs: unknown = JSON.parse(run.stdout);
  assert.ok(Array.isArray(theirs));
  for (const [index, text] of texts.entries()) {
    assert.deepEqual(ours(text), theirs[index], `${JSON.stringify(text)}, seed ${seed}`);
  }
});

function ours(text: string): Record<string, Record<string, readonly string[]>> | null {
  const result = parseIni([{ path: 'f', text }]);
  if (!result.ok) return null;
  return Object.fromEntries(
    [...result.value].map(([group, names]) => [
      group,
      Object.fromEntries([...names].map(([name, list]) => [name, list.map((value) => value.text)])),
    ]),
  );
}

/** Lines that mean something more often than not. Section names in lower case: the original folds them later. */
const anyLine = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[a-c]{1,2} ?[=:] ?['" a$#;=:]{0,6}$/) },
  { weight: 2, arbitrary: fc.stringMatching(/^[ \t]{1,2}[ab=#"']{0,4}$/) },
  { weight: 1, arbitrary: fc.constantFrom('[DEFAULT]', '[a]', '[b c]', '') },
  { weight: 1, arbitrary: fc.stringMatching(/^[#;] ?[ab=]{0,3}$/) },
  { weight: 1, arbitrary: fc.stringMatching(/^[[\]a=: #]{0,4}$/) },
);

const anyText = fc
  .tuple(fc.array(anyLine, { maxLength: 6 }), fc.constantFrom('\n', '\r\n', '\r'))
  .map(([lines, end]) => ['[DEFAULT]', ...lines].join(end));
