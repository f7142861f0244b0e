/** The socket of a speaker: what is asked how, and that nobody who reads slowly makes it do more than he reads. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { type BgpPorts, serveBgp } from '../../../src/api/control/bgp.ts';
import type { Listening } from '../../../src/api/control/http.ts';
import { err, ok, unwrap } from '../../../src/base/result.ts';

const line = `${'x'.repeat(16_383)}\n`;
let made = 0;
let ended = 0;
const orders: string[] = [];

/** Without end, until nobody wants more. */
// oxlint-disable-next-line require-await -- stands for one that waits
async function* endless(): AsyncGenerator<string> {
  try {
    for (;;) {
      made += 1;
      yield line;
    }
  } finally {
    ended += 1;
  }
}

const order = (query: URLSearchParams) => {
  orders.push(query.toString());
  return ok({ done: 'done' });
};
const ports: BgpPorts = {
  views: {
    '/summary': () => ({ as: 1, routerId: '', ribs: [], attributeSets: 0, peers: [] }),
  },
  lists: {
    '/neighbors': () => err('there is no such peer'),
    '/rib': () => ok(endless()),
    '/watch': () => ok(endless()),
  },
  dump: () => ok(endless()),
  orders: { '/reset': order, '/shutdown': order, '/start': order },
};

let directory: string;
let path: string;
let listening: Listening;
before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'selvedge-bgp-http-'));
  path = join(directory, 'bgp.sock');
  listening = unwrap(await serveBgp(path, ports));
});
after(async () => {
  await listening.close();
  rmSync(directory, { recursive: true, force: true });
});

function ask(method: string, where: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request({ socketPath: path, method, path: where, agent: false }, resolve)
      .on('error', reject)
      .end();
  });
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return text;
}

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function until(isSo: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!isSo() && Date.now() < deadline) await turns(10);
  assert.ok(isSo(), isSo.toString());
}

test('views are got, orders are posted, and nothing else is there', async () => {
  const asked: readonly (readonly [method: string, path: string, status: number])[] = [
    ['GET', '/summary', 200],
    ['POST', '/summary', 405],
    ['GET', '/reset?peer=a', 405],
    ['POST', '/reset?peer=a', 200],
    ['GET', '/neighbors', 400],
    ['GET', '/', 404],
    ['GET', '/constructor', 404],
    ['GET', '//', 404],
  ];
  for (const [method, where, status] of asked) {
    const response = await ask(method, where);
    await textOf(response);
    assert.equal(response.statusCode, status, `${method} ${where}`);
  }
  assert.deepEqual(orders, ['peer=a']);
});

test('who does not read is made nothing for; who goes leaves nothing', async () => {
  const before_ = ended;
  made = 0;
  const response = await ask('GET', '/rib');
  assert.equal(response.headers['content-type'], 'application/x-ndjson');
  // He reads nothing: what is made fills the buffers between us, and no more.
  await until(() => made > 2);
  await turns(2000);
  const stood = made;
  assert.ok(stood * line.length < 4 << 20, `${stood} portions for nobody`);
  await turns(2000);
  assert.equal(made, stood);
  response.resume();
  await until(() => made > stood + 1000);
  response.destroy();
  await until(() => ended === before_ + 1);
});

test('one stream too many is refused, and there is room again when one has ended', async () => {
  const open = await Promise.all(Array.from({ length: 32 }, () => ask('GET', '/watch')));
  const refused = await ask('GET', '/watch');
  assert.equal(refused.statusCode, 503);
  assert.match(await textOf(refused), /32 streams are open; end one of them/);
  const before_ = ended;
  for (const each of open) each.destroy();
  await until(() => ended === before_ + 32);
  const again = await ask('GET', '/watch');
  assert.equal(again.statusCode, 200);
  again.destroy();
});
