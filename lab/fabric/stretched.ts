/** A provider network that is one with the fabric: the spine has a leg in the provider bridge of each node. */

import { runOk } from '../process.ts';
import type { Fabric } from './topology.ts';

const bridge = 'stretched';

/** Gives the spine these addresses, with their lengths, on the flat provider network of all hypervisors. */
export async function joinProviderNetwork(
  { spine, hypervisors }: Fabric,
  addresses: readonly string[],
): Promise<void> {
  const legs = hypervisors.map(
    ({ name }) => `link add on-${name} netns spine type veth peer name on-spine netns ${name}`,
  );
  await runOk(['ip', '-batch', '-'], { input: `${legs.join('\n')}\n` });
  await spine.ip(
    `link add ${bridge} type bridge`,
    `link set ${bridge} up`,
    ...hypervisors.map(({ name }) => `link set on-${name} master ${bridge} up`),
    ...addresses.map(
      (each) => `addr add ${each} dev ${bridge}${each.includes(':') ? ' nodad' : ''}`,
    ),
  );
  for (const node of hypervisors) {
    await node.ip('link set on-spine up');
    await node.ovsVsctl('add-port', 'br-ex', 'on-spine');
  }
}

/** Whatever there is of it. */
export async function leaveProviderNetwork({ spine, hypervisors }: Fabric): Promise<void> {
  for (const { name } of hypervisors) await spine.ip(`link del on-${name}`).catch(() => undefined);
  for (const node of hypervisors) {
    await node.ovsVsctl('--if-exists', 'del-port', 'br-ex', 'on-spine');
  }
  await spine.ip(`link del ${bridge}`);
}
