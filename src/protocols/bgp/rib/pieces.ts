/** Octets that are made once for several receivers, and of which each gets all but those of its own routes. */

import type { Receiver } from './advertiser.ts';

/** Octets that so many routes take, about: most take less, and the writer makes room for the others. */
export function roomFor(routes: number): number {
  return 256 + routes * 64;
}

/** In as few pieces as possible. `starts`: where the octets of each bucket begin, and where the last ones end. */
export function sendAllBut(
  receiver: Receiver,
  buckets: readonly { readonly peer: number }[],
  starts: readonly number[],
  octets: Uint8Array,
): void {
  let from = 0;
  buckets.forEach(({ peer }, index) => {
    if (peer !== receiver.neighbour.id) return;
    const start = starts[index] ?? 0;
    if (start > from) receiver.send(octets.subarray(from, start));
    from = starts[index + 1] ?? octets.length;
  });
  if (octets.length > from) receiver.send(octets.subarray(from));
}
