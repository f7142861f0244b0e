/**
 * Routing policy rules, marked by FRA_PROTOCOL: the two that keep VRFs apart from the rest of the node, and those that
 * send packets for one destination to a table of their own.
 */

import type { Family } from '../net/ip.ts';
import type { TableId } from '../net/numbers.ts';
import { formatPrefix, type Prefix } from '../net/prefix.ts';
import type { Key, Kind, Verb } from './resource.ts';

/** `l3mdev unreachable`: what a VRF's own table does not know, no other table shall answer. */
export interface RuleSpec {
  readonly kind: 'rule';
  readonly family: Family;
  readonly priority: number;
  readonly action: 'l3mdev-unreachable';
}

/**
 * Where `lookup local` stands. At 0, where the kernel puts it, a packet inside a VRF reaches every address of the
 * node; behind the l3mdev rules it does not (kernel documentation, networking/vrf).
 */
export interface LocalRuleSpec {
  readonly kind: 'local-rule';
  readonly family: Family;
  readonly priority: number;
}

/** `to PREFIX lookup TABLE`: what is sent to these addresses is routed by that table. */
export interface LookupRuleSpec {
  readonly kind: 'lookup-rule';
  readonly priority: number;
  /** With its host bits cleared. */
  readonly to: Prefix;
  readonly table: TableId;
}

const ip = (family: Family) => (family === 4 ? 'ip' : 'ip -6');

export const rule: Kind<RuleSpec> = {
  kind: 'rule',
  target: 'kernel',
  marked: true,
  announces: false,
  key: (spec) => `rule ${spec.family} ${spec.priority}` as Key,
  needs: () => [],
  outlives: () => [],
  compare: () => 'same',
  adoptable: () => false,
  grace: () => 0,
  rest: () => 0,
  print: (verb, spec) =>
    `${ip(spec.family)} rule ${verb === 'remove' ? 'del' : 'add'} pref ${spec.priority} l3mdev unreachable`,
};

export const localRule: Kind<LocalRuleSpec> = {
  kind: 'local-rule',
  target: 'kernel',
  marked: true,
  announces: false,
  key: (spec) => `local-rule ${spec.family}` as Key,
  needs: () => [],
  outlives: () => [],
  compare: (wanted, observed) => (wanted.priority === observed.priority ? 'same' : 'change'),
  // The kernel's own, at its place of birth; one that an operator has moved stays where it is.
  adoptable: (_, observed) => observed.priority === 0,
  grace: () => 0,
  rest: () => 0,
  print: printLocalRule,
};

/** A rule with another table is another rule to the kernel: both can be there. */
export function lookupRuleKey({ priority, to, table }: Omit<LookupRuleSpec, 'kind'>): Key {
  return `lookup-rule ${formatPrefix(to)} ${table} ${priority}` as Key;
}

export const lookupRule: Kind<LookupRuleSpec> = {
  kind: 'lookup-rule',
  target: 'kernel',
  marked: true,
  announces: false,
  key: lookupRuleKey,
  needs: () => [],
  outlives: () => [],
  compare: () => 'same',
  adoptable: () => false,
  grace: () => 0,
  rest: () => 0,
  print: (verb, { to, table, priority }) =>
    `${ip(to.ip.family)} rule ${verb === 'remove' ? 'del' : 'add'} pref ${priority} to ${formatPrefix(to)} lookup ${table}`,
};

function printLocalRule(verb: Verb, spec: LocalRuleSpec): string {
  const [to, from] = verb === 'remove' ? [0, spec.priority] : [spec.priority, 0];
  const command = ip(spec.family);
  return `${command} rule add pref ${to} lookup local && ${command} rule del pref ${from} lookup local`;
}
