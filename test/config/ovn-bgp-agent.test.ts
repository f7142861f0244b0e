import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { formatIssue } from '../../src/base/issue.ts';
import { unwrap } from '../../src/base/result.ts';
import { ovnBgpAgentDefaults, parseOvnBgpAgent } from '../../src/config/index.ts';
import { formatEndpoint } from '../../src/net/endpoint.ts';
import { formatIp } from '../../src/net/ip.ts';
import { parseIni, substitute } from '../../src/protocols/oslo/index.ts';

const evpn = 'driver = ovn_evpn_driver\n';

/** The lines of [DEFAULT], with the driver in line 2 and `text` from line 3. */
const read = (text: string) => readFiles(`[DEFAULT]\n${evpn}${text}`);

function readFiles(...texts: readonly string[]) {
  const files = texts.map((text, index) => ({ path: `${index}.conf`, text }));
  return parseOvnBgpAgent(substitute(unwrap(parseIni(files)), ovnBgpAgentDefaults).options);
}

function warningsOf(text: string): readonly string[] {
  return unwrap(read(text)).warnings.map(formatIssue);
}

function issuesOf(...texts: readonly string[]): readonly string[] {
  const result = readFiles(...texts);
  return result.ok ? [] : result.error.map(formatIssue);
}

describe('a configuration of ovn-bgp-agent', () => {
  test('with nothing but the driver has the defaults of that agent', () => {
    const { config, warnings } = unwrap(read(''));
    assert.equal(config.mode, 'evpn');
    assert.deepEqual(config.ovs.database.map(formatEndpoint), [
      'unix:/usr/local/var/run/openvswitch/db.sock',
    ]);
    assert.deepEqual(config.ovn.southbound, []);
    assert.equal(config.ovn.privateKey, '/etc/pki/tls/private/ovn_bgp_agent.key');
    assert.equal(config.ovn.certificate, '/etc/pki/tls/certs/ovn_bgp_agent.crt');
    assert.equal(config.ovn.caCert, '/etc/ipa/ca.crt');
    assert.equal(config.evpn.udpPort, 4789);
    assert.equal(config.reconcile.resync, 300_000);
    assert.equal(config.adopt.from, 'ovn-bgp-agent');
    assert.deepEqual(warnings, []);
  });

  test('gives each option to the one of ours that means the same', () => {
    const { config, warnings } = unwrap(
      read(`ovsdb_connection = tcp:127.0.0.1:6640
evpn_local_ip = 10.255.0.1
evpn_nic = dummy0
evpn_udp_dstport = 4790
reconcile_interval = 60
debug = True
use_json = yes
[ovn]
ovn_sb_connection = ssl:10.0.0.1:6642,ssl:10.0.0.2:6642
ovn_sb_private_key = /k
ovn_sb_certificate = /c
ovn_sb_ca_cert = /a
`),
    );
    assert.deepEqual(config.ovs.database.map(formatEndpoint), ['tcp:127.0.0.1:6640']);
    assert.deepEqual(config.ovn.southbound.map(formatEndpoint), [
      'ssl:10.0.0.1:6642',
      'ssl:10.0.0.2:6642',
    ]);
    assert.deepEqual(
      [config.ovn.privateKey, config.ovn.certificate, config.ovn.caCert],
      ['/k', '/c', '/a'],
    );
    assert.equal(config.evpn.localIp && formatIp(config.evpn.localIp), '10.255.0.1');
    assert.equal(config.evpn.localNic, 'dummy0');
    assert.equal(config.evpn.udpPort, 4790);
    assert.equal(config.reconcile.resync, 60_000);
    assert.equal(config.log.level, 'debug');
    assert.equal(config.log.format, 'json');
    assert.deepEqual(warnings, []);
  });

  test('may have the options of [ovn] where they stood once, in [DEFAULT]', () => {
    const old = unwrap(read('ovn_sb_connection = tcp:h:1\novn_nb_connection = tcp:h:2\n'));
    assert.deepEqual(old.config.ovn.southbound.map(formatEndpoint), ['tcp:h:1']);
    assert.deepEqual(old.warnings.map(formatIssue), [
      '0.conf:4 ovn_nb_connection: has no effect: OVN_Northbound is not read in mode evpn',
    ]);
    const both = unwrap(read('ovn_sb_connection = tcp:h:1\n[ovn]\novn_sb_connection = tcp:h:2\n'));
    assert.deepEqual(both.config.ovn.southbound.map(formatEndpoint), ['tcp:h:2']);
  });

  test('takes the later file where two differ', () => {
    const { config } = unwrap(
      readFiles(`[DEFAULT]\n${evpn}evpn_nic = a\ndebug = true\n`, '[DEFAULT]\nevpn_nic = b\n'),
    );
    assert.equal(config.evpn.localNic, 'b');
    assert.equal(config.log.level, 'debug');
  });

  test('may refer to an option that no file sets', () => {
    const { config } = unwrap(read('evpn_nic = $bgp_nic\n'));
    assert.equal(config.evpn.localNic, 'bgp-nic');
  });

  test('takes an empty value for none', () => {
    const { config } = unwrap(read('evpn_nic =\nevpn_udp_dstport =\n'));
    assert.equal(config.evpn.localNic, undefined);
    assert.equal(config.evpn.udpPort, 4789);
  });

  test('logs to the file that oslo.log would choose', () => {
    const fileOf = (text: string) => unwrap(read(text)).config.log.file;
    assert.equal(fileOf(''), undefined);
    assert.equal(fileOf('log_file = /var/log/a.log'), '/var/log/a.log');
    assert.equal(fileOf('log-file = /var/log/a.log'), '/var/log/a.log');
    assert.equal(fileOf('log_dir = /var/log/x/'), '/var/log/x/ovn-bgp-agent.log');
    assert.equal(fileOf('log_dir = /var/log/x\nlog_file = a.log'), '/var/log/x/a.log');
    assert.equal(fileOf('log_dir = /var/log/x\nlog_file = /a.log'), '/a.log');
  });
});

