/** What hosts of a network in a VRF are told of gateways, by whichever database says so. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DhcpSubnet } from '../../../src/inventory/dhcp-options.ts';
import { advertisementOf, gatewayIps } from '../../../src/modes/bgp/router-advertisement.ts';
import { formatIp } from '../../../src/net/ip.ts';
import { formatPrefix } from '../../../src/net/prefix.ts';
import { ip, prefix } from '../../resources/specs.ts';

function subnet(text: string, more: Partial<DhcpSubnet> = {}): DhcpSubnet {
  const base = { uuid: 'd', router: undefined, dnsServers: [], isStateless: false, issues: [] };
  return { subnet: prefix(text), ...base, ...more };
}

const v4 = subnet('172.24.4.0/24', { router: ip('172.24.4.1'), dnsServers: [ip('8.8.8.8')] });
const managed = subnet('2001:db8:4::/64', { dnsServers: [ip('2001:db8::53')] });
const stateless = subnet('2001:db8:5::/64', {
  dnsServers: [ip('2001:db8::53'), ip('2001:db8::54')],
  isStateless: true,
});

function wordsOf(gateways: readonly string[], ...subnets: readonly DhcpSubnet[]): string {
  const told = advertisementOf(gateways.map(prefix), subnets);
  if (told === undefined) return 'nothing';
  const { prefixes, dnsServers } = told;
  return [
    ...prefixes.map((each) => `${formatPrefix(each.prefix)}${each.autonomous ? ' A' : ''}`),
    ...dnsServers.map(formatIp),
    ...(told.managed ? ['M'] : []),
    ...(told.other ? ['O'] : []),
  ].join(', ');
}

test('gateways are those of the annotation and of DHCP, each once', () => {
  const gateways = ['172.24.4.1/24', '2001:db8:4::1/64'].map(prefix);
  assert.deepEqual(gatewayIps(gateways, [v4, managed]).map(formatIp), [
    '172.24.4.1',
    '2001:db8:4::1',
  ]);
  assert.deepEqual(gatewayIps([], [v4, managed]).map(formatIp), ['172.24.4.1']);
});

test('a network without IPv6 has no advertisement', () => {
  assert.equal(wordsOf(['172.24.4.1/24'], v4), 'nothing');
});

test('hosts make addresses of their own on stateless subnets only', () => {
  assert.equal(wordsOf([], v4, managed), '2001:db8:4::/64, 2001:db8::53, M');
  assert.equal(wordsOf([], stateless), '2001:db8:5::/64 A, 2001:db8::53, 2001:db8::54, O');
  assert.equal(
    wordsOf([], managed, stateless),
    '2001:db8:4::/64, 2001:db8:5::/64 A, 2001:db8::53, 2001:db8::54, M, O',
  );
});

test('an annotated gateway tells of its network, unless DHCP says more of that', () => {
  assert.equal(wordsOf(['172.24.4.1/24', '2001:db8:4::1/64']), '2001:db8:4::/64, M');
  assert.equal(
    wordsOf(['2001:db8:5::1/64'], stateless),
    '2001:db8:5::/64 A, 2001:db8::53, 2001:db8::54, O',
  );
});
