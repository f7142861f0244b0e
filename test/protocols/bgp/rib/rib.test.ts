/** What is used is a function of what the peers have said last; and whoever is told ends up with just that. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Advertiser, type Member } from '../../../../src/protocols/bgp/rib/advertiser.ts';
import type { Form } from '../../../../src/protocols/bgp/rib/outgoing.ts';
import { mayTell, type Neighbour } from '../../../../src/protocols/bgp/rib/peer.ts';
import type { Rib } from '../../../../src/protocols/bgp/rib/rib.ts';
import { valuesOf } from '../../../../src/protocols/bgp/rib/attribute-table.ts';
import { Framer } from '../../../../src/protocols/bgp/wire/framer.ts';
import { formatPrefix } from '../../../../src/net/prefix.ts';
import { decodeUpdate } from '../../../../src/protocols/bgp/wire/update.ts';
import { wireSession } from '../../../../src/protocols/bgp/wire/session.ts';
import { announce, family, local, neighbour, newRib, plain, withdraw } from './fixtures.ts';

/** What a peer says of one of a few prefixes: nothing, or a route with this MED. */
interface Saying {
  readonly peer: number;
  readonly of: number;
  readonly med: number | undefined;
}

const peers: readonly Neighbour[] = [
  neighbour(1),
  neighbour(2),
  neighbour(3, { role: 'non-client' }),
  neighbour(4, { role: 'non-client' }),
  neighbour(5, { role: 'external', kind: 'external', as: 65001 }),
];

const saying: fc.Arbitrary<Saying> = fc.record({
  peer: fc.nat(peers.length - 1),
  of: fc.nat(7),
  med: fc.option(fc.nat(3), { nil: undefined }),
});

function say(rib: Rib, { peer, of, med }: Saying): void {
  const from = peers[peer] ?? neighbour(0);
  const prefix = `10.0.${of}.0/24`;
  if (med === undefined) withdraw(rib, from, prefix);
  else announce(rib, from, prefix, { ...plain, med });
}

/** Prefix by prefix: who is used, and with which MED. */
function used(rib: Rib): ReadonlyMap<string, string> {
  const all = [...rib.destinations].flatMap((destination): [string, string][] => {
    const best = rib.destinations.bestPath(destination);
    const set = rib.attributes.get(rib.paths.attributes(best));
    if (best < 0 || set === undefined) return [];
    const address = rib.destinations.address(destination);
    const { octets } = rib.destinations;
    const prefix = family.nlri.decode(
      octets.slab(address),
      octets.start(address),
      octets.end(address),
    );
    return [[formatPrefix(prefix), `${rib.paths.peer(best)} med ${valuesOf(set).med}`]];
  });
  return new Map(all);
}

test('any history leaves what the last word of each peer would have left', () => {
  fc.assert(
    fc.property(fc.array(saying, { maxLength: 200, size: 'max' }), (history) => {
      const rib = newRib();
      for (const each of history) say(rib, each);
      const last = new Map(history.map((each) => [`${each.peer} ${each.of}`, each]));
      const fresh = newRib();
      for (const each of [...last.values()].toReversed()) say(fresh, each);
      assert.deepEqual(used(rib), used(fresh));
      rib.sweep();
      assert.equal(rib.destinations.count, fresh.destinations.count);
      assert.equal(rib.paths.count, fresh.paths.count);
      assert.equal(rib.attributes.count, fresh.attributes.count);
    }),
  );
});

test('when a peer goes, what it has said is as if it had never been said', () => {
  fc.assert(
    fc.property(
      fc.array(saying, { maxLength: 100, size: 'max' }),
      fc.integer({ min: 1, max: 7 }),
      (history, portion) => {
        const rib = newRib();
        for (const each of history) say(rib, each);
        const [gone] = peers;
        assert.ok(gone !== undefined);
        for (let at = 0; at >= 0; ) at = rib.removeFrom(gone, false, at, portion);
        const fresh = newRib();
        for (const each of history) if (each.peer !== 0) say(fresh, each);
        assert.deepEqual(used(rib), used(fresh));
        assert.equal(rib.countOf(gone), 0);
      },
    ),
  );
});

