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

test('what no session could be had with is told with its place', () => {
  const of = (more: string) => problems(`${head}[[peer]]\nas = 1\n${more}`);
  assert.deepEqual(of('address = "10.0.0.1"\nhold_time = 2\n'), [
    'line 7, column 1: peer[0].hold_time: a hold time is 0 or at least 3 seconds, not 2',
  ]);
  assert.deepEqual(of(`address = "10.0.0.1"\npassword = "${'p'.repeat(81)}"\n`), [
    'line 7, column 1: peer[0].password: not 1 to 80 octets',
  ]);
  assert.deepEqual(of('address = "10.0.0.1"\nfamilies = []\n'), [
    'line 7, column 1: peer[0].families: no family is left to speak',
  ]);
  assert.deepEqual(of('address = "fe80::1"\n'), [
    'line 4, column 1: peer[0].link: fe80::1 is on some link: name it',
  ]);
});

test('two peers with one address are none, unless they are in two VRFs', () => {
  const peer = (more: string) => `[[peer]]\nas = 1\naddress = "10.0.0.1"\n${more}`;
  assert.deepEqual(problems(head + peer('') + peer('')), [
    'line 9, column 1: peer[1].address: peer[0] has it already',
  ]);
  assert.deepEqual(problems(head + peer('') + peer('device = "red"\n')), []);
  const onLink = '[[peer]]\nas = 1\nlink = "swp1"\n';
  assert.deepEqual(problems(head + onLink + onLink), [
    'line 9, column 1: peer[1].link: peer[0] has it already',
  ]);
});

test('a number is of every family, or of those that are named', () => {
  const peer = (more: string) =>
    parsed(`[[peer]]\naddress = "10.0.0.1"\nas = 1\nmax_prefixes = ${more}\n`).peers[0];
  const all = peer('1000')?.maxPrefixes ?? {};
  assert.deepEqual([Object.keys(all).length, all['l2vpn-evpn']], [6, 1000]);
  assert.deepEqual(peer('{ l2vpn-evpn = 5, ipv4-unicast = 6 }')?.maxPrefixes, {
    'l2vpn-evpn': 5,
    'ipv4-unicast': 6,
  });
});

test('what only another AS can be to us is told of one that is ours, or of our confederation', () => {
  const of = (global: string, more: string) =>
    problems(`${head}${global}\n[[peer]]\naddress = "10.0.0.1"\n${more}`);
  const only = 'only a peer of another AS can have it';
  assert.deepEqual(of('', 'as = "internal"\nrole = "peer"\n'), [
    `line 8, column 1: peer[0].role: ${only}`,
  ]);
  assert.deepEqual(of('', 'as = 65000\nas_override = true\nremove_private_as = "all"\n'), [
    `line 9, column 1: peer[0].remove_private_as: ${only}`,
    `line 8, column 1: peer[0].as_override: ${only}`,
  ]);
  const members = 'confederation = 64999\nconfederation_members = [65001]';
  assert.deepEqual(of(members, 'as = 65001\nrole = "peer"\n'), [
    `line 9, column 1: peer[0].role: ${only}`,
  ]);
  assert.deepEqual(of(members, 'as = 65002\nrole = "peer"\nrole_strict = true\n'), []);
  assert.deepEqual(of('', 'as = 65001\nrole_strict = true\n'), [
    'line 8, column 1: peer[0].role_strict: needs a `role`',
  ]);
});

test('a confederation has a number, and that is not ours', () => {
  assert.deepEqual(problems(`${head}confederation_members = [65001]\n`), [
    'line 1, column 1: global.confederation: must be given, as there are members',
  ]);
  assert.deepEqual(problems(`${head}confederation = 65000\n`), [
    'line 4, column 1: global.confederation: 65000 is our member AS too; give `as` another number, or leave this out',
  ]);
});

test('IPv6 next hops of IPv4 routes are for peers on a link, unless said', () => {
  const of = (more: string) => parsed(`[[peer]]\nas = 1\n${more}`).peers[0]?.extendedNextHop;
  assert.equal(of('link = "swp1"\n'), true);
  assert.equal(of('link = "swp1"\nextended_next_hop = false\n'), false);
  assert.notEqual(of('address = "10.0.0.1"\n'), true);
  assert.equal(of('address = "2001:db8::1"\nextended_next_hop = true\n'), true);
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
    'a limit of a family that is none',
    `${head}[[peer]]\naddress = "10.0.0.1"\nas = 1\nmax_prefixes = { evpn = 5 }\n`,
    "line 7, column 1: peer[0].max_prefixes: 'evpn' is none of ipv4-unicast, ",
  ],
  [
    'a limit of none',
    `${head}[[peer]]\naddress = "10.0.0.1"\nas = 1\nmax_prefixes = { l2vpn-evpn = 0 }\n`,
    'line 7, column 1: peer[0].max_prefixes.l2vpn-evpn: 0 is below 1',
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
