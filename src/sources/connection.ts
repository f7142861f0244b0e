/** How a source reaches a database of OVN: what it is told of that, as the OVSDB client takes it. */

import type { Clock, Log, Random } from '../base/ports.ts';
import type { Endpoint } from '../net/endpoint.ts';
import type { TlsFiles } from '../protocols/ovsdb/index.ts';

export interface ConnectionOptions {
  readonly endpoints: readonly Endpoint[];
  readonly tls: TlsFiles | undefined;
  /** Milliseconds; 0 never probes. */
  readonly inactivityProbe: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export function connectionOf(options: ConnectionOptions) {
  const { endpoints, tls, inactivityProbe: probeInterval, clock, random, log } = options;
  return { endpoints, ...(tls === undefined ? {} : { tls }), probeInterval, clock, random, log };
}
