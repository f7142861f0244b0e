/**
 * What is to be done with an UPDATE: its parts (split-update.ts), the check of its attributes (check-attributes.ts), and
 * the one verdict that RFC 7606 §3 (h) and §5.2 make of all that was found. No values are made.
 */

import { visitAttributes } from './attribute/header.ts';
import {
  type AttributeCheck,
  checkAttributes,
  forEachSpan,
  type Spans,
} from './check-attributes.ts';
import type { Action, Finding, MessageError } from './error.ts';
import { attributeName } from './attributes.ts';
import type { AddressFamily } from './family.ts';
import { ROUTER_MAC } from './extended-community/evpn.ts';
import { hex, u16 } from './octets.ts';
import type { Announced, Withdrawn } from './attribute/multiprotocol.ts';
import { ATTRIBUTE, ERROR, UPDATE_ERROR } from './numbers.ts';
import type { WireSession } from './session.ts';
import { splitUpdate, type UpdateSplit } from './split-update.ts';

/** An UPDATE of which something can be used. */
export interface ScannedUpdate {
  /** `withdraw`: the routes of `announced` are to be treated as withdrawn, RFC 7606 §2. */
  readonly verdict: 'accept' | 'withdraw';
  readonly octets: Uint8Array;
  readonly withdrawn: readonly Withdrawn[];
  readonly announced: readonly Announced[];
  /** The attributes that describe the routes, without the next hop and without those that are discarded. */
  readonly attributes: Spans;
  /** As in `AttributeCheck`. */
  readonly hasUnknown: boolean;
  readonly endOfRib: AddressFamily | undefined;
  /**
   * Families that this session must not use any longer: delete what it has brought of them, ignore what it will bring. Or end
   * the session, with the error that `resetFor` makes of the finding. RFC 4760 §7.
   */
  readonly disabled: readonly AddressFamily[];
  readonly findings: readonly Finding[];
}

/** An UPDATE after which the session is over. */
export interface FatalUpdate {
  readonly verdict: 'reset';
  readonly error: MessageError;
  readonly findings: readonly Finding[];
}

export type UpdateScan = ScannedUpdate | FatalUpdate;

/** `splitUpdate`, `checkAttributes` and `judgeUpdate`, for whoever keeps no attribute sets by their octets. */
export function scanUpdate(
  octets: Uint8Array,
  start: number,
  end: number,
  session: WireSession,
): UpdateScan {
  const split = splitUpdate(octets, start, end, session);
  return judgeUpdate(split, checkAttributes(octets, split.attributes, session), session);
}

/**
 * The verdict on an UPDATE. `check` may be one that was kept from an UPDATE with the same attribute octets: then its spans are
 * those of that buffer, and `attributes` of the result too.
 */
export function judgeUpdate(
  split: UpdateSplit,
  check: AttributeCheck,
  session: WireSession,
): UpdateScan {
  const { octets, withdrawn, announced, endOfRib, disabled } = split;
  const { kept: attributes, hasUnknown } = check;
  const missing = announced.length > 0 ? missingOf(split, check, session) : noFindings;
  if (split.findings.length + check.findings.length + missing.length === 0) {
    const parts = { octets, withdrawn, announced, attributes, hasUnknown, endOfRib, disabled };
    return { verdict: 'accept', ...parts, findings: noFindings };
  }
  const findings = [...split.findings, ...check.findings, ...missing];
  const fatal = fatalAmong(findings, split.announces);
  if (fatal !== undefined) return { verdict: 'reset', error: resetFor(fatal), findings };
  return {
    verdict: findings.some(isWithdraw) ? 'withdraw' : 'accept',
    octets,
    withdrawn: withdrawn.filter(({ family }) => !disabled.includes(family)),
    announced: announced.filter(({ family }) => !disabled.includes(family)),
    attributes,
    hasUnknown,
    endOfRib,
    disabled,
    findings,
  };
}

const noFindings: readonly Finding[] = Object.freeze([]);

/** RFC 4271 §5: mandatory everywhere, and LOCAL_PREF within the AS. */
const mandatory = (1 << ATTRIBUTE.origin) | (1 << ATTRIBUTE.asPath);
const mandatoryWithin = mandatory | (1 << ATTRIBUTE.localPref);

