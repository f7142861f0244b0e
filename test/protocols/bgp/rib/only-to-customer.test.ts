/** ONLY_TO_CUSTOMER (RFC 9234 §5) between us and neighbours of every role: who hears of what, and with which mark. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unwrap } from '../../../../src/base/result.ts';
import { parsePrefix } from '../../../../src/net/prefix.ts';
import {
  parseRouteDistinguisher,
  type PathAttributes,
  PolicyChain,
  rdOf,
} from '../../../../src/protocols/bgp/index.ts';
import { ourAs, Talk, Talker } from './talk.ts';

const ipv4 = 'ipv4-unicast';
const one = unwrap(parsePrefix('10.1.0.0/16'));
const key = `${ipv4} 10.1.0.0/16`;
const spoken = [{ family: ipv4 }] as const;

type Ours = 'provider' | 'customer' | 'peer' | 'route-server' | 'route-server-client';

function path(as: number, more: PathAttributes = {}): PathAttributes {
  return { origin: 'igp', asPath: [{ type: 'sequence', asns: [as] }], ...more };
}

/** A neighbour in AS 65001 to whom we are that; one that is `silent` tells no role. */
function neighbour(talk: Talk, id: number, ours: Ours, options: { silent?: boolean } = {}): Talker {
  const theirs: Readonly<Record<Ours, Ours>> = {
    provider: 'customer',
    customer: 'provider',
    peer: 'peer',
    'route-server': 'route-server-client',
    'route-server-client': 'route-server',
  };
  const role = { role: theirs[ours], strict: false };
  const talker = new Talker(talk, {
    id,
    as: 65_000 + id,
    ours: { families: spoken, role: { role: ours, strict: false } },
    theirs: options.silent === true ? {} : { role },
  });
  talker.up();
  return talker;
}

/** The mark that `to` was told of; `undefined` where there is none, and `false` where there is no route. */
function markAt(to: Talker): number | undefined | false {
  const told = to.told.get(key);
  return told === undefined ? false : told.attributes.onlyToCustomer;
}

describe('what comes', () => {
  const rows: readonly (readonly [ours: Ours, mark: number | undefined, becomes: unknown])[] = [
    // Ingress, rule 1: from customers and clients of the route server it is a leak.
    ['provider', undefined, undefined],
    ['provider', 65001, false],
    ['provider', 65009, false],
    ['route-server', 65001, false],
    ['route-server', undefined, undefined],
    // Rule 2: of a peer, unless it has marked it itself.
    ['peer', 65001, 65001],
    ['peer', 65009, false],
    // Rule 3: from beside and from above it is marked.
    ['peer', undefined, 65001],
    ['customer', undefined, 65001],
    ['customer', 65009, 65009],
    ['route-server-client', undefined, 65001],
    ['route-server-client', 65009, 65009],
  ];
  for (const [ours, mark, becomes] of rows) {
    for (const silent of [false, true]) {
      const whose = silent ? 'one that tells no role' : 'the other end';
      test(`from ${whose}, to whom we are ${ours}, marked ${mark}`, () => {
        const talk = new Talk([ipv4]);
        const from = neighbour(talk, 1, ours, { silent });
        const inside = new Talker(talk, { id: 7, ours: { families: spoken } });
        inside.up();
        from.announce(ipv4, one, path(65001, mark === undefined ? {} : { onlyToCustomer: mark }));
        talk.run();
        assert.equal(markAt(inside), becomes);
        assert.equal(from.routes.leaks, becomes === false ? 1 : 0);
        // Nothing is held of it, or of the set that it came with.
        assert.equal(talk.routing.attributes.count, becomes === false ? 0 : 1);
      });
    }
  }

  test('a route that becomes a leak is gone', () => {
    const talk = new Talk([ipv4]);
    const from = neighbour(talk, 1, 'provider');
    const inside = new Talker(talk, { id: 7, ours: { families: spoken } });
    inside.up();
    from.announce(ipv4, one, path(65001));
    talk.run();
    assert.equal(markAt(inside), undefined);
    from.announce(ipv4, one, path(65001, { onlyToCustomer: 65009 }));
    talk.run();
    assert.equal(markAt(inside), false);
  });

  test('no policy lets a leak pass, or takes a mark away', () => {
    const talk = new Talk([ipv4]);
    const from = neighbour(talk, 1, 'peer');
    const inside = new Talker(talk, { id: 7, ours: { families: spoken } });
    inside.up();
    const set = { localPref: 200 };
    const all = [{ name: 'all', terms: [{ match: {}, set, action: 'accept' }] } as const];
    const chain = new PolicyChain(all.map((each) => ({ ...each, otherwise: 'accept' })));
    from.routes.setPolicies({ import: chain });
    from.announce(ipv4, one, path(65001));
    talk.run();
    const told = inside.told.get(key)?.attributes;
    assert.deepEqual([told?.onlyToCustomer, told?.localPref], [65001, 200]);
    from.announce(ipv4, one, path(65001, { onlyToCustomer: 65009 }));
    talk.run();
    assert.equal(markAt(inside), false);
  });
});

describe('what goes', () => {
  const rows: readonly (readonly [ours: Ours, unmarked: unknown, marked: unknown])[] = [
    // Egress, rule 1: to customers, peers, and clients of the route server with our mark.
    ['provider', ourAs, 65009],
    ['route-server', ourAs, 65009],
    // Rule 2: what is marked goes neither up nor across.
    ['peer', ourAs, false],
    ['customer', undefined, false],
    ['route-server-client', undefined, false],
  ];
  for (const [ours, unmarked, marked] of rows) {
    test(`to one to whom we are ${ours}`, () => {
      const talk = new Talk([ipv4]);
      const inside = new Talker(talk, { id: 7, ours: { families: spoken } });
      inside.up();
      const to = neighbour(talk, 1, ours);
      inside.announce(ipv4, one, { origin: 'igp', asPath: [], localPref: 100 });
      talk.run();
      assert.equal(markAt(to), unmarked);
      const mark = { onlyToCustomer: 65009 };
      inside.announce(ipv4, one, { origin: 'igp', asPath: [], localPref: 100, ...mark });
      talk.run();
      assert.equal(markAt(to), marked);
    });
  }

  test('from a provider to a customer only, and no further than the AS beyond it', () => {
    const talk = new Talk([ipv4]);
    const provider = neighbour(talk, 1, 'customer');
    const [customer, beside, above] = [
      neighbour(talk, 2, 'provider'),
      neighbour(talk, 3, 'peer'),
      neighbour(talk, 4, 'customer'),
    ];
    provider.announce(ipv4, one, path(65001));
    talk.run();
    assert.deepEqual([customer, beside, above].map(markAt), [65001, false, false]);
  });
});

test('of other families nothing is marked, and no mark says anything (§5)', () => {
  const evpn = 'l2vpn-evpn';
  const talk = new Talk([evpn]);
  const of = (id: number, role: Ours) =>
    new Talker(talk, {
      id,
      as: 65_000 + id,
      ours: { families: [{ family: evpn }], role: { role, strict: false } },
    });
  const [customer, other] = [of(1, 'provider'), of(2, 'customer')];
  for (const each of [customer, other]) each.up();
  const originator = { family: 4, value: 1 } as const;
  const rd = rdOf(unwrap(parseRouteDistinguisher('65001:1')));
  const imet = { type: 'imet', rd, tag: 0, originator } as const;
  customer.announce(evpn, imet, path(65001, { onlyToCustomer: 65009 }));
  talk.run();
  assert.deepEqual(
    [...other.told.values()].map(({ attributes }) => attributes.onlyToCustomer),
    [65009],
  );
});
