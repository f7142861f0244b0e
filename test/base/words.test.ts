/** The small words of base: results, issues, frozen data, the end of a switch. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertNever } from '../../src/base/assert-never.ts';
import { deepFreeze } from '../../src/base/freeze.ts';
import { formatIssue, issue, issueAt } from '../../src/base/issue.ts';
import { err, ok, unwrap } from '../../src/base/result.ts';

describe('a result', () => {
  test('that is fine unwraps to its value', () => assert.equal(unwrap(ok(1)), 1));
  test('that failed unwraps to an error with the reason', () => {
    assert.throws(() => unwrap(err('why')), new Error('unwrap of a failed result: why'));
    assert.throws(() => unwrap(err(new Error('why'))), new Error('unwrap of a failed result: why'));
    assert.throws(
      () => unwrap(err(issue('why'))),
      new Error('unwrap of a failed result: {"path":"","message":"why"}'),
    );
  });
});

describe('an issue', () => {
  test('gains its path from the inside out', () => {
    const inner = issue('4294967296 is above 4294967295');
    const outer = issueAt('bgp', issueAt('peers', issueAt('[2]', issueAt('asn', inner))));
    assert.equal(formatIssue(outer), 'bgp.peers[2].asn: 4294967296 is above 4294967295');
  });
  test('without a path is its message', () => assert.equal(formatIssue(issue('why')), 'why'));
});

describe('frozen data', () => {
  test('cannot be altered at any depth', () => {
    const data = deepFreeze({ a: [{ b: 1 }], c: { d: [] as number[] } });
    assert.throws(() => Object.assign(data, { a: 1 }), TypeError);
    assert.throws(() => Object.assign(data.a[0] ?? {}, { b: 2 }), TypeError);
    assert.throws(() => data.c.d.push(1), TypeError);
  });
  test('is the same object', () => {
    const data = { a: 1 };
    assert.equal(deepFreeze(data), data);
  });
  test('may be primitive', () => {
    for (const value of [1, 'a', null, undefined, 1n]) assert.equal(deepFreeze(value), value);
  });
});

test('the end of a switch throws when the types were lied to', () => {
  assert.throws(
    () => assertNever({ kind: 'new' } as never),
    new Error('unreachable: {"kind":"new"}'),
  );
});
