/** The local interface over real sockets: what it answers, to whom it is open, and what hostile requests do to it. */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { get, request, type RequestOptions } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import type { Listening } from '../../../src/api/control/http.ts';
import { type ControlPorts, serveHealth, serveSocket } from '../../../src/api/control/server.ts';
import { unwrap } from '../../../src/base/result.ts';

interface Answer {
  readonly status: number | undefined;
  readonly type: string | undefined;
  readonly text: string;
}

let drains = 0;
let resyncs = 0;
let isReady = false;
const queries: string[] = [];
const ports: ControlPorts = {
  view: (path, query) => {
    queries.push(`${path} ${query}`);
    if (query === 'throw') throw new Error('a defect');
    return [] as never;
  },
  drain: () => {
    drains += 1;
  },
  resync: () => {
    resyncs += 1;
    return Promise.resolve();
  },
  isReady: () => isReady,
  metrics: () => Promise.resolve('selvedge_resources 3\n'),
};

let directory: string;
let socketPath: string;
let socket: Listening;
let health: Listening;
const port = 20_000 + (process.pid % 12_000);

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'selvedge-http-'));
  socketPath = join(directory, 'agent.sock');
  // What a run that died has left.
  writeFileSync(socketPath, '');
  socket = unwrap(await serveSocket(socketPath, ports));
  health = unwrap(await serveHealth({ host: '127.0.0.1', port }, ports));
});
after(async () => {
  await socket.close();
  await health.close();
  rmSync(directory, { recursive: true, force: true });
});

function ask(options: RequestOptions): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        const { statusCode: status, headers } = response;
        resolve({ status, type: headers['content-type'], text: text.trim() });
      });
    });
    asked.on('error', reject);
    asked.end();
  });
}

const bySocket = (path: string, method = 'GET') => ask({ socketPath, path, method });
const byPort = (path: string, method = 'GET') => ask({ host: '127.0.0.1', port, path, method });

/** Sends octets as they are; all that comes back until the server ends it. */
function say(octets: string): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const client = connect({ path: socketPath });
    client.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    client.on('error', () => {}).on('close', () => resolve(text));
    client.write(octets);
  });
}

describe('the socket', () => {
  it('is open to its owner and group only', () => {
    assert.equal((statSync(socketPath).mode & 0o777).toString(8), '660');
  });

  it('answers every view, with the query', async () => {
    for (const path of ['/status', '/plan', '/resources', '/why', '/journal']) {
      const answer = await bySocket(`${path}?q=10.1.0.11%2F32`);
      assert.deepEqual(answer, { status: 200, type: 'application/json', text: '[]' });
      assert.equal(queries.at(-1), `${path} 10.1.0.11/32`);
    }
  });

  it('drains by POST alone', async () => {
    assert.equal((await bySocket('/drain')).status, 404);
    assert.equal(drains, 0);
    assert.equal((await bySocket('/drain', 'POST')).status, 200);
    assert.equal(drains, 1);
  });

  it('reads everything anew by POST alone', async () => {
    assert.equal((await bySocket('/resync')).status, 404);
    assert.equal((await bySocket('/resync', 'POST')).status, 200);
    assert.equal(resyncs, 1);
  });

  it('says what is wrong with a path that it cannot have, and what to do', async () => {
    const remedy = 'see that its directory is there and open to us, or set http.socket';
    mkdirSync(join(directory, 'taken', 'by'), { recursive: true });
    for (const path of ['/nonexistent/agent.sock', join(directory, 'taken')]) {
      const refused = await serveSocket(path, ports);
      assert.ok(!refused.ok);
      assert.ok(refused.error.startsWith(`cannot listen on ${path}: `), refused.error);
      assert.ok(refused.error.endsWith(remedy), refused.error);
    }
  });
});

