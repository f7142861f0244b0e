/** Routing policy rules, marked by FRA_PROTOCOL: the two that keep VRFs apart from the rest of the node. */

import type { Family } from '../net/ip.ts';
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

function printLocalRule(verb: Verb, spec: LocalRuleSpec): string {
  const [to, from] = verb === 'remove' ? [0, spec.priority] : [spec.priority, 0];
  const command = ip(spec.family);
  return `${command} rule add pref ${to} lookup local && ${command} rule del pref ${from} lookup local`;
}
