/**
 * Where virtual machines of a network in a VRF find their gateway, and what a router tells those of IPv6: by its DHCP options,
 * where OVN_Northbound is read, and by the gateways it is annotated with. Pure.
 */

import type { RouterAdvertisement } from '../../fabric/concepts.ts';
import type { DhcpSubnet } from '../../inventory/dhcp-options.ts';
import { formatIp, type Ip, isIp6 } from '../../net/ip.ts';
import { formatPrefix, networkOf, type Prefix } from '../../net/prefix.ts';

/** Each once, those of the annotation first. */
export function gatewayIps(
  gateways: readonly Prefix[],
  subnets: readonly DhcpSubnet[],
): readonly Ip[] {
  const routers = subnets.flatMap(({ router }) => router ?? []);
  const ips = [...gateways.map(({ ip }) => ip), ...routers];
  return [...new Map(ips.map((ip) => [formatIp(ip), ip])).values()];
}

/**
 * Undefined where the network has no subnet of IPv6. Of one that is known by its gateway alone hosts make no addresses of
 * their own: Neutron gives out all but those of SLAAC, and OVN lets through what it has given out (port security).
 */
export function advertisementOf(
  gateways: readonly Prefix[],
  subnets: readonly DhcpSubnet[],
): RouterAdvertisement | undefined {
  const told = subnets.filter(({ subnet }) => subnet.ip.family === 6);
  const byGateway = gateways.filter(({ ip }) => ip.family === 6).map(networkOf);
  const byText = new Map([
    ...byGateway.map((prefix) => [formatPrefix(prefix), { prefix, autonomous: false }] as const),
    ...told.map(({ subnet, isStateless }) => {
      return [formatPrefix(subnet), { prefix: subnet, autonomous: isStateless }] as const;
    }),
  ]);
  const prefixes = [...byText.values()];
  if (prefixes.length === 0) return undefined;
  const servers = told.flatMap(({ dnsServers }) => dnsServers).filter(isIp6);
  return {
    prefixes,
    dnsServers: [...new Map(servers.map((ip) => [formatIp(ip), ip])).values()],
    managed: prefixes.some(({ autonomous }) => !autonomous),
    other: prefixes.some(({ autonomous }) => autonomous),
  };
}
