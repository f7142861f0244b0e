/**
 * The generic shape of everything Selvedge may own on a node: a spec with an identity, what it stands on, and why
 * it is wanted. What a link or a flow is, stands in the file of that kind; nothing here knows one.
 */

import type { Brand } from '../base/brand.ts';

/** The identity of an object on this node, in words: `link vrf-500`, `route 500 10.1.0.0/24`. */
export type Key = Brand<string, 'Key'>;

/** Who holds the object: the Linux kernel, Open vSwitch, FRR, or an OVN of this node alone. */
export type TargetName = 'kernel' | 'ovs' | 'frr' | 'ovn';

/** One fact that an object follows from: a row and a column, or a setting. */
export interface Reason {
  /** Where the fact stands: `OVN_Southbound`, `Open_vSwitch`, `host`, `config`. */
  readonly source: string;
  /** The row or section: `Port_Binding cr-lrp-6a7e…`. */
  readonly object: string;
  /** What it says: `chassis=c1`, `external_ids:neutron_bgpvpn:vni=500`. */
  readonly fact: string;
}

export function formatReason(reason: Reason): string {
  return `${reason.source} ${reason.object} ${reason.fact}`;
}

/** What a spec of any kind has. */
export interface AnySpec {
  readonly kind: string;
}

/** An object that shall exist. */
export interface Resource<S extends AnySpec = AnySpec> {
  readonly key: Key;
  readonly spec: S;
  /** Must exist before this one is made, and go after it: those of its kind, and those of its purpose. */
  readonly needs: readonly Key[];
  readonly because: readonly Reason[];
}

/** How far an existing object is from the wanted one. */
export type Comparison =
  | 'same'
  /** It can be altered in place. */
  | 'change'
  /** It must go and come anew. */
  | 'replace';

export type Verb = 'create' | 'change' | 'adopt' | 'replace' | 'remove';

/** Everything the core must know of one kind of object. Pure. */
export interface Kind<S extends AnySpec = AnySpec> {
  readonly kind: S['kind'];
  readonly target: TargetName;
  /**
   * Whether an object can carry our mark. One that cannot, such as a setting of a device, is not adopted to get one;
   * its target tells by other means whose it is.
   */
  readonly marked: boolean;
  /** Whether it draws traffic to this node, so that it goes before any path behind it. */
  readonly announces: boolean;
  key(spec: S): Key;
  /** Keys that must exist before this object can, whatever it is for. */
  needs(spec: S): readonly Key[];
  /** Keys that must be gone before this object may go. */
  outlives(spec: S): readonly Key[];
  compare(wanted: S, observed: S): Comparison;
  /** Whether an object that nobody marked may be taken over: it is of our making, or nobody can own it. */
  adoptable(wanted: S, observed: S): boolean;
  /** Milliseconds that it outlives its last reason; 0 for nearly all. */
  grace(spec: S): number;
  /** Milliseconds that what stood on it must have been gone before it goes; 0 for nearly all. */
  rest(spec: S): number;
  /** The command a person would type. */
  print(verb: Verb, spec: S): string;
}

/** Makes the resource of a spec; `purpose` are needs beyond those of the kind, such as the path of what is announced. */
export function resource<S extends AnySpec>(
  kind: Kind<S>,
  spec: S,
  because: readonly Reason[],
  purpose: readonly Key[] = [],
): Resource<S> {
  const needs = purpose.length === 0 ? kind.needs(spec) : [...kind.needs(spec), ...purpose];
  return { key: kind.key(spec), spec, needs, because };
}
