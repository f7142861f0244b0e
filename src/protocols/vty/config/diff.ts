/**
 * What must be said to FRR so that the stanzas we own are as wanted, and those we no longer want are gone, as data:
 * batches of lines in the order FRR needs. Foreign lines in the same stanzas are left as they are; a stanza that holds
 * some is not removed. Pure; nothing is sent here. Applying it to what was observed and comparing again gives nothing.
 */

import { diffSlot, emptied, type Slot, type SlotCommand } from './slot.ts';
import {
  exitWord,
  foreignLines,
  linesInSlot,
  type OwnedStanza,
  stanzaIdentity,
  stanzaRank,
  vrfOf,
} from './stanza.ts';
import { type Config, type ConfigNode, stanzaBody, type StanzaPath } from './tree.ts';
import type { VrfState } from './vrf-state.ts';

export interface ConfigCommand {
  readonly text: string;
  readonly does: 'enter' | 'leave' | 'set' | 'clear' | 'remove';
  /** The stanza it serves. */
  readonly stanza: StanzaPath;
}

/**
 * The lines for one stanza, from the top of the configuration and back to it: one `configure` of one daemon. What one
 * stanza is refused does not hold up the others.
 */
export interface Batch {
  /** First of all, numbers are given back; then stanzas go; then those that shall be are made so. */
  readonly phase: 'free' | 'remove' | 'set';
  /** The top line. */
  readonly stanza: string;
  readonly commands: readonly ConfigCommand[];
}

/** Why something wanted is not in the batches. */
export type Obstacle =
  /** An unwanted stanza stays, without our lines, for the sake of what others have put in. */
  | { readonly kind: 'kept'; readonly stanza: string; readonly foreign: readonly StanzaPath[] }
  /** An unwanted VRF stays until its device is gone: FRR refuses to forget it before. */
  | { readonly kind: 'active'; readonly stanza: string }
  /** A wanted stanza has no place, since another one that stays is there. */
  | { readonly kind: 'taken'; readonly stanza: string; readonly by: string };

export interface StanzaDiff {
  /** In the order in which they must be carried out. */
  readonly batches: readonly Batch[];
  readonly obstacles: readonly Obstacle[];
}

export interface StanzaFacts {
  /** The configuration of the daemon that takes the stanza with this top line. */
  readonly configOf: (stanza: string) => Config;
  /** What zebra knows of VRFs. */
  readonly vrfs: ReadonlyMap<string, VrfState>;
}

/** `unwanted` names what is ours in the stanzas that shall go; the values in its slots do not matter. */
export function diffStanzas(
  facts: StanzaFacts,
  wanted: readonly OwnedStanza[],
  unwanted: readonly OwnedStanza[],
): StanzaDiff {
  const removals = unwanted.map((owned) => diffUnwanted(facts, owned));
  const removed = new Set(
    removals.flatMap(({ batches }) =>
      batches.flatMap(({ commands }) => commands.flatMap(removedBy)),
    ),
  );
  const changes = wanted.map((owned) => diffWanted(facts, owned, removed));
  const all = [...removals, ...changes];
  return {
    batches: orderBatches(all.flatMap(({ batches }) => batches)),
    obstacles: all.flatMap(({ obstacles }) => obstacles),
  };
}

/** One after the other as FRR needs them: `no vni` before `no router bgp` before `no vrf`; made in reverse. */
export function orderBatches(batches: readonly Batch[]): readonly Batch[] {
  return batches.toSorted(
    (a, b) =>
      phases.indexOf(a.phase) - phases.indexOf(b.phase) ||
      (stanzaRank(a.stanza) - stanzaRank(b.stanza)) * (a.phase === 'set' ? 1 : -1) ||
      (a.stanza < b.stanza ? -1 : Number(a.stanza > b.stanza)),
  );
}

const phases: readonly Batch['phase'][] = ['free', 'remove', 'set'];

function diffWanted(
  facts: StanzaFacts,
  owned: OwnedStanza,
  removed: ReadonlySet<string>,
): StanzaDiff {
  const config = facts.configOf(owned.line);
  const rival = config.find(
    ({ line }) =>
      line !== owned.line &&
      stanzaIdentity(line) === stanzaIdentity(owned.line) &&
      !removed.has(line),
  );
  if (rival !== undefined) {
    return { batches: [], obstacles: [{ kind: 'taken', stanza: owned.line, by: rival.line }] };
  }
  const body = observedBody(facts, owned.line);
  const isNew = body === undefined;
  const free = stanzaCommands(owned, body ?? [], {
    ofSlot: (...slot) => diffSlot(...slot, isNew).free,
    removesInner: false,
  });
  const set = stanzaCommands(owned, body ?? [], {
    ofSlot: (...slot) => diffSlot(...slot, isNew).change,
    removesInner: true,
  });
  const path = [owned.line];
  return {
    batches: [
      ...batch('free', owned.line, free),
      ...batch('set', owned.line, isNew && set.length === 0 ? inside(path, []) : set),
    ],
    obstacles: [],
  };
}

