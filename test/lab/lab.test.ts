/** The parts of the lab that are plain functions; the rest is tested by being used. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';

import { isCommandLineError, parseCommandLine } from '../../lab/cli/arguments.ts';
import { formatAdvertisement, formatGratuitousArp } from '../../lab/fabric/cloud/frames.ts';
import { addressIn } from '../../lab/fabric/cloud/network.ts';
import { setIds, uuidOf } from '../../lab/fabric/cloud/northbound.ts';
import { diffSnapshots, type Snapshot } from '../../lab/fabric/snapshot.ts';
import { FrameReader, formatFrame, type Request } from '../../lab/guest/frames.ts';

test('frames come out whole, however the stream is cut', () => {
  const request = fc.oneof(
    fc.record({ op: fc.constant('input' as const), data: fc.base64String() }),
    fc.record({ op: fc.constant('hello' as const) }),
  );
  fc.assert(
    fc.property(fc.array(request), fc.integer({ min: 1, max: 9 }), (requests, size) => {
      const text = requests.map(formatFrame).join('');
      const reader = new FrameReader<Request>();
      const read: Request[] = [];
      for (let at = 0; at < text.length; at += size)
        read.push(...reader.read(text.slice(at, at + size)));
      assert.deepEqual(
        read,
        requests.map((frame) => ({ ...frame })),
      );
    }),
  );
});

test('what is no frame is passed over', () => {
  const reader = new FrameReader<Request>();
  assert.deepEqual(reader.read('leftover of a dead client\n{"op":"hello"}\n'), [{ op: 'hello' }]);
});

test('words after the script belong to the script', () => {
  const line = parseCommandLine(['run', '--release', 'sid', '--timeout=60', 'a.ts', '--out', 'x']);
  assert.ok(!isCommandLineError(line) && line.command === 'run');
  assert.equal(line.run.release.name, 'sid');
  assert.equal(line.run.timeLimitSeconds, 60);
  assert.equal(line.run.script, 'a.ts');
  assert.deepEqual(line.run.argv, ['--out', 'x']);
  assert.equal(line.run.out, 'lab-out');
});

test('a command line that is none is answered with the usage', () => {
  for (const words of [[], ['run'], ['exec', 'c1'], ['dance']]) {
    assert.ok(isCommandLineError(parseCommandLine(words)));
  }
});

test('a network counts its addresses in both families', () => {
  assert.equal(addressIn('10.1.0.0/24', 11), '10.1.0.11/24');
  assert.equal(addressIn('fd00:1::/64', 11), 'fd00:1::11/64');
});

test('names are version 4 UUIDs that depend on their words alone', () => {
  assert.match(
    uuidOf('port', 'a'),
    /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  );
  assert.equal(uuidOf('port', 'a'), uuidOf('port', 'a'));
  assert.notEqual(uuidOf('port', 'a'), uuidOf('porta'));
});

test("ids keep Neutron's colons", () => {
  assert.deepEqual(setIds('logical_switch', 's', { 'neutron:mtu': '1500' }), [
    'set',
    'logical_switch',
    's',
    'external_ids:neutron\\:mtu="1500"',
  ]);
});

test('a difference names its part and direction', () => {
  const empty: Snapshot = { links: ['a', 'b'], flows: [] };
  assert.deepEqual(diffSnapshots(empty, { links: ['b', 'c'], flows: [] }), [
    'links - a',
    'links + c',
  ]);
  assert.deepEqual(diffSnapshots(empty, empty), []);
});

test('an address is announced as it is written, and the checksum is that of the whole', () => {
  const mac = 'fa:16:3e:01:02:03';
  assert.match(
    formatGratuitousArp(mac, '172.24.4.20'),
    /^f{12}fa163e0102030806.*ac180414f{12}ac180414/,
  );
  const frame = formatAdvertisement(mac, '2001:db8:4::20');
  const addresses = frame.slice(44, 108);
  assert.ok(addresses.startsWith('20010db8000400000000000000000020ff02'));
  const message = frame.slice(108);
  const summed = `${addresses}${(message.length / 2).toString(16).padStart(8, '0')}0000003a${message}`;
  const words = summed.match(/..../g)?.map((word) => Number.parseInt(word, 16)) ?? [];
  assert.equal(words.reduce((sum, word) => sum + word, 0) % 0xffff, 0);
});
