/** The example of the README, run as it stands against a real server. */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { promisify } from 'node:util';

import { formatEndpoint } from '../../../src/protocols/ovsdb/index.ts';
import { startServer } from './support/server.ts';

it('does what the README says', async () => {
  const source = new URL('../../../src/protocols/ovsdb/', import.meta.url);
  const [, example = ''] =
    /```ts\n(.*?)```/s.exec(readFileSync(new URL('README.md', source), 'utf8')) ?? [];
  assert.ok(example.includes("from 'selvedge/ovsdb'"));
  const server = await startServer();
  try {
    const file = join(server.directory, 'example.mts');
    writeFileSync(file, example.replace('selvedge/ovsdb', new URL('index.ts', source).href));
    const run = promisify(execFile);
    const { stdout } = await run(process.execPath, [file, formatEndpoint(server.endpoint)]);
    assert.deepEqual(stdout.trim().split('\n'), [
      'connecting',
      'syncing',
      'synced',
      '+ vm-1 []',
      'VNI 1001: vm-1',
      'closed',
    ]);
  } finally {
    await server.stop();
  }
});
