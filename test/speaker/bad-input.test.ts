/**
 * Neighbours and files that are wrong, against the running process: what its operator reads, and that nobody else notices.
 * What a single connection is answered is shown in test/protocols/bgp/io/bad-peer.test.ts.
 */

import assert from 'node:assert/strict';
import { describe, test, type TestContext } from 'node:test';
import type { PeerOptions } from '../../src/protocols/bgp/index.ts';
import { SelvedgeProcess } from '../interop/harness/selvedge-process.ts';
import { until } from '../interop/harness/until.ts';
import { RawPeer } from '../protocols/bgp/io/raw-peer.ts';
import { asn, id } from '../protocols/bgp/session/settings.ts';

const port = 17_950;
const good = '127.0.0.3';

function config(peers: readonly string[], more = ''): string {
  return `[global]
as = 65000
router_id = "10.0.0.1"

[[listen]]
address = "127.0.0.1"
port = ${port}
${[good, ...peers].map((address) => peer(address, more)).join('')}`;
}

function peer(address: string, more = ''): string {
  return `
[[peer]]
address = "${address}"
as = 65000
client = true
passive = true
${more}`;
}

/** A neighbour that does as it should, and whether its session is still the first one. */
async function startGood(t: TestContext, process: SelvedgeProcess) {
  const raw = await RawPeer.connect(t, port, good);
  await raw.establish({ local: { asn: asn(65000), id: id('10.0.0.3') }, holdTime: 0 });
  await process.established(good);
  return raw;
}

/** The lines of the log about this neighbour, without what stands around the words. */
function said(process: SelvedgeProcess, about: string): readonly string[] {
  return process
    .log()
    .split('\n')
    .map((line) => /"msg":"([^]*?)"[,}]/.exec(line.replaceAll('\\"', "'"))?.[1] ?? '')
    .filter((message) => message.startsWith(`${about}: `))
    .map((message) => message.slice(about.length + 2));
}

const header = (length: number, type: number, body: readonly number[] = []) =>
  Uint8Array.from([...Array<number>(16).fill(0xff), length >> 8, length & 0xff, type, ...body]);
const zeros = (length: number) => Array.from({ length }, () => 0);

interface Wrong {
  /** Its OPEN, or octets in its place. */
  readonly says: Partial<PeerOptions> | Uint8Array;
  /** What it is answered, and what the log says of it. */
  readonly answer: string;
  readonly log: string;
}

const local = (as: number, text: string) => ({ local: { asn: asn(as), id: id(text) } });

const wrongs: Readonly<Record<string, Wrong>> = {
  'of another AS': {
    says: local(65001, '10.0.0.2'),
    answer: 'OPEN Message Error/Bad Peer AS',
    log: 'OPEN Message Error/Bad Peer AS: the AS is 65001, not 65000 (RFC 4271 §6.2)',
  },
  'with our router id': {
    says: local(65000, '10.0.0.1'),
    answer: 'OPEN Message Error/Bad BGP Identifier',
    log: 'OPEN Message Error/Bad BGP Identifier: the identifier 10.0.0.1 is ours (RFC 6286 §2.2)',
  },
  'with router id 0': {
    says: header(29, 1, [4, 0xfd, 0xe8, 0, 90, 0, 0, 0, 0, 0]),
    answer: 'OPEN Message Error/Bad BGP Identifier',
    log: 'OPEN Message Error/Bad BGP Identifier: the identifier is 0.0.0.0 (RFC 6286 §2.2)',
  },
  'of another version': {
    says: header(29, 1, [3, 0xfd, 0xe8, 0, 90, 10, 0, 0, 2, 0]),
    answer: 'OPEN Message Error/Unsupported Version Number 0x0004',
    log: 'OPEN Message Error/Unsupported Version Number: the version is not 4 (RFC 4271 §6.2)',
  },
  'with hold time 1': {
    says: { holdTime: 1 },
    answer: 'OPEN Message Error/Unacceptable Hold Time',
    log: 'OPEN Message Error/Unacceptable Hold Time: a hold time of 1 or 2 seconds is too short (RFC 4271 §6.2)',
  },
  'with hold time 2': {
    says: { holdTime: 2 },
    answer: 'OPEN Message Error/Unacceptable Hold Time',
    log: 'OPEN Message Error/Unacceptable Hold Time: a hold time of 1 or 2 seconds is too short (RFC 4271 §6.2)',
  },
  'without a family of ours': {
    says: { families: [{ family: 'ipv6-unicast' }] },
    answer: 'OPEN Message Error/Unsupported Capability 0x010400190046',
    log: 'OPEN Message Error/Unsupported Capability: no address family is spoken by both (RFC 5492 §5)',
  },
  'that is none but an HTTP request': {
    says: new TextEncoder().encode('GET / HTTP/1.1\r\nHost: router\r\n\r\n'),
    answer: 'Message Header Error/Connection Not Synchronized',
    log: 'Message Header Error/Connection Not Synchronized: the marker is not all ones (RFC 4271 §6.1)',
  },
  'before which there is a long message': {
    says: header(4097, 2, zeros(4078)),
    answer: 'Message Header Error/Bad Message Length 0x1001',
    log: 'Message Header Error/Bad Message Length: the length is not one of its type (RFC 4271 §6.1)',
  },
};