describe('the port', () => {
  it('tells health, readiness and metrics', async () => {
    assert.deepEqual(await byPort('/healthz'), {
      status: 200,
      type: 'application/json',
      text: '{"alive":true}',
    });
    isReady = false;
    assert.deepEqual((await byPort('/readyz')).status, 503);
    isReady = true;
    assert.deepEqual((await byPort('/readyz')).status, 200);
    assert.deepEqual(await byPort('/metrics'), {
      status: 200,
      type: 'text/plain; version=0.0.4',
      text: 'selvedge_resources 3',
    });
  });

  it('tells nothing of tenants, and takes no orders', async () => {
    for (const path of ['/status', '/plan', '/resources', '/why', '/journal']) {
      assert.equal((await byPort(path)).status, 404);
    }
    assert.equal((await byPort('/drain', 'POST')).status, 405);
    assert.equal(drains, 1);
  });

  it('that somebody has already is named', async () => {
    const refused = await serveHealth({ host: '127.0.0.1', port }, ports);
    assert.ok(!refused.ok);
    assert.match(
      refused.error,
      new RegExp(`^cannot listen on 127\\.0\\.0\\.1 port ${port}: .*EADDRINUSE`),
    );
  });
});

describe('a hostile request', () => {
  const requests: readonly (readonly [string, string, RegExp])[] = [
    [
      'for what is no path',
      'GET // HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      /^HTTP\/1\.1 400 /,
    ],
    [
      'for a path beside',
      'GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      /^HTTP\/1\.1 404 /,
    ],
    [
      'with broken escapes',
      'GET /why?q=%E0%A4%A HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      /^HTTP\/1\.1 200 /,
    ],
    [
      'that meets a defect',
      'GET /why?q=throw HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n',
      /^HTTP\/1\.1 500 [^]*a defect/,
    ],
    [
      'of too many octets',
      `GET /status HTTP/1.1\r\nX: ${'x'.repeat(100_000)}\r\n\r\n`,
      /^HTTP\/1\.1 431 /,
    ],
    ['that is none', '\u0016\u0003\u0001 nonsense\r\n\r\n', /^HTTP\/1\.1 400 /],
    ['of another method', 'BREW /status HTTP/1.1\r\nHost: x\r\n\r\n', /^HTTP\/1\.1 4/],
  ];
  for (const [what, octets, expected] of requests) {
    it(`${what} is refused, and the next is answered`, async () => {
      assert.match(await say(octets), expected);
      assert.equal((await bySocket('/status')).status, 200);
    });
  }

  it('that comes too slowly is given up', async () => {
    assert.match(await say('GET /status HTTP/1.1\r\nHost: x\r\n'), /^HTTP\/1\.1 408 /);
  });

  it('whose asker goes away in the middle harms nobody', async () => {
    const client = connect({ path: socketPath });
    client.on('error', () => {});
    client.write('GET /status HTTP/1.1\r\nHost: x\r\n\r\n');
    client.destroy();
    assert.equal((await bySocket('/status')).status, 200);
  });

  it('for a connection beside too many is refused, and others once there is room', async () => {
    const crowd = Array.from({ length: 100 }, () =>
      connect({ path: socketPath }).on('error', () => {}),
    );
    await Promise.all(
      crowd.slice(0, 60).map((each) => new Promise((resolve) => each.once('connect', resolve))),
    );
    for (const each of crowd) each.destroy();
    for (let tries = 1; ; tries += 1) {
      const answer = await bySocket('/status').catch(() => undefined);
      if (answer?.status === 200) break;
      assert.ok(tries < 1000, 'still refused');
    }
  });

  it('does not keep the server from closing', async () => {
    const path = join(directory, 'other.sock');
    const other = unwrap(await serveSocket(path, ports));
    const client = connect({ path });
    client.on('error', () => {});
    await new Promise((resolve) => client.once('connect', resolve));
    get({ socketPath: path, path: '/status' }).on('error', () => {});
    await other.close();
    await new Promise((resolve) => client.once('close', resolve));
  });
});
