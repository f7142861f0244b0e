/**
 * What operators of fabrics let through that RFC 4271 would not: our own AS in a path; and that an option which changes while a
 * session stands leaves just what it would have left from the beginning. And a confederation, seen by those within and without.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unwrap } from '../../../../src/base/result.ts';
import type { Asn } from '../../../../src/net/numbers.ts';
import { parsePrefix } from '../../../../src/net/prefix.ts';
import type { AsPath, PathAttributes } from '../../../../src/protocols/bgp/index.ts';
import { ourAs, ourId, plain, Talk, Talker } from './talk.ts';

const ipv4 = 'ipv4-unicast';
const spoken = [{ family: ipv4 }] as const;
const one = unwrap(parsePrefix('10.1.0.0/16'));
const two = unwrap(parsePrefix('10.2.0.0/16'));

function via(...asns: readonly number[]): PathAttributes {
  return { origin: 'igp', asPath: [{ type: 'sequence', asns }] };
}

function pathsAt(to: Talker): readonly (readonly [string, AsPath | undefined])[] {
  return [...to.told].map(([route, { attributes }]) => [
    route.slice(ipv4.length + 1),
    attributes.asPath,
  ]);
}

describe('our AS in a path', () => {
  function build(allowOwnAs: number) {
    const talk = new Talk([ipv4]);
    const outside = { as: 65001, ours: { families: spoken } };
    const from = new Talker(talk, { id: 1, ...outside, routing: { allowOwnAs } });
    const inside = new Talker(talk, { id: 2, ours: { families: spoken } });
    for (const each of [from, inside]) each.up();
    const say = (): void => {
      from.announce(ipv4, one, via(65001, ourAs));
      from.announce(ipv4, two, via(65001, ourAs, ourAs));
      talk.run();
    };
    say();
    return { talk, from, inside, say };
  }

  test('is a loop, unless it is there as often as is allowed at most', () => {
    const held = [0, 1, 2].map((times) => build(times).inside.has(ipv4));
    assert.deepEqual(held, [[], ['10.1.0.0/16'], ['10.1.0.0/16', '10.2.0.0/16']]);
  });

  test('is allowed from now on: the peer is asked for its routes, and its session stays', () => {
    const { from, inside, say, talk } = build(0);
    assert.equal(from.routes.alter({ allowOwnAs: 1 }), true);
    say();
    assert.deepEqual(inside.has(ipv4), ['10.1.0.0/16']);
    assert.equal(from.routes.alter({ allowOwnAs: 0 }), true);
    say();
    assert.deepEqual(inside.has(ipv4), []);
    assert.equal(talk.routing.attributes.count, 0);
  });

  test('whatever is allowed, what we have reflected ourselves is a loop', () => {
    const { inside, talk } = build(2);
    const other = new Talker(talk, {
      id: 3,
      ours: { families: spoken },
      routing: { allowOwnAs: 2 },
    });
    other.up();
    other.announce(ipv4, unwrap(parsePrefix('10.3.0.0/16')), { ...plain, clusterList: [ourId] });
    talk.run();
    assert.ok(!inside.has(ipv4).includes('10.3.0.0/16'));
  });
});

describe('the first AS of a path from outside', () => {
  test('is that of who tells it, whoever else has told the same octets', () => {
    const talk = new Talk([ipv4]);
    const ours = { families: spoken, enforceFirstAs: true };
    const [honest, other] = [
      new Talker(talk, { id: 1, as: 65001, ours }),
      new Talker(talk, { id: 2, as: 65002, ours }),
    ];
    const routeServer = new Talker(talk, { id: 3, as: 65003, ours: { families: spoken } });
    const inside = new Talker(talk, { id: 4, ours: { families: spoken } });
    for (const each of [honest, other, routeServer, inside]) each.up();
    const holds = (): readonly string[] => inside.has(ipv4);
    honest.announce(ipv4, one, via(65001, 65009));
    other.announce(ipv4, one, via(65001, 65009));
    other.announce(ipv4, two, via(65001, 65009));
    talk.run();
    assert.deepEqual(holds(), ['10.1.0.0/16']);
    honest.withdraw(ipv4, one);
    talk.run();
    assert.deepEqual(holds(), []);
    routeServer.announce(ipv4, two, via(65001, 65009));
    talk.run();
    assert.deepEqual(holds(), ['10.2.0.0/16']);
  });
});

describe('the paths that a peer is told', () => {
  test('are others when its rules are, and what stays as it was is not told again', () => {
    const talk = new Talk([ipv4]);
    const from = new Talker(talk, { id: 1, as: 65001, ours: { families: spoken } });
    const to = new Talker(talk, { id: 2, as: 65002, ours: { families: spoken } });
    for (const each of [from, to]) each.up();
    from.announce(ipv4, one, via(65001, 65002));
    from.announce(ipv4, two, via(3356));
    talk.run();
    const told = (...asns: readonly number[]): AsPath => [{ type: 'sequence', asns }];
    assert.deepEqual(pathsAt(to), [
      ['10.1.0.0/16', told(ourAs, 65001, 65002)],
      ['10.2.0.0/16', told(ourAs, 3356)],
    ]);
    const { updates } = to;
    assert.equal(to.routes.alter({ asOverride: true }), true);
    talk.run();
    assert.deepEqual(
      to.told.get(`${ipv4} 10.1.0.0/16`)?.attributes.asPath,
      told(ourAs, 65001, ourAs),
    );
    assert.equal(to.updates, updates + 1);
    to.routes.alter({ asOverride: false, removePrivateAs: 'all' });
    talk.run();
    assert.deepEqual(to.told.get(`${ipv4} 10.1.0.0/16`)?.attributes.asPath, told(ourAs, 65002));
    assert.equal(to.updates, updates + 2);
  });

  test('to our own AS are as they came', () => {
    const talk = new Talk([ipv4]);
    const from = new Talker(talk, { id: 1, as: 65001, ours: { families: spoken } });
    const routing = { removePrivateAs: 'all', asOverride: true } as const;
    const to = new Talker(talk, { id: 2, ours: { families: spoken }, routing });
    for (const each of [from, to]) each.up();
    from.announce(ipv4, one, via(65001, 65003));
    talk.run();
    assert.deepEqual(pathsAt(to), [['10.1.0.0/16', via(65001, 65003).asPath]]);
  });
});

describe('a confederation (RFC 5065)', () => {
  const whole = 64_999 as Asn;
  const [NO_EXPORT, NO_EXPORT_SUBCONFED] = [0xffff_ff01, 0xffff_ff03];

  function build() {
    const local = { as: ourAs, confederation: whole, routerId: ourId.value, clusterId: 1 };
    const talk = new Talk([ipv4], { local });
    const confederation = new Set([65002, 65003]);
    const member = (id: number) =>
      new Talker(talk, { id, as: 65_000 + id, ours: { families: spoken, confederation } });
    const outsider = (id: number) =>
      new Talker(talk, {
        id,
        as: 65_000 + id,
        ours: { families: spoken, local: { asn: whole, id: ourId } },
      });
    const all = {
      inside: new Talker(talk, { id: 1, ours: { families: spoken } }),
      member: member(2),
      other: member(3),
      outside: outsider(4),
    };
    for (const each of Object.values(all)) each.up();
    return { talk, ...all };
  }

  const throughMember = (...asns: readonly number[]): AsPath => [
    { type: 'confed-sequence', asns },
    { type: 'sequence', asns: [3356] },
  ];

  test('is told all of a route, and others the AS of the whole', () => {
    const { inside, member, other, outside, talk } = build();
    const attributes = { ...plain, med: 7, localPref: 300, asPath: throughMember(65002) };
    member.announce(ipv4, one, attributes);
    talk.run();
    const told = (to: Talker) => {
      const { attributes: of, nextHop } = to.told.get(`${ipv4} 10.1.0.0/16`) ?? {};
      return [of?.asPath, of?.localPref, of?.med, nextHop?.ip.value];
    };
    const hop = 0x0a09_0002;
    assert.deepEqual(told(inside), [throughMember(65002), 300, 7, hop]);
    // RFC 5065 §4.1 (b), §5.2: our member AS before that one, LOCAL_PREF and MED, and the next hop as it came.
    assert.deepEqual(told(other), [throughMember(ourAs, 65002), 300, 7, hop]);
    assert.deepEqual(told(outside), [
      [{ type: 'sequence', asns: [whole, 3356] }],
      undefined,
      undefined,
      hop,
    ]);
  });

  test('tells its members the LOCAL_PREF that others do not send (RFC 4271 §5.1.5)', () => {
    const { member, outside, talk } = build();
    outside.announce(ipv4, one, via(65004));
    talk.run();
    const told = member.told.get(`${ipv4} 10.1.0.0/16`)?.attributes;
    assert.deepEqual([told?.localPref, told?.asPath?.[0]?.asns], [100, [ourAs]]);
  });

  test('takes for a loop its own number outside, and our member AS within', () => {
    const { inside, member, outside, talk } = build();
    const others: readonly (readonly [Talker, AsPath])[] = [
      [outside, [{ type: 'sequence', asns: [65004, whole] }]],
      [member, throughMember(65002, ourAs)],
      [
        member,
        [
          { type: 'confed-sequence', asns: [65002] },
          { type: 'confed-set', asns: [ourAs] },
        ],
      ],
    ];
    for (const [from, asPath] of others) {
      from.announce(ipv4, one, {
        origin: 'igp',
        asPath,
        ...(from === member ? { localPref: 1 } : {}),
      });
      talk.run();
      assert.deepEqual(inside.has(ipv4), [], JSON.stringify(asPath));
    }
    // Another AS may have the number of our member AS: it has no meaning outside.
    outside.announce(ipv4, one, via(65004, ourAs));
    talk.run();
    assert.deepEqual(inside.has(ipv4), ['10.1.0.0/16']);
  });

  test('its segments count for nothing in the length of a path (§5.3)', () => {
    const { inside, member, other, talk } = build();
    const of = (asPath: AsPath) => ({ ...plain, asPath });
    member.announce(ipv4, one, of([{ type: 'confed-sequence', asns: [65002, 65005, 65006] }]));
    other.announce(ipv4, one, of(throughMember(65003)));
    talk.run();
    const [told] = [...inside.told.values()];
    assert.deepEqual(told?.attributes.asPath?.[0]?.asns, [65002, 65005, 65006]);
  });

  test('NO_EXPORT stays within it, and NO_EXPORT_SUBCONFED within our member AS (RFC 1997)', () => {
    const { inside, member, outside, talk } = build();
    inside.announce(ipv4, one, { ...plain, communities: [NO_EXPORT] });
    inside.announce(ipv4, two, { ...plain, communities: [NO_EXPORT_SUBCONFED] });
    talk.run();
    assert.deepEqual([member.has(ipv4), outside.has(ipv4)], [['10.1.0.0/16'], []]);
  });
});
