/**
 * Slots: which lines of a stanza are ours. A slot is named by the words its lines begin with, and everything that
 * begins with them belongs to it: `rd` holds `rd 10.0.0.1:500`, whoever wrote it. What no slot of ours claims is
 * somebody else's and stays. `known-slots.ts` has those whose ways have been tried on real daemons.
 */

import { assertNever } from '../../../base/assert-never.ts';
import { beginsWith } from './tree.ts';

/** What FRR does with a second line for the same thing, all versions from 8.4 to 10.7 unless said. */
export type SlotChange =
  /** It takes the place of the first. */
  | 'overwrite'
  /** The first, or part of it, stays: it is cleared just before. */
  | 'clear'
  /** As `clear`; and no two stanzas may hold the same: all are cleared before any is set. */
  | 'free';

export interface OneSlot {
  readonly holds: 'one';
  readonly words: string;
  /** Begins with `words`; undefined: nothing shall stand there. */
  readonly line: string | undefined;
  readonly change: SlotChange;
  /** What follows `no` when the line is taken back: it, or the words alone. */
  readonly clearedBy: 'line' | 'words';
  /** A line that must be set first where the stanza is there and the slot is empty (see `rdSlot`). */
  readonly detour: string | undefined;
}

/** Any number of lines side by side; new ones come before old ones go. */
export interface ManySlot {
  readonly holds: 'many';
  readonly words: string;
  /** Each begins with `words`; none: nothing shall stand there. */
  readonly lines: readonly string[];
}

export type Slot = OneSlot | ManySlot;

/** A line to be set, or one to be taken back. */
export interface SlotCommand {
  readonly does: 'set' | 'clear';
  readonly text: string;
}

export interface SlotDiff {
  /** Before anything is set anywhere. */
  readonly free: readonly SlotCommand[];
  readonly change: readonly SlotCommand[];
}

/** A statement that is or is not made, with arguments or none: `redistribute connected [route-map M]`. */
export function flag(words: string, change: SlotChange, rest?: string): OneSlot {
  const line = rest === undefined ? words : `${words} ${rest}`;
  return { holds: 'one', words, line, change, clearedBy: 'words', detour: undefined };
}

/** A setting that has one value: `rd`, `vni`. */
export function value(words: string, change: SlotChange, of: string): OneSlot {
  const line = `${words} ${of}`;
  return { holds: 'one', words, line, change, clearedBy: 'line', detour: undefined };
}

/** A setting that has any number of values: `route-target import`. */
export function values(words: string, of: readonly string[]): ManySlot {
  return { holds: 'many', words, lines: of.map((each) => `${words} ${each}`) };
}

/** The same slot with nothing in it. */
export function emptied(slot: Slot): Slot {
  return slot.holds === 'one' ? { ...slot, line: undefined } : { ...slot, lines: [] };
}

export function occupies(slot: Slot, line: string): boolean {
  return beginsWith(line, slot.words);
}

/** What turns the lines that stand in a slot into those that shall; `isNew`: the whole stanza is about to be made. */
export function diffSlot(slot: Slot, observed: readonly string[], isNew: boolean): SlotDiff {
  return slot.holds === 'one'
    ? diffOne(slot, observed, isNew)
    : { free: [], change: diffMany(slot, observed) };
}

function diffOne(slot: OneSlot, observed: readonly string[], isNew: boolean): SlotDiff {
  const wanted = slot.line === undefined || observed.includes(slot.line) ? [] : [slot.line];
  const detour = observed.length > 0 || isNew || slot.detour === undefined ? [] : [slot.detour];
  const set = wanted.flatMap((line) => [...detour, line]).map(setCommand);
  const surplus = observed.filter((line) => line !== slot.line);
  const clear = surplus.map((line) => clearCommand(slot.clearedBy === 'line' ? line : slot.words));
  switch (slot.change) {
    case 'free':
      return { free: clear, change: set };
    case 'clear':
      return { free: [], change: [...clear, ...set] };
    case 'overwrite':
      return { free: [], change: set.length > 0 ? set : clear };
    default:
      return assertNever(slot.change);
  }
}

function diffMany(slot: ManySlot, observed: readonly string[]): readonly SlotCommand[] {
  return [
    ...slot.lines.filter((line) => !observed.includes(line)).map(setCommand),
    ...observed.filter((line) => !slot.lines.includes(line)).map(clearCommand),
  ];
}

function setCommand(line: string): SlotCommand {
  return { does: 'set', text: line };
}

function clearCommand(line: string): SlotCommand {
  return { does: 'clear', text: line.startsWith('no ') ? line.slice(3) : `no ${line}` };
}
