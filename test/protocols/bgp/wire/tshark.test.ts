/**
 * A dissector that others have written reads what we write: every message without a complaint, the fields of EVPN routes and
 * extended communities as we meant them. Skipped where tshark is not installed.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { unwrap } from '../../../../src/base/result.ts';
import { type Esi, formatEsi } from '../../../../src/net/esi.ts';
import { formatIp, type Ip, parseIp } from '../../../../src/net/ip.ts';
import { formatMac } from '../../../../src/net/mac.ts';
import {
  type Capability,
  CEASE,
  cease,
  encodeExtendedCommunity,
  encodeMessage,
  endOfRibOf,
  type EvpnRoute,
  type ExtendedCommunity,
  extendedCommunities,
  families,
  familyNames,
  hardReset,
  type KnownEvpnRoute,
  type Message,
  type MpReach,
  type PathAttributes,
  type Rd,
  type Update,
  wireSession,
} from '../../../../src/protocols/bgp/index.ts';
import { errorNames } from '../../../../src/protocols/bgp/wire/numbers.ts';
import { captureOf } from '../capture.ts';
import { octets } from '../octets.ts';
import { anyEvpnRoute, anyExtendedCommunity, anyMpReach } from '../values.ts';

const installed = spawnSync('tshark', ['--version']).status === 0;
const skip = installed ? false : 'tshark is not installed';
const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));

const session = wireSession({ fourOctetAs: true, families: familyNames });
const ip4 = { family: 4, value: 0x0a000001 } as const;
const ip6 = { family: 6, value: 0x20010db8000000000000000000000001n } as const;
const nextHop = { ip: ip4 };
const within: PathAttributes = {
  origin: 'igp',
  asPath: [{ type: 'sequence', asns: [65001, 4200000000] }],
  localPref: 100,
};

function update(attributes: PathAttributes): Update {
  return { type: 'update', withdrawn: [], attributes, nlri: [] };
}

function evpnUpdate(nlri: EvpnRoute, more: PathAttributes = {}): Update {
  const mpReach = { family: 'l2vpn-evpn', nextHop, routes: [{ nlri }] } as const;
  return update({ ...within, ...more, mpReach });
}

/** tshark knows types 0 to 2 of route distinguishers, and 0 to 5 of segments. */
function dissectable(route: EvpnRoute): EvpnRoute {
  const rd = (of: Rd) => ((((of >> 48n) % 3n) << 48n) | (of & 0xffff_ffff_ffffn)) as Rd;
  const esi = (of: Esi) => ((((of >> 72n) % 6n) << 72n) | (of & ((1n << 72n) - 1n))) as Esi;
  if (route.type === 'opaque') return route;
  const known = { ...route, rd: rd(route.rd) };
  return 'esi' in known ? { ...known, esi: esi(known.esi) } : known;
}

const routes = fc
  .sample(anyEvpnRoute, { numRuns: 300, seed })
  .filter(({ type }) => type !== 'opaque')
  .map(dissectable) as readonly KnownEvpnRoute[];

/** Kinds of which tshark 4.0 knows the fields. */
const dissected = new Set(Object.keys(extendedCommunities).filter((kind) => kind !== 'arp-nd'));

const communities = fc
  .sample(anyExtendedCommunity, { numRuns: 300, seed })
  .filter(({ kind }) => dissected.has(kind))
  .filter((one) => !('reserved' in one));

const everyFamily = fc
  .sample(anyMpReach(session), { numRuns: 100, seed })
  .filter(({ family }) => family !== 'l2vpn-evpn' && !family.endsWith('-vpn'))
  // One route each: several that look like small numbers are taken for path identifiers.
  .map(({ routes: [route], ...rest }) => ({ ...rest, routes: [route] }) as MpReach)
  .map((mpReach) => update({ ...within, mpReach }));

const rd = 0x0000_fde8_0000_0001n as Rd;
const vpn: readonly Message[] = [
  update({
    ...within,
    mpReach: {
      family: 'ipv4-vpn',
      nextHop,
      routes: [{ nlri: { rd, prefix: { ip: ip4, length: 32 }, label: 0x641 } }],
    },
  }),
  update({
    ...within,
    mpReach: {
      family: 'ipv6-vpn',
      nextHop: { ip: ip6 },
      routes: [{ nlri: { rd, prefix: { ip: ip6, length: 128 }, label: 0x641 } }],
    },
  }),
];

