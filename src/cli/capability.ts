/** Whether this process may alter the network of the node, and what to do when it may not. Reads only. */

import { readFileSync } from 'node:fs';

export { capabilityRemedy } from '../targets/kernel/apply.ts';

/** linux/capability.h */
const capNetAdmin = 12n;

export function mayAlterNetwork(): boolean {
  const line = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  const effective = BigInt(`0x${line?.[1] ?? '0'}`);
  return ((effective >> capNetAdmin) & 1n) === 1n;
}
