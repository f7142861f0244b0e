import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { formatIssue } from '../../src/base/issue.ts';
import { unwrap } from '../../src/base/result.ts';
import { type Config, parseToml } from '../../src/config/index.ts';
import { formatEndpoint, formatSocketAddress } from '../../src/net/endpoint.ts';
import { parseIp } from '../../src/net/ip.ts';

function issuesOf(text: string): readonly string[] {
  const result = parseToml(text);
  return result.ok ? [] : result.error.map(formatIssue);
}

describe('a configuration in TOML', () => {
  test('that docs/local-ovn.md shows is one', () => {
    const page = readFileSync('docs/local-ovn.md', 'utf8');
    const [, example = ''] = /^```toml\n([^`]*)^```/m.exec(page) ?? [];
    const { bgp, localOvn } = unwrap(parseToml(example));
    assert.equal(bgp.exposing, 'ovn');
    assert.equal(localOvn.peers.length, 2);
  });

  test('without a word in it gives the defaults', () => {
    const config = unwrap(parseToml(''));
    assert.equal(config.mode, 'evpn');
    assert.deepEqual(config.ovs.database.map(formatEndpoint), ['unix:/run/openvswitch/db.sock']);
    assert.deepEqual(config.ovn.southbound, []);
    assert.equal(config.ovn.inactivityProbe, 60_000);
    assert.equal(config.frr.removalGrace, 10_000);
    assert.equal(config.evpn.localIp, undefined);
    assert.equal(config.evpn.udpPort, 4789);
    assert.equal(config.evpn.underlayMtu, undefined);
    assert.equal(config.evpn.flowCookie, 998);
    assert.equal(config.evpn.gatewayResponder, 'auto');
    assert.equal(config.evpn.isolate, true);
    assert.equal(config.adopt.from, 'none');
    assert.deepEqual(config.reconcile, { resync: 300_000, retryInitial: 200, retryMax: 30_000 });
    assert.ok(config.http.listen !== 'off');
    assert.equal(formatSocketAddress(config.http.listen), '127.0.0.1:9798');
    assert.deepEqual(config.log, { level: 'info', format: 'auto', file: undefined });
  });

  test('is read into values, not kept as text', () => {
    const config = unwrap(
      parseToml(`
        mode = "evpn"
        [ovs]
        database = "tcp:127.0.0.1:6640"
        [ovn]
        southbound = ["ssl:10.0.0.1:6642", "ssl:[2001:db8::2]:6642"]
        [evpn]
        local_ip = "2001:db8::1"
        local_nic = "dummy0"
        flow_cookie = 0x3e8
        isolate = false
        [reconcile]
        retry_initial = 0.25
        [http]
        listen = "off"
        [log]
        file = "/var/log/selvedge.log"
      `),
    );
    assert.deepEqual(config.ovs.database, [{ kind: 'tcp', host: '127.0.0.1', port: 6640 }]);
    assert.deepEqual(config.ovn.southbound, [
      { kind: 'ssl', host: '10.0.0.1', port: 6642 },
      { kind: 'ssl', host: '2001:db8::2', port: 6642 },
    ]);
    assert.deepEqual(config.evpn.localIp, unwrap(parseIp('2001:db8::1')));
    assert.equal(config.evpn.localNic, 'dummy0');
    assert.equal(config.evpn.flowCookie, 1000);
    assert.equal(config.evpn.isolate, false);
    assert.equal(config.reconcile.retryInitial, 250);
    assert.equal(config.http.listen, 'off');
    assert.equal(config.log.file, '/var/log/selvedge.log');
  });

  test('cannot be altered once read', () => {
    const config: { -readonly [K in keyof Config]: Config[K] } = unwrap(parseToml(''));
    assert.throws(() => Object.assign(config.evpn, { udpPort: 1 }), TypeError);
    assert.throws(() => Object.assign(config.ovs.database[0] ?? {}, { path: '/' }), TypeError);
    assert.throws(() => Object.assign(config, { mode: 'bgp' }), TypeError);
  });

  test('the types of a Config hold its units and choices', () => {
    const { evpn }: Config = unwrap(parseToml(''));
    const responder: 'auto' | 'always' | 'never' = evpn.gatewayResponder;
    assert.equal(responder, 'auto');
    // @ts-expect-error: there is no such choice
    assert.notEqual(evpn.gatewayResponder, 'sometimes' satisfies typeof evpn.gatewayResponder);
    // @ts-expect-error: a value that may be missing is no address
    const ip: { readonly family: 4 | 6 } = evpn.localIp;
    assert.equal(ip, undefined);
  });
});

describe('a mistake in TOML is told with its path', () => {
  const rows: readonly (readonly [what: string, text: string, issue: string])[] = [
    ['a mode of the future', 'mode = "irb"', "mode: 'irb' is not available yet; evpn and bgp are"],
    [
      'what a mode cannot do yet',
      'mode = "bgp"\n[bgp]\nexposing = "ovn"\ntenant_networks = true',
      'bgp.tenant_networks: true with the exposing method ovn is not available yet',
    ],
    ['a mode of no time', 'mode = "evnp"', "mode: 'evnp' is no mode; evpn and bgp are"],
    [
      'a mistyped option',
      '[evpn]\nudp_prot = 1',
      'evpn.udp_prot: unknown; did you mean evpn.udp_port?',
    ],
    ['a mistyped section', '[epvn]\n', 'epvn: unknown; did you mean evpn?'],
    [
      'an option in the wrong section',
      '[ovn]\nudp_port = 1',
      'ovn.udp_port: unknown; did you mean evpn.udp_port?',
    ],
    [
      'an option outside of its section',
      'local_ip = "::1"',
      'local_ip: unknown; did you mean evpn.local_ip?',
    ],
    ['an option like no other', '[log]\ncompression = 1', 'log.compression: unknown'],
    ['a section like no other', '[kubernetes]', 'kubernetes: unknown'],
    ['a value in place of a section', 'evpn = 1', 'evpn: expected a table, [evpn]'],
    ['a list of sections', '[[evpn]]', 'evpn: expected a table, [evpn]'],
    [
      'a string for a number',
      '[evpn]\nudp_port = "4789"',
      "evpn.udp_port: expected a whole number, found '4789'",
    ],
    [
      'a fraction for a whole number',
      '[evpn]\nudp_port = 1.5',
      'evpn.udp_port: expected a whole number, found 1.5',
    ],
    ['a number below the range', '[evpn]\nudp_port = 0', 'evpn.udp_port: 0 is below 1'],
    ['a number above the range', '[evpn]\nudp_port = 65536', 'evpn.udp_port: 65536 is above 65535'],
    ['no number', '[reconcile]\nresync = nan', 'reconcile.resync: NaN is below 1 seconds'],
    [
      'a time below the range',
      '[reconcile]\nresync = 0.5',
      'reconcile.resync: 0.5 is below 1 seconds',
    ],
    [
      'a text for a time',
      '[frr]\nremoval_grace = "10s"',
      "frr.removal_grace: expected a number of seconds, found '10s'",
    ],
    ['a cookie of zero', '[evpn]\nflow_cookie = 0', 'evpn.flow_cookie: 0 is below 1'],
    [
      'a text for a truth',
      '[evpn]\nisolate = "yes"',
      "evpn.isolate: expected true or false, found 'yes'",
    ],
    [
      'a word that is none of the choices',
      '[log]\nlevel = "trace"',
      "log.level: 'trace' is none of debug, info, warn, error",
    ],
    [
      'a relative path',
      '[frr]\nvty_directory = "run"',
      "frr.vty_directory: 'run' is not an absolute path",
    ],
    ['a date', '[evpn]\nlocal_ip = 2024-01-01', 'evpn.local_ip: expected a string, found a date'],
    ['no address', '[evpn]\nlocal_ip = "10.0.0"', "evpn.local_ip: '10.0.0' is not an IP address"],
    [
      'a loopback VTEP',
      '[evpn]\nlocal_ip = "127.0.0.1"',
      "evpn.local_ip: '127.0.0.1' is no address that other nodes can send to",
    ],
    [
      'no device',
      '[evpn]\nlocal_nic = "eth0 up"',
      "evpn.local_nic: 'eth0 up' is not an interface name",
    ],
    [
      'one bad member of a list',
      '[ovn]\nsouthbound = ["tcp:a:1", "b"]',
      "ovn.southbound[1]: 'b' is not an OVSDB endpoint (unix:/path, tcp:host:port or ssl:host:port)",
    ],
    [
      'a number in a list',
      '[ovn]\nsouthbound = [1]',
      'ovn.southbound[0]: expected a string, found 1',
    ],
    ['an empty list', '[ovs]\ndatabase = []', 'ovs.database: the list is empty'],
    [
      'an address open to all',
      '[http]\nlisten = "0.0.0.0:9798"',
      'http.listen: is no loopback address; http.allow_remote = true permits it',
    ],
    [
      'no place to listen at',
      '[http]\nlisten = "9798"',
      "http.listen: '9798' is not an address and a port (127.0.0.1:9798 or [::1]:9798)",
    ],
    [
      'waits the wrong way round',
      '[reconcile]\nretry_initial = 31',
      'reconcile.retry_max: is below reconcile.retry_initial',
    ],
    ['no TOML', 'mode = evpn', 'line 1, column 8: invalid value'],
    ['TOML that ends early', '[evpn\n', 'line 1, column 6: illegal character in key'],
    [
      'an option twice',
      '[log]\nlevel = "info"\nlevel = "info"',
      'line 3, column 1: trying to redefine an already defined table or value',
    ],
    [
      'a name that means something to JavaScript',
      '[__proto__]\na = 1',
      'line 1, column 2: document contains an unsafe property',
    ],
  ];
  for (const [what, text, issue] of rows) {
    test(what, () => assert.deepEqual(issuesOf(text), [issue]));
  }

  test('and all of them at once', () => {
    assert.deepEqual(
      issuesOf('mode = "vtep"\nextra = 1\n[evpn]\nudp_port = -1\nisolat = true\n[log]\nlevel = 3'),
      [
        'extra: unknown',
        'evpn.isolat: unknown; did you mean evpn.isolate?',
        "mode: 'vtep' is not available yet; evpn and bgp are",
        'evpn.udp_port: -1 is below 1',
        'log.level: 3 is none of debug, info, warn, error',
      ],
    );
  });

  test('an address open to all is taken when that is asked for', () => {
    const config = unwrap(parseToml('[http]\nlisten = "[::]:9798"\nallow_remote = true'));
    assert.ok(config.http.listen !== 'off');
    assert.equal(formatSocketAddress(config.http.listen), '[::]:9798');
  });
});
