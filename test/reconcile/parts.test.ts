/** The small parts of the core: agenda, journal, entries, waiters, order. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Agenda } from '../../src/reconcile/agenda.ts';
import { Entries } from '../../src/reconcile/entries.ts';
import { Journal } from '../../src/reconcile/journal.ts';
import { order, type Surroundings } from '../../src/reconcile/order.ts';
import { Waiters } from '../../src/reconcile/waiters.ts';
import type { Key, Verb } from '../../src/resources/resource.ts';
import type { Operation } from '../../src/resources/target.ts';
import { thing } from './shelf.ts';

const key = (text: string): Key => text as Key;

describe('agenda', () => {
  test('gives out keys when their time has come, once', () => {
    const agenda = new Agenda();
    agenda.set(key('a'), 30);
    agenda.set(key('b'), 10);
    assert.equal(agenda.next, 10);
    assert.deepEqual(agenda.take(9), []);
    assert.deepEqual(agenda.take(10), ['b']);
    assert.equal(agenda.next, 30);
    assert.deepEqual(agenda.take(40), ['a']);
    assert.equal(agenda.next, undefined);
  });

  test('keeps the earlier of two times for one key', () => {
    const agenda = new Agenda();
    agenda.set(key('a'), 10);
    agenda.set(key('a'), 20);
    assert.deepEqual(agenda.take(10), ['a']);
    assert.deepEqual(agenda.take(20), []);
  });

  test('forgets what was struck off', () => {
    const agenda = new Agenda();
    agenda.set(key('a'), 10);
    agenda.delete(key('a'));
    assert.equal(agenda.next, undefined);
    assert.deepEqual(agenda.take(10), []);
  });
});

describe('journal', () => {
  const entry = {
    at: 0,
    verb: 'create',
    target: 'kernel',
    because: [],
    error: undefined,
  } as const;

  test('numbers its entries, and keeps the last of them in order', () => {
    const journal = new Journal(3);
    for (const name of ['a', 'b', 'c', 'd', 'e']) journal.write({ ...entry, key: key(name) });
    assert.equal(journal.count, 5);
    const kept = journal.entries().map(({ number, key: of }) => `${number} ${of}`);
    assert.deepEqual(kept, ['3 c', '4 d', '5 e']);
  });

  test('shows what it has before it is full', () => {
    const journal = new Journal(3);
    const written = journal.write({ ...entry, key: key('a') });
    assert.deepEqual(journal.entries(), [written]);
  });
});

describe('entries', () => {
  test('know what stands on a key, until it lets go', () => {
    const entries = new Entries();
    entries.ensure(key('a'), 'kernel');
    entries.setNeeds(key('a'), [key('x'), key('y')]);
    entries.setNeeds(key('a'), [key('y'), key('z')]);
    for (const need of ['x', 'y', 'z']) {
      assert.deepEqual([...entries.standingOn(key(need))], ['a'], need);
    }
    assert.deepEqual(entries.letGo(key('a')), ['x']);
    assert.deepEqual([...entries.standingOn(key('x'))], []);
    entries.forget(key('a'));
    assert.deepEqual([...entries.standingOn(key('y'))], []);
    assert.equal(entries.size, 0);
  });

  test('list what is not as it should be', () => {
    const entries = new Entries();
    for (const name of ['a', 'b', 'c']) entries.ensure(key(name), 'kernel');
    entries.mark(key('a'), { is: 'waiting', for: 'b' });
    entries.mark(key('b'), { is: 'refused', reason: 'taken' });
    entries.mark(key('c'), { is: 'pending' });
    assert.deepEqual(
      entries.troubled().map((entry) => entry.key),
      ['a', 'b'],
    );
    entries.settle(key('a'));
    assert.deepEqual(
      entries.troubled().map((entry) => entry.key),
      ['b'],
    );
  });
});

test('waiters are released once', () => {
  const waiters = new Waiters();
  waiters.add(key('a'), key('x'));
  waiters.add(key('b'), key('x'));
  assert.deepEqual([...waiters.release(key('x'))], ['a', 'b']);
  assert.deepEqual([...waiters.release(key('x'))], []);
});

describe('order', () => {
  interface Scene {
    readonly needs?: Readonly<Record<string, readonly string[]>>;
    readonly there?: readonly string[];
    readonly withdrawals?: Readonly<Record<string, readonly string[]>>;
    readonly leads?: readonly string[];
  }

  function around({ needs = {}, there = [], withdrawals = {}, leads = [] }: Scene): Surroundings {
    const keys = (of: Readonly<Record<string, readonly string[]>>, at: Key): readonly Key[] =>
      (of[at] ?? []).map(key);
    return {
      needs: ({ key: at }) => keys(needs, at),
      serves: (at) => there.includes(at),
      inTheWay: ({ key: at }) =>
        Object.keys(needs)
          .filter((each) => there.includes(each) && needs[each]?.includes(at))
          .map(key),
      withdrawals: ({ key: at }) => keys(withdrawals, at),
      leads: ({ key: at }) => leads.includes(at),
    };
  }

  const operation = (text: string): Operation => {
    const [verb, name = ''] = text.split(' ');
    return {
      verb: verb as Verb,
      key: key(name),
      target: name.startsWith('o') ? 'ovs' : 'kernel',
      spec: thing(name).spec,
      observed: undefined,
      because: [],
    };
  };

  function ordered(lines: readonly string[], scene: Scene): readonly string[] {
    const { levels, blocked } = order(lines.map(operation), around(scene));
    return [
      ...levels.map((level) => level.map(({ verb, key: of }) => `${verb} ${of}`).join(', ')),
      ...blocked.map(({ operation: { key: of }, on }) => `${of} waits for ${on}`),
    ];
  }

  test('independent operations share a level', () => {
    assert.deepEqual(ordered(['create k1', 'create k2', 'remove k3'], { there: ['k3'] }), [
      'create k1, create k2, remove k3',
    ]);
  });

  test('needs come first, dependents go first', () => {
    const needs = { k2: ['k1'], k3: ['k2', 'k1'] };
    assert.deepEqual(ordered(['create k3', 'create k2', 'create k1'], { needs }), [
      'create k1',
      'create k2',
      'create k3',
    ]);
    const there = ['k1', 'k2', 'k3'];
    assert.deepEqual(ordered(['remove k1', 'remove k2', 'remove k3'], { needs, there }), [
      'remove k3',
      'remove k2',
      'remove k1',
    ]);
  });

  test('what is changed is changed before others are made on it', () => {
    const scene = { needs: { k2: ['k1'] }, there: ['k1'] };
    assert.deepEqual(ordered(['create k2', 'change k1'], scene), ['change k1', 'create k2']);
  });

  test('without its need an operation waits, and so does what needs it', () => {
    const needs = { k2: ['k1'], k3: ['k2'] };
    assert.deepEqual(ordered(['create k2', 'create k3'], { needs }), [
      'k2 waits for k1',
      'k3 waits for k2',
    ]);
  });

  test('nothing is made on what is about to go', () => {
    const scene = { needs: { k2: ['k1'] }, there: ['k1'] };
    assert.deepEqual(ordered(['create k2', 'remove k1'], scene), ['remove k1', 'k2 waits for k1']);
  });

  test('nothing goes while something stands on it', () => {
    const scene = { needs: { k2: ['k1'] }, there: ['k1', 'k2'] };
    assert.deepEqual(ordered(['remove k1'], scene), ['k1 waits for k2']);
  });

  test('nothing is altered before what is announced over it is withdrawn', () => {
    const scene = { withdrawals: { k1: ['a1'] }, there: ['k1', 'a1'] };
    assert.deepEqual(ordered(['change k1', 'remove a1'], scene), ['remove a1', 'change k1']);
    assert.deepEqual(ordered(['change k1'], scene), ['k1 waits for a1']);
  });

  describe('of what a target takes along', () => {
    const along = (lines: readonly string[], scene: Scene): unknown =>
      Object.fromEntries(order(lines.map(operation), around(scene)).along);
    const lines = ['create k1', 'create k2', 'create k3'];

    test('goes with all that it comes after', () => {
      const needs = { k2: ['k1'], k3: ['k1', 'k2'] };
      assert.deepEqual(along(lines, { needs, leads: ['k1', 'k2'] }), {
        k2: ['k1'],
        k3: ['k1', 'k2'],
      });
    });

    test('waits when one of them, or what that comes after, is not such', () => {
      const needs = { k2: ['k1'], k3: ['k1', 'k2'] };
      assert.deepEqual(along(lines, { needs, leads: ['k1'] }), { k2: ['k1'] });
      assert.deepEqual(along(lines, { needs: { k2: ['k1'], k3: ['k2'] }, leads: ['k2'] }), {});
    });

    test('waits for another target', () => {
      assert.deepEqual(
        along(['create o1', 'create k1'], { needs: { k1: ['o1'] }, leads: ['o1'] }),
        {},
      );
    });

    test('waits for what is altered, and so does what is altered: that cannot be taken back', () => {
      const scene = { needs: { k2: ['k1'] }, there: ['k1', 'k2'], leads: ['k1'] };
      assert.deepEqual(along(['change k1', 'create k2'], scene), {});
      assert.deepEqual(along(['create k1', 'change k2'], scene), {});
    });
  });

  test('a circle of needs waits instead of hanging', () => {
    const needs = { k1: ['k2'], k2: ['k1'] };
    assert.deepEqual(ordered(['create k1', 'create k2'], { needs }), [
      'k1 waits for k2',
      'k2 waits for k1',
    ]);
  });
});
