/**
 * Whose an address is. In the underlay, and in each VRF, a node announces it once and sends its packets one way: of two that
 * have it, one cannot be reached. What is seen in two ways is one: a load balancer and a floating IP at the same gateway, a
 * virtual port and its parent. Pure.
 */

import { equalData } from '../base/equal.ts';
import { formatIp } from '../net/ip.ts';
import type {
  Concept,
  Exposed,
  Holder,
  LegHost,
  LegTenant,
  LocalHost,
  TenantHost,
} from './concepts.ts';

export type HeldAddress = Exposed | LocalHost | TenantHost | LegHost | LegTenant;

export function isHeld(concept: Concept): concept is HeldAddress {
  return 'holder' in concept;
}

/** What can be held once: the address, and where it must not be twice. */
export function seatOf(held: HeldAddress): string {
  return `${formatIp(held.ip)} in ${realmOf(held)}`;
}

function realmOf(held: HeldAddress): string {
  if (held.concept === 'leg-host') return `VRF ${held.at.vni}`;
  return held.concept === 'leg-tenant' ? `VRF ${held.within.at.vni}` : 'the underlay';
}

/** Why an address is not this one's, whose `first` it is; `undefined` where both are one. */
export function dispute(held: HeldAddress, first: HeldAddress): string | undefined {
  if (held === first || isOne(held, first)) return undefined;
  const what = `${formatIp(held.ip)} of ${nameOf(held.holder)}`;
  const why = `${nameOf(first.holder)} has it, and both would be in ${realmOf(held)}`;
  return `cannot expose ${what}: ${why}; give one of them another address, or keep it back by external_ids:selvedge:expose=false`;
}

function isOne(a: HeldAddress, b: HeldAddress): boolean {
  return a.holder.port === b.holder.port && equalData(wayOf(a), wayOf(b));
}

function wayOf(held: HeldAddress): unknown {
  return 'within' in held ? held.within : held.at;
}

function nameOf({ name, network }: Holder): string {
  return network === undefined ? name : `${name} on ${network}`;
}
