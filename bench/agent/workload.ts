/**
 * What the agent exposes in each mode, of which network, where the routes come at the spine, and which driver of the
 * replaced agent does the same. The rest of the bench knows no mode.
 */

import type { Cloud } from '../../lab/fabric/cloud/cloud.ts';
import type { OvnBgpAgentSettings } from '../../lab/fabric/ovn-bgp-agent.ts';
import type { Fabric } from '../../lab/fabric/topology.ts';
import type { Places } from './southbound.ts';

export type PredecessorDriver = NonNullable<OvnBgpAgentSettings['driver']>;

export interface Workload {
  /** Its name in the configuration. */
  readonly mode: 'evpn' | 'bgp';
  /** The table of the spine's kernel in which the routes come. */
  readonly spineTable: number;
  readonly predecessor: PredecessorDriver;
  /** Whether `ask.ts` knows what the kernel is asked for. */
  readonly isAskedAlone: boolean;
  /** Makes the networks. */
  prepare(fabric: Fabric, cloud: Cloud): Promise<Places>;
}

const vni = 500;

/** Virtual machines of a tenant whose router has its gateway on c1, in the VRF of a VNI. */
const evpn: Workload = {
  mode: 'evpn',
  spineTable: vni,
  predecessor: 'ovn_evpn_driver',
  isAskedAlone: false,
  prepare: async ({ c1 }, cloud) => {
    const subnets = ['172.24.4.0/24'];
    const outside = await cloud.network('public', { subnets, physnet: 'physnet1' });
    const tenant = await cloud.network('tenant', { subnets: ['10.1.0.0/16'] });
    const router = await cloud.router('r1', { gateway: outside, host: 5, on: [c1] });
    await router.attach(tenant);
    await router.setBgpvpn({ vni, as: 64999 });
    // Whatever is on that network is exposed here, wherever it is bound.
    return { addresses: '10.1', network: tenant.switch, isShared: false };
  },
};

/**
 * Virtual machines on a flat provider network, four of five; the fifth is of a tenant and has a floating IP there, which
 * is answered where it runs.
 */
const bgp: Workload = {
  mode: 'bgp',
  spineTable: 254,
  predecessor: 'ovn_bgp_driver',
  isAskedAlone: true,
  prepare: async ({ c1 }, cloud) => {
    const subnets = ['172.24.0.0/16'];
    const outside = await cloud.network('public', { subnets, physnet: 'physnet1' });
    const tenant = await cloud.network('tenant', { subnets: ['10.1.0.0/16'] });
    const router = await cloud.router('r1', { gateway: outside, host: 5, on: [c1] });
    await router.attach(tenant);
    return {
      addresses: '172.24',
      network: outside.switch,
      floating: { network: tenant.switch, gatewayPort: router.gatewayPort },
      isShared: true,
    };
  },
};

export function workloadOf(mode: string): Workload {
  const found = [evpn, bgp].find((each) => each.mode === mode);
  if (found === undefined) throw new Error(`BENCH_MODE is '${mode}'; evpn and bgp are known`);
  return found;
}
