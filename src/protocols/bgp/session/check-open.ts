/**
 * Whether the peer's OPEN is that of the peer we mean: AS, identifier, a family in common, role. RFC 4271 §6.2. What is
 * wrong with an OPEN whoever sent it, `decodeOpen` has said before.
 */

import { formatIp } from '../../../net/ip.ts';
import type { Role } from '../wire/capability/speaker.ts';
import { encodeCapability } from '../wire/capability.ts';
import type { MessageError } from '../wire/error.ts';
import { ERROR, OPEN_ERROR } from '../wire/numbers.ts';
import { asnOf, type Open } from '../wire/open.ts';
import { commonFamilies, kindOf } from './negotiate.ts';
import type { PeerSettings } from './settings.ts';

/** The NOTIFICATION to send; `undefined` for an OPEN that is as expected. `ours` is the one that we have sent. */
export function checkOpen(
  ours: Open,
  theirs: Open,
  settings: PeerSettings,
): MessageError | undefined {
  return (
    checkAs(theirs, settings) ??
    checkIdentifier(ours, theirs) ??
    checkFamilies(ours, theirs) ??
    checkRole(theirs, settings)
  );
}

function checkAs(theirs: Open, { local, remote }: PeerSettings): MessageError | undefined {
  const asn = asnOf(theirs);
  const isExpected =
    typeof remote === 'number' ? asn === remote : (asn === local.asn) === (remote === 'internal');
  if (isExpected) return undefined;
  const expected = { internal: String(local.asn), external: `other than ${local.asn}` };
  const wanted = typeof remote === 'number' ? String(remote) : expected[remote];
  return refuse(OPEN_ERROR.badPeerAs, `the AS is ${asn}, not ${wanted}`, 'RFC 4271 §6.2');
}

/** RFC 6286 §2.1: within an AS they are unique; elsewhere it is the pair with the AS that is. */
function checkIdentifier(ours: Open, theirs: Open): MessageError | undefined {
  if (theirs.id.value !== ours.id.value || asnOf(ours) !== asnOf(theirs)) return undefined;
  const reason = `the identifier ${formatIp(theirs.id)} is ours`;
  return refuse(OPEN_ERROR.badIdentifier, reason, 'RFC 6286 §2.2');
}

/** RFC 5492 §5: the data are the capabilities that we miss. */
function checkFamilies(ours: Open, theirs: Open): MessageError | undefined {
  if (commonFamilies(ours, theirs).length > 0) return undefined;
  const missed = ours.capabilities
    .filter(({ kind }) => kind === 'multiprotocol')
    .flatMap((capability) => {
      const { code, octets } = encodeCapability(capability);
      return [code, octets.length, ...octets];
    });
  const reason = 'no address family is spoken by both';
  return refuse(OPEN_ERROR.unsupportedCapability, reason, 'RFC 5492 §5', Uint8Array.from(missed));
}

/** RFC 9234 §4.2, table 2: what the peer must be to what we are. */
const counterparts: { readonly [R in Role['role']]: Role['role'] } = {
  provider: 'customer',
  customer: 'provider',
  'route-server': 'route-server-client',
  'route-server-client': 'route-server',
  peer: 'peer',
};

function checkRole(theirs: Open, settings: PeerSettings): MessageError | undefined {
  const { confederation, local, role } = settings;
  const isExternal = kindOf(local.asn, asnOf(theirs), confederation) === 'external';
  if (role === undefined || !isExternal) return undefined;
  const told = new Set(
    theirs.capabilities.flatMap((one) => (one.kind === 'role' ? [one.role] : [])),
  );
  const wanted = counterparts[role.role];
  const isRight = told.size === 0 ? !role.strict : told.size === 1 && told.has(wanted);
  if (isRight) return undefined;
  const found = told.size === 0 ? 'tells no role' : `is ${[...told].join(' and ')}`;
  return refuse(OPEN_ERROR.roleMismatch, `the peer ${found}, not ${wanted}`, 'RFC 9234 §4.2');
}

function refuse(
  subcode: number,
  reason: string,
  rfc: string,
  data: Uint8Array = new Uint8Array(0),
): MessageError {
  return { code: ERROR.open, subcode, data, reason, rfc };
}
