/** The kernel's own clock since power-on: what the lab's progress lines show. */

import { readFileSync } from 'node:fs';

export function guestSeconds(): string {
  const [seconds = '0'] = readFileSync('/proc/uptime', 'utf8').split(' ');
  return Number(seconds).toFixed(1).padStart(6);
}
