/**
 * Our end of a session as the next hop of what is told in it: RFC 4271 §5.1.3, RFC 2545 §3, RFC 8950 §3. What has no address
 * that the family can carry has none.
 */

import { Writer } from '../../../base/bytes.ts';
import { isLinkLocal } from '../../../net/ip.ts';
import type { Session } from '../session/handler.ts';
import { type AddressFamily, familyNumber } from '../wire/family.ts';
import { encodeNextHop, isNextHopLength, type NextHop } from '../wire/next-hop.ts';

/** As in MP_REACH_NLRI. */
export function ownNextHop(family: AddressFamily, session: Session): Uint8Array | undefined {
  const { localAddress: ip, negotiated } = session;
  if (ip === undefined) return undefined;
  // On a link without any other address it stands in both places, as FRR has it; RFC 2545 has no rule for that.
  const isAlone = ip.family === 6 && isLinkLocal(ip);
  const nextHop: NextHop = isAlone ? { ip, linkLocal: ip } : { ip };
  const writer = new Writer();
  encodeNextHop(writer, nextHop, family.nextHop);
  const octets = writer.finish().slice();
  const agreed = negotiated.wire.families.get(familyNumber(family));
  const isExtended = agreed?.extendedNextHop === true;
  return isNextHopLength(family.nextHop, octets.length, isExtended) ? octets : undefined;
}
