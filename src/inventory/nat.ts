/**
 * What OVN answers for behind a port of a network, by the port where it is answered: column `nat_addresses`. A router may have
 * thousands of floating IPs and each of them concerns one virtual machine: no look-up, and no change of one, goes through all.
 */

import { equalData } from '../base/equal.ts';
import { remembered } from '../base/remembered.ts';
import type { PortBinding } from './port-binding.ts';
import { type PortAddresses, parsePortAddresses } from './port-addresses.ts';

/** One entry of the column. */
export interface NatAddresses extends PortAddresses {
  /** The logical port where they are answered, from `is_chassis_resident("port")`. */
  readonly resident: string | undefined;
}

/** Sorted, so that it does not matter how they came. */
type Texts = readonly string[];

type Content =
  | { readonly is: 'newest'; readonly byResident: Map<string, Texts> }
  /** What was otherwise here than in the one that came of it. */
  | {
      readonly is: 'former';
      readonly of: NatTable;
      readonly differing: ReadonlyMap<string, Texts>;
    };

/**
 * The entries of a row as it was at one time. The newest of those that came of each other has the index; a former one has what
 * differs, and asks the next for the rest: so it costs as much as has changed to make one of another, and to compare the two.
 */
export class NatTable {
  static readonly none = new NatTable([], new Map());
  /** As the row has them. */
  readonly texts: readonly string[];
  #content: Content;

  private constructor(texts: readonly string[], byResident: Map<string, Texts>) {
    this.texts = texts;
    this.#content = { is: 'newest', byResident };
  }

  static of(texts: readonly string[]): NatTable {
    if (texts.length === 0) return NatTable.none;
    const byResident = Map.groupBy(texts, residentOf);
    for (const some of byResident.values()) some.sort();
    return new NatTable(texts, byResident);
  }

  /** What the row has next. */
  become(texts: readonly string[]): NatTable {
    const { gone, come } = difference(this.texts, texts);
    if (gone.length + come.length === 0) return this;
    // Nothing can be taken over of what was taken over before.
    if (this.#content.is === 'former' || this.texts.length === 0) return NatTable.of(texts);
    const { byResident } = this.#content;
    const residents = new Set([...gone, ...come].map(residentOf));
    const before = new Map([...residents].map((each) => [each, byResident.get(each) ?? nothing]));
    for (const text of gone) put(byResident, residentOf(text), (known) => without(known, text));
    for (const text of come) put(byResident, residentOf(text), (known) => [...known, text].sort());
    const differing = new Map(
      [...before].filter(([each, known]) => !equalData(known, byResident.get(each) ?? nothing)),
    );
    const next = new NatTable(texts, byResident);
    this.#content = { is: 'former', of: next, differing };
    return next;
  }

  /** The entries that are answered where this logical port is. */
  at(resident: string): readonly NatAddresses[] {
    return this.#textsAt(resident).flatMap((text) => parseNat(text) ?? []);
  }

  /** The logical ports where entries are answered; '' for those that are answered at none in particular. */
  residents(): Iterable<string> {
    const content = this.#content;
    return content.is === 'newest'
      ? content.byResident.keys()
      : new Set(this.texts.map(residentOf));
  }

  /** Where other entries are answered than before. */
  changedFrom(before: NatTable): ReadonlySet<string> {
    if (before === this) return new Set();
    const was = before.#content;
    if (was.is === 'former' && was.of === this) return new Set(was.differing.keys());
    const residents = [...new Set([...before.residents(), ...this.residents()])];
    return new Set(
      residents.filter((each) => !equalData(before.#textsAt(each), this.#textsAt(each))),
    );
  }

  has(resident: string): boolean {
    return this.#textsAt(resident).length > 0;
  }

  #textsAt(resident: string): Texts {
    let content = this.#content;
    while (content.is === 'former') {
      const known = content.differing.get(resident);
      if (known !== undefined) return known;
      content = content.of.#content;
    }
    return content.byResident.get(resident) ?? nothing;
  }
}

const nothing: Texts = [];

/** What lists differ in between their common beginning and their common end. */
function difference(before: readonly string[], after: readonly string[]) {
  const shorter = Math.min(before.length, after.length);
  let first = 0;
  while (first < shorter && before[first] === after[first]) first += 1;
  let last = 0;
  while (last < shorter - first && before.at(-1 - last) === after.at(-1 - last)) last += 1;
  return {
    gone: before.slice(first, before.length - last),
    come: after.slice(first, after.length - last),
  };
}

function put(
  byResident: Map<string, Texts>,
  resident: string,
  change: (known: Texts) => Texts,
): void {
  const changed = change(byResident.get(resident) ?? nothing);
  if (changed.length === 0) byResident.delete(resident);
  else byResident.set(resident, changed);
}

/** Of several alike one goes. */
function without(texts: Texts, text: string): Texts {
  return texts.toSpliced(texts.indexOf(text), 1);
}

function residentOf(text: string): string {
  return /is_chassis_resident\("([^"]+)"\)/.exec(text)?.[1] ?? '';
}

/** OVN writes the column by itself: what cannot be read of it is nobody's to correct. */
const parseNat = remembered(10_000, (text): NatAddresses | undefined => {
  const resident = residentOf(text);
  const plain = text.replace(/is_chassis_resident\(.*$/, '');
  const found = parsePortAddresses(plain);
  if (!found.ok || found.value === undefined) return undefined;
  return { ...found.value, resident: resident === '' ? undefined : resident };
});

/**
 * The logical ports whose entries are others than before, where nothing but entries has changed; `undefined` where
 * something has. An entry that is answered at no port in particular concerns none.
 */
export function residentsOfChange(
  before: PortBinding | undefined,
  after: PortBinding | undefined,
): ReadonlySet<string> | undefined {
  if (before === undefined || after === undefined || before.nat === after.nat) return undefined;
  if (!equalData(before, { ...after, nat: before.nat })) return undefined;
  return after.nat.changedFrom(before.nat);
}
