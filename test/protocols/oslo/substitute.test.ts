import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type IniDefaults,
  lastValue,
  parseIni,
  substitute,
} from '../../../src/protocols/oslo/index.ts';
import { unwrap } from '../../../src/base/result.ts';

function substituted(text: string, defaults: IniDefaults = new Map()) {
  const result = substitute(unwrap(parseIni([{ path: 'f.conf', text }])), defaults);
  if (result.issues.length > 0) return result.issues;
  return Object.fromEntries(
    [...result.options].flatMap(([group, names]) =>
      [...names].map(([name, list]) => [
        `${group}.${name}`,
        list.map((value) => value.text).join('|'),
      ]),
    ),
  );
}

describe('a dollar sign in a value', () => {
  test('stands for an option of the same group, else of DEFAULT, else of the group named', () => {
    const text =
      '[DEFAULT]\na = 1\nb = ${grp.a}\nc = $a.\n[grp]\na = 2\nd = $a\ne = <${DEFAULT.a}>\nf = $g\n[DEFAULT]\ng=7';
    assert.deepEqual(substituted(text.replace('c = $a.', 'c = ${a}.')), {
      'DEFAULT.a': '1',
      'DEFAULT.b': '2',
      'DEFAULT.c': '1.',
      'DEFAULT.g': '7',
      'grp.a': '2',
      'grp.d': '2',
      'grp.e': '<1>',
      'grp.f': '7',
    });
  });

  test('doubled, or after a backslash, stands for itself; so does one before anything but a name', () => {
    assert.deepEqual(substituted('[DEFAULT]\na = $$x\\$y $ 5$ $5 ${ ${no'), {
      'DEFAULT.a': '$x$y $ 5$ $5 ${ ${no',
    });
  });

  test('is followed through several values', () => {
    assert.deepEqual(substituted('[DEFAULT]\na = <$b>\nb = [$c]\nc = 1'), {
      'DEFAULT.a': '<[1]>',
      'DEFAULT.b': '[1]',
      'DEFAULT.c': '1',
    });
  });

  test('stands for the default of an option that no file sets', () => {
    const defaults = new Map([['DEFAULT.bgp_nic', 'bgp-nic']]);
    assert.deepEqual(substituted('[DEFAULT]\nevpn_nic = $bgp_nic', defaults), {
      'DEFAULT.evpn_nic': 'bgp-nic',
    });
  });

  test('is replaced in every value of a list option', () => {
    assert.deepEqual(substituted('[DEFAULT]\nn = 1\np = a$n\np = b$n'), {
      'DEFAULT.n': '1',
      'DEFAULT.p': 'a1|b1',
    });
  });

  test('that names nothing, or itself, is an issue with its place', () => {
    assert.deepEqual(substituted('[DEFAULT]\na = $nosuch\nb = $c\nc = $b\nd = $a.'), [
      { path: 'f.conf:2:1', message: 'a: $nosuch names no option' },
      { path: 'f.conf:3:1', message: 'b: $b leads back to itself' },
      { path: 'f.conf:4:1', message: 'c: $c leads back to itself' },
      { path: 'f.conf:5:1', message: 'd: $a. names no option' },
    ]);
  });

  test('that leads nowhere stays as it is, and the rest of the value is replaced', () => {
    const text = '[DEFAULT]\na = 1\nb = $a $nosuch ${b}';
    const { options } = substitute(unwrap(parseIni([{ path: 'f.conf', text }])));
    assert.equal(lastValue(options, 'DEFAULT', 'b')?.text, '1 $nosuch ${b}');
  });
});