test('of a peer that comes back, only what it does not say again goes', () => {
  const rib = newRib();
  const [peer] = peers;
  assert.ok(peer !== undefined);
  announce(rib, peer, '10.0.1.0/24');
  announce(rib, peer, '10.0.2.0/24');
  rib.markStale(peer);
  assert.equal(used(rib).size, 2);
  announce(rib, peer, '10.0.2.0/24');
  rib.removeFrom(peer, true);
  assert.deepEqual([...used(rib).keys()], ['10.0.2.0/24']);
});

test('a route that has been here before is not used', () => {
  const rib = newRib();
  const [peer] = peers;
  assert.ok(peer !== undefined);
  announce(rib, peer, '10.0.1.0/24');
  announce(rib, peer, '10.0.1.0/24', {
    ...plain,
    clusterList: [{ family: 4, value: local.clusterId }],
  });
  assert.equal(used(rib).size, 0);
});

/** A peer that keeps what it was told. */
class Listener {
  readonly neighbour: Neighbour;
  readonly form: Form;
  readonly routes = new Map<string, string>();
  isBusy = false;
  ends = 0;
  withdrawals = 0;

  constructor(of: Neighbour, form: Form) {
    this.neighbour = of;
    this.form = form;
  }

  isReady(): boolean {
    return !this.isBusy;
  }

  send(octets: Uint8Array): void {
    const framer = new Framer();
    framer.push(octets);
    while (framer.next()) this.#update(framer.octets, framer.start, framer.end);
    assert.equal(framer.error, undefined);
    assert.equal(framer.waiting, 0);
  }

  #update(octets: Uint8Array, start: number, end: number): void {
    const decoded = decodeUpdate(octets, start, end, this.form.session);
    assert.ok(decoded.verdict !== 'reset');
    assert.deepEqual(decoded.findings, []);
    if (decoded.endOfRib !== undefined) this.ends += 1;
    const { withdrawn, nlri, attributes } = decoded.update;
    for (const { nlri: prefix } of withdrawn) {
      this.withdrawals += 1;
      // Nobody is told of the end of what he was never told of.
      assert.ok(this.routes.delete(formatPrefix(prefix)), formatPrefix(prefix));
    }
    for (const { nlri: prefix } of nlri) {
      this.routes.set(formatPrefix(prefix), `med ${attributes.med}`);
    }
  }
}

const wire = wireSession({ fourOctetAs: true, families: ['ipv4-unicast'] });
const external = wireSession({ fourOctetAs: true, peer: 'external', families: ['ipv4-unicast'] });
const forms = {
  client: { local, kind: 'internal', role: 'client', session: wire },
  'non-client': { local, kind: 'internal', role: 'non-client', session: wire },
  external: { local, kind: 'external', role: 'external', session: external },
} as const;

function formOf({ role }: Neighbour): Form {
  return role === 'local' ? forms.client : forms[role];
}

/** What this peer must have in the end. */
function expected(rib: Rib, of: Neighbour): ReadonlyMap<string, string> {
  const told = [...used(rib)].flatMap(([prefix, text]): [string, string][] => {
    const [id = '', ...words] = text.split(' ');
    const from = peers.find((each) => each.id === Number(id));
    if (from === undefined || from.id === of.id || !mayTell(from.role, of.role)) return [];
    // RFC 4271 §5.1.4: a MED of another does not leave the AS.
    return [[prefix, of.kind === 'external' ? 'med undefined' : words.join(' ')]];
  });
  return new Map(told);
}