const everyAttribute = update({
  ...within,
  med: 5,
  atomicAggregate: true,
  aggregator: { asn: 4200000000, address: ip4 },
  communities: [0xfde80064, 0xffffff01],
  originatorId: ip4,
  clusterList: [ip4],
  extendedCommunities: [{ kind: 'encapsulation', tunnel: 8 }],
  ipv6ExtendedCommunities: [octets('000220010db80000000000000000000000010064')],
  pmsiTunnel: { flags: 0, tunnel: 6, label: 1001, identifier: octets('0a000001') },
  aigp: [{ type: 1, value: octets('0000000000000064') }],
  largeCommunities: [{ global: 64496, local1: 1, local2: 2 }],
  onlyToCustomer: 65000,
  mpReach: { family: 'ipv4-unicast', nextHop, routes: [{ nlri: { ip: ip4, length: 32 } }] },
});

const evpnFamily = { afi: 25, safi: 70 };
const capabilities: readonly Capability[] = [
  { kind: 'multiprotocol', ...evpnFamily },
  { kind: 'route-refresh' },
  { kind: 'extended-next-hop', families: [{ afi: 1, safi: 1, nextHopAfi: 2 }] },
  { kind: 'extended-message' },
  { kind: 'role', role: 'customer' },
  {
    kind: 'graceful-restart',
    restarted: true,
    notification: true,
    time: 120,
    families: [{ ...evpnFamily, forwarding: true }],
  },
  { kind: 'four-octet-as', asn: 4200000000 },
  { kind: 'add-path', families: [{ afi: 1, safi: 1, receive: true, send: true }] },
  { kind: 'enhanced-route-refresh' },
  {
    kind: 'long-lived-graceful-restart',
    families: [{ ...evpnFamily, forwarding: true, time: 3600 }],
  },
  { kind: 'hostname', host: 'leaf1', domain: 'fabric' },
];

const open: Message = {
  type: 'open',
  myAs: 23456,
  holdTime: 90,
  id: ip4,
  capabilities,
};

const refresh = { type: 'route-refresh', filters: octets('') } as const;
const withoutFields: readonly Message[] = [
  { type: 'keepalive' },
  open,
  { ...open, capabilities: [] },
  ...familyNames.map(endOfRibOf),
  ...familyNames.flatMap((name) =>
    (['request', 'begin', 'end'] as const).map((subtype): Message => {
      const { afi, safi } = families[name];
      return { ...refresh, afi, safi, subtype };
    }),
  ),
  ...[1, 2, 3, 4, 5, 6, 7].flatMap((code) => {
    const subcodes = Object.keys(errorNames[code]?.subcodes ?? {}).map(Number);
    return (subcodes.length === 0 ? [0] : subcodes)
      .filter((subcode) => subcode < 10)
      .map((subcode): Message => ({ type: 'notification', code, subcode, data: octets('') }));
  }),
  cease(CEASE.administrativeShutdown, 'back at noon'),
  hardReset(cease(CEASE.administrativeReset)),
  ...everyFamily,
  ...vpn,
  everyAttribute,
];

const all: readonly Message[] = [
  ...routes.map((route) => evpnUpdate(route)),
  ...communities.map((one) => update({ ...within, extendedCommunities: [one] })),
  ...withoutFields,
];

/** The fields asked for, in each packet all their occurrences. */
type Packet = Readonly<Record<string, readonly string[]>>;

const evpnFields = [
  'rt',
  'rd',
  'esi',
  'etag',
  'maclen',
  'mac_addr',
  'iplen',
  'prefix_len',
  'ip.addr',
  'ipv6.addr',
  'ipv4.gtw_addr',
  'ipv6.gtw_addr',
  'mpls_ls1',
  'mpls_ls2',
].map((name) => `bgp.evpn.nlri.${name}`);

/** Of type 5 only. A VNI need not have the bit that ends a stack of labels; what tshark then takes for more is not looked at. */
const labelField = 'bgp.update.path_attribute.mpls_label_value';

