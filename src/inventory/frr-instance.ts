/** What somebody has configured of FRR's own BGP instance, that of the default VRF. */

import type { Ip4 } from '../net/ip.ts';
import type { Asn } from '../net/numbers.ts';

export interface FrrInstance {
  /** `router bgp AS`; not where it stands there in dots (`as-notation dot`). */
  readonly asn: Asn | undefined;
  /** Its line `bgp router-id`. */
  readonly routerId: Ip4 | undefined;
}

/** As long as FRR has not been heard, or has none. */
export const noFrrInstance: FrrInstance = { asn: undefined, routerId: undefined };
