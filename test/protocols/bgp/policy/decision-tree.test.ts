/** What policies do: term by term; and that what is remembered between routes makes no difference. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { unwrap } from '../../../../src/base/result.ts';
import { parseAsPathPattern } from '../../../../src/net/as-path-pattern.ts';
import {
  type CommunityPattern,
  parseCommunityPattern,
  parseRdPattern,
} from '../../../../src/net/community.ts';
import { type Ip, parseIp } from '../../../../src/net/ip.ts';
import { parsePrefix } from '../../../../src/net/prefix.ts';
import { parseRouteDistinguisher } from '../../../../src/net/route-distinguisher.ts';
import type { Subject } from '../../../../src/protocols/bgp/policy/conditions.ts';
import {
  type Accepted,
  DecisionTree,
  PolicyChain,
} from '../../../../src/protocols/bgp/policy/decision-tree.ts';
import { NlriFields } from '../../../../src/protocols/bgp/policy/nlri-fields.ts';
import type { Changes, Match, Policy, Term } from '../../../../src/protocols/bgp/policy/policy.ts';
import { rdOf } from '../../../../src/protocols/bgp/wire/administered.ts';
import { formatAttributes } from '../../../../src/protocols/bgp/wire/path-attributes.ts';
import {
  families,
  type FamilyName,
  type NlriValues,
} from '../../../../src/protocols/bgp/wire/family.ts';
import { formatNextHop } from '../../../../src/protocols/bgp/wire/next-hop.ts';
import { encodeNlri } from '../../../../src/protocols/bgp/wire/nlri/route.ts';
import { neighbour } from '../rib/fixtures.ts';

const ip = (text: string): Ip => unwrap(parseIp(text));
const communities = (...texts: readonly string[]): readonly CommunityPattern[] =>
  texts.flatMap((text) => unwrap(parseCommunityPattern(text)));
const rule = (text: string, least: number, most: number) => ({
  prefix: unwrap(parsePrefix(text)),
  least,
  most,
});

const attributes = {
  origin: 'igp',
  asPath: [{ type: 'sequence', asns: [65010, 65020] }],
  med: 5,
  communities: [0xfde8_0001, 0xfde8_0002],
  largeCommunities: [{ global: 65000, local1: 1, local2: 2 }],
  extendedCommunities: [
    { kind: 'route-target', form: 'as2', administrator: 65000, assigned: 100 },
    { kind: 'encapsulation', tunnel: 8 },
  ],
} as const;

const base: Subject = {
  family: families['ipv4-unicast'],
  from: neighbour(1, { kind: 'external', role: 'external', as: 65010, address: '0a000001' }),
  attributes,
  nextHop: { ip: ip('10.0.0.1') },
};

function fieldsOf<F extends FamilyName>(name: F, route: NlriValues[F]): NlriFields {
  const octets = encodeNlri(families[name], route);
  const fields = new NlriFields();
  fields.read(families[name], octets, 0, octets.length);
  return fields;
}

const prefixRoute = fieldsOf('ipv4-unicast', unwrap(parsePrefix('10.1.2.0/24')));
const rd = rdOf(unwrap(parseRouteDistinguisher('10.0.0.1:7')));
const esi = 0n as never;
const host = fieldsOf('l2vpn-evpn', {
  type: 'mac',
  rd,
  esi,
  tag: 0,
  mac: 1 as never,
  ip: ip('10.1.2.3'),
  label: 100,
  label2: 5000,
});
const imet = fieldsOf('l2vpn-evpn', { type: 'imet', rd, tag: 0, originator: ip('10.0.0.1') });

function accepts(match: Match, nlri = prefixRoute, subject = base): boolean {
  const policy: Policy = {
    name: 'p',
    terms: [{ match, set: {}, action: 'accept' }],
    otherwise: 'reject',
  };
  return new PolicyChain([policy]).judge(subject, nlri) !== undefined;
}

const asPath = (text: string) => [unwrap(parseAsPathPattern(text))];
const overlay: Subject = { ...base, family: families['l2vpn-evpn'] };
const flooding: Subject = {
  ...overlay,
  attributes: {
    ...attributes,
    pmsiTunnel: { flags: 0, tunnel: 6, label: 100, identifier: new Uint8Array(4) },
  },
};

const matches: readonly (readonly [
  what: string,
  match: Match,
  isMatch: boolean,
  nlri?: NlriFields,
  subject?: Subject,
])[] = [
  ['nothing is asked', {}, true],
  ['its family', { families: ['ipv6-unicast', 'ipv4-unicast'] }, true],
  ['another family', { families: ['ipv6-unicast'] }, false],
  ['its prefix', { prefixes: [rule('10.0.0.0/8', 8, 24)] }, true],
  ['its prefix, too long', { prefixes: [rule('10.0.0.0/8', 8, 23)] }, false],
  ['the host of type 2', { prefixes: [rule('10.1.2.0/24', 32, 32)] }, true, host, overlay],
  ['a prefix, of type 3', { prefixes: [rule('0.0.0.0/0', 0, 32)] }, false, imet, overlay],
  ['its route type', { routeTypes: [5, 2] }, true, host, overlay],
  ['another route type', { routeTypes: [5] }, false, host, overlay],
  ['a route type, of unicast', { routeTypes: [1, 2, 3, 4, 5] }, false],
  ['its RD', { rds: unwrap(parseRdPattern('10.0.0.1:*')) }, true, host, overlay],
  ['another RD', { rds: unwrap(parseRdPattern('10.0.0.1:8')) }, false, host, overlay],
  ['an RD, of unicast', { rds: unwrap(parseRdPattern('*:*')) }, false],
  ['its VNI', { vnis: [{ least: 100, most: 100 }] }, true, host, overlay],
  ['its second VNI', { vnis: [{ least: 4000, most: 6000 }] }, true, host, overlay],
  ['the VNI of its PMSI tunnel', { vnis: [{ least: 100, most: 100 }] }, true, imet, flooding],
  ['a VNI, without a tunnel', { vnis: [{ least: 0, most: 100 }] }, false, imet, overlay],
  ['one of its communities', { communities: communities('1:1', '65000:2') }, true],
  ['communities of others', { communities: communities('65001:*') }, false],
  ['a route target of any AS', { communities: communities('rt:*') }, true],
  ['a large community', { communities: communities('65000:*:2') }, true],
  ['two communities', { allCommunities: [communities('65000:1'), communities('rt:*')] }, true],
  ['one that it has not', { allCommunities: [communities('65000:1'), communities('1:1')] }, false],
  ['its path', { asPaths: asPath('^65010 .* 65020$') }, true],
  ['another path', { asPaths: asPath('^65020') }, false],
  ['the length of its path', { pathLengths: [{ least: 2, most: 2 }] }, true],
  ['a longer path', { pathLengths: [{ least: 3, most: 255 }] }, false],
  ['its next hop', { nextHops: [unwrap(parsePrefix('10.0.0.0/24'))] }, true],
  ['another next hop', { nextHops: [unwrap(parsePrefix('10.0.1.0/24'))] }, false],
  ['its peer', { peers: [ip('10.0.0.1')] }, true],
  ['another peer', { peers: [ip('10.0.0.2'), 'swp1'] }, false],
  ['an external peer', { sources: ['external'] }, true],
  ['our own', { sources: ['local'] }, false],
  ['its LOCAL_PREF, of which there is none', { localPrefs: [{ least: 100, most: 100 }] }, true],
  ['its MED', { meds: [{ least: 5, most: 6 }] }, true],
  ['another MED', { meds: [{ least: 6, most: 9 }] }, false],
  ['its origin', { origins: ['igp'] }, true],
  ['another origin', { origins: ['egp', 'incomplete'] }, false],
  ['two things, one of which does not hold', { meds: [{ least: 5, most: 5 }], origins: [] }, false],
];

describe('a term that asks for', () => {
  for (const [what, match, isMatch, nlri, subject] of matches) {
    test(`${what}: ${isMatch ? 'yes' : 'no'}`, () => {
      assert.equal(accepts(match, nlri, subject), isMatch);
    });
  }
});

function after(set: Changes, subject = base): readonly string[] {
  const policy: Policy = {
    name: 'p',
    terms: [{ match: {}, set, action: 'accept' }],
    otherwise: 'reject',
  };
  const judged = new PolicyChain([policy]).judge(subject, prefixRoute, ip('10.0.0.254'));
  assert.ok(judged !== undefined);
  return [...formatAttributes(judged.attributes), formatNextHop(judged.nextHop)];
}

const unchanged = after({});
const sets: readonly (readonly [what: string, set: Changes, line: string, instead: string])[] = [
  ['LOCAL_PREF', { localPref: 200 }, '', 'LOCAL_PREF 200'],
  ['MED', { med: 7 }, 'MULTI_EXIT_DISC 5', 'MULTI_EXIT_DISC 7'],
  ['origin', { origin: 'incomplete' }, 'ORIGIN IGP', 'ORIGIN incomplete'],
  ['path', { prepend: [1, 2] }, 'AS_PATH 65010 65020', 'AS_PATH 1 2 65010 65020'],
  ['next hop', { nextHop: ip('10.0.0.9') }, '10.0.0.1', '10.0.0.9'],
  ['next hop to our own', { nextHop: 'self' }, '10.0.0.1', '10.0.0.254'],
  [
    'communities',
    { communities: communities('65000:9') },
    'COMMUNITIES 65000:1 65000:2',
    'COMMUNITIES 65000:9',
  ],
  ['no communities', { communities: [] }, 'COMMUNITIES 65000:1 65000:2', ''],
  [
    'one community more',
    { addCommunities: communities('65000:9', '65000:1') },
    'COMMUNITIES 65000:1 65000:2',
    'COMMUNITIES 65000:1 65000:2 65000:9',
  ],
  [
    'some communities less',
    { removeCommunities: communities('*:2', '1:*') },
    'COMMUNITIES 65000:1 65000:2',
    'COMMUNITIES 65000:1',
  ],
  [
    'another route target',
    { removeCommunities: communities('rt:*'), addCommunities: communities('rt:65000:200') },
    'EXTENDED COMMUNITIES RT:65000:100 ET:8',
    'EXTENDED COMMUNITIES ET:8 RT:65000:200',
  ],
  [
    'a large community',
    { largeCommunities: communities('1:2:3') },
    'LARGE_COMMUNITY 65000:1:2',
    'LARGE_COMMUNITY 1:2:3',
  ],
  ['a next hop that the family cannot have', { nextHop: ip('2001:db8::1') }, '', ''],
];

describe('a term sets', () => {
  for (const [what, set, line, instead] of sets) {
    test(what, () => {
      const expected = [...unchanged.filter((each) => each !== line), instead];
      assert.deepEqual(after(set).toSorted(), expected.filter((each) => each !== '').toSorted());
    });
  }

  test('a path of more than 255 ASes in two segments', () => {
    const long = {
      ...attributes,
      asPath: [{ type: 'sequence', asns: Array(254).fill(7) }],
    } as const;
    const policy: Policy = {
      name: 'p',
      terms: [{ match: {}, set: { prepend: [1, 2, 3] }, action: 'accept' }],
      otherwise: 'reject',
    };
    const judged = new PolicyChain([policy]).judge({ ...base, attributes: long }, prefixRoute);
    assert.deepEqual(
      judged?.attributes.asPath?.map(({ asns }) => asns.slice(0, 2)),
      [
        [1, 2],
        [3, 7],
      ],
    );
  });
});

describe('of several terms', () => {
  const term = (match: Match, set: Changes, action: Term['action']): Term => ({
    match,
    set,
    action,
  });
  const med = (least: number) => ({ meds: [{ least, most: least }] });
  const judge = (...policies: readonly Policy[]) =>
    new PolicyChain(policies).judge(base, prefixRoute)?.attributes.med;
  const policy = (otherwise: Policy['otherwise'], ...terms: readonly Term[]): Policy => ({
    name: 'p',
    terms,
    otherwise,
  });

  test('the first that matches decides', () => {
    const [first, second] = [term(med(5), { med: 1 }, 'accept'), term({}, { med: 2 }, 'accept')];
    assert.equal(judge(policy('reject', first, second)), 1);
    assert.equal(judge(policy('reject', second, first)), 2);
  });
  test('one that says next leaves what it has set to those behind it', () => {
    assert.equal(
      judge(policy('accept', term({}, { med: 6 }, 'next'), term(med(6), {}, 'reject'))),
      undefined,
    );
    assert.equal(
      judge(policy('accept', term({}, { med: 6 }, 'next'), term(med(5), {}, 'reject'))),
      6,
    );
  });
  test('where none decides the policy does', () => {
    assert.equal(judge(policy('reject', term(med(6), {}, 'accept'))), undefined);
    assert.equal(judge(policy('accept', term(med(6), {}, 'reject'))), 5);
  });
  test('and where that says next, the next policy, and behind the last one nobody accepts', () => {
    const undecided = policy('next', term({}, { med: 8 }, 'next'));
    assert.equal(judge(undecided, policy('accept')), 8);
    assert.equal(judge(undecided), undefined);
    assert.equal(judge(), undefined);
  });
});

/** Policies and routes in which everything meets everything often. */
const anyMatch: fc.Arbitrary<Match> = fc.record(
  {
    meds: fc.constantFrom([{ least: 0, most: 1 }], [{ least: 2, most: 3 }]),
    communities: fc.constantFrom(communities('65000:1'), communities('65000:2', 'rt:*')),
    prefixes: fc.constantFrom([rule('10.0.0.0/15', 15, 32)], [rule('10.1.0.0/16', 16, 24)]),
    routeTypes: fc.constantFrom([2], [3, 5]),
    vnis: fc.constantFrom([{ least: 1, most: 1 }], [{ least: 0, most: 2 }]),
  },
  { requiredKeys: [] },
);
const anyChanges: fc.Arbitrary<Changes> = fc.record(
  {
    med: fc.nat(3),
    addCommunities: fc.constantFrom(communities('65000:1'), communities('65000:2')),
    removeCommunities: fc.constantFrom(communities('65000:*'), communities('rt:*')),
    nextHop: fc.constantFrom<Ip | 'self'>('self', ip('10.0.0.7')),
  },
  { requiredKeys: [] },
);
const anyAction = fc.constantFrom('accept' as const, 'reject' as const, 'next' as const);
const anyPolicy: fc.Arbitrary<Policy> = fc.record({
  name: fc.constant('p'),
  terms: fc.array(fc.record({ match: anyMatch, set: anyChanges, action: anyAction }), {
    maxLength: 6,
  }),
  otherwise: anyAction,
});
const anyRoute = fc
  .record({
    third: fc.nat(2),
    bits: fc.constantFrom(16, 24, 32),
    label: fc.nat(3),
    type: fc.nat(2),
  })
  .map(({ third, bits, label, type }) => {
    const address = ip(`10.${third}.0.0`);
    if (type === 0) return imet;
    const common = { rd, esi, tag: 0, label };
    return type === 1
      ? fieldsOf('l2vpn-evpn', { type: 'mac', mac: 1 as never, ip: address, ...common })
      : fieldsOf('l2vpn-evpn', {
          type: 'prefix',
          prefix: { ip: address, length: bits },
          gateway: ip('0.0.0.0'),
          ...common,
        });
  });

