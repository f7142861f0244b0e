/**
 * What OVN answers for behind a port of a network, by the port where it is answered: column `nat_addresses`. A router may
 * have thousands of floating IPs and each of them concerns one virtual machine: no look-up of one goes through all, and of a
 * change no more than the texts are compared.
 */

import { type PortAddresses, parsePortAddresses } from './port-addresses.ts';

/** One entry of the column. */
export interface NatAddresses extends PortAddresses {
  /** The logical port where they are answered, from `is_chassis_resident("port")`. */
  readonly resident: string | undefined;
}

type Content =
  | { readonly is: 'newest'; readonly byResident: Map<string, Entries> }
  /** What was otherwise here than in the one that came of it. */
  | {
      readonly is: 'former';
      readonly of: NatTable;
      readonly differing: ReadonlyMap<string, Entries>;
    };

/**
 * The entries of a row as it was at one time. The newest of those that came of each other has the index; a former one has
 * what differs, and asks the next for the rest: so no more than what has changed is read, kept and compared. Whoever keeps a
 * former one keeps all that came of it.
 */
export class NatTable {
  static readonly none = new NatTable([], new Map());
  /** As the row has them; equal in two that say the same. */
  readonly texts: readonly string[];
  #content: Content;

  private constructor(texts: readonly string[], byResident: Map<string, Entries>) {
    this.texts = texts;
    this.#content = { is: 'newest', byResident };
  }

  static of(texts: readonly string[]): NatTable {
    if (texts.length === 0) return NatTable.none;
    const byResident = new Map<string, Entries>();
    for (const [resident, some] of Map.groupBy(texts, residentOf)) {
      byResident.set(resident, entriesOf(some));
    }
    return new NatTable(texts, byResident);
  }

  /** What the row has next. The index goes over to it. */
  become(texts: readonly string[]): NatTable {
    const { gone, come } = difference(this.texts, texts);
    if (gone.length + come.length === 0) return this;
    // An index that went over already is not here any more, and what all rows begin with stays as it is.
    if (this.#content.is === 'former' || this === NatTable.none) return NatTable.of(texts);
    const { byResident } = this.#content;
    const [goneFrom, comeTo] = [Map.groupBy(gone, residentOf), Map.groupBy(come, residentOf)];
    const differing = new Map<string, Entries>();
    for (const resident of new Set([...goneFrom.keys(), ...comeTo.keys()])) {
      const known = byResident.get(resident) ?? nothing;
      const kept = without(known, goneFrom.get(resident) ?? []);
      const changed = sorted([...kept, ...entriesOf(comeTo.get(resident) ?? [])]);
      if (equalEntries(known, changed)) continue;
      differing.set(resident, known);
      if (changed.length === 0) byResident.delete(resident);
      else byResident.set(resident, changed);
    }
    const next = new NatTable(texts, byResident);
    this.#content = { is: 'former', of: next, differing };
    return next;
  }

  /** The entries that are answered where this logical port is. What cannot be read is nobody's to correct: OVN writes it. */
  at(resident: string): readonly NatAddresses[] {
    return this.#entriesAt(resident).flatMap((entry) => entry.read() ?? []);
  }

  /** The logical ports that entries name, readable or not; '' for those that are answered at none in particular. */
  residents(): Iterable<string> {
    const content = this.#content;
    return content.is === 'newest'
      ? content.byResident.keys()
      : new Set(this.texts.map(residentOf));
  }

  /** Whether entries name that logical port, readable or not. */
  names(resident: string): boolean {
    return this.#entriesAt(resident).length > 0;
  }

  /** Where other entries are answered than before. */
  changedFrom(before: NatTable): ReadonlySet<string> {
    if (before === this) return new Set();
    const was = before.#content;
    if (was.is === 'former' && was.of === this) return new Set(was.differing.keys());
    const residents = [...new Set([...before.residents(), ...this.residents()])];
    return new Set(
      residents.filter((each) => !equalEntries(before.#entriesAt(each), this.#entriesAt(each))),
    );
  }

  #entriesAt(resident: string): Entries {
    let content = this.#content;
    while (content.is === 'former') {
      const known = content.differing.get(resident);
      if (known !== undefined) return known;
      content = content.of.#content;
    }
    return content.byResident.get(resident) ?? nothing;
  }
}

/** Read when somebody asks, and once: of most residents nothing is on this node. */
class Entry {
  readonly text: string;
  #read: { readonly found: NatAddresses | undefined } | undefined;

  constructor(text: string) {
    this.text = text;
  }

  read(): NatAddresses | undefined {
    this.#read ??= { found: parseNat(this.text) };
    return this.#read.found;
  }
}

/** By text, so that it does not matter how they came. */
type Entries = readonly Entry[];

const nothing: Entries = [];

function entriesOf(texts: readonly string[]): Entries {
  return sorted(texts.map((text) => new Entry(text)));
}

function sorted(entries: Entries): Entries {
  return entries.toSorted((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0));
}

function equalEntries(some: Entries, others: Entries): boolean {
  return some.length === others.length && some.every(({ text }, at) => text === others[at]?.text);
}

/** Of several alike as many go as are named. */
function without(entries: Entries, gone: readonly string[]): Entries {
  const left = new Map<string, number>();
  for (const text of gone) left.set(text, (left.get(text) ?? 0) + 1);
  return entries.filter(({ text }) => {
    const count = left.get(text) ?? 0;
    if (count > 0) left.set(text, count - 1);
    return count === 0;
  });
}

/** What makes one list the other, whatever their order; no more than that where both are sorted, as sources have them. */
function difference(before: readonly string[], after: readonly string[]) {
  const [gone, come]: [string[], string[]] = [[], []];
  let [at, to] = [0, 0];
  while (at < before.length || to < after.length) {
    const [old, next] = [before[at], after[to]];
    if (old === next) {
      at += 1;
      to += 1;
    } else if (old !== undefined && (next === undefined || old < next)) {
      gone.push(old);
      at += 1;
    } else if (next !== undefined) {
      come.push(next);
      to += 1;
    }
  }
  return { gone, come };
}

function residentOf(text: string): string {
  return /is_chassis_resident\("([^"]+)"\)/.exec(text)?.[1] ?? '';
}

function parseNat(text: string): NatAddresses | undefined {
  const found = parsePortAddresses(text.replace(/is_chassis_resident\(.*$/, ''));
  if (!found.ok || found.value === undefined) return undefined;
  const resident = residentOf(text);
  return { ...found.value, resident: resident === '' ? undefined : resident };
}
