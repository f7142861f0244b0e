/** What a running agent tells over its local socket, as JSON. The command line prints these; metrics count them. */

export interface PartView {
  readonly name: string;
  readonly state: string;
  readonly reason: string | null;
}

export interface ConditionView {
  readonly scope: string;
  readonly severity: 'error' | 'warning' | 'note';
  readonly message: string;
}

export interface TroubleView {
  readonly key: string;
  /** `failed`: the target refused it; `waiting`: for something else; `refused`: its name is taken. */
  readonly standing: string;
  readonly detail: string;
}

export interface StatusView {
  readonly mode: string;
  readonly node: string | null;
  readonly vtep: string | null;
  readonly underlayMtu: number | null;
  /** Whether an agent told this; otherwise none runs, and the command has read what one would read. */
  readonly running: boolean;
  /** Seconds since the agent started. */
  readonly uptime: number;
  readonly drained: boolean;
  /** Whether every source has been read and nothing is left to do. */
  readonly settled: boolean;
  readonly parts: readonly PartView[];
  readonly conditions: readonly ConditionView[];
  readonly troubles: readonly TroubleView[];
  /** Wanted objects that come when OVN, or whoever else, has made what they stand on; it may never have to. */
  readonly awaiting: number;
  /** Wanted objects by kind. */
  readonly resources: Readonly<Record<string, number>>;
  readonly scopes: number;
  readonly operations: number;
}

export interface ReasonView {
  readonly source: string;
  readonly object: string;
  readonly fact: string;
}

export interface ResourceView {
  readonly key: string;
  readonly kind: string;
  readonly target: string;
  /** The command a person would type to make it. */
  readonly command: string;
  /** `in place`, `missing`, `different`, or what keeps it from being so. */
  readonly state: string;
  readonly scopes: readonly string[];
  readonly because: readonly ReasonView[];
  readonly needs: readonly string[];
}

export interface StepView {
  readonly verb: string;
  readonly key: string;
  readonly target: string;
  readonly command: string;
  readonly because: readonly ReasonView[];
}

export interface PlanView {
  readonly steps: readonly StepView[];
  /** Wanted, but something they need is neither there nor planned. */
  readonly blocked: readonly { readonly key: string; readonly on: string }[];
  readonly conditions: readonly ConditionView[];
}

export interface WhyView {
  readonly query: string;
  /** What the query names, with everything it stands on. */
  readonly found: readonly ResourceView[];
  readonly conditions: readonly ConditionView[];
}

export interface JournalView {
  readonly number: number;
  /** Seconds after the agent started. */
  readonly at: number;
  readonly verb: string;
  readonly key: string;
  readonly error: string | null;
  readonly because: readonly ReasonView[];
}

/** Paths of the local HTTP interface and what they answer. */
export interface ControlViews {
  '/status': StatusView;
  '/plan': PlanView;
  '/resources': readonly ResourceView[];
  '/why': WhyView;
  '/journal': readonly JournalView[];
}
