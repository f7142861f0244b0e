/**
 * Operations as what must be said to FRR, carried out in one diff for all of them, so that a VNI can move from one VRF
 * to another. What one is refused does not hold up the others. Whether FRR then shows it is asked afterwards.
 */

import { assertNever } from '../../base/assert-never.ts';
import {
  applyBatch,
  diffStanzas,
  formatVtyError,
  type Obstacle,
  type OwnedStanza,
  type StanzaSessions,
} from '../../protocols/vty/index.ts';
import {
  type FrrBgpSpec,
  type FrrImportSpec,
  frrKinds,
  type FrrVniSpec,
} from '../../resources/frr.ts';
import { frrAdvertisement } from '../../resources/frr-interface.ts';
import { frrSegment, type FrrSegmentSpec } from '../../resources/frr-segment.ts';
import {
  done,
  failed,
  failedUntilChange,
  type Operation,
  type Outcome,
  waiting,
} from '../../resources/target.ts';
import type { FrrFacts } from './facts.ts';
import {
  bgpLine,
  bgpStanza,
  defaultBgpLine,
  deviceOf,
  emptyImportStanza,
  emptyVniStanza,
  type FrrSpec,
  importStanza,
  readSpec,
  vniStanza,
  vrfStanza,
} from './stanzas.ts';
import { advertisementStanza, interfaceStanza, silentStanza } from './interface-stanza.ts';
import { emptySegmentStanza, segmentStanza } from './segment-stanza.ts';

export type FrrOperation = Operation<FrrSpec>;

export const frrIsAway = waiting('FRR is not running');

/** Stanzas as for `diffStanzas`. */
export interface Task {
  readonly wanted: readonly OwnedStanza[];
  readonly unwanted: readonly OwnedStanza[];
}

export interface Prepared {
  /** Operations that cannot come to what they are for. */
  readonly outcomes: ReadonlyMap<FrrOperation, Outcome>;
  /** What there is to say: also for a removal that cannot be finished, since it takes at least what is ours. */
  readonly tasks: ReadonlyMap<FrrOperation, Task>;
}

/** What is to be said for each operation, and what stands in its way. Pure. */
export function prepare(facts: FrrFacts, operations: readonly FrrOperation[]): Prepared {
  const outcomes = new Map<FrrOperation, Outcome>();
  const tasks = new Map<FrrOperation, Task>();
  for (const operation of operations) {
    const absence = missingInstance(operation, facts);
    if (absence !== undefined) {
      outcomes.set(operation, failedUntilChange(absence));
      continue;
    }
    const task = taskOf(operation, facts);
    const [obstacle] = diffStanzas(facts, task.wanted, task.unwanted).obstacles;
    if (obstacle !== undefined) outcomes.set(operation, formatObstacle(obstacle));
    // The change to another AS is not begun when it cannot be finished.
    if (obstacle === undefined || operation.verb === 'remove') tasks.set(operation, task);
  }
  return { outcomes, tasks };
}

/** Says what the operations need. Returns the outcome of those that came to nothing; the others are to be verified. */
export async function carryOut(
  sessions: StanzaSessions,
  facts: FrrFacts,
  operations: readonly FrrOperation[],
): Promise<ReadonlyMap<FrrOperation, Outcome>> {
  const { outcomes, tasks } = prepare(facts, operations);
  const refusals = await say(sessions, facts, [...tasks.values()]);
  const refused = [...tasks].flatMap(([operation, { wanted, unwanted }]) => {
    const [refusal] = [...unwanted, ...wanted].flatMap(({ line }) => refusals.get(line) ?? []);
    return refusal === undefined ? [] : [[operation, refusal] as const];
  });
  return new Map([...outcomes, ...refused]);
}

/** Whether FRR shows what it was told. */
export function verify({ verb, spec }: FrrOperation, facts: FrrFacts): Outcome {
  const seen = readSpec(facts, spec.kind, deviceOf(spec));
  if (verb === 'remove') {
    return seen === undefined || !isSameObject(spec, seen)
      ? done
      : failed(`FRR took the removal of ${nameOf(spec)}, but still shows it`);
  }
  if (seen !== undefined && isAsWanted(spec, seen)) return done;
  if (spec.kind === 'frr-device') return waiting(`zebra to see the device ${spec.vrf}`);
  if (spec.kind === 'frr-interface') return waiting(`the device ${spec.link}`);
  return failed(`FRR took ${nameOf(spec)}, but does not show it so`);
}

