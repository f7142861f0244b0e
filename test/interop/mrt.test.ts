/**
 * What we write as MRT, read by others, field by field: bgpdump and GoBGP, which read the unicast families only, and bgpctl,
 * which reads RIB_GENERIC too, of VPN-IPv4 to the end and of EVPN as far as the family.
 */

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { silentLog } from '../../src/base/ports.ts';
import { unwrap } from '../../src/base/result.ts';
import { parseBgpConfig } from '../../src/config/bgp/read.ts';
import {
  parseIp,
  parsePrefix,
  parseRouteDistinguisher,
  type PathAttributes,
} from '../../src/protocols/bgp/index.ts';
import { rdOf } from '../../src/protocols/bgp/wire/administered.ts';
import { dumpPortions } from '../../src/speaker/dump.ts';
import { SpeakerProcess } from '../../src/speaker/process.ts';
import { bgpctl, bgpdump } from './harness/mrt-readers.ts';
import { evpnExamples } from './harness/examples.ts';
import { freeAddress, startPeer } from './harness/fixture.ts';
import { until } from './harness/until.ts';
import { Gobgp } from './harness/peers/gobgp.ts';
import { ownNlri } from './harness/peers/selvedge-routes.ts';
import type { Route } from './harness/routes.ts';
import { gobgp4 } from './harness/software.ts';

const ip = (text: string) => unwrap(parseIp(text));

const attributes: PathAttributes = {
  origin: 'egp',
  asPath: [
    { type: 'sequence', asns: [65001, 4_200_000_000] },
    { type: 'set', asns: [65002, 65003] },
  ],
  med: 7,
  localPref: 150,
  atomicAggregate: true,
  aggregator: { asn: 65004, address: { family: 4, value: 0xc000_0209 } },
  communities: [0xfde8_0005, 0xffff_ff01],
};

const prefixes4 = ['10.1.0.0/24', '0.0.0.0/0', '192.0.2.1/32', '172.16.0.0/13'];
const prefixes6 = ['2001:db8:1::/48', '::/0', '2001:db8::1/128'];

/** The dump of a speaker that holds these and nothing else. */
async function dumped(isGeneric = false): Promise<Uint8Array> {
  const config = `[global]
as = 65000
router_id = "192.0.2.1"
families = ["ipv4-unicast", "ipv6-unicast", "ipv4-vpn", "l2vpn-evpn"]`;
  const speaker = new SpeakerProcess(unwrap(parseBgpConfig(config)), silentLog);
  if (isGeneric) {
    originateGeneric(speaker);
    return octetsOf(speaker);
  }
  for (const prefix of prefixes4) {
    const nextHop = { ip: ip('192.0.2.2') };
    speaker.routing.originate('ipv4-unicast', unwrap(parsePrefix(prefix)), { attributes, nextHop });
  }
  for (const prefix of prefixes6) {
    const nextHop = { ip: ip('2001:db8::2') };
    speaker.routing.originate('ipv6-unicast', unwrap(parsePrefix(prefix)), { attributes, nextHop });
  }
  return octetsOf(speaker);
}

/** Routes of the families that RIB_GENERIC is for. */
function originateGeneric({ routing }: SpeakerProcess): void {
  const nextHop = { ip: ip('192.0.2.2') };
  const rd = rdOf(unwrap(parseRouteDistinguisher('65000:7')));
  const prefix = unwrap(parsePrefix('203.0.113.0/24'));
  routing.originate('ipv4-vpn', { rd, label: 0x3e91, prefix }, { attributes, nextHop });
  for (const { nlri } of evpnExamples('192.0.2.2')) {
    const own = ownNlri(nlri);
    routing.originate(own.family, own.nlri, { attributes, nextHop });
  }
}

async function octetsOf(speaker: SpeakerProcess): Promise<Uint8Array> {
  const octets: Uint8Array[] = [];
  for await (const portion of unwrap(dumpPortions(speaker, new URLSearchParams()))) {
    octets.push(portion);
  }
  return Buffer.concat(octets);
}