test('an OPEN is refused, and the log says why', async (t) => {
  const addresses = Object.keys(wrongs).map((_, index) => `127.0.1.${index + 1}`);
  const process = await SelvedgeProcess.start(t, config(addresses));
  const raw = await startGood(t, process);
  for (const [index, [name, { says, answer, log }]] of Object.entries(wrongs).entries()) {
    const address = addresses[index] ?? '';
    await t.test(name, async (row) => {
      const wrong = await RawPeer.connect(row, port, address);
      await wrong.next();
      if (says instanceof Uint8Array) wrong.socket.write(says);
      else wrong.open(says);
      assert.deepEqual(await wrong.rest(), [`NOTIFICATION ${answer}`]);
      await process.says(`${address}: `);
      assert.deepEqual(said(process, address), [`no session: sent ${log}`]);
    });
  }
  assert.deepEqual(said(process, good), ['OpenConfirm to Established']);
  raw.socket.destroy();
});

test('a message of more than 4096 octets without the capability ends that session only', async (t) => {
  const bad = '127.0.0.2';
  const process = await SelvedgeProcess.start(t, config([bad], 'extended_message = false'));
  await startGood(t, process);
  const raw = await RawPeer.connect(t, port, bad);
  await raw.establish({ extendedMessage: true });
  await process.established(bad);
  raw.socket.write(header(5000, 2, [0, 0, 0, 0, ...zeros(5000 - 23)]));
  const answer = 'Message Header Error/Bad Message Length';
  // Before it, our End-of-RIB.
  assert.deepEqual(await raw.rest(), ['UPDATE', `NOTIFICATION ${answer} 0x1388`]);
  const end = 'Established to Active: ';
  await process.says(end);
  assert.deepEqual(said(process, bad).slice(1), [
    `${end}sent ${answer}: the length is not one of its type (RFC 4271 §6.1)`,
  ]);
  assert.deepEqual(said(process, good), ['OpenConfirm to Established']);
});

test('a peer that flaps is left alone, longer each time, and no other one is', async (t) => {
  const bad = '127.0.0.2';
  const process = await SelvedgeProcess.start(t, config([bad]));
  await startGood(t, process);
  const isHeld = async () => (await process.peer(bad))?.admin === 'held';
  await until('it is left alone', async () => {
    if (await isHeld()) return true;
    const raw = await RawPeer.connect(t, port, bad);
    await raw.establish();
    raw.socket.resetAndDestroy();
    return false;
  });
  const raw = await RawPeer.connect(t, port, bad);
  assert.equal(await raw.next(), 'closed');
  assert.deepEqual(said(process, good), ['OpenConfirm to Established']);
});

describe('a file that is wrong', () => {
  const text = config(['127.0.0.2']);
  const cases: Readonly<Record<string, readonly [text: string, problem: string]>> = {
    'with an unknown key': [
      text.replace('passive', 'pasive'),
      'line 14, column 1: peer[0].pasive: unknown; did you mean passive?',
    ],
    'with a bad value': [
      text.replace('as = 65000', 'as = 4294967296'),
      "line 3, column 1: global.as: '4294967296' is not an AS number (1 to 4294967295)",
    ],
    'with hold time 1': [
      `${text}hold_time = 1\n`,
      'line 21, column 1: peer[1].hold_time: a hold time is 0 or at least 3 seconds, not 1',
    ],
    'with one address twice': [
      `${text}${peer('127.0.0.2')}`,
      'line 23, column 1: peer[2].address: peer[1] has it already',
    ],
    'that is no TOML': [
      `${text}\n[[peer`,
      'line 22, column 3: incomplete key-value: cannot find end of key',
    ],
  };
  for (const [name, [wrong, problem]] of Object.entries(cases)) {
    test(`${name} is not used: all stays as it was`, async (t) => {
      const process = await SelvedgeProcess.start(t, text);
      await startGood(t, process);
      process.configure(wrong);
      process.reload();
      await process.says('FILE is not used: all stays as it was');
      await process.says(`FILE: ${problem}`);
      assert.deepEqual(said(process, good), ['OpenConfirm to Established']);
      process.configure(text);
      process.reload();
      await process.says('FILE is read again');
      assert.deepEqual(said(process, good), ['OpenConfirm to Established']);
    });
  }
});