/** By the stanza, what FRR or the loss of FRR did to it. */
async function say(
  sessions: StanzaSessions,
  facts: FrrFacts,
  tasks: readonly Task[],
): Promise<ReadonlyMap<string, Outcome>> {
  const refusals = new Map<string, Outcome>();
  const wanted = tasks.flatMap((task) => task.wanted);
  const unwanted = tasks.flatMap((task) => task.unwanted);
  for (const batch of diffStanzas(facts, wanted, unwanted).batches) {
    if (refusals.has(batch.stanza)) continue;
    const said = await applyBatch(sessions, batch);
    if (said.ok) continue;
    const { reason } = said.error;
    const isAway = reason.kind === 'closed' || reason.kind === 'unreachable';
    refusals.set(batch.stanza, isAway ? frrIsAway : failed(formatVtyError(reason)));
  }
  return refusals;
}

function taskOf(operation: FrrOperation, facts: FrrFacts): Task {
  const { spec, verb } = operation;
  switch (spec.kind) {
    case 'frr-device':
      return { wanted: [], unwanted: [] };
    case 'frr-vrf':
      return verb === 'remove' ? removing(vrfStanza(spec.vrf)) : making(vrfStanza(spec.vrf));
    case 'frr-vni':
      return verb === 'remove' ? removingVni(spec, facts) : making(vniStanza(spec));
    case 'frr-bgp':
      if (verb === 'replace') return replacingBgp(spec, operation, facts);
      return verb === 'remove' ? removing(bgpStanza(spec)) : making(bgpStanza(spec));
    case 'frr-import':
      return verb === 'remove' ? removingImport(spec, facts) : making(importStanza(spec));
    case 'frr-segment':
      return verb === 'remove' ? removingSegment(spec, facts) : making(segmentStanza(spec));
    case 'frr-interface':
      return verb === 'remove' ? removing(interfaceStanza(spec)) : { wanted: [], unwanted: [] };
    case 'frr-advertisement':
      return making(
        verb === 'remove' ? silentStanza(facts, spec.link) : advertisementStanza(facts, spec),
      );
    default:
      return assertNever(spec);
  }
}

/** Why there is no instance to say it in. It is the operator's, and so never made. */
function missingInstance({ verb, spec }: FrrOperation, facts: FrrFacts): string | undefined {
  if (verb === 'remove') return undefined;
  if (spec.kind !== 'frr-import' && spec.kind !== 'frr-segment') return undefined;
  const line = spec.kind === 'frr-import' ? `import vrf ${spec.vrf}` : `vni ${spec.vni}`;
  const wanted = defaultBgpLine(spec);
  const found = facts.own?.line;
  const what = `cannot make '${line}' in '${wanted}'`;
  if (found === wanted) {
    // Without it FRR makes an empty `vni N`, and refuses every line in it (1, `only supported under EVPN VRF`).
    return spec.kind === 'frr-import' || facts.hasEvpn
      ? undefined
      : `${what}: FRR has no 'advertise-all-vni' in its 'address-family l2vpn evpn'; configure it in FRR`;
  }
  return found === undefined
    ? `${what}: FRR has no such BGP instance; configure it in FRR`
    : `${what}: FRR has '${found}'; configure the same AS in FRR and in Selvedge`;
}

/** Only our two lines, whatever the AS of the instance is by now. */
function removingImport({ vrf }: FrrImportSpec, { own }: FrrFacts): Task {
  return own === undefined
    ? { wanted: [], unwanted: [] }
    : making(emptyImportStanza(own.line, vrf));
}

/** What is ours of it, whatever the AS of the instance is by now. */
function removingSegment(spec: FrrSegmentSpec, { own }: FrrFacts): Task {
  return own === undefined
    ? { wanted: [], unwanted: [] }
    : making(emptySegmentStanza(own.line, spec));
}

function making(stanza: OwnedStanza): Task {
  return { wanted: [stanza], unwanted: [] };
}

