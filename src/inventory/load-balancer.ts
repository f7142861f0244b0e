/**
 * A load balancer of OVN as the modes see it: the addresses it has, and the switches and routers that have it. Parsed once;
 * the conventions of Neutron and Octavia are in the names.
 */

import { type Issue, issue } from '../base/issue.ts';
import { compareIp, type Ip, parseIp } from '../net/ip.ts';

export interface LoadBalancer {
  readonly uuid: string;
  readonly name: string;
  /** Each once, sorted. */
  readonly vips: readonly Ip[];
  /** Datapaths of routers that have it, sorted; `undefined` where OVN does not say, before 23.09. */
  readonly routers: readonly string[] | undefined;
  /** Datapaths of switches that have it, sorted. */
  readonly switches: readonly string[];
  /** What could not be read. */
  readonly issues: readonly Issue[];
}

/** A row of Load_Balancer, with the members of the groups that it refers to. */
export interface LoadBalancerRow {
  readonly uuid: string;
  readonly name: string;
  /** `172.24.4.20:80` or `[2001:db8::20]:80`, without a port for all of them, to the members. */
  readonly vips: ReadonlyMap<string, string>;
  readonly routers: readonly string[] | undefined;
  readonly switches: readonly string[];
}

export function parseLoadBalancer(row: LoadBalancerRow): LoadBalancer {
  const vips = new Map<string, Ip>();
  const issues: Issue[] = [];
  for (const text of row.vips.keys()) {
    const ip = parseVip(text);
    if (ip === undefined) issues.push(issue(`'${text}' is no address`, 'vips'));
    else vips.set(`${ip.family} ${ip.value}`, ip);
  }
  return {
    uuid: row.uuid,
    name: row.name,
    vips: [...vips.values()].sort(compareIp),
    routers: row.routers === undefined ? undefined : [...row.routers].sort(),
    switches: [...row.switches].sort(),
    issues,
  };
}

/** IPv6 addresses stand in brackets where a port follows. */
function parseVip(text: string): Ip | undefined {
  const bracketed = /^\[([^\]]*)\](:\d+)?$/.exec(text)?.[1];
  const withPort = /^([^:]*):\d+$/.exec(text)?.[1];
  const ip = parseIp(bracketed ?? withPort ?? text);
  return ip.ok ? ip.value : undefined;
}

const vipPort = 'ovn-lb-vip-';

/** `neutron:port_name` of the port that has the address of a load balancer of Octavia, which has its UUID for a name. */
export function vipPortName({ name }: LoadBalancer): string | undefined {
  // Octavia has one for each protocol, and sets the further ones apart behind a colon.
  return isPortForwarding(name) ? undefined : `${vipPort}${name.replace(/:.*$/, '')}`;
}

/** Whether a port has nothing but the address of a load balancer; no chassis ever claims it. */
export function isVipPort({ portName }: { readonly portName: string | undefined }): boolean {
  return portName?.startsWith(vipPort) === true;
}

/** Neutron forwards ports of a floating IP by a load balancer on the router. */
export function isPortForwarding(name: string): boolean {
  return name.startsWith('pf-floatingip-');
}