function diffUnwanted(facts: StanzaFacts, owned: OwnedStanza): StanzaDiff {
  const body = observedBody(facts, owned.line);
  if (body === undefined) return { batches: [], obstacles: [] };
  const { line } = owned;
  const vrf = vrfOf(line);
  const free = batch('free', line, stanzaCommands(owned, body, freeAll));
  const foreign = foreignLines(owned, body);
  if (foreign.length > 0) {
    const clear = batch('remove', line, stanzaCommands(owned, body, changeAll));
    return { batches: [...free, ...clear], obstacles: [{ kind: 'kept', stanza: line, foreign }] };
  }
  if (vrf !== undefined && facts.vrfs.get(vrf)?.isActive === true) {
    return { batches: free, obstacles: [{ kind: 'active', stanza: line }] };
  }
  // What zebra knows and its configuration does not say is entered first: for 8.4 that changes nothing, and a mgmtd
  // that was restarted has forgotten it and would take `no vrf X` for done (status 0, zebra keeps the VRF).
  const isPrinted = stanzaBody(facts.configOf(line), [line]) !== undefined;
  const remove: ConfigCommand = { text: `no ${line}`, does: 'remove', stanza: [line] };
  const commands = isPrinted ? [remove] : [...inside([line], []), remove];
  return { batches: [...free, ...batch('remove', line, commands)], obstacles: [] };
}

/** A VRF without lines is there though 8.4 does not print it. */
function observedBody(facts: StanzaFacts, line: string): readonly ConfigNode[] | undefined {
  const printed = stanzaBody(facts.configOf(line), [line]);
  if (printed !== undefined) return printed;
  return facts.vrfs.get(vrfOf(line) ?? '')?.isConfigured === true ? [] : undefined;
}

/** What is said of the slots of a stanza, and whether its unwanted inner stanzas go. */
interface Commands {
  readonly ofSlot: (slot: Slot, lines: readonly string[]) => readonly SlotCommand[];
  readonly removesInner: boolean;
}

const freeAll: Commands = {
  ofSlot: (slot, lines) => diffSlot(emptied(slot), lines, false).free,
  removesInner: false,
};

const changeAll: Commands = {
  ofSlot: (slot, lines) => diffSlot(emptied(slot), lines, false).change,
  removesInner: true,
};

/** The commands of one kind for a stanza and those in it; none, not even to enter, where there is nothing to say. */
function stanzaCommands(
  owned: OwnedStanza,
  body: readonly ConfigNode[],
  says: Commands,
  outer: StanzaPath = [],
): readonly ConfigCommand[] {
  const path = [...outer, owned.line];
  const direct = owned.slots.flatMap((slot) =>
    says.ofSlot(slot, linesInSlot(body, slot)).map((command) => ({ ...command, stanza: path })),
  );
  const inner = owned.inner.flatMap((stanza) =>
    stanzaCommands(stanza, stanzaBody(body, [stanza.line]) ?? [], says, path),
  );
  const gone = says.removesInner
    ? owned.unwanted.flatMap((stanza) => removeInner(stanza, body, path))
    : [];
  const commands = [...direct, ...inner, ...gone];
  return commands.length === 0 ? [] : inside(path, commands);
}

function removeInner(
  owned: OwnedStanza,
  body: readonly ConfigNode[],
  outer: StanzaPath,
): readonly ConfigCommand[] {
  const observed = stanzaBody(body, [owned.line]);
  if (observed === undefined) return [];
  if (foreignLines(owned, observed).length > 0) {
    return stanzaCommands(owned, observed, changeAll, outer);
  }
  return [{ text: `no ${owned.line}`, does: 'remove', stanza: [...outer, owned.line] }];
}

function inside(path: StanzaPath, commands: readonly ConfigCommand[]): readonly ConfigCommand[] {
  const line = path.at(-1) ?? '';
  return [
    { text: line, does: 'enter', stanza: path },
    ...commands,
    { text: exitWord(line), does: 'leave', stanza: path },
  ];
}

function batch(
  phase: Batch['phase'],
  stanza: string,
  commands: readonly ConfigCommand[],
): readonly Batch[] {
  return commands.length === 0 ? [] : [{ phase, stanza, commands }];
}

function removedBy(command: ConfigCommand): readonly string[] {
  return command.does === 'remove' ? [command.stanza.at(-1) ?? ''] : [];
}
