/** What an operator adds to the filters of ovn-bgp-agent's documentation, which let host routes out only. */

import { configure } from './drift.ts';
import type { FabricNode } from './node.ts';

const subnets: readonly (readonly [entry: string, permitted: string])[] = [
  ['ip prefix-list EXPOSED seq 20', 'permit 10.0.0.0/8 le 24'],
  ['ipv6 prefix-list EXPOSED6 seq 20', 'permit fd00::/8 le 64'],
  ['ipv6 prefix-list EXPOSED6 seq 25', 'permit 2a0a::/16 le 64'],
];

export async function letSubnetsOut(node: FabricNode): Promise<void> {
  await configure(...subnets.map((words) => words.join(' ')))(node);
}

export async function keepSubnetsIn(node: FabricNode): Promise<void> {
  await configure(...subnets.map(([entry]) => `no ${entry}`))(node);
}
