/** Which OVN the guest has, for what older ones cannot do. */

import { spawnSync } from 'node:child_process';

/** `release` is a year and a month, such as 23.06. */
export function isOvnBefore(release: string): boolean {
  const { stdout } = spawnSync('ovn-northd', ['--version'], { encoding: 'utf8' });
  const [version] = /\d\d\.\d\d/.exec(stdout) ?? [];
  if (version === undefined) throw new Error(`ovn-northd does not say its version: ${stdout}`);
  return version < release;
}
