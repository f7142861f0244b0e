/** The shape of the source tree: who imports whom (rooms.ts is the table), what pure rooms do without, sizes, openings. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { longTables, mayImport, roomOf, rooms } from './rooms.ts';
import { importsOf, root, sources, withoutComments } from './source.ts';

describe('imports', () => {
  test('every file lies in a room of the table', () => {
    assert.deepEqual(
      sources.filter(({ path }) => roomOf(path) === undefined).map(({ path }) => path),
      [],
    );
  });

  for (const { room } of rooms) {
    test(`${room} imports what it may, and nothing else`, () => {
      const offences = sources
        .filter(({ path }) => roomOf(path)?.room === room)
        .flatMap(({ path, imports }) =>
          imports
            .filter((imported) => !mayImport(path, imported))
            .map(({ of, isType }) => `${path} imports ${isType ? 'types of ' : ''}${of}`),
        );
      assert.deepEqual(offences, []);
    });
  }

  test('packages are those that an installation has', () => {
    const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(
      readFileSync(join(root, 'package.json'), 'utf8'),
    );
    const packages = sources.flatMap(({ imports }) =>
      imports.filter(({ of, isOurs }) => !isOurs && !of.startsWith('node:')).map(({ of }) => of),
    );
    assert.deepEqual(
      [...new Set(packages)].filter((name) => !Object.hasOwn(dependencies, name)),
      [],
    );
  });
});

describe('pure rooms', () => {
  /** Names by which a function would learn what is not among its arguments. */
  const effects: readonly (readonly [what: string, pattern: RegExp])[] = [
    ['the date', /\bnew Date\b|\bDate\(|\bDate\.\w/],
    ['a clock', /\bperformance\.\w/],
    ['chance', /\bMath\.random\b|\bcrypto\.\w/],
    ['timers', /\b(setTimeout|setInterval|setImmediate|queueMicrotask)\b/],
    ['the process', /\bprocess\.\w|\bprocess\[/],
    ['the console', /\bconsole\.\w/],
    ['the network', /\bfetch\(|\bnew WebSocket\b/],
    ['everything at once', /\bglobalThis\b|\brequire\(|\beval\(|\bnew Function\b/],
    ['an import at run time', /\bimport\s*\(/],
  ];
  for (const [what, pattern] of effects) {
    test(`know nothing of ${what}`, () => {
      const offences = sources
        .filter(({ path }) => roomOf(path)?.pure === true)
        .filter(({ text }) => pattern.test(withoutComments(text)))
        .map(({ path }) => path);
      assert.deepEqual(offences, []);
    });
  }
});

describe('every file', () => {
  test('opens with a sentence that says what it is', () => {
    const silent = sources.filter(({ text }) => !/^(#!.*\n)?\/\*\*\s+(\* )?[\w`]/.test(text));
    assert.deepEqual(
      silent.map(({ path }) => path),
      [],
    );
  });

  test('has at most 500 lines, long tables aside', () => {
    const long = sources.filter(({ path, lines }) => lines > 500 && !longTables.includes(path));
    assert.deepEqual(
      long.map(({ path, lines }) => `${path}: ${lines}`),
      [],
    );
  });

  test('keeps no state of its own', () => {
    const stateful = sources.filter(({ text }) => /^(export )?let /m.test(text));
    assert.deepEqual(
      stateful.map(({ path }) => path),
      [],
    );
  });

  test('exports by name', () => {
    const unnamed = sources.filter(({ text }) => /^export default\b/m.test(text));
    assert.deepEqual(
      unnamed.map(({ path }) => path),
      [],
    );
  });
});

describe('the table itself', () => {
  const rows: readonly (readonly [from: string, line: string, allowed: boolean])[] = [
    ['base/x.ts', "import { y } from './y.ts';", true],
    ['base/x.ts', "import { y } from '../net/ip.ts';", false],
    ['base/x.ts', "import { y } from 'node:net';", false],
    ['net/x.ts', "import type { y } from '../base/y.ts';", true],
    ['config/x.ts', "import { parse } from 'smol-toml';", true],
    ['config/x.ts', "import { y } from '../protocols/oslo/index.ts';", false],
    ['inventory/x.ts', "import { parse } from 'smol-toml';", false],
    ['protocols/bgp/wire/x.ts', "import { y } from '../rib/y.ts';", true],
    ['protocols/bgp/wire/x.ts', "import { y } from '../io/y.ts';", false],
    ['protocols/bgp/wire/x.ts', "import type { y } from '../io/y.ts';", false],
    ['protocols/bgp/wire/x.ts', "import { y } from '../../netlink/wire/y.ts';", false],
    ['protocols/bgp/io/x.ts', "import { y } from '../wire/y.ts';", true],
    ['protocols/bgp/io/x.ts', "import { y } from '../../netlink/io/y.ts';", false],
    ['protocols/bgp/io/x.ts', "import { connect } from 'node:net';", true],
    ['protocols/bgp/index.ts', "export { y } from './io/y.ts';", true],
    ['protocols/bgp/index.ts', "export { y } from '../vty/index.ts';", false],
    ['modes/evpn/x.ts', "import type { Vrf } from '../../fabric/concepts.ts';", true],
    ['modes/evpn/x.ts', "import { lower } from '../../fabric/lower.ts';", false],
    ['modes/evpn/x.ts', "import type { Config } from '../../config/index.ts';", true],
    ['modes/evpn/x.ts', "import { type Config } from '../../config/index.ts';", true],
    ['modes/evpn/x.ts', "import { parseToml } from '../../config/index.ts';", false],
    [
      'modes/evpn/x.ts',
      "import {\n  type Config,\n  parseToml,\n} from '../../config/index.ts';",
      false,
    ],
    ['fabric/x.ts', "import type { Port } from '../inventory/port-binding.ts';", false],
    ['fabric/x.ts', "import type { y } from '../modes/evpn/index.ts';", false],
    ['resources/x.ts', "import type { y } from '../protocols/netlink/wire/link.ts';", true],
    ['resources/x.ts', "import { y } from '../protocols/netlink/wire/link.ts';", false],
    ['reconcile/x.ts', "import { y } from '../resources/resource.ts';", true],
    ['reconcile/x.ts', "import { link } from '../resources/link.ts';", false],
    ['reconcile/x.ts', "import { y } from '../net/ip.ts';", false],
    ['sources/host/x.ts', "import { y } from '../../protocols/netlink/io/socket.ts';", true],
    ['sources/host/x.ts', "import { y } from '../../targets/kernel/x.ts';", false],
    ['targets/frr/x.ts', "import { y } from '../../protocols/vty/index.ts';", true],
    ['targets/frr/x.ts', "import type { y } from '../../reconcile/order.ts';", false],
    ['agent/x.ts', "import { y } from '../targets/kernel/index.ts';", true],
    ['agent/x.ts', "import { y } from '../cli/main.ts';", false],
    ['agent/x.ts', "import { Command } from 'commander';", false],
    ['cli/x.ts', "import { y } from '../agent/main.ts';", true],
    ['attic/x.ts', "import { y } from '../base/y.ts';", false],
    ['base/x.ts', "import '../net/ip.ts';", false],
    ['base/x.ts', "const y = await import('node:fs');", false],
  ];
  for (const [from, line, allowed] of rows) {
    test(`${from}: ${line} is ${allowed ? 'allowed' : 'refused'}`, () => {
      const imports = [...importsOf(from, line)];
      assert.equal(imports.length, 1);
      for (const imported of imports) assert.equal(mayImport(from, imported), allowed);
    });
  }
});