function fileWith(t: TestContext, octets: Uint8Array): string {
  const directory = mkdtempSync(join(tmpdir(), 'selvedge-mrt-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, 'table.mrt');
  writeFileSync(file, octets);
  return file;
}

test('bgpdump reads what we hold', { skip: bgpdump.skip }, async (t) => {
  const file = fileWith(t, await dumped());
  const { stdout } = await promisify(execFile)(bgpdump.path, ['-m', '-q', file]);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => line.split('|').toSpliced(1, 1));
  const expected = [...prefixes4, ...prefixes6].map((prefix, index) => [
    'TABLE_DUMP2',
    'B',
    '0.0.0.0',
    '65000',
    prefix,
    '65001 4200000000 {65002,65003}',
    'EGP',
    index < prefixes4.length ? '192.0.2.2' : '2001:db8::2',
    '150',
    '7',
    '65000:5 no-export',
    'AG',
    '65004 192.0.2.9',
    '',
  ]);
  assert.deepEqual(lines, expected);
});

test('bgpctl reads RIB_GENERIC', { skip: bgpctl.skip }, async (t) => {
  const file = fileWith(t, await dumped(true));
  const run = promisify(execFile)(bgpctl.path, ['show', 'mrt', 'detail', 'file', file]);
  const lines = (await run).stdout.split('\n').map((line) => line.trim());
  // AFI 25, SAFI 70: it knows no EVPN, and finds the end of each record.
  const isUnread = (line: string): boolean => line.startsWith('unhandled');
  const unread = evpnExamples('192.0.2.2').map(() => 'unhandled AFI/SAFI 25/70');
  assert.deepEqual(lines.filter(isUnread), unread);
  assert.deepEqual(
    lines.filter((line) => line !== '' && !isUnread(line) && !line.startsWith('Last update')),
    [
      'BGP routing table entry for rd 65000:7 203.0.113.0/24',
      '65001 4200000000 { 65002 65003 }',
      'Nexthop rd 0:0 192.0.2.2 (via rd 0:0 192.0.2.2) Neighbor 0.0.0.0 (192.0.2.1)',
      'Origin EGP, metric 7, localpref 150, weight 0, ovs not-found, external',
      'Atomic Aggregate:  len 0',
      'Aggregator: 65004 [192.0.2.9]',
      'Communities: 65000:5 NO_EXPORT',
    ],
  );
});

test(`${gobgp4.name} takes what we hold into its own table`, { skip: gobgp4.skip }, async (t) => {
  const gobgp = await startPeer(t, gobgp4, {
    as: 65000,
    routerId: '192.0.2.9',
    address: freeAddress(),
    neighbors: [],
  });
  assert.ok(gobgp instanceof Gobgp);
  await gobgp.injectMrt(await dumped());
  await until(
    'the routes',
    async () => (await gobgp.ownRoutes('ipv6')).length === prefixes6.length,
  );
  const expected = (type: 'ipv4' | 'ipv6', prefixes: readonly string[], nextHop: string) =>
    prefixes
      .toSorted()
      .map((prefix) => ({ nlri: { type, prefix }, attributes: { ...seen, nextHop } }));
  const table = async (family: 'ipv4' | 'ipv6') =>
    (await gobgp.ownRoutes(family)).toSorted((a, b) => (prefixOf(a) < prefixOf(b) ? -1 : 1));
  assert.deepEqual(await table('ipv4'), expected('ipv4', prefixes4, '192.0.2.2'));
  assert.deepEqual(await table('ipv6'), expected('ipv6', prefixes6, '2001:db8::2'));
});

/** `attributes` in the words of the harness, which does not look at all of them. */
const seen = {
  origin: 'egp',
  asPath: [65001, 4_200_000_000, 65002, 65003],
  med: 7,
  localPref: 150,
  communities: ['65000:5', '65535:65281'],
};

function prefixOf({ nlri }: Route): string {
  return 'prefix' in nlri ? nlri.prefix : '';
}
