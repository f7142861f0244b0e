/** A page served over TCP in a VM, and how it is asked for: what tells which backend of a load balancer answered. */

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Namespace } from './namespace.ts';
import { waitFor } from './wait.ts';

/** Serves the VM's own name on both families, port 80, until it is stopped. */
export function serveName(vm: Namespace): { readonly stop: () => void } {
  const dir = `/run/lab/web-${vm.name}`;
  mkdirSync(dir, { recursive: true });
  writeFileSync(`${dir}/index.html`, vm.name);
  const words = ['busybox', 'httpd', '-f', '-p', '80', '-h', dir];
  const child = vm.spawn(words, `${dir}/log`);
  return { stop: () => void child.kill() };
}

/** The name that is served at an address; `undefined` when nothing answers. */
async function nameAt(from: Namespace, address: string): Promise<string | undefined> {
  const host = address.includes(':') ? `[${address}]` : address;
  // Not `wget -T 2`: busybox 1.35 of bookworm ends with a segmentation fault by that.
  const wget = ['busybox', 'wget', '-q', '-O', '-', `http://${host}/`];
  const got = await from.exec(['timeout', '2', ...wget]);
  return got.code === 0 ? got.stdout.trim() : undefined;
}

/** Waits until each of these servers has answered at an address, and none but these. */
export async function serves(
  from: Namespace,
  address: string,
  ...names: readonly string[]
): Promise<void> {
  const answered = new Set<string>();
  await waitFor(`${names.join(' and ')} to answer ${from.name} at ${address}`, async () => {
    const name = await nameAt(from, address);
    if (name !== undefined) answered.add(name);
    return answered.size === names.length;
  });
  assert.deepEqual([...answered].sort(), [...names].sort());
}