function removing(stanza: OwnedStanza): Task {
  return { wanted: [], unwanted: [stanza] };
}

/** Only the VNI that was to go: one that has come in its place is somebody else's. */
function removingVni(spec: FrrVniSpec, facts: FrrFacts): Task {
  const seen = readSpec(facts, spec.kind, spec.vrf);
  const isThere = seen !== undefined && isSameObject(spec, seen);
  return isThere ? making(emptyVniStanza(spec.vrf)) : { wanted: [], unwanted: [] };
}

/**
 * FRR refuses `no router bgp` while the VRF has an L3VNI (`Please unconfigure l3vni`), so that goes first. It is put
 * back as any object of ours that is missing.
 */
function replacingBgp(spec: FrrBgpSpec, { observed }: FrrOperation, facts: FrrFacts): Task {
  const seen = readSpec(facts, spec.kind, spec.vrf);
  const isThere = seen !== undefined && observed !== undefined && isSameObject(observed, seen);
  if (!isThere || seen.kind !== 'frr-bgp' || seen.asn === spec.asn) return making(bgpStanza(spec));
  const vni = readSpec(facts, 'frr-vni', spec.vrf);
  const freed = vni === undefined ? [] : [emptyVniStanza(spec.vrf)];
  return { wanted: [...freed, bgpStanza(spec)], unwanted: [bgpStanza(seen)] };
}

/** Whether both are the same thing to FRR, however each is set up. */
function isSameObject(a: FrrSpec, b: FrrSpec): boolean {
  if (a.kind === 'frr-vni') return b.kind === 'frr-vni' && a.vni === b.vni;
  if (a.kind === 'frr-bgp') return b.kind === 'frr-bgp' && a.asn === b.asn;
  return a.kind === b.kind;
}

const kinds = frrKinds({ removal: 0 });

function isAsWanted(wanted: FrrSpec, seen: FrrSpec): boolean {
  if (wanted.kind === 'frr-bgp') {
    return seen.kind === 'frr-bgp' && kinds['frr-bgp'].compare(wanted, seen) === 'same';
  }
  if (wanted.kind === 'frr-import') {
    return seen.kind === 'frr-import' && kinds['frr-import'].compare(wanted, seen) === 'same';
  }
  if (wanted.kind === 'frr-segment') {
    return seen.kind === 'frr-segment' && frrSegment.compare(wanted, seen) === 'same';
  }
  if (wanted.kind === 'frr-advertisement') {
    return seen.kind === 'frr-advertisement' && frrAdvertisement.compare(wanted, seen) === 'same';
  }
  return isSameObject(wanted, seen);
}

function formatObstacle(obstacle: Obstacle): Outcome {
  const { stanza } = obstacle;
  switch (obstacle.kind) {
    case 'kept': {
      const lines = obstacle.foreign.map((path) => `'${path.slice(1).join(' / ')}'`).join(', ');
      return failed(`cannot remove '${stanza}': foreign lines remain: ${lines}; remove them`);
    }
    case 'active':
      // FRR would refuse it (13, `Only inactive VRFs can be deleted`); it is looked at again when the device goes.
      return waiting(`FRR to see that the device of '${stanza}' is gone`);
    case 'taken':
      return failed(
        `cannot make '${stanza}': FRR has '${obstacle.by}', and a VRF has one BGP instance; ` +
          'remove it',
      );
    default:
      return assertNever(obstacle);
  }
}

function nameOf(spec: FrrSpec): string {
  if (spec.kind === 'frr-bgp') return `'${bgpLine(spec)}'`;
  if (spec.kind === 'frr-import') return `'import vrf ${spec.vrf}' of '${defaultBgpLine(spec)}'`;
  if (spec.kind === 'frr-segment') return `'vni ${spec.vni}' of '${defaultBgpLine(spec)}'`;
  if (spec.kind === 'frr-interface') return `'interface ${spec.link}'`;
  if (spec.kind === 'frr-advertisement') return `'ipv6 nd' of ${spec.link}`;
  return spec.kind === 'frr-vni' ? `'vni ${spec.vni}' of ${spec.vrf}` : `'vrf ${spec.vrf}'`;
}
