import assert from 'node:assert/strict';
import { describe, it } from 'node:test';

import type { ChangeSet } from '../../../../src/protocols/ovsdb/cache/changes.ts';
import { Feed } from '../../../../src/protocols/ovsdb/cache/feed.ts';
import type { AnyRow } from '../../../../src/protocols/ovsdb/wire/column.ts';
import type { Uuid } from '../../../../src/protocols/ovsdb/wire/uuid.ts';

const uuid = '36bef046-7da7-43a5-905a-c17899216fcb' as Uuid;
const rowOf = (count: number): AnyRow => ({ _uuid: uuid, count });

function modified(from: number, to: number): ChangeSet {
  const change = {
    kind: 'modify',
    uuid,
    old: rowOf(from),
    new: rowOf(to),
    columns: ['count'],
  } as const;
  return { cause: 'update', merged: 1, tables: new Map([['T', [change]]]) };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));
const fail = (cause: unknown) => assert.fail(String(cause));

describe('Feed', () => {
  it('tells each change to a listener that keeps up', () => {
    const heard: ChangeSet[] = [];
    const feed = new Feed(fail);
    feed.subscribe((set) => void heard.push(set));
    feed.publish(modified(0, 1));
    feed.publish(modified(1, 2));
    assert.deepEqual(heard, [modified(0, 1), modified(1, 2)]);
  });

  it('keeps one entry for a row for a listener that is busy, however much happens', async () => {
    const heard: ChangeSet[] = [];
    const busy = Promise.withResolvers<void>();
    const feed = new Feed(fail);
    feed.subscribe((set) => {
      heard.push(set);
      return heard.length === 1 ? busy.promise : undefined;
    });
    for (let count = 0; count < 1000; count += 1) feed.publish(modified(count, count + 1));
    assert.deepEqual(heard, [modified(0, 1)]);
    busy.resolve();
    await settle();
    assert.deepEqual(heard[1], { ...modified(1, 1000), merged: 999 });
    feed.publish(modified(1000, 1001));
    assert.deepEqual(heard[2], modified(1000, 1001));
  });

  it('says nothing of changes that cancelled each other meanwhile', async () => {
    const heard: ChangeSet[] = [];
    const busy = Promise.withResolvers<void>();
    const feed = new Feed(fail);
    feed.subscribe((set) => {
      heard.push(set);
      return busy.promise;
    });
    for (const set of [modified(0, 1), modified(1, 2), modified(2, 1)]) feed.publish(set);
    busy.resolve();
    await settle();
    assert.equal(heard.length, 1);
  });

  it('reports a listener that fails, and goes on with it and the others', async () => {
    const causes: unknown[] = [];
    const heard: string[] = [];
    const feed = new Feed((cause) => causes.push(cause));
    feed.subscribe(() => {
      heard.push('throws');
      throw new Error('one');
    });
    feed.subscribe(() => {
      heard.push('rejects');
      return Promise.reject(new Error('two'));
    });
    feed.publish(modified(0, 1));
    await settle();
    feed.publish(modified(1, 2));
    await settle();
    assert.deepEqual(heard, ['throws', 'rejects', 'throws', 'rejects']);
    assert.equal(causes.length, 4);
  });

  it('stops when told to, even with something waiting', async () => {
    const heard: ChangeSet[] = [];
    const busy = Promise.withResolvers<void>();
    const feed = new Feed(fail);
    const stop = feed.subscribe((set) => {
      heard.push(set);
      return busy.promise;
    });
    feed.publish(modified(0, 1));
    feed.publish(modified(1, 2));
    stop();
    busy.resolve();
    await settle();
    assert.equal(heard.length, 1);
  });
});