const communityFields = [
  'type',
  'value_as2',
  'value_as4',
  'value_IP4',
  'value_an2',
  'value_an4',
  'value_link_bw',
  'tunnel_type',
].map((name) => `bgp.ext_com.${name}`);

const evpnCommunityFields = [
  'mmac.flags',
  'mmac.seq',
  'esi.rt',
  'esi.router_mac',
  'l2attr.flags',
  'l2attr.l2_mtu',
].map((name) => `bgp.ext_com_evpn.${name}`);

const complaints = ['_ws.malformed', '_ws.expert.severity', '_ws.expert.message'];
const fields = [
  'bgp.type',
  ...complaints,
  ...evpnFields,
  labelField,
  ...communityFields,
  ...evpnCommunityFields,
  'bgp.ext_com_l2.esi_label_flag',
];

function dissect(file: string): readonly Packet[] {
  const asked = fields.flatMap((name) => ['-e', name]);
  const form = ['-T', 'fields', '-E', 'separator=/t', '-E', 'aggregator=;', '-E', 'occurrence=a'];
  const argv = ['-n', '-o', 'bgp.asn_len:4 octet', '-r', file, ...form, ...asked];
  const run = spawnSync('tshark', argv, { encoding: 'utf8', maxBuffer: 64 * 2 ** 20 });
  assert.equal(run.status, 0, run.stderr);
  return run.stdout
    .trimEnd()
    .split('\n')
    .map((line) => {
      const columns = line.split('\t');
      return Object.fromEntries(
        fields.map((name, i) => [name, columns[i] === '' ? [] : (columns[i]?.split(';') ?? [])]),
      );
    });
}

describe('tshark', { skip }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'selvedge-bgp-'));
  let packets: readonly Packet[] = [];

  before(() => {
    const file = join(directory, 'bgp.pcap');
    writeFileSync(file, captureOf(all.map((message) => unwrap(encodeMessage(message, session)))));
    packets = dissect(file);
  });

  after(() => rmSync(directory, { recursive: true, force: true }));

  test(`sees a message in each packet (seed ${seed})`, () => {
    assert.equal(packets.length, all.length);
    assert.deepEqual(
      packets.filter((packet) => packet['bgp.type']?.length !== 1),
      [],
    );
  });

  test('has nothing to complain of', () => {
    /** PI_WARN of epan/proto.h. Below it are remarks, as that a MAC is announced without an address. */
    const warning = 0x600000;
    const complained = packets.flatMap((packet, i) => {
      const worst = Math.max(0, ...(packet['_ws.expert.severity'] ?? []).map(Number));
      const isMalformed = (packet['_ws.malformed'] ?? []).length > 0;
      return isMalformed || worst >= warning
        ? [{ says: packet['_ws.expert.message'], of: all[i] }]
        : [];
    });
    assert.deepEqual(complained, []);
  });

  test('reads of each EVPN route what we wrote', () => {
    for (const [i, route] of routes.entries()) {
      const packet = packets[i] ?? {};
      assert.deepEqual(evpnOf(packet), expectedEvpn(route));
      if (route.type === 'prefix') assert.equal(packet[labelField]?.[0], String(route.label));
    }
  });

  test('reads of each extended community what we wrote', () => {
    for (const [i, one] of communities.entries()) {
      const packet = packets[routes.length + i] ?? {};
      for (const [name, value] of Object.entries(expectedCommunity(one))) {
        assert.deepEqual(packet[name], [value], `${name} of ${JSON.stringify(one.kind)}`);
      }
    }
  });
});

/** Releases differ in the colons of a route distinguisher; `::1.2.3.4` is an address that we print otherwise. */
function canonical(field: string, text: string): string {
  if (field.endsWith('.rd')) return text.replaceAll(':', '');
  const address = field.includes('ip') && text.includes(':') ? parseIp(text) : undefined;
  return address?.ok === true ? formatIp(address.value) : text;
}

function evpnOf(packet: Packet): Packet {
  return Object.fromEntries(
    evpnFields.flatMap((name) => {
      const found = (packet[name] ?? []).map((text) => canonical(name, text));
      return found.length === 0 ? [] : [[name.replace('bgp.evpn.nlri.', ''), found]];
    }),
  );
}

