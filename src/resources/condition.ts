/** What planning a scope gives: the resources it wants, and in words what it could not want. */

import type { Resource } from './resource.ts';

/** What keeps a scope from being offered in full, in the operator's words. */
export interface Condition {
  /** The scope it stands on: `gateway cr-lrp-6a7e…`. */
  readonly scope: string;
  /**
   * `error`: something wanted is missing. `warning`: it works, but not as one may expect. `note`: it is as somebody chose,
   * which only those are told who ask why.
   */
  readonly severity: 'error' | 'warning' | 'note';
  /** `cannot VERB OBJECT: REASON; REMEDY`. */
  readonly message: string;
}

/** What one scope wants on this node. Total: what could not be planned is a condition. */
export interface Planned {
  readonly resources: readonly Resource[];
  readonly conditions: readonly Condition[];
}
