/** The file of `selvedge bgp`: what it means, and that a mistake is told with its place, all of them at once. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatIssue } from '../../../src/base/issue.ts';
import { unwrap } from '../../../src/base/result.ts';
import { type BgpConfig, parseBgpConfig } from '../../../src/config/bgp/read.ts';
import { formatIp } from '../../../src/net/ip.ts';

const head = '[global]\nas = 65000\nrouter_id = "192.0.2.1"\n';

function parsed(text: string): BgpConfig {
  return unwrap(parseBgpConfig(head + text));
}

function problems(text: string): readonly string[] {
  const result = parseBgpConfig(text);
  return result.ok ? [] : result.error.map(formatIssue);
}

test('the least that is needed is who we are', () => {
  const { global, listen, peers, ranges } = parsed('');
  assert.equal(global.as, 65000);
  assert.equal(formatIp(global.routerId), '192.0.2.1');
  assert.deepEqual(global.families, ['l2vpn-evpn']);
  assert.deepEqual([listen, peers, ranges], [[], [], []]);
});

test('a peer has what its group says, but for what it says itself', () => {
  const { peers } = parsed(`
[group.clients]
as = "internal"
client = true
hold_time = 30
[[peer]]
address = "10.0.0.1"
group = "clients"
[[peer]]
address = "2001:db8::1"
group = "clients"
hold_time = 9
name = "leaf-1"
`);
  assert.deepEqual(
    peers.map(({ as, client, holdTime, name }) => [as, client, holdTime, name]),
    [
      ['internal', true, 30, undefined],
      ['internal', true, 9, 'leaf-1'],
    ],
  );
});

test('a peer may be known by its link alone', () => {
  const [peer] = parsed('[[peer]]\nlink = "swp1"\nas = "external"\n').peers;
  assert.deepEqual(peer?.remote, { link: 'swp1' });
});

const mistakes: readonly (readonly [name: string, text: string, ...says: string[]])[] = [
  ['syntax', '[global\n', 'line 1, column 8'],
  ['nobody', '', 'global.as: must be given', 'global.router_id: must be given'],
  [
    'an unknown key, with the one that was meant',
    `${head}[[peer]]\naddress = "10.0.0.1"\nas = 1\npasive = true\n`,
    'line 7, column 1: peer[0].pasive: unknown; did you mean passive?',
  ],
  ['an unknown table', `${head}[pear]\n`, 'line 4, column 1: pear: unknown; did you mean peer?'],
  [
    'a bad value in the second peer',
    `${head}[[peer]]\naddress = "10.0.0.1"\nas = 1\n\n[[peer]]\naddress = "10.0.0.300"\nas = 1\n`,
    'line 9, column 1: peer[1].address: ',
  ],
  [
    'a bad value in a group, once',
    `${head}[group.g]\nas = 0\n[[peer]]\naddress = "10.0.0.1"\ngroup = "g"\n`,
    "line 5, column 1: group.g.as: '0' is not an AS number (1 to 4294967295)",
  ],
  [
    'a group that is not there',
    `${head}[group.clients]\nas = 1\n[[peer]]\naddress = "10.0.0.1"\nas = 1\ngroup = "client"\n`,
    "line 9, column 1: peer[0].group: no group has the name 'client'; did you mean 'clients'?",
  ],
  [
    'a peer that cannot be found',
    `${head}[[peer]]\nas = 1\n`,
    'peer[0].address: needs an address, or a link',
  ],
  [
    'a peer without an AS',
    `${head}[[peer]]\naddress = "10.0.0.1"\n`,
    'peer[0].as: must be given, here or in the group',
  ],
  [
    'tables in place of a table',
    `${head}[peer]\naddress = "10.0.0.1"\n`,
    'line 4, column 1: peer: expected tables, each as [[peer]]',
  ],
];

describe('what is wrong is told with its place:', () => {
  for (const [name, text, ...says] of mistakes) {
    test(name, () => {
      const found = problems(text);
      assert.equal(found.length, says.length, found.join('\n'));
      for (const [index, each] of says.entries()) {
        assert.ok(found[index]?.includes(each), `${found[index]}\nhas not\n${each}`);
      }
    });
  }
});
