/** What the socket does when the kernel is silent, overflows, is overtaken or sends nonsense. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unwrap } from '../../../../src/base/result.ts';
import {
  type Alarm,
  create,
  formatNetlinkError,
  type Neigh,
  NetlinkSocket,
  neigh,
  neighOf,
} from '../../../../src/protocols/netlink/index.ts';
import { NLM_F, RTM } from '../../../../src/protocols/netlink/wire/numbers.ts';
import { answerTo, doneTo, FakeTransport, messageTo, type Sent } from './fake-transport.ts';

/** Time stands until the test lets it pass. */
class ManualTime {
  #now = 0;
  #alarms: readonly { readonly at: number; readonly ring: () => void }[] = [];

  readonly alarm: Alarm = (ms, ring) => {
    const one = { at: this.#now + ms, ring };
    this.#alarms = [...this.#alarms, one];
    return () => {
      this.#alarms = this.#alarms.filter((other) => other !== one);
    };
  };

  pass(ms: number): void {
    this.#now += ms;
    for (const { at, ring } of this.#alarms) if (at <= this.#now) ring();
  }
}

function setUp() {
  const transport = new FakeTransport();
  const time = new ManualTime();
  const socket = unwrap(NetlinkSocket.open({ transport, alarm: time.alarm, timeout: 1000 }));
  return { transport, time, socket };
}

function neighAt(number: number): Neigh {
  return neighOf({ index: 2, ip: { family: 4, value: 0x0a000000 + number } });
}

const creations = (count: number) =>
  Array.from({ length: count }, (_, i) => create(neigh, neighAt(i)));
const rowTo = (sent: Sent, number: number, flags?: number) =>
  messageTo(sent, RTM.neigh, (writer) => neigh.encode(writer, neighAt(number)), flags);
const first = (datagram: readonly Sent[]): Sent => datagram[0]!;
const codes = (results: readonly { ok: boolean; error?: { code: string } }[]) =>
  results.map((result) => (result.ok ? 'ok' : (result.error?.code ?? '')));

test('what follows from an answer that is there at once does not wait for the event loop', async () => {
  const { transport, socket } = setUp();
  transport.answerAtOnce = (sent) => answerTo(sent.at(-1)!);
  let turns = 0;
  const counting = setImmediate(() => void (turns += 1));
  assert.deepEqual(codes(await socket.batch(creations(2))), ['ok', 'ok']);
  assert.deepEqual(codes(await socket.batch(creations(600))).length, 600);
  clearImmediate(counting);
  assert.equal(turns, 0);
  assert.equal(transport.sent.length, 3);
  transport.answerAtOnce = (sent) => answerTo(sent.at(-1)!, 17, 'there is one');
  assert.deepEqual(codes(await socket.batch(creations(1))), ['EEXIST']);
});

test('a batch goes out as datagrams of 512 messages, each with one acknowledgement asked for', async () => {
  const { transport, socket } = setUp();
  const done = socket.batch(creations(1100));
  for (const size of [512, 512, 76]) {
    const datagram = await transport.nextSent();
    assert.equal(datagram.length, size);
    const asked = datagram.filter(({ flags }) => (flags & NLM_F.ack) !== 0);
    assert.deepEqual(asked, [datagram.at(-1)]);
    transport.arrive(answerTo(datagram.at(-1)!));
  }
  assert.ok((await done).every(({ ok }) => ok));
  assert.equal(transport.sent.length, 3);
});

test('a refusal belongs to the request with its sequence number, with the words of the kernel', async () => {
  const { transport, socket } = setUp();
  const done = socket.batch(creations(3));
  const datagram = await transport.nextSent();
  transport.arrive(answerTo(datagram[1]!, 17, 'ipv4: too much'), answerTo(datagram[2]!));
  const results = await done;
  assert.deepEqual(codes(results), ['ok', 'EEXIST', 'ok']);
  const [, refused] = results;
  assert.ok(refused !== undefined && !refused.ok);
  assert.equal(formatNetlinkError(refused.error), 'cannot create neigh: EEXIST, ipv4: too much');
});

test('silence is given up after the time-out, with what was answered before it', async () => {
  const { transport, time, socket } = setUp();
  const done = socket.batch(creations(3));
  const datagram = await transport.nextSent();
  transport.arrive(answerTo(datagram[0]!, 17));
  time.pass(1000);
  assert.deepEqual(codes(await done), ['EEXIST', 'TIMED_OUT', 'TIMED_OUT']);
});

test('whoever is heard of is not given up', async () => {
  const { transport, time, socket } = setUp();
  const done = socket.dump(neigh, {});
  const request = first(await transport.nextSent());
  for (let i = 0; i < 5; i += 1) {
    time.pass(900);
    transport.arrive(rowTo(request, i));
  }
  transport.arrive(doneTo(request));
  assert.equal(unwrap(await done).length, 5);
});

test('an answer that comes after the time-out is not taken for another', async () => {
  const { transport, time, socket } = setUp();
  const late = socket.request(create(neigh, neighAt(1)));
  const given = first(await transport.nextSent());
  time.pass(1000);
  assert.equal((await late).ok, false);
  const next = socket.request(create(neigh, neighAt(2)));
  const request = first(await transport.nextSent());
  transport.arrive(answerTo(given, 17));
  transport.arrive(answerTo(request));
  assert.equal((await next).ok, true);
});

test('an overflow leaves the outcome of a batch unknown', async () => {
  const { transport, socket } = setUp();
  const done = socket.batch(creations(2));
  await transport.nextSent();
  transport.fail(105);
  assert.deepEqual(codes(await done), ['ENOBUFS', 'ENOBUFS']);
});

test('a dump that was overtaken by a change is made again', async () => {
  const { transport, socket } = setUp();
  const done = socket.dump(neigh, {});
  const once = first(await transport.nextSent());
  transport.arrive(rowTo(once, 1, 2 | NLM_F.dumpInterrupted));
  transport.arrive(doneTo(once));
  const again = first(await transport.nextSent());
  transport.arrive(rowTo(again, 2), rowTo(again, 3), doneTo(again));
  assert.deepEqual(
    unwrap(await done).map(({ ip }) => ip.value),
    [0x0a000002, 0x0a000003],
  );
});

test('a dump that overflows is made again', async () => {
  const { transport, socket } = setUp();
  const done = socket.dump(neigh, {});
  await transport.nextSent();
  transport.fail(105);
  const again = first(await transport.nextSent());
  transport.arrive(doneTo(again));
  assert.deepEqual(unwrap(await done), []);
});

test('a dump that is always overtaken is given up', async () => {
  const { transport, socket } = setUp();
  const done = socket.dump(neigh, {});
  for (let i = 0; i < 8; i += 1) {
    const request = first(await transport.nextSent());
    transport.arrive(doneTo(request, 2 | NLM_F.dumpInterrupted));
  }
  const result = await done;
  assert.equal(result.ok ? '' : result.error.code, 'DUMP_INTERRUPTED');
  assert.equal(transport.sent.length, 8);
});

test('a dump that breaks off says why', async () => {
  const { transport, socket } = setUp();
  const done = socket.dump(neigh, {});
  const request = first(await transport.nextSent());
  transport.arrive(rowTo(request, 1), doneTo(request, 2, 90));
  const result = await done;
  assert.equal(result.ok ? '' : result.error.code, 'EMSGSIZE');
});

test('a dump with an object that does not add up is an error and no partial list', async () => {
  const { transport, socket } = setUp();
  const done = socket.dump(neigh, {});
  const request = first(await transport.nextSent());
  const broken = messageTo(request, RTM.neigh, (writer) => writer.u8(2).zeros(13));
  transport.arrive(rowTo(request, 1), broken, doneTo(request));
  const result = await done;
  assert.equal(result.ok ? '' : result.error.code, 'MALFORMED');
});

test('a datagram that ends within a message ends the request', async () => {
  const { transport, socket } = setUp();
  const done = socket.request(create(neigh, neighAt(1)));
  const request = first(await transport.nextSent());
  transport.arrive(answerTo(request).subarray(0, 20));
  assert.deepEqual(codes([await done]), ['MALFORMED']);
});

test('what the system refuses to send is refused for every request in it', async () => {
  const { transport, socket } = setUp();
  transport.sendErrno = 1;
  assert.deepEqual(codes(await socket.batch(creations(2))), ['EPERM', 'EPERM']);
});

test('closing ends what is under way and what comes after', async () => {
  const { transport, socket } = setUp();
  const under = socket.request(create(neigh, neighAt(1)));
  const queued = socket.dump(neigh, {});
  await transport.nextSent();
  socket.close();
  socket.close();
  assert.deepEqual(codes([await under, await queued]), ['CLOSED', 'CLOSED']);
  assert.deepEqual(codes(await socket.batch(creations(200))), Array(200).fill('CLOSED'));
  assert.equal(transport.isOpen, false);
});
