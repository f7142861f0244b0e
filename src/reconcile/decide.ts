/** What must be done about one object: the whole of the diff, for one key. Pure. */

import type { Kind, Resource, Verb } from '../resources/resource.ts';
import type { Observed, Owner } from '../resources/target.ts';

export type Decision =
  | { readonly do: 'nothing' }
  | { readonly do: 'apply'; readonly verb: Verb }
  /** It may go, but not before `at` on the clock. */
  | { readonly do: 'later'; readonly at: number }
  /** Somebody else has to make something first, and may never: it is as it should be without. */
  | { readonly do: 'await'; readonly what: string }
  /** Somebody else's object has the name. */
  | { readonly do: 'refuse'; readonly reason: string };

export interface Circumstances {
  readonly now: number;
  /** Whether every source has been read once, so that what is not wanted is known to be unwanted. */
  readonly mayRemove: boolean;
  /** Whether what a replaced agent left behind is as good as ours: taken over when wanted, removed when not. */
  readonly inheritLeftovers: boolean;
  /** Whether all that it stands on by its kind is ours: what has lost its mark there is an altered one of ours. */
  readonly standsOnOurs: () => boolean;
  /** What it lacks of somebody else's, where it is wanted and not there. */
  readonly lacks: () => string | undefined;
  /** When the object was first seen unwanted. */
  readonly unwantedSince: number;
  /** When something that stood on the object was last removed; `undefined` when nothing was. */
  readonly leftAt: number | undefined;
}

/** Why an object that is not ours cannot be had, and the remedy. */
const obstacles: Readonly<Record<Owner, string>> = {
  us: '',
  predecessor:
    'it is as ovn-bgp-agent leaves it, and adopt.from is "none"; ' +
    'set adopt.from to "ovn-bgp-agent", or remove it',
  nobody: 'it exists and is not ours; remove it, or free its name',
};

export function decide(
  kind: Kind,
  wanted: Resource | undefined,
  observed: Observed | undefined,
  circumstances: Circumstances,
): Decision {
  if (wanted === undefined) return decideUnwanted(kind, observed, circumstances);
  if (observed === undefined) {
    const what = circumstances.lacks();
    return what === undefined ? { do: 'apply', verb: 'create' } : { do: 'await', what };
  }
  if (!mayTake(observed, circumstances) && !kind.adoptable(wanted.spec, observed.spec)) {
    return { do: 'refuse', reason: obstacles[observed.owner] };
  }
  const comparison = kind.compare(wanted.spec, observed.spec);
  if (comparison === 'replace') return { do: 'apply', verb: 'replace' };
  if (comparison === 'change') return { do: 'apply', verb: 'change' };
  if (observed.owner === 'us' || !kind.marked) return { do: 'nothing' };
  return { do: 'apply', verb: 'adopt' };
}

function mayTake(observed: Observed, circumstances: Circumstances): boolean {
  const isAltered = observed.owner === 'predecessor' && circumstances.standsOnOurs();
  return isAltered || isOurs(observed, circumstances);
}

/** Whether an object is ours to remove. */
export function isOurs(
  observed: Observed,
  { inheritLeftovers }: Pick<Circumstances, 'inheritLeftovers'>,
): boolean {
  return observed.owner === 'us' || (observed.owner === 'predecessor' && inheritLeftovers);
}

function decideUnwanted(
  kind: Kind,
  observed: Observed | undefined,
  circumstances: Circumstances,
): Decision {
  if (observed === undefined || !isOurs(observed, circumstances)) return { do: 'nothing' };
  if (!circumstances.mayRemove) return { do: 'nothing' };
  const { unwantedSince, leftAt = Number.NEGATIVE_INFINITY } = circumstances;
  const { spec } = observed;
  const at = Math.max(unwantedSince + kind.grace(spec), leftAt + kind.rest(spec));
  return at > circumstances.now ? { do: 'later', at } : { do: 'apply', verb: 'remove' };
}
