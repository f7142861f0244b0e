/** Policies in the file of `selvedge bgp`: what is read of them, and that a mistake is told with its place and its remedy. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatIssue } from '../../../src/base/issue.ts';
import { unwrap } from '../../../src/base/result.ts';
import { parseBgpConfig } from '../../../src/config/bgp/read.ts';
import { formatPrefix } from '../../../src/net/prefix.ts';
import { PolicyChain } from '../../../src/protocols/bgp/index.ts';

const head = '[global]\nas = 65000\nrouter_id = "192.0.2.1"\n';

function policies(text: string) {
  return unwrap(parseBgpConfig(head + text)).policies;
}

function rules(text: string): readonly string[] {
  const read = policies(
    `[policy.p]\n[[policy.p.term]]\nmatch.prefixes = ${text}\naction = "accept"\n`,
  );
  const found = read.get('p')?.terms[0]?.match.prefixes ?? [];
  return found.map(({ prefix, least, most }) => `${formatPrefix(prefix)} ${least}-${most}`);
}

test('a policy is what its table says, in the order of its terms', () => {
  const read = policies(`
[prefix_list.hosts]
prefixes = ["10.0.0.0/8 ge 32", "2001:db8::/32 ge 128"]
[community_list.drop]
communities = ["blackhole", "65000:666"]
[as_path_list.customers]
as_paths = ["^65010 .*", "^65020$"]
[policy.from-leaf]
default = "next"
[[policy.from-leaf.term]]
name = "what is marked"
match.communities = ["drop", "rt:65000:*"]
action = "reject"
[[policy.from-leaf.term]]
match = { prefixes = "hosts", as_paths = ["customers", "^$"], route_types = ["mac", 5] }
set = { local_pref = 200, add_communities = ["65000:1", "65000:1:2"], next_hop = "self" }
action = "accept"
`);
  const policy = read.get('from-leaf');
  assert.ok(policy !== undefined);
  const [first, second] = policy.terms;
  assert.deepEqual([policy.name, policy.otherwise, policy.terms.length], ['from-leaf', 'next', 2]);
  assert.equal(first?.action, 'reject');
  assert.equal(first?.match.communities?.length, 3);
  assert.equal(first?.match.prefixes, undefined);
  assert.equal(second?.match.prefixes?.length, 2);
  assert.equal(second?.match.asPaths?.length, 3);
  assert.deepEqual(second?.match.routeTypes, [2, 5]);
  assert.deepEqual([second?.set.localPref, second?.set.nextHop], [200, 'self']);
  assert.deepEqual(
    second?.set.addCommunities?.map(({ kind }) => kind),
    ['standard', 'large'],
  );
  // What is read is what the library takes.
  assert.equal(new PolicyChain([policy]).setsOurAddress, true);
});

test('prefixes are exact, unless ge and le say otherwise', () => {
  assert.deepEqual(rules('"10.0.0.0/8"'), ['10.0.0.0/8 8-8']);
  assert.deepEqual(rules('"10.0.0.0/8 ge 16"'), ['10.0.0.0/8 16-32']);
  assert.deepEqual(rules('["10.0.0.0/8 le 24", "::/0 ge 32 le 64"]'), [
    '10.0.0.0/8 8-24',
    '::/0 32-64',
  ]);
});

test('a peer has the policies of its group, in their order, or its own', () => {
  const { peers } = unwrap(
    parseBgpConfig(`${head}
[policy.a]
[policy.b]
[group.leaves]
as = 65001
import = ["a", "b"]
export = "b"
[[peer]]
address = "10.0.0.1"
group = "leaves"
[[peer]]
address = "10.0.0.2"
group = "leaves"
import = "b"
`),
  );
  assert.deepEqual(
    peers.map((peer) => [peer.import, peer.export]),
    [
      [['a', 'b'], ['b']],
      [['b'], ['b']],
    ],
  );
});

const term = '[policy.p]\n[[policy.p.term]]\n';
const accept = 'action = "accept"\n';

const mistakes: readonly (readonly [name: string, text: string, ...says: string[]])[] = [
  [
    'a term that does not say what becomes of the route',
    `${term}match.families = ["l2vpn-evpn"]\n`,
    'line 5, column 1: policy.p.term[0].action: must be given: accept, reject or next',
  ],
  [
    'an action that there is not',
    `${term}action = "deny"\n`,
    "line 6, column 1: policy.p.term[0].action: 'deny' is none of accept, reject, next",
  ],
  [
    'an unknown key of the second term, with the one that was meant',
    `${term}${accept}[[policy.p.term]]\nmatch.prefix = "10.0.0.0/8"\n${accept}`,
    'line 8, column 1: policy.p.term[1].match.prefix: unknown; did you mean prefixes?',
  ],
  [
    'a list that is not there',
    `[prefix_list.tenants]\nprefixes = []\n${term}match.prefixes = ["tenant"]\n${accept}`,
    "line 8, column 1: policy.p.term[0].match.prefixes[0]: no prefix_list has the name 'tenant'; did you mean 'tenants'?",
  ],
  [
    'a prefix with bits beyond its length',
    '[prefix_list.p]\nprefixes = "10.1.2.3/8"\n',
    "line 5, column 1: prefix_list.p.prefixes: '10.1.2.3/8' has bits beyond its length; write 10.0.0.0/8",
  ],
  [
    'a prefix that matches nothing',
    '[prefix_list.p]\nprefixes = ["10.0.0.0/8", "10.0.0.0/8 ge 24 le 16"]\n',
    "line 5, column 1: prefix_list.p.prefixes[1]: '10.0.0.0/8 ge 24 le 16' matches nothing: 8 <= ge <= le <= 32 must hold",
  ],
  [
    'a community that is none',
    `${term}match.communities = "65000:70000"\n${accept}`,
    "policy.p.term[0].match.communities: '65000:70000' is not a community (65000:100, ",
  ],
  [
    'a community of another kind in place of all others',
    `${term}set.communities = ["rt:65000:1"]\n${accept}`,
    "policy.p.term[0].set.communities[0]: 'rt:65000:1' belongs into extended_communities",
  ],
  [
    'several communities to be set',
    `${term}set.add_communities = ["65000:*"]\n${accept}`,
    "policy.p.term[0].set.add_communities[0]: '65000:*' stands for several communities",
  ],
  [
    'a pattern of AS paths in the words of FRR',
    `${term}match.as_paths = "^[0-9]+$"\n${accept}`,
    "policy.p.term[0].match.as_paths: '^[0-9]+$' is not a pattern of AS paths: '[' at character 2 means nothing here; it is made of AS numbers",
  ],
  [
    'a range that is empty',
    `${term}match.vnis = ["200-100"]\n${accept}`,
    "policy.p.term[0].match.vnis[0]: the range '200-100' is empty",
  ],
  [
    'something set by a term that rejects',
    `${term}set.med = 1\naction = "reject"\n`,
    'policy.p.term[0].set: of no effect, as the term rejects; remove it, or accept',
  ],
  [
    'a policy that is not there',
    '[policy.from-leaf]\n[[peer]]\naddress = "10.0.0.1"\nas = 1\nimport = "from-leafs"\n',
    "line 8, column 1: peer[0].import: no policy has the name 'from-leafs'; did you mean 'from-leaf'?",
  ],
  [
    'our own AS in front of what comes in',
    `${term}set.prepend = [65000]\n${accept}[[peer]]\naddress = "10.0.0.1"\nas = 1\nimport = "p"\n`,
    "line 11, column 1: peer[0].import: policy 'p' prepends our own AS, so that every such route is a loop; prepend another AS, or on export",
  ],
  [
    'our own address as the next hop of what comes in',
    `${term}set.next_hop = "self"\n${accept}[group.g]\nas = 1\nimport = "p"\n`,
    "line 10, column 1: group.g.import: policy 'p' sets the next hop to self; do so on export, or name an address",
  ],
  [
    'a name that is a community',
    '[community_list.blackhole]\ncommunities = "65000:666"\n',
    'line 4, column 1: community_list.blackhole: this is a well-known community; give the list another name',
  ],
  [
    'a name that is none',
    '[policy."10 leaves"]\n',
    'line 4, column 1: policy.10 leaves: a name begins with a letter, and has letters, digits, - and _ only',
  ],
];

describe('what is wrong is told with its place:', () => {
  for (const [name, text, ...says] of mistakes) {
    test(name, () => {
      const result = parseBgpConfig(head + text);
      const found = result.ok ? [] : result.error.map(formatIssue);
      assert.equal(found.length, says.length, found.join('\n'));
      for (const [index, each] of says.entries()) {
        assert.ok(found[index]?.includes(each), `${found[index]}\nhas not\n${each}`);
      }
    });
  }
});
