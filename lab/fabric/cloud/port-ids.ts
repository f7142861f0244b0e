/** The external_ids that Neutron's OVN driver puts on logical switch ports. */

import type { ExternalIds } from './northbound.ts';

export function formatPortIds(
  deviceOwner: string,
  switchName: string,
  addresses: readonly string[],
  hostName = '',
): ExternalIds {
  return {
    'neutron:cidrs': addresses.join(' '),
    'neutron:device_owner': deviceOwner,
    'neutron:network_name': switchName,
    'neutron:revision_number': '4',
    // Since 2023.2 the binding host stands here while the port is up.
    ...(hostName === '' ? {} : { 'neutron:host_id': hostName }),
  };
}

export interface AddressScopes {
  readonly v4?: string;
  readonly v6?: string;
}

export function formatScopes({ v4, v6 }: AddressScopes): ExternalIds {
  return {
    ...(v4 === undefined ? {} : { 'neutron:subnet_pool_addr_scope4': v4 }),
    ...(v6 === undefined ? {} : { 'neutron:subnet_pool_addr_scope6': v6 }),
  };
}
