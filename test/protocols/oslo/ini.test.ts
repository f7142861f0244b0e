import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  configDirOrder,
  type IniOptions,
  lastValue,
  parseIni,
} from '../../../src/protocols/oslo/index.ts';
import { unwrap } from '../../../src/base/result.ts';

const read = (...texts: readonly string[]): IniOptions =>
  unwrap(parseIni(texts.map((text, index) => ({ path: `${index}.conf`, text }))));

const values = (options: IniOptions, group: string, name: string) =>
  options
    .get(group)
    ?.get(name)
    ?.map(({ text }) => text);

describe('the INI dialect of oslo.config', () => {
  const rows: readonly (readonly [what: string, text: string, value: string])[] = [
    ['equals sign', 'key = value', 'value'],
    ['colon', 'key: value', 'value'],
    ['the first of the two separates', 'key: a = b', 'a = b'],
    ['colons in a value after an equals sign', 'key=tcp:127.0.0.1:6640', 'tcp:127.0.0.1:6640'],
    ['no spaces', 'key=value', 'value'],
    ['an empty value', 'key =', ''],
    ['a value keeps its number sign', 'key = rabbit://u:p#1@h', 'rabbit://u:p#1@h'],
    ['a value keeps its semicolon', 'key = a ; b', 'a ; b'],
    ['one pair of double quotes goes', 'key = " a "', ' a '],
    ['one pair of single quotes goes', "key = ''a''", "'a'"],
    ['unequal quotes stay', 'key = "a\'', '"a\''],
    ['quotes inside stay', 'key = a "b" c', 'a "b" c'],
    ['a lone quote is a pair', 'key = "', ''],
    ['an indented line continues', 'key = a\n  b\n\tc', 'a\nb\nc'],
    ['it may begin on the next line', 'key =\n  a', '\na'],
    ['a continuation may look like an option', 'key = a\n  other = b', 'a\nother = b'],
    ['a continuation may look like a comment', 'key = a\n  # b', 'a\n# b'],
    ['carriage returns are ends of lines', 'key = a\r\n  b\r\n', 'a\nb'],
    ['dashes in names', 'key = v\nlog-file = x', 'v'],
  ];
  for (const [what, text, value] of rows) {
    test(what, () =>
      assert.deepEqual(values(read(`[DEFAULT]\n${text}\n`), 'DEFAULT', 'key'), [value]),
    );
  }

  test('comments are whole lines only', () => {
    const options = read('# a\n; b\n[DEFAULT]\n#key = 1\n;key = 2\nkey = 3\n');
    assert.deepEqual(values(options, 'DEFAULT', 'key'), ['3']);
  });

  test('a repeated key keeps all its values, the last of which counts for most options', () => {
    const options = read('[p]\npeer = a\npeer = b\n');
    assert.deepEqual(values(options, 'p', 'peer'), ['a', 'b']);
    assert.equal(lastValue(options, 'p', 'peer')?.text, 'b');
  });

  test('a section may come again, in any case of letters', () => {
    const options = read('[AGENT]\na = 1\n[DEFAULT]\nb = 2\n[agent]\nc = 3\n');
    assert.deepEqual([...options.keys()], ['agent', 'DEFAULT']);
    assert.deepEqual(values(options, 'agent', 'a'), ['1']);
    assert.deepEqual(values(options, 'agent', 'c'), ['3']);
  });

  test('names of options keep their case', () => {
    const options = read('[DEFAULT]\nbgp_AS = 64999\n');
    assert.equal(lastValue(options, 'DEFAULT', 'bgp_as'), undefined);
    assert.equal(lastValue(options, 'DEFAULT', 'bgp_AS')?.text, '64999');
  });

  test('what a later file says counts, and its place is known', () => {
    const options = read('[a]\nx = 1\ny = 1\n', '[a]\n\nx = 2\n');
    assert.deepEqual(lastValue(options, 'a', 'x'), { text: '2', file: '1.conf', line: 3 });
    assert.deepEqual(lastValue(options, 'a', 'y'), { text: '1', file: '0.conf', line: 3 });
  });

  test('a configuration directory is read in the order of its names, other files left out', () => {
    assert.deepEqual(
      configDirOrder(['20-b.conf', '.x.conf', 'a.conf', '10.conf', 'a.conf.bak', 'B.conf']),
      ['10.conf', '20-b.conf', 'B.conf', 'a.conf'],
    );
  });

  test('every error is told at once, with file, line and column', () => {
    const text = [
      'early = 1',
      '[DEFAULT]',
      '  astray',
      'nothing',
      ': x',
      '[open',
      '[]',
      'fine = 1',
    ];
    assert.deepEqual(parseIni([{ path: 'f.conf', text: text.join('\n') }]), {
      ok: false,
      error: [
        { path: 'f.conf:1:1', message: "'early' stands in no section" },
        { path: 'f.conf:3:1', message: 'continues no value' },
        { path: 'f.conf:4:8', message: "no '=' or ':' after the option's name" },
        { path: 'f.conf:5:1', message: "no name before the '=' or ':'" },
        { path: 'f.conf:6:6', message: "the section name has no ']'" },
        { path: 'f.conf:7:2', message: 'the section has no name' },
      ],
    });
  });

  test('a comment or an empty line ends a value', () => {
    for (const between of ['# x', '']) {
      assert.deepEqual(parseIni([{ path: 'f', text: `[a]\nk = v\n${between}\n  more` }]), {
        ok: false,
        error: [{ path: 'f:4:1', message: 'continues no value' }],
      });
    }
  });
});
