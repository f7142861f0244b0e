/** What rows of DHCP_Options tell of subnets. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatIssue } from '../../src/base/issue.ts';
import { type DhcpOptionsRow, parseDhcpSubnets } from '../../src/inventory/dhcp-options.ts';
import { formatIp } from '../../src/net/ip.ts';
import { formatPrefix } from '../../src/net/prefix.ts';

function row(
  uuid: string,
  cidr: string,
  options: Readonly<Record<string, string>>,
  external_ids: Readonly<Record<string, string>> = {},
): DhcpOptionsRow {
  const ids = new Map(Object.entries(external_ids));
  return { uuid, cidr, options: new Map(Object.entries(options)), external_ids: ids };
}

/** Each subnet in a few words, and what is wrong with it. */
function wordsOf(...rows: readonly DhcpOptionsRow[]): readonly string[] {
  return parseDhcpSubnets(rows).flatMap(({ subnet, router, dnsServers, isStateless, issues }) => [
    [
      formatPrefix(subnet),
      router === undefined ? 'no router' : formatIp(router),
      ...dnsServers.map(formatIp),
      ...(isStateless ? ['stateless'] : []),
    ].join(' '),
    ...issues.map(formatIssue),
  ]);
}

test('a subnet has its router and its servers, one or several', () => {
  const v4 = row('a', '172.24.4.0/24', { router: '172.24.4.1', dns_server: '{8.8.8.8, 1.1.1.1}' });
  const v6 = row('b', '2001:db8::/64', { dns_server: '2001:db8::53', dhcpv6_stateless: 'true' });
  const lines = [
    '172.24.4.0/24 172.24.4.1 8.8.8.8 1.1.1.1',
    '2001:db8::/64 no router 2001:db8::53 stateless',
  ];
  assert.deepEqual(wordsOf(v4, v6), lines);
  assert.deepEqual(wordsOf(v6, v4), lines);
});

test('what a port has of its own gives way to what the subnet has', () => {
  const ofPort = row('a', '172.24.4.0/24', { router: '172.24.4.9' }, { port_id: 'p' });
  const ofSubnet = row('b', '172.24.4.0/24', { router: '172.24.4.1' });
  assert.deepEqual(wordsOf(ofPort, ofSubnet), ['172.24.4.0/24 172.24.4.1']);
  assert.deepEqual(wordsOf(ofPort), ['172.24.4.0/24 172.24.4.9']);
});

test('what is no address of the family is an issue, and the rest is read', () => {
  assert.deepEqual(
    wordsOf(row('a', '2001:db8::/64', { router: 'x', dns_server: '{10.0.0.53, 2001:db8::53}' })),
    [
      '2001:db8::/64 no router 2001:db8::53',
      "DHCP_Options a options:router: 'x' is no address of IPv6",
      "DHCP_Options a options:dns_server: '10.0.0.53' is no address of IPv6",
    ],
  );
  const [, issue] = wordsOf(row('a', 'everywhere', {}));
  assert.equal(issue, "DHCP_Options a cidr: 'everywhere' is no prefix");
});
