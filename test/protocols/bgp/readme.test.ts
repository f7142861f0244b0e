/** The examples of the library's README run as they stand. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import {
  encodeMessage,
  type Rd,
  type Update,
  unwrap,
  wireSession,
} from '../../../src/protocols/bgp/index.ts';

const library = new URL('../../../src/protocols/bgp/', import.meta.url);
const text = readFileSync(new URL('README.md', library), 'utf8');
const examples = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) => code);

function run(code: string): string {
  const map = new URL('index.ts', library).href;
  const argv = ['--input-type=module-typescript', '--eval', code.replace('selvedge/bgp', map)];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout;
}

describe('the README', () => {
  test('has six examples', () => {
    assert.equal(examples.length, 6);
  });

  test('writes a message and reads it', () => {
    assert.match(
      run(examples[0] ?? ''),
      /^UPDATE MP_REACH_NLRI l2vpn-evpn RD 65000:1 \[3\]:\[0\]:\[32\]:\[10\.0\.0\.1\] via 10\.0\.0\.1; ORIGIN IGP;/,
    );
  });

  test('waits for a peer, and has a session with it', () => {
    // The other end, in the same process: both go when the session is up at the end of the example.
    const local = '{ ...peer.settings.local, id: { family: 4, value: 2 } }';
    const other = `
      const other = new Speaker();
      unwrap(other.add({
        remote: { ip: unwrap(parseIp('::1')) },
        settings: peerSettings({ ...peer.settings, passive: false, local: ${local} }),
        connection: { port: 1790 },
        handler: { up() {}, update: () => undefined, refresh() {}, down() {}, expired() {} },
      })).start();
      const timer = setInterval(() => {
        if (peer.status.state !== 'Established') return;
        clearInterval(timer);
        other.shutdown();
        speaker.shutdown();
      }, 5);`;
    assert.match(run(`${examples[2] ?? ''}${other}`), /^up, with l2vpn-evpn$/m);
  });

  test('declares a table, says routes in it, and hears of them', () => {
    const [, said = ''] = /(\/\/ mac 0 [^]*)$/.exec(examples[3] ?? '') ?? [];
    assert.equal(run(examples[3] ?? ''), said.replaceAll('// ', ''));
  });

  test('announces a prefix from one speaker to another', () => {
    assert.match(run(examples[4] ?? ''), /^2001:db8:1::\/48 with LOCAL_PREF 100$/m);
  });

  test('gives a peer a policy', () => {
    const counted = "console.log(peer.rejectedOf({ name: 'ipv4-unicast', afi: 1, safi: 1 }));";
    assert.equal(run(`${examples[5] ?? ''}\n${counted}`), '{ import: 0, export: 0 }\n');
  });

  test('takes a stream apart, and packs it again', () => {
    const session = wireSession({ fourOctetAs: true, families: ['l2vpn-evpn'] });
    const sent = unwrap(encodeMessage(update, session));
    const call = `receive(new Uint8Array(${JSON.stringify([...sent])}));`;
    assert.equal(
      run(`${examples[1] ?? ''}\n${call}`),
      `a route with a key of 18 octets\n${sent.length + 1} octets to send\n`,
    );
  });
});

const vtep = { family: 4, value: 0x0a000001 } as const;
const update: Update = {
  type: 'update',
  withdrawn: [],
  attributes: {
    origin: 'igp',
    asPath: [],
    localPref: 100,
    mpReach: {
      family: 'l2vpn-evpn',
      nextHop: { ip: vtep },
      routes: [{ nlri: { type: 'imet', rd: 1n as Rd, tag: 0, originator: vtep } }],
    },
  },
  nlri: [],
};
