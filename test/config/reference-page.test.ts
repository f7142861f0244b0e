/** docs/configuration.md is what the schema says; UPDATE=1 writes it. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { formatReferencePage, parseToml } from '../../src/config/index.ts';
import { rows } from '../../src/config/rows.ts';

const file = new URL('../../docs/configuration.md', import.meta.url);
if (process.env['UPDATE'] === '1') writeFileSync(file, formatReferencePage());
const page = readFileSync(file, 'utf8');

describe('the reference page of the configuration', () => {
  test('is what the schema says', () => assert.equal(page, formatReferencePage()));

  test('names every option', () => {
    for (const { key } of rows) assert.ok(page.includes(`| \`${key}\` |`), key);
  });

  test('has examples that are valid', () => {
    const examples = [...page.matchAll(/```toml\n([^`]*)```/g)];
    assert.ok(examples.length > 0);
    for (const [, example = ''] of examples) assert.ok(parseToml(example).ok, example);
  });

  test('has no bar inside of a cell', () => {
    for (const line of page.split('\n').filter((row) => row.startsWith('| '))) {
      assert.ok([3, 4, 6].includes(line.split('|').length - 1), line);
    }
  });
});
