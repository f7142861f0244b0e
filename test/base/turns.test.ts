import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Turns } from '../../src/base/turns.ts';

test('what comes first begins at once, what comes later when all before it has ended', async () => {
  const turns = new Turns();
  const begun: string[] = [];
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  const first = turns.take(async () => {
    begun.push('first');
    await gates[0].promise;
    begun.push('first ends');
    return 1;
  });
  const second = turns.take(async () => {
    begun.push('second');
    await gates[1].promise;
    begun.push('second ends');
  });
  const third = turns.take(async () => {
    begun.push('third');
    return 3;
  });
  assert.deepEqual(begun, ['first']);
  gates[0].resolve();
  assert.equal(await first, 1);
  gates[1].resolve();
  await second;
  assert.equal(await third, 3);
  const last = turns.take(async () => void begun.push('last'));
  assert.deepEqual(begun, ['first', 'first ends', 'second', 'second ends', 'third', 'last']);
  await last;
});

test('what fails keeps nobody from the next turn, and is told to whoever asked for it alone', async () => {
  const turns = new Turns();
  const failed = turns.take(() => Promise.reject(new Error('no')));
  const next = turns.take(async () => 'next');
  await assert.rejects(failed, /no/);
  assert.equal(await next, 'next');
  await turns.idle();
});

test('what is asked for by work that has only just begun comes after it', async () => {
  const turns = new Turns();
  const begun: string[] = [];
  let inner: Promise<void> | undefined;
  await turns.take(async () => {
    inner = turns.take(async () => void begun.push('inner'));
    begun.push('outer');
    await Promise.resolve();
    begun.push('outer ends');
  });
  await inner;
  assert.deepEqual(begun, ['outer', 'outer ends', 'inner']);
});