function missingOf(
  split: UpdateSplit,
  check: AttributeCheck,
  session: WireSession,
): readonly Finding[] {
  const missing = missingMandatory(check.present, session);
  return split.needsRouterMac && !hasRouterMac(split)
    ? [...missing, ...split.announced.filter(isEvpn).map((range) => leadsNowhere(split, range))]
    : missing;
}

function isEvpn({ family }: Announced): boolean {
  return family.name === 'l2vpn-evpn';
}

/** RFC 9136 §3.1. */
function leadsNowhere({ octets }: UpdateSplit, { start, end }: Announced): Finding {
  return {
    action: 'withdraw',
    attribute: ATTRIBUTE.mpReach,
    subcode: UPDATE_ERROR.optionalAttribute,
    reason: 'an IP prefix route has a label of zero, and no segment, gateway or router’s MAC',
    rfc: 'RFC 9136 §3.1',
    octets: octets.slice(start, end),
  };
}

/** Looked for only where a route has need of it, since hardly any has. */
function hasRouterMac({ octets, attributes }: UpdateSplit): boolean {
  let found = false;
  forEachSpan(attributes, (start, end) =>
    visitAttributes(octets, start, end, (code, _at, content, behind) => {
      if (code !== ATTRIBUTE.extendedCommunities) return;
      for (let at = content; at < behind; at += 8) found ||= u16(octets, at) === ROUTER_MAC;
    }),
  );
  return found;
}

/** RFC 7606 §3 (d). NEXT_HOP, which only routes in the NLRI field need, is looked for where these are. */
function missingMandatory(present: number, { peer }: WireSession): readonly Finding[] {
  const wanted = peer === 'internal' ? mandatoryWithin : mandatory;
  if ((present & wanted) === wanted) return noFindings;
  return [ATTRIBUTE.origin, ATTRIBUTE.asPath, ATTRIBUTE.localPref]
    .filter((code) => (wanted & ~present & (1 << code)) !== 0)
    .map((attribute) => ({
      action: 'withdraw',
      attribute,
      subcode: UPDATE_ERROR.missingWellKnown,
      reason: 'is missing',
      rfc: 'RFC 7606 §3 (d)',
      octets: new Uint8Array(0),
    }));
}

/**
 * The first finding that ends the session. RFC 7606 §5.2: without routes that are announced it is not certain that there
 * were none, so that treating them as withdrawn is not enough.
 */
function fatalAmong(findings: readonly Finding[], announces: boolean): Finding | undefined {
  const reset = findings.find(({ action }) => action === 'reset');
  return reset ?? (announces ? undefined : findings.find(isWithdraw));
}

function isWithdraw({ action }: Finding): boolean {
  return action === 'withdraw';
}

/** The NOTIFICATION for a finding that ends the session. RFC 4271 §6.3 says what its data are. */
export function resetFor(finding: Finding): MessageError {
  const { subcode, reason, rfc } = finding;
  return { code: ERROR.update, subcode, data: dataFor(finding), reason, rfc };
}

function dataFor({ subcode, attribute, octets }: Finding): Uint8Array {
  if (subcode === UPDATE_ERROR.missingWellKnown && attribute !== undefined) {
    return Uint8Array.of(attribute);
  }
  return subcodesWithoutData.has(subcode) ? new Uint8Array(0) : octets;
}

const subcodesWithoutData: ReadonlySet<number> = new Set([
  UPDATE_ERROR.malformedAttributeList,
  UPDATE_ERROR.invalidNetworkField,
  UPDATE_ERROR.malformedAsPath,
]);

/** Octets of a finding that go into the log: all that a message of 4096 octets can have. */
const mostShown = 4096;

/** `AS_PATH has AS 0, which nobody may have: treat as withdrawn (RFC 7606 §7.2, octets 4002…)`, for the log. */
export function formatFinding({ action, attribute, reason, rfc, octets }: Finding): string {
  const what = attribute === undefined ? reason : `${attributeName(attribute)} ${reason}`;
  const raw = octets.length === 0 ? '' : `, octets ${hex(octets.subarray(0, mostShown))}`;
  const rest = octets.length <= mostShown ? '' : ` and ${octets.length - mostShown} more`;
  return `${what}: ${actionNames[action]} (${rfc}${raw}${rest})`;
}

/** In the words of RFC 7606 §2. */
export const actionNames: { readonly [A in Action]: string } = {
  discard: 'attribute discard',
  withdraw: 'treat-as-withdraw',
  disable: 'AFI/SAFI disable',
  reset: 'session reset',
};