describe('an option of ovn-bgp-agent that changes nothing is a warning', () => {
  const rows: readonly (readonly [text: string, warning: string])[] = [
    [
      'frr_reconcile_interval = 15',
      '0.conf:3 frr_reconcile_interval: has no effect: FRR is watched, and repaired at once',
    ],
    [
      'bgp_AS = 64999',
      '0.conf:3 bgp_AS: has no effect: the AS number is that of `neutron_bgpvpn:as` of each port',
    ],
    [
      '[agent]\nroot_helper = sudo',
      '0.conf:4 root_helper: has no effect: the agent has the capabilities it needs and starts no helper',
    ],
    [
      '[AGENT]\nroot_helper = sudo',
      '0.conf:4 root_helper: has no effect: the agent has the capabilities it needs and starts no helper',
    ],
    [
      '[privsep_vtysh]\nuser = root',
      '0.conf:4 user: has no effect: the agent has the capabilities it needs and starts no helper',
    ],
    [
      'use-stderr = true',
      '0.conf:3 use-stderr: has no effect: without a log file the log goes to standard error',
    ],
    ['evpn_nick = x', '0.conf:3 evpn_nick: unknown, and passed over; did you mean evpn_nic?'],
    [
      '[ovn]\novn_sb_conection = x',
      '0.conf:4 ovn_sb_conection: unknown, and passed over; did you mean [ovn] ovn_sb_connection?',
    ],
    ['[other]\nsomething_else = 1', '0.conf:4 something_else: unknown, and passed over'],
  ];
  for (const [text, warning] of rows) {
    test(text.replace('\n', ' '), () => assert.deepEqual(warningsOf(text), [warning]));
  }
});

describe('a value that cannot be is an issue with its place', () => {
  const rows: readonly (readonly [text: string, issue: string])[] = [
    [
      'evpn_udp_dstport = vxlan',
      "0.conf:3 evpn_udp_dstport: expected a whole number, found 'vxlan'",
    ],
    ['evpn_udp_dstport = 0', '0.conf:3 evpn_udp_dstport: 0 is below 1'],
    ['evpn_local_ip = 10.0.0.0.1', "0.conf:3 evpn_local_ip: '10.0.0.0.1' is not an IP address"],
    ['debug = perhaps', "0.conf:3 debug: expected true or false, found 'perhaps'"],
    ['log_file = a.log', "0.conf:3 log_file: 'a.log' is not an absolute path"],
    ['reconcile_interval = 0', '0.conf:3 reconcile_interval: 0 is below 1 seconds'],
    [
      'ovsdb_connection = db.sock',
      "0.conf:3 ovsdb_connection: 'db.sock' is not an OVSDB endpoint (unix:/path, tcp:host:port or ssl:host:port)",
    ],
    [
      '[ovn]\novn_sb_connection = tcp:a:1,tcp:b:x',
      "0.conf:4 ovn_sb_connection[1]: 'tcp:b:x' has no port of 1 to 65535",
    ],
  ];
  for (const [text, issue] of rows) {
    test(text.replace('\n', ' '), () =>
      assert.deepEqual(issuesOf(`[DEFAULT]\n${evpn}${text}`), [issue]),
    );
  }

  test('all of them at once', () => {
    assert.equal(issuesOf(`[DEFAULT]\n${evpn}debug = 2\nevpn_nic = a b\n`).length, 2);
  });
});

