/** The routing rules that concern us: `l3mdev unreachable`, where `lookup local` stands, and `to PREFIX lookup TABLE`. */

import { equalData } from '../../base/equal.ts';
import type { Family } from '../../net/ip.ts';
import { networkOf, type Prefix } from '../../net/prefix.ts';
import { type Rule, RT_TABLE } from '../../protocols/netlink/index.ts';
import type { Key } from '../../resources/resource.ts';
import {
  type LocalRuleSpec,
  type LookupRuleSpec,
  lookupRuleKey,
  type RuleSpec,
} from '../../resources/rule.ts';
import type { Observed } from '../../resources/target.ts';
import { ourProtocol } from './mark.ts';

/** `lookup local` for all packets, at some priority, made by somebody: two that differ in either are two. */
export interface LocalRule {
  readonly priority: number;
  /** RTPROT_* */
  readonly protocol: number;
}

/** A rule to a table, as somebody has made it: two that differ only in that are two. */
export interface LookupRule {
  readonly spec: LookupRuleSpec;
  /** RTPROT_* */
  readonly protocol: number;
  /** The kernel keeps host bits that it looks at no more. */
  readonly to: Prefix;
}

export class Rules {
  readonly #isolating = new Map<Key, { readonly spec: RuleSpec; readonly isOurs: boolean }>();
  readonly #lookups = new Map<Key, readonly LookupRule[]>();
  /** In the middle of a move there are two; and somebody may have made one beside the kernel's at the same priority. */
  readonly #local = { 4: new Map<string, LocalRule>(), 6: new Map<string, LocalRule>() } as const;

  take(change: 'new' | 'gone', rule: Rule): Key | undefined {
    const { family, priority = 0 } = rule;
    if (isLocalRule(rule)) {
      const { protocol = 0 } = rule;
      const identity = `${priority} ${protocol}`;
      if (change === 'new') this.#local[family].set(identity, { priority, protocol });
      else this.#local[family].delete(identity);
      return localRuleKey(family);
    }
    const lookup = lookupOf(rule);
    if (lookup !== undefined) {
      return this.#takeLookup(change, lookup);
    }
    if (!isIsolating(rule)) return undefined;
    const spec = { kind: 'rule', family, priority, action: 'l3mdev-unreachable' } as const;
    const key = `rule ${family} ${priority}` as Key;
    const isOurs = rule.protocol === ourProtocol;
    if (change === 'new') this.#isolating.set(key, { spec, isOurs });
    else this.#isolating.delete(key);
    return key;
  }

  isolating(key: Key): Observed<RuleSpec> | undefined {
    const known = this.#isolating.get(key);
    if (known === undefined) return undefined;
    return { key, spec: known.spec, owner: known.isOurs ? 'us' : 'nobody' };
  }

  #takeLookup(change: 'new' | 'gone', rule: LookupRule): Key {
    const { spec, protocol, to } = rule;
    const key = lookupRuleKey(spec);
    const known = this.#lookups.get(key) ?? [];
    const others = known.filter((one) => one.protocol !== protocol || !equalData(one.to, to));
    const now = change === 'new' ? [...others, rule] : others;
    if (now.length > 0) this.#lookups.set(key, now);
    else this.#lookups.delete(key);
    return key;
  }

  /** All that send packets for these addresses to this table, whoever has made them. */
  lookups(key: Key): readonly LookupRule[] {
    return this.#lookups.get(key) ?? [];
  }

  /**
   * The one that is asked first, for that is the one in effect. When nobody wants it moved, one that we have left
   * behind goes before it, so that it is removed.
   */
  local(key: Key, isWanted: boolean): Observed<LocalRuleSpec> | undefined {
    const family = key === localRuleKey(6) ? 6 : 4;
    const all = [...this.#local[family].values()].toSorted((a, b) => a.priority - b.priority);
    const ours = isWanted ? undefined : all.find(isMade);
    const found = ours ?? all[0];
    if (found === undefined) return undefined;
    const { priority } = found;
    const isMoved = isMade(found) && priority !== 0;
    return {
      key,
      spec: { kind: 'local-rule', family, priority },
      owner: isMoved ? 'us' : 'nobody',
    };
  }

  /** `lookup local` by our hand, or where the kernel has put it. */
  movable(family: Family): readonly LocalRule[] {
    return [...this.#local[family].values()].filter((rule) => isMade(rule) || rule.priority === 0);
  }

  keys(): readonly Key[] {
    return [...this.#isolating.keys(), ...this.#lookups.keys(), localRuleKey(4), localRuleKey(6)];
  }
}

function isMade({ protocol }: LocalRule): boolean {
  return protocol === ourProtocol;
}

function localRuleKey(family: Family): Key {
  return `local-rule ${family}` as Key;
}

function isLocalRule(rule: Rule): boolean {
  return rule.action === 'lookup' && rule.table === RT_TABLE.local && isForAll(rule);
}

function isIsolating(rule: Rule): boolean {
  return rule.action === 'unreachable' && rule.l3mdev === true && isForAll(rule);
}

/** A rule that looks at the destination and at nothing else, and names the table. */
function lookupOf(rule: Rule): LookupRule | undefined {
  const { action, table, destination: to, priority = 0, protocol = 0 } = rule;
  if (action !== 'lookup' || table === undefined || to === undefined) return undefined;
  if (looksAtMore(rule)) return undefined;
  return { spec: { kind: 'lookup-rule', priority, to: networkOf(to), table }, protocol, to };
}

/** Whether it looks at nothing of a packet. */
function isForAll(rule: Rule): boolean {
  return rule.destination === undefined && !looksAtMore(rule);
}

/** Whether it looks at more of a packet than where it is sent. */
function looksAtMore(rule: Rule): boolean {
  const { source, iif, oif, mark, ipProtocol, sourcePorts, destinationPorts } = rule;
  const selectors = [source, iif, oif, mark, ipProtocol, sourcePorts, destinationPorts];
  return selectors.some((selector) => selector !== undefined);
}