type Step =
  | { readonly do: 'say'; readonly what: Saying }
  | { readonly do: 'advance' }
  | { readonly do: 'busy' | 'ready' | 'join' | 'leave' | 'repeat' | 'drop'; readonly peer: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('say' as const), what: saying }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('advance' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom(...(['busy', 'ready', 'join', 'leave', 'repeat', 'drop'] as const)),
      peer: fc.nat(peers.length - 1),
    }),
  },
);

describe('whoever listens', () => {
  test('has in the end what he should have, whenever he came and however slow he is', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
        const rib = newRib();
        const advertiser = new Advertiser(rib);
        const members = new Map<number, { readonly listener: Listener; readonly member: Member }>();
        const take = (each: Step): void => {
          if (each.do === 'say') return say(rib, each.what);
          if (each.do === 'advance') return void advertiser.advance();
          const present = members.get(each.peer);
          const of = peers[each.peer] ?? neighbour(0);
          if (each.do === 'drop') return void rib.removeFrom(of, false);
          if (each.do === 'join' && present === undefined) {
            const listener = new Listener(of, formOf(of));
            members.set(each.peer, { listener, member: advertiser.join(listener) });
          }
          if (present === undefined) return;
          if (each.do === 'leave') {
            advertiser.leave(present.member);
            members.delete(each.peer);
          }
          if (each.do === 'repeat') advertiser.repeat(present.member);
          if (each.do === 'busy' || each.do === 'ready')
            present.listener.isBusy = each.do === 'busy';
        };
        for (const each of steps) take(each);
        for (const { listener } of members.values()) listener.isBusy = false;
        while (advertiser.advance());
        for (const { listener } of members.values()) {
          assert.deepEqual(
            listener.routes,
            expected(rib, listener.neighbour),
            listener.neighbour.address,
          );
          assert.ok(listener.ends > 0);
        }
        // Nothing is kept of what is gone and told.
        assert.equal(rib.destinations.count, used(rib).size);
      }),
      { numRuns: 400 },
    );
  });

  test('is not told of what must not leave the AS, or not be told at all (RFC 1997)', () => {
    const rib = newRib();
    const [from, to] = peers;
    const outside = peers.at(-1);
    assert.ok(from !== undefined && to !== undefined && outside !== undefined);
    announce(rib, from, '10.1.0.0/16', { ...plain, communities: [0xffff_ff01] });
    announce(rib, from, '10.2.0.0/16', { ...plain, communities: [0xffff_ff02] });
    announce(rib, from, '10.3.0.0/16');
    const advertiser = new Advertiser(rib);
    const listeners = [to, outside].map((each) => new Listener(each, formOf(each)));
    for (const each of listeners) advertiser.join(each);
    while (advertiser.advance());
    const told = listeners.map(({ routes }) => [...routes.keys()].toSorted());
    assert.deepEqual(told, [['10.1.0.0/16', '10.3.0.0/16'], ['10.3.0.0/16']]);
    // A route that may be told no longer is withdrawn.
    announce(rib, from, '10.3.0.0/16', { ...plain, communities: [0xffff_ff01] });
    while (advertiser.advance());
    assert.deepEqual(
      listeners.map(({ routes }) => routes.has('10.3.0.0/16')),
      [true, false],
    );
  });

  test('is told of routes with the same attributes in one UPDATE', () => {
    const rib = newRib();
    const [from, to] = peers;
    assert.ok(from !== undefined && to !== undefined);
    for (let i = 0; i < 200; i += 1) {
      announce(rib, from, `10.${i}.0.0/16`, { ...plain, med: i % 2 });
    }
    const advertiser = new Advertiser(rib);
    const listener = new Listener(to, forms.client);
    let updates = 0;
    advertiser.join({
      neighbour: to,
      form: forms.client,
      isReady: () => true,
      send(octets) {
        const framer = new Framer();
        framer.push(octets);
        while (framer.next()) updates += 1;
        listener.send(octets);
      },
    });
    while (advertiser.advance());
    assert.equal(listener.routes.size, 200);
    // One for each MED, and the End-of-RIB.
    assert.equal(updates, 3);
  });
});