describe('the drivers of mode bgp', () => {
  test('are told apart', () => {
    const ofDriver = (text: string) => unwrap(readFiles(`[DEFAULT]\n${text}`)).config;
    assert.equal(ofDriver('').bgp.driver, 'ovn_bgp_driver');
    const { mode, bgp } = ofDriver('driver = nb_ovn_bgp_driver\n');
    assert.deepEqual([mode, bgp.driver], ['bgp', 'nb_ovn_bgp_driver']);
    const stretched = ofDriver('driver = ovn_stretched_l2_bgp_driver\n');
    assert.deepEqual(
      [stretched.mode, stretched.bgp.driver],
      ['bgp', 'ovn_stretched_l2_bgp_driver'],
    );
  });
  test('with the driver of stretched networks pass over what that does not read', () => {
    const { config, warnings } = unwrap(
      readFiles(`[DEFAULT]
driver = ovn_stretched_l2_bgp_driver
exposing_method = vrf
require_snat_disabled_for_tenant_networks = True
expose_tenant_networks = True
`),
    );
    const { exposing, tenantSnatDisabled, tenantNetworks } = config.bgp;
    assert.deepEqual([exposing, tenantSnatDisabled, tenantNetworks], ['underlay', false, false]);
    assert.deepEqual(warnings.map(formatIssue), [
      '0.conf:3 exposing_method: has no effect: the driver has but one',
      '0.conf:4 require_snat_disabled_for_tenant_networks: has no effect: the driver does not look at NAT',
      '0.conf:5 expose_tenant_networks: has no effect: it announces the subnets of tenants, of both families, and nothing else',
    ]);
  });
  test('take the options of OVN_Northbound from [ovn]', () => {
    const { config, warnings } = unwrap(
      readFiles(`[DEFAULT]
driver = nb_ovn_bgp_driver
[ovn]
ovn_nb_connection = ssl:10.0.0.1:6641,ssl:10.0.0.2:6641
ovn_nb_private_key = /k
ovn_nb_certificate = /c
ovn_nb_ca_cert = /a
`),
    );
    const { northbound, northboundPrivateKey, northboundCertificate, northboundCaCert } =
      config.ovn;
    assert.deepEqual(northbound.map(formatEndpoint), ['ssl:10.0.0.1:6641', 'ssl:10.0.0.2:6641']);
    assert.deepEqual(
      [northboundPrivateKey, northboundCertificate, northboundCaCert],
      ['/k', '/c', '/a'],
    );
    assert.deepEqual(warnings, []);
  });
});

describe('what of tenants the BGP driver exposes', () => {
  const scopes = ['1f3ac0e5-2d5c-4a4e-8a8e-1c1f8f0ab001', '2f3ac0e5-2d5c-4a4e-8a8e-1c1f8f0ab002'];
  const options = [
    'driver = ovn_bgp_driver',
    'expose_tenant_networks = True',
    'expose_ipv6_gua_tenant_networks = True',
    'advertisement_method_tenant_networks = subnet',
    'require_snat_disabled_for_tenant_networks = True',
    `address_scopes = ${scopes.join(' , ')}`,
  ];
  test('is read, and nothing of it passed over', () => {
    const { config, warnings } = unwrap(read(`${options.join('\n')}\n`));
    assert.equal(config.bgp.tenantNetworks, true);
    assert.equal(config.bgp.tenantGlobalIpv6, true);
    assert.equal(config.bgp.tenantAdvertisement, 'subnet');
    assert.equal(config.bgp.tenantSnatDisabled, true);
    assert.deepEqual(config.bgp.addressScopes, scopes);
    assert.deepEqual(warnings, []);
  });
  test('a scope by its name would filter out everything', () => {
    assert.deepEqual(issuesOf('[DEFAULT]\naddress_scopes = green\n'), [
      "0.conf:2 address_scopes[0]: 'green' is not a UUID; 'openstack address scope list' shows them",
    ]);
  });
});

describe('what cannot be is an issue', () => {
  test('what a mode cannot do yet', () => {
    assert.deepEqual(
      issuesOf('[DEFAULT]\nexposing_method = l2vni\nexpose_tenant_networks = True\n'),
      ['bgp.tenant_networks: true with the exposing method l2vni is not available yet'],
    );
  });
  test('a driver that is none', () => {
    assert.deepEqual(issuesOf('[DEFAULT]\ndriver = evpn\n'), [
      "0.conf:2 driver: 'evpn' is none of ovn_evpn_driver, ovn_bgp_driver, nb_ovn_bgp_driver, ovn_stretched_l2_bgp_driver",
    ]);
  });
});
