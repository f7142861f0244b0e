/** Progress lines of the lab: the time since power-on first, and which guest says it when there are several. */

import { guestPart } from './out.ts';
import { guestSeconds } from './uptime.ts';

export function say(line: string): void {
  const who = guestPart === undefined ? '' : `${guestPart} `;
  process.stdout.write(`[${who}${guestSeconds()} s] ${line}\n`);
}
