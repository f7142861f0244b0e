/** The numbers of the lab's fabric, in one place. Tests name these instead of repeating literals. */

/** One AS, iBGP: with one AS the route targets that FRR derives (AS:VNI) agree everywhere. */
export const labAs = 64999;

/** External tenants: each a VRF with an L3VNI on the spine and a host behind it. The same outer prefix on purpose. */
export interface ExternalTenant {
  readonly vni: number;
  readonly host: string;
  readonly v4: string;
  readonly v6: string;
}
export const externalTenants: readonly ExternalTenant[] = [
  { vni: 500, host: 'he', v4: '192.0.2.10', v6: '2001:db8:200::10' },
  { vni: 600, host: 'he2', v4: '192.0.2.10', v6: '2001:db8:200::10' },
];
export const externalGateway = { v4: '192.0.2.1', v6: '2001:db8:200::1' };

/** A host in the spine's default table. */
export const plainHost = { name: 'hx', v4: '198.51.100.10', v6: '2001:db8:100::10' };
export const plainGateway = { v4: '198.51.100.1', v6: '2001:db8:100::1' };

export const hypervisorNames = ['c1', 'c2'] as const;
export type HypervisorName = (typeof hypervisorNames)[number];

/** `index` counts hypervisors from 1; 0 is the spine. */
export function loopback(index: number): { readonly v4: string; readonly v6: string } {
  return { v4: `10.255.${index}.1`, v6: `2001:db8:ffff::${index}` };
}

/** Both ends of the spine's link to hypervisor `index`. */
export function uplink(index: number): {
  readonly spine4: string;
  readonly node4: string;
  readonly spine6: string;
  readonly node6: string;
} {
  const six = `2001:db8:0:${index}::`;
  return { spine4: `10.0.${index}.0`, node4: `10.0.${index}.1`, spine6: six, node6: `${six}1` };
}

/** Management network: OVN's databases. */
export const centralIp = '172.31.0.10';
export const underlayMtu = 9000;
/** Two provider networks can be wired apart: each has its bridge on each hypervisor. */
export const bridgeMappings: Readonly<Record<string, string>> = { physnet1: 'br-ex' };
