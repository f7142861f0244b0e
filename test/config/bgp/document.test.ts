/** The examples of docs/bgp.md are files that the speaker takes: whole ones as they are, others behind who we are. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { formatIssue } from '../../../src/base/issue.ts';
import { parseBgpConfig } from '../../../src/config/bgp/read.ts';

const text = readFileSync(new URL('../../../docs/bgp.md', import.meta.url), 'utf8');
const examples = [...text.matchAll(/^```toml\n(.*?)^```$/gms)].map(([, example = '']) => example);
const head = '[global]\nas = 65000\nrouter_id = "192.0.2.1"\n';

describe('the speaker takes', () => {
  for (const [index, example] of examples.entries()) {
    const title = example.split('\n').find((line) => line.startsWith('#')) ?? `number ${index + 1}`;
    test(`the example ${title}`, () => {
      const result = parseBgpConfig(example.includes('[global]') ? example : head + example);
      assert.ok(result.ok, result.ok ? '' : result.error.map(formatIssue).join('\n'));
    });
  }

  test('more than one', () => assert.ok(examples.length > 1));
});