const codes = { ead: 1, mac: 2, imet: 3, es: 4, prefix: 5 } as const;

/** tshark shows of labels 20 bits, but of that of type 5; of a route distinguisher the octets. */
function expectedEvpn(route: KnownEvpnRoute): Packet {
  const text = {
    rt: String(codes[route.type]),
    rd: route.rd.toString(16).padStart(16, '0'),
    esi: 'esi' in route ? formatEsi(route.esi) : undefined,
    etag: 'tag' in route ? String(route.tag) : undefined,
    mpls_ls1: 'label' in route && route.type !== 'prefix' ? String(route.label >>> 4) : undefined,
    ...addressesOf(route),
  };
  return Object.fromEntries(
    evpnFields
      .map((name) => name.replace('bgp.evpn.nlri.', '') as keyof typeof text)
      .flatMap((name) => (text[name] === undefined ? [] : [[name, [text[name]]]])),
  );
}

function addressesOf(route: KnownEvpnRoute): Readonly<Record<string, string | undefined>> {
  switch (route.type) {
    case 'ead':
      break;
    case 'mac':
      return {
        maclen: '48',
        mac_addr: formatMac(route.mac),
        iplen: String(route.ip === undefined ? 0 : bits(route.ip)),
        ...addressOf(route.ip),
        mpls_ls2: route.label2 === undefined ? undefined : String(route.label2 >>> 4),
      };
    case 'imet':
    case 'es':
      return { iplen: String(bits(route.originator)), ...addressOf(route.originator) };
    case 'prefix': {
      const gateway = route.gateway.family === 4 ? 'ipv4.gtw_addr' : 'ipv6.gtw_addr';
      return {
        prefix_len: String(route.prefix.length),
        ...addressOf(route.prefix.ip),
        [gateway]: formatIp(route.gateway),
      };
    }
  }
  return {};
}

function addressOf(ip: Ip | undefined): Readonly<Record<string, string>> {
  if (ip === undefined) return {};
  return { [ip.family === 4 ? 'ip.addr' : 'ipv6.addr']: formatIp(ip) };
}

function bits(ip: Ip): number {
  return ip.family === 4 ? 32 : 128;
}

/** The fields that tshark has for it. */
function expectedCommunity(one: ExtendedCommunity): Readonly<Record<string, string>> {
  const hex = encodeExtendedCommunity(one).toString(16).padStart(16, '0');
  const type = { 'bgp.ext_com.type': `0x${hex.slice(0, 2)}` };
  const evpn = 'bgp.ext_com_evpn.';
  switch (one.kind) {
    case 'route-target':
    case 'site-of-origin': {
      const { administrator, assigned } = one;
      if (one.form === 'as2') {
        return {
          ...type,
          'bgp.ext_com.value_as2': String(administrator),
          'bgp.ext_com.value_an4': String(assigned),
        };
      }
      const of =
        one.form === 'ip4'
          ? { 'bgp.ext_com.value_IP4': formatIp({ family: 4, value: administrator }) }
          : { 'bgp.ext_com.value_as4': String(administrator) };
      return { ...type, ...of, 'bgp.ext_com.value_an2': String(assigned) };
    }
    case 'encapsulation':
      return { ...type, 'bgp.ext_com.tunnel_type': String(one.tunnel) };
    case 'mac-mobility':
      return {
        ...type,
        [`${evpn}mmac.flags`]: one.sticky ? '0x01' : '0x00',
        [`${evpn}mmac.seq`]: String(one.sequence),
      };
    case 'es-import':
      return { ...type, [`${evpn}esi.rt`]: formatMac(one.mac) };
    case 'router-mac':
      return { ...type, [`${evpn}esi.router_mac`]: formatMac(one.mac) };
    case 'layer-2-attributes':
      return { ...type, [`${evpn}l2attr.l2_mtu`]: String(one.mtu) };
    case 'esi-label':
      return { ...type, 'bgp.ext_com_l2.esi_label_flag': one.singleActive ? '1' : '0' };
    case 'color':
    case 'default-gateway':
    case 'df-election':
    case 'link-bandwidth':
    case 'arp-nd':
    case 'opaque':
      break;
  }
  return type;
}
