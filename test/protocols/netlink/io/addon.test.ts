/** The native part: what it refuses, how it ends with its process and its worker, that it keeps nobody alive. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { loadAddon } from '../../../../src/protocols/bgp/io/addon.ts';
import { loadAddon as loadNetlinkAddon } from '../../../../src/protocols/netlink/index.ts';

// One binary, of which each library declares what it uses.
const addon = { ...loadAddon(), Poll: loadNetlinkAddon().Poll };
const index = new URL('../../../../src/protocols/netlink/index.ts', import.meta.url).href;
const [AF_INET, AF_NETLINK, SOCK_STREAM, SOCK_RAW] = [2, 16, 1, 3];
const [SOL_SOCKET, SO_TYPE, SO_REUSEADDR, IPPROTO_IP, IP_TTL] = [1, 3, 2, 0, 2];
const [EBADF, EAGAIN, EINVAL, ENOPROTOOPT, EINPROGRESS] = [9, 11, 22, 92, 115];
const int = (value: number) => new Uint8Array(Int32Array.of(value).buffer);

test('options of any socket are set and read', () => {
  const fd = addon.socket(AF_INET, SOCK_STREAM, 0);
  assert.ok(fd >= 0);
  assert.equal(addon.setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, int(1)), 0);
  assert.equal(addon.setsockopt(fd, IPPROTO_IP, IP_TTL, int(255)), 0);
  assert.deepEqual(
    [...(addon.getsockopt(fd, IPPROTO_IP, IP_TTL, 4) as Uint8Array)],
    [255, 0, 0, 0],
  );
  const type = addon.getsockopt(fd, SOL_SOCKET, SO_TYPE, 4) as Uint8Array;
  assert.equal(type[0], SOCK_STREAM);
  // struct sockaddr_in: 127.0.0.1, any port.
  const address = Uint8Array.of(AF_INET, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
  assert.equal(addon.bind(fd, address), 0);
  const bound = addon.getsockname(fd, 16) as Uint8Array;
  assert.deepEqual([...bound.subarray(4, 8)], [127, 0, 0, 1]);
  assert.equal(addon.close(fd), 0);
});

test('a refused call gives the negated errno', () => {
  assert.equal(addon.close(-1), -EBADF);
  assert.equal(addon.socket(AF_NETLINK, SOCK_RAW, 300) < 0, true);
  const fd = addon.socket(AF_INET, SOCK_STREAM, 0);
  assert.equal(addon.setsockopt(fd, IPPROTO_IP, 9999, int(1)), -ENOPROTOOPT);
  assert.equal(addon.getsockopt(fd, IPPROTO_IP, 9999, 4), -ENOPROTOOPT);
  assert.equal(addon.bind(fd, new Uint8Array(2)), -EINVAL);
  addon.close(fd);
});

test('arguments of another type throw and do not crash', () => {
  const loose = addon as unknown as Record<string, (...args: unknown[]) => unknown>;
  for (const [name, args] of [
    ['socket', []],
    ['socket', ['1', 2, 3]],
    ['connect', [1]],
    ['listen', ['1', 2]],
    ['accept', []],
    ['recv', [1, 'text']],
    ['send', [1, 'text']],
    ['send', [1, new Float64Array(2)]],
    ['setsockopt', [1, 2, 3]],
    ['getsockopt', [1, 2, 3, '4']],
  ] as const) {
    assert.throws(() => loose[name]?.(...args), TypeError, name);
  }
  const { Poll } = addon as unknown as { Poll: new (...args: unknown[]) => { close(): void } };
  assert.throws(() => new Poll(1, 'no function'), TypeError);
  assert.throws(() => Poll.prototype.close.call({}), TypeError);
});

test('a watch says when a stream can be read, and what it brings is received in place', async () => {
  // struct sockaddr_in: 127.0.0.1, any port.
  const loopback = Uint8Array.of(AF_INET, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
  const listening = addon.socket(AF_INET, SOCK_STREAM, 0);
  assert.equal(addon.bind(listening, loopback), 0);
  assert.equal(addon.listen(listening, 1), 0);
  const name = addon.getsockname(listening, 16) as Uint8Array;
  const client = addon.socket(AF_INET, SOCK_STREAM, 0);
  assert.equal(addon.connect(client, name), -EINPROGRESS);

  const ready = (fd: number, events: number) =>
    new Promise<{ told: number; watch: InstanceType<typeof addon.Watch> }>((resolve) => {
      const watch = new addon.Watch(fd, (errno, told) => {
        assert.equal(errno, 0);
        watch.watch(0);
        resolve({ told, watch });
      });
      watch.watch(events);
    });
  const { watch: server } = await ready(listening, 1);
  const accepted = addon.accept(listening);
  assert.ok(accepted >= 0);
  assert.equal(addon.accept(listening), -EAGAIN);
  assert.deepEqual(addon.getpeername(client, 16), name);
  assert.equal(addon.send(client, Uint8Array.of(1, 2, 3)), 3);
  const { told, watch } = await ready(accepted, 1);
  assert.equal(told, 1);
  const into = new Uint8Array(8);
  assert.equal(addon.recv(accepted, into), 3);
  assert.deepEqual([...into], [1, 2, 3, 0, 0, 0, 0, 0]);
  assert.equal(addon.recv(accepted, into), -EAGAIN);
  addon.close(client);
  assert.equal(addon.recv(accepted, into), 0);
  for (const one of [watch, server]) {
    one.close();
    one.close();
    one.watch(1);
  }
});

test('a poll may be closed twice, and from within its own listener', async () => {
  const closed = await new Promise<boolean>((resolve) => {
    const fd = addon.socket(AF_NETLINK, SOCK_RAW, 0);
    const poll = new addon.Poll(fd, () => {
      poll.close();
      poll.close();
      poll.ref();
      poll.unref();
      resolve(true);
    });
    // RTM_GETLINK dump: the answer is several datagrams, of which only the first is delivered.
    const request = new Uint8Array(32);
    new DataView(request.buffer).setUint32(0, 32, true);
    new DataView(request.buffer).setUint16(4, 18, true);
    new DataView(request.buffer).setUint16(6, 0x301, true);
    assert.equal(addon.send(fd, request), 32);
  });
  assert.ok(closed);
});

function run(code: string) {
  const script = `import * as nl from ${JSON.stringify(index)};\n${code}`;
  const options = { encoding: 'utf8', timeout: 60_000 } as const;
  return spawnSync(process.execPath, ['--input-type=module-typescript', '-e', script], options);
}

test('an idle socket and a monitor keep no process alive', () => {
  const { status, stderr } = run(`
    const socket = nl.NetlinkSocket.open();
    const monitor = nl.watchNetlink({ event() {}, overflow() {} });
    if (!socket.ok || !monitor.ok) process.exit(3);
  `);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
});

test('a request under way does', () => {
  const { status, stdout } = run(`
    const socket = nl.NetlinkSocket.open();
    const links = await socket.value.dump(nl.link, {});
    console.log(links.ok && links.value.length > 0);
  `);
  assert.deepEqual({ status, stdout }, { status: 0, stdout: 'true\n' });
});

test('what a listener throws is an uncaught exception', () => {
  const { status, stderr } = run(`
    const transport = nl.netlinkTransport();
    transport.onData(() => { throw new Error('from the listener'); });
    const socket = nl.NetlinkSocket.open({ transport: { ...transport, onData() {} } });
    await socket.value.dump(nl.link, {});
  `);
  assert.equal(status, 1);
  assert.match(stderr, /from the listener/);
});

test('workers may end with sockets open, busy or closed', async () => {
  const code = (ending: string) => `
    const nl = await import(${JSON.stringify(index)});
    const socket = nl.NetlinkSocket.open().value;
    const monitor = nl.watchNetlink({ event() {}, overflow() {} }, { keepAlive: true }).value;
    const first = await socket.dump(nl.link, {});
    if (!first.ok) throw new Error('no links');
    ${ending}
  `;
  const endings = [
    'process.exit(0);',
    'void socket.dump(nl.link, {}); process.exit(0);',
    'socket.close(); monitor.close();',
    'socket.close(); monitor.close(); process.exit(0);',
  ];
  for (const ending of [...endings, ...endings]) {
    const worker = new Worker(`void (async () => {${code(ending)}})();`, { eval: true });
    const ended = await new Promise<unknown>((resolve) => {
      worker.once('error', resolve);
      worker.once('exit', resolve);
    });
    assert.equal(ended, 0, ending);
  }
});

test('a worker that is terminated takes its sockets along', async () => {
  const code = `
    const { parentPort } = require('node:worker_threads');
    void (async () => {
      const nl = await import(${JSON.stringify(index)});
      const monitor = nl.watchNetlink({ event() {}, overflow() {} }, { keepAlive: true });
      parentPort.postMessage(monitor.ok);
    })();
  `;
  const worker = new Worker(code, { eval: true });
  assert.equal(await new Promise((resolve) => worker.once('message', resolve)), true);
  assert.equal(await worker.terminate(), 1);
});
