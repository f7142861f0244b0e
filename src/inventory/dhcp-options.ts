/**
 * What OVN answers by DHCP on a subnet, as Neutron has it written: rows of DHCP_Options, ovn-nb(5), to which the ports of a
 * network refer. They tell where the gateway is, and what hosts of IPv6 are to be told by a router. Parsing only.
 */

import { type Issue, issue } from '../base/issue.ts';
import { type Ip, parseIp } from '../net/ip.ts';
import { formatPrefix, networkOf, parsePrefix, type Prefix } from '../net/prefix.ts';

export interface DhcpSubnet {
  /** Of the row that says so. */
  readonly uuid: string;
  /** With its host bits cleared. */
  readonly subnet: Prefix;
  /** `router`, which is of IPv4 only: hosts of IPv6 learn of routers from these. */
  readonly router: Ip | undefined;
  /** `dns_server`, of the family of the subnet. */
  readonly dnsServers: readonly Ip[];
  /** `dhcpv6_stateless`: hosts make their own addresses, and learn the rest by DHCPv6. */
  readonly isStateless: boolean;
  /** What could not be read of these. */
  readonly issues: readonly Issue[];
}

/** A row of DHCP_Options. */
export interface DhcpOptionsRow {
  readonly uuid: string;
  readonly cidr: string;
  readonly options: ReadonlyMap<string, string>;
  readonly external_ids: ReadonlyMap<string, string>;
}

/**
 * Each subnet once, sorted. Neutron gives a port with options of its own a row of its own, which has `port_id` in its
 * external_ids; what it says is of that port, so that the row of the subnet goes before it.
 */
export function parseDhcpSubnets(rows: Iterable<DhcpOptionsRow>): readonly DhcpSubnet[] {
  const subnets = new Map<string, DhcpSubnet>();
  for (const row of [...rows].sort(byWeight)) {
    const parsed = parseRow(row);
    const text = formatPrefix(parsed.subnet);
    if (!subnets.has(text)) subnets.set(text, parsed);
  }
  return [...subnets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, subnet]) => subnet);
}

function byWeight(a: DhcpOptionsRow, b: DhcpOptionsRow): number {
  const isOfPort = (row: DhcpOptionsRow): number => Number(row.external_ids.has('port_id'));
  return isOfPort(a) - isOfPort(b) || (a.uuid < b.uuid ? -1 : 1);
}

/** OVN refuses no `cidr`; of one that is none nothing is known. */
function parseRow({ uuid, cidr, options }: DhcpOptionsRow): DhcpSubnet {
  const issues: Issue[] = [];
  const subnet = parsePrefix(cidr);
  const refuse = (path: string, text: string, what: string): void => {
    issues.push(issue(`'${text}' is no ${what}`, `DHCP_Options ${uuid} ${path}`));
  };
  if (!subnet.ok) {
    refuse('cidr', cidr, 'prefix');
    const none = { router: undefined, dnsServers: [], isStateless: false };
    return { uuid, subnet: nowhere, ...none, issues };
  }
  const { family } = subnet.value.ip;
  const read = (key: string): readonly Ip[] =>
    wordsOf(options.get(key)).flatMap((text) => {
      const ip = parseIp(text);
      if (ip.ok && ip.value.family === family) return [ip.value];
      refuse(`options:${key}`, text, `address of IPv${family}`);
      return [];
    });
  return {
    uuid,
    subnet: networkOf(subnet.value),
    router: read('router')[0],
    dnsServers: read('dns_server'),
    isStateless: options.get('dhcpv6_stateless') === 'true',
    issues,
  };
}

/** It has no gateway, and no host is told of it. */
const nowhere: Prefix = { ip: { family: 4, value: 0 }, length: 32 };

/** One address, or `{A, B}`. */
function wordsOf(text = ''): readonly string[] {
  return text.split(/[\s,{}]+/).filter((word) => word !== '');
}
