/** The facts that plans rest on, in the words of the databases they come from. */

import type { DhcpSubnet } from '../inventory/dhcp-options.ts';
import type { LoadBalancer } from '../inventory/load-balancer.ts';
import type { NetworkVpn } from '../inventory/network-vpn.ts';
import type { NatAddresses } from '../inventory/nat.ts';
import type { BgpvpnKeys, PortBinding } from '../inventory/port-binding.ts';
import { type Family, formatIp, type Ip } from '../net/ip.ts';
import { formatMac } from '../net/mac.ts';
import { formatPrefix } from '../net/prefix.ts';
import type { Reason } from '../resources/resource.ts';
import type { ProviderExit } from './gateways.ts';

function binding(port: PortBinding, fact: string): Reason {
  return port.northbound === undefined
    ? { source: 'OVN_Southbound', object: `Port_Binding ${port.name}`, fact }
    : { source: 'OVN_Northbound', object: port.northbound, fact };
}

/** A port that is bound to this node. */
export function becauseBound(port: PortBinding, systemId: string | undefined): Reason {
  return binding(port, `chassis=${systemId ?? 'this node'}`);
}

/** A gateway that may come to be bound to this node, whether it is or not. */
export function becauseMember(port: PortBinding, systemId: string | undefined): Reason {
  return binding(
    port,
    `ha_chassis_group=${port.haChassisGroup ?? ''} with ${systemId ?? 'this node'}`,
  );
}

export function becauseAnnotated(port: PortBinding, keys: BgpvpnKeys): Reason {
  return binding(
    port,
    `external_ids:neutron_bgpvpn:vni=${keys.vni} external_ids:neutron_bgpvpn:as=${keys.asn}`,
  );
}

/** The VPN that a provider network is annotated with. */
export function becauseOfVpn(object: string, { type, vni }: NetworkVpn): Reason {
  const source = object.startsWith('Port_Binding ') ? 'OVN_Southbound' : 'OVN_Northbound';
  const fact = `external_ids:neutron_bgpvpn:type=${type} external_ids:neutron_bgpvpn:vni=${vni}`;
  return { source, object, fact };
}

/** What is answered by DHCP on one of its subnets. */
export function becauseOfDhcp({ uuid, subnet, router }: DhcpSubnet): Reason {
  const via = router === undefined ? '' : ` options:router=${formatIp(router)}`;
  const fact = `cidr=${formatPrefix(subnet)}${via}`;
  return { source: 'OVN_Northbound', object: `DHCP_Options ${uuid}`, fact };
}

export function becauseAddressed(port: PortBinding): Reason {
  const prefixes = port.addresses.flatMap((each) => each.prefixes);
  const text = prefixes.map((prefix) =>
    prefix.length === (prefix.ip.family === 4 ? 32 : 128)
      ? formatIp(prefix.ip)
      : formatPrefix(prefix),
  );
  return binding(port, `addresses ${text.join(' ')}`);
}

/** What a load balancer has, whose gateway tells which database it is read from: each has a row of that name. */
export function becauseBalanced({ name }: LoadBalancer, vip: Ip, gateway: PortBinding): Reason {
  const source = gateway.northbound === undefined ? 'OVN_Southbound' : 'OVN_Northbound';
  return { source, object: `Load_Balancer ${name}`, fact: `vips ${formatIp(vip)}` };
}

/** The address scope of a port's subnets. */
export function becauseScoped(port: PortBinding, family: Family): Reason {
  const fact = `external_ids:neutron:subnet_pool_addr_scope${family}=${port.addressScopes[family]}`;
  return binding(port, fact);
}

/** An entry of `nat_addresses`, which OVN answers for where `resident` is; in OVN_Northbound they are rows of NAT. */
export function becauseTranslated(
  port: PortBinding,
  { mac, prefixes, resident }: NatAddresses,
): Reason {
  const ips = prefixes.map(({ ip }) => formatIp(ip)).join(' ');
  const where = resident === undefined ? '' : ` is_chassis_resident("${resident}")`;
  const fact = `${formatMac(mac)} ${ips}${where}`;
  return port.northbound === undefined
    ? binding(port, `nat_addresses ${fact}`)
    : { source: 'OVN_Northbound', object: `NAT at ${port.name}`, fact };
}

/** All that leaves by an exit has the same reasons, and there may be thousands: they are made, and kept, once. */
const ofExits = new WeakMap<ProviderExit, readonly Reason[]>();

export function becauseExit(exit: ProviderExit): readonly Reason[] {
  const found = ofExits.get(exit) ?? reasonsOf(exit);
  ofExits.set(exit, found);
  return found;
}

function reasonsOf(exit: ProviderExit): readonly Reason[] {
  const tag = exit.vlan === undefined ? '' : ` tag=${exit.vlan}`;
  const network = exit.localnet.physicalNetwork ?? '';
  return [
    binding(exit.localnet, `options:network_name=${network}${tag}`),
    {
      source: 'Open_vSwitch',
      object: 'Open_vSwitch .',
      fact: `external_ids:ovn-bridge-mappings=${network}:${exit.bridge}`,
    },
  ];
}