test('a tree of decisions says of each route what asking anew says', () => {
  fc.assert(
    fc.property(
      fc.array(anyPolicy, { maxLength: 3 }),
      fc.array(anyRoute, { minLength: 1, maxLength: 30 }),
      fc.nat(3),
      (policies, routes, med) => {
        const chain = new PolicyChain(policies);
        const subject = { ...overlay, attributes: { ...attributes, med } };
        const us = ip('10.0.0.254');
        const made: (Accepted | undefined)[] = [];
        const tree = new DecisionTree(chain, subject, us, (verdict) => {
          made.push(verdict);
          return verdict;
        });
        for (const route of routes) {
          assert.deepEqual(tree.of(route), chain.judge(subject, route, us));
        }
        const [first] = routes;
        if (tree.ofAll !== undefined && first !== undefined) {
          assert.deepEqual(tree.ofAll.value, chain.judge(subject, first, us));
        }
        // The second time nothing is decided.
        const before = made.length;
        for (const route of routes) tree.of(route);
        assert.equal(made.length, before);
      },
    ),
    { numRuns: 1000 },
  );
});

test('a list of a thousand terms is asked to its end, and not all of it is kept', () => {
  const terms = Array.from(
    { length: 1000 },
    (_, n): Term => ({
      match: { prefixes: [rule(`10.${n >> 8}.${n & 255}.0/24`, 24, 24)] },
      set: { med: n },
      action: 'accept',
    }),
  );
  const chain = new PolicyChain([{ name: 'p', terms, otherwise: 'reject' }]);
  const tree = new DecisionTree(chain, base, undefined, (verdict) => verdict?.attributes.med);
  for (const n of [999, 0, 300, 999]) {
    const prefix = unwrap(parsePrefix(`10.${n >> 8}.${n & 255}.0/24`));
    assert.equal(tree.of(fieldsOf('ipv4-unicast', prefix)), n);
  }
  assert.equal(tree.of(fieldsOf('ipv4-unicast', unwrap(parsePrefix('11.0.0.0/24')))), undefined);
});
