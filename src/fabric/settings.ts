/** What of the configuration the lowering depends on. Values only. */

import type { IfName } from '../net/if-name.ts';
import type { TableId } from '../net/numbers.ts';

export interface FabricSettings {
  /** UDP port of VXLAN. */
  readonly vxlanPort: number;
  readonly flowCookie: number;
  readonly flowPriority: number;
  /** The VRF whose addresses are announced in the underlay, its table, and the dummy device that has them. */
  readonly underlay: {
    readonly vrf: IfName;
    readonly table: TableId;
    readonly nic: IfName;
    readonly rulePriority: number;
  };
  /** Keep the underlay unreachable out of VRFs, by routing rules of the node. */
  readonly isolate: boolean;
}
