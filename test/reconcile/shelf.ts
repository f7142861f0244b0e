/**
 * A core over three shelves instead of targets, with objects that are only names: what each test needs to show one
 * rule of the core and nothing else. A thing is written `name=value < need, need`.
 */

import type { Clock } from '../../src/base/ports.ts';
import type { JournalEntry } from '../../src/reconcile/journal.ts';
import { Reconciler } from '../../src/reconcile/reconciler.ts';
import type { AnySpec, Key, Kind, Resource, TargetName } from '../../src/resources/resource.ts';
import {
  absentTarget,
  done,
  type Observed,
  type Operation,
  type Outcome,
  type Owner,
  type Target,
  type TargetState,
  waiting,
} from '../../src/resources/target.ts';

export interface Thing extends AnySpec {
  readonly name: string;
  readonly value: string;
}

/** Which shelf a thing is on, and how it behaves, follows from the first letter of its name. */
const shelves: Readonly<Record<string, TargetName>> = { o: 'ovs', f: 'frr' };

export const grace = 5000;
export const rest = 3000;

function kindOf(letter: string): Kind<Thing> {
  return {
    kind: letter,
    target: shelves[letter] ?? 'kernel',
    marked: letter !== 's',
    announces: letter === 'a',
    key: (of) => of.name as Key,
    // Its value is what it stands on.
    needs: (of) => (letter === 'd' ? [of.value as Key] : []),
    outlives: (of) => (letter === 'l' ? [of.name.replace('l', 'k') as Key] : []),
    compare: (wanted, observed) => {
      if (wanted.value === observed.value) return 'same';
      return wanted.value.startsWith('new') ? 'replace' : 'change';
    },
    adoptable: () => letter === 's' || letter === 'm',
    grace: () => (letter === 'g' ? grace : 0),
    rest: () => (letter === 'r' ? rest : 0),
    print: (verb, of) => `${verb} ${of.name}`,
  };
}

export const kinds: Readonly<Record<string, Kind<Thing>>> = Object.fromEntries(
  ['a', 'd', 'f', 'g', 'k', 'l', 'm', 'o', 'r', 's'].map((letter) => [letter, kindOf(letter)]),
);

/** `k1=x < k2, k3` as a resource; the value is empty without `=`. */
export function thing(text: string): Resource<Thing> {
  const [head = '', tail = ''] = text.split('<');
  const [name = '', value = ''] = head.trim().split('=');
  const needs = tail.split(',').flatMap((need) => (need.trim() === '' ? [] : [need.trim() as Key]));
  const because = [{ source: 'test', object: name, fact: value }];
  return { key: name as Key, spec: { kind: name[0] ?? '', name, value }, needs, because };
}

export class Shelf implements Target {
  readonly name: TargetName;
  state: TargetState = { state: 'ready' };
  readonly things = new Map<Key, Observed<Thing>>();
  /** Outcomes to give instead of doing as asked, by key. */
  readonly answers = new Map<string, Outcome>();
  /** Objects that report success and do nothing. */
  readonly lies = new Set<string>();
  /** Objects that take along what is made on them. */
  readonly leading = new Set<string>();
  /** What was handed over in one call, each. */
  readonly calls: (readonly string[])[] = [];
  /** What others have yet to make, by key. */
  readonly lacking = new Map<string, string>();
  /** Until it resolves, nothing returns. */
  gate: Promise<void> = Promise.resolve();
  looks = 0;

  constructor(name: TargetName) {
    this.name = name;
  }

  put(text: string, owner: Owner = 'us'): void {
    const { key, spec } = thing(text);
    this.things.set(key, { key, spec, owner });
  }

  observe(key: Key): Observed | undefined {
    this.looks += 1;
    return this.things.get(key);
  }

  all(): Iterable<Observed> {
    return this.things.values();
  }

  wanted(): void {}

  lacks(key: Key): string | undefined {
    return this.lacking.get(key);
  }

  async start(): Promise<void> {}

  async close(): Promise<void> {}

  leads({ key }: Operation): boolean {
    return this.leading.has(key);
  }

  async apply(operations: readonly Operation[]): Promise<readonly Outcome[]> {
    this.calls.push(operations.map(({ key }) => key));
    await this.gate;
    const refused = new Set<Key>();
    return operations.map((operation) => {
      const leader = operation.after?.find((key) => refused.has(key));
      const answer = leader === undefined ? this.answers.get(operation.key) : waiting(leader);
      if (answer?.done === false) refused.add(operation.key);
      if (answer !== undefined) return answer;
      if (!this.lies.has(operation.key)) this.#carryOut(operation as Operation<Thing>);
      return done;
    });
  }

  #carryOut({ key, verb, spec }: Operation<Thing>): void {
    if (verb === 'remove') this.things.delete(key);
    else this.things.set(key, { key, spec, owner: spec.kind === 's' ? 'nobody' : 'us' });
  }
}

export class Stage {
  readonly kernel = new Shelf('kernel');
  readonly ovs = new Shelf('ovs');
  readonly frr = new Shelf('frr');
  now = 0;
  /** What was done, in order, as `verb key`; what failed with `!`. */
  readonly log: string[] = [];
  readonly core: Reconciler;

  constructor(inheritLeftovers = true) {
    const { kernel, ovs, frr } = this;
    const clock: Clock = {
      now: () => this.now,
      sleep: () => Promise.reject(new Error('nothing sleeps here')),
    };
    this.core = new Reconciler({
      kinds,
      targets: { kernel, ovs, frr, ovn: absentTarget('ovn') },
      clock,
      random: () => 1,
      retry: { initial: 1000, max: 8000 },
      inheritLeftovers,
      onOperation: (entry) => this.log.push(lineOf(entry)),
    });
  }

  /** What a scope wants, each as a line; returns what follows. */
  want(scope: string, ...lines: readonly string[]): void {
    const resources = lines.map(thing);
    this.core.setScope(scope, lines.length === 0 ? undefined : { resources, conditions: [] });
  }

  /** Lets everything happen that can happen now, and returns it. */
  async run(): Promise<readonly string[]> {
    const before = this.log.length;
    await this.core.round();
    return this.log.slice(before);
  }

  /** Lets time pass up to what is due next. */
  async runNext(): Promise<readonly string[]> {
    this.now = this.core.nextDue ?? this.now;
    return this.run();
  }

  standing(name: string): unknown {
    return this.core.troubled().find(({ key }) => key === name)?.standing;
  }
}

function lineOf({ verb, key, error }: JournalEntry): string {
  return `${verb} ${key}${error === undefined ? '' : ` ! ${error}`}`;
}
