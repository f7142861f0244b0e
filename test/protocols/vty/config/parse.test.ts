import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';

import {
  type Config,
  type ConfigNode,
  formatConfig,
  parseConfig,
  parseVrfStates,
  stanzaBody,
} from '../../../../src/protocols/vty/index.ts';

const golden = new URL('../golden/', import.meta.url);
const goldenNames = readdirSync(golden).filter((name) => name.endsWith('.txt'));
const versions = ['8.4.4', '10.3', '10.7.1'];

function readGolden(name: string): string {
  return readFileSync(new URL(name, golden), 'utf8');
}

/** Everything that says something, with its indentation. */
function content(text: string): readonly string[] {
  return text.split('\n').filter((line) => !['', '!'].includes(line.trim()));
}

/** The lines at a path, or what the stanza is when it has none. */
function linesAt(config: Config, ...path: readonly string[]): readonly string[] | undefined {
  return stanzaBody(config, path)?.map(({ line }) => line);
}

describe('running configurations of real daemons', () => {
  test('are there of every version', () => {
    for (const version of versions) {
      for (const source of ['zebra', 'bgpd', 'vtysh', 'show-vrf']) {
        assert.ok(goldenNames.includes(`${version}-${source}.txt`), `${version}-${source}`);
      }
    }
  });

  for (const name of goldenNames.filter((file) => !file.includes('show-vrf'))) {
    test(`${name} is the same when it is formatted again`, () => {
      const text = readGolden(name);
      assert.deepEqual(content(formatConfig(parseConfig(text))), content(text));
    });
  }

  for (const version of versions) {
    test(`FRR ${version}: stanzas are found where the daemon has them`, () => {
      const bgpd = parseConfig(readGolden(`${version}-bgpd.txt`));
      const vrfDaemon = version.startsWith('8.') ? 'zebra' : 'mgmtd';
      const vrfs = parseConfig(readGolden(`${version}-${vrfDaemon}.txt`));
      assert.deepEqual(linesAt(vrfs, 'vrf vrf-500'), ['vni 500']);
      const router = 'router bgp 64999 vrf vrf-500';
      assert.deepEqual(linesAt(bgpd, router, 'address-family ipv4 unicast'), [
        'redistribute connected',
      ]);
      assert.deepEqual(linesAt(bgpd, router, 'address-family l2vpn evpn'), [
        'advertise ipv4 unicast',
        'advertise ipv6 unicast',
        'rd 10.255.1.1:500',
        'route-target import 10.255.1.1:9',
        'route-target import 64999:500',
        'route-target export 4200000001:500',
      ]);
      const evpn = ['router bgp 64999', 'address-family l2vpn evpn'];
      assert.deepEqual(linesAt(bgpd, ...evpn, 'vni 77')?.[0], 'rd 10.255.1.1:77');
      assert.equal(linesAt(bgpd, ...evpn)?.at(-1), 'advertise-svi-ip');
      assert.equal(linesAt(bgpd, 'router bgp 64999 vrf nowhere'), undefined);
    });

    test(`FRR ${version}: a VRF in several pieces is one`, () => {
      const config = parseConfig(readGolden(`${version}-vtysh.txt`));
      assert.deepEqual(linesAt(config, 'vrf vrf-501')?.toSorted(), [
        'ip route 198.51.100.0/24 192.0.2.1',
        'vni 501',
      ]);
    });

    test(`FRR ${version}: zebra tells of VRFs that have no lines`, () => {
      const states = parseVrfStates(readGolden(`${version}-show-vrf.txt`));
      assert.deepEqual([...states.keys()], ['vrf-500', 'vrf-501', 'vrf-empty']);
      assert.deepEqual(states.get('vrf-empty'), { isActive: false, isConfigured: true });
      const printed = parseConfig(readGolden(`${version}-vtysh.txt`));
      assert.equal(linesAt(printed, 'vrf vrf-empty') !== undefined, !version.startsWith('8.'));
    });
  }
});

test('what zebra says of a VRF is whether its device is there, and whether it is configured', () => {
  const text = `netns-based vrfs
vrf a inactive (configured)
vrf b id 7 table 500
vrf c id 8 netns /run/netns/c (configured)
vrf inactive id 9 table 501 (configured)`;
  assert.deepEqual(
    [...parseVrfStates(text)],
    [
      ['a', { isActive: false, isConfigured: true }],
      ['b', { isActive: true, isConfigured: false }],
      ['c', { isActive: true, isConfigured: true }],
      ['inactive', { isActive: true, isConfigured: true }],
    ],
  );
});

test('an empty stanza is told from a line by its closing word', () => {
  assert.deepEqual(parseConfig('hostname r1\nvrf a\nexit-vrf\nvrf b\n vni 1\nexit-vrf'), [
    { line: 'hostname r1', body: [], exit: undefined },
    { line: 'vrf a', body: [], exit: 'exit-vrf' },
    { line: 'vrf b', body: [{ line: 'vni 1', body: [], exit: undefined }], exit: 'exit-vrf' },
  ]);
});

test('a closing word that closes nothing is kept', () => {
  const [line] = parseConfig('exit\nhostname r1');
  assert.equal(line?.line, 'exit');
});

const lineArbitrary = fc
  .stringMatching(/^[a-z0-9!"]([ a-z0-9.:/!"-]{0,20}[a-z0-9."])?$/)
  .filter((line) => !/^(exit(-[a-z-]+)?|!)$/.test(line));

const { node } = fc.letrec<{ node: ConfigNode }>((tie) => ({
  node: fc.record(
    {
      line: lineArbitrary,
      body: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constant([]),
        fc.array(tie('node'), { maxLength: 4 }),
      ),
      exit: fc.constantFrom(undefined, 'exit', 'exit-vrf', 'exit-address-family', 'exit-vni'),
    },
    { noNullPrototype: true },
  ),
}));

test('any tree is the same after formatting and parsing', () => {
  fc.assert(
    fc.property(fc.array(node), (config) => {
      assert.deepEqual(parseConfig(formatConfig(config)), config);
    }),
  );
});

test('any text keeps its lines in their order, however it is indented', () => {
  const word = fc.oneof(lineArbitrary, fc.constantFrom('exit', 'exit-vrf', '!', ''));
  const line = fc.tuple(fc.nat(4), word).map(([indent, text]) => ' '.repeat(indent) + text);
  const trimmed = (text: string): readonly string[] => content(text).map((raw) => raw.trim());
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const text = lines.join('\n');
      assert.deepEqual(trimmed(formatConfig(parseConfig(text))), trimmed(text));
    }),
  );
});
