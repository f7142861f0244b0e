/** The settings of the fabric by default, in either mode. */

import type { FabricSettings } from '../../src/fabric/settings.ts';
import type { IfName } from '../../src/net/if-name.ts';
import type { TableId } from '../../src/net/numbers.ts';

export const settings: FabricSettings = {
  vxlanPort: 4789,
  flowCookie: 0x3e6,
  flowPriority: 1000,
  underlay: {
    vrf: 'bgp-vrf' as IfName,
    table: 10 as TableId,
    nic: 'bgp-nic' as IfName,
    rulePriority: 32_000,
  },
  isolate: true,
};

/** Those of mode bgp. */
export const bgpSettings: FabricSettings = { ...settings, flowCookie: 0x3e7, flowPriority: 900 };
