/** What an agent knows, as the views of its local interface. Everything reads from the same claims and observations. */

import type {
  ControlViews,
  JournalView,
  PlanView,
  ResourceView,
  StatusView,
  StepView,
  WhyView,
} from '../api/contract/control.ts';
import { formatIp } from '../net/ip.ts';
import type { Kind, Resource } from '../resources/resource.ts';
import type { Agent } from './agent.ts';

export function viewStatus(agent: Agent, now: number): StatusView {
  const { reconciler, inventory } = agent;
  const resources: Record<string, number> = {};
  let awaiting = 0;
  for (const key of reconciler.claims.keys()) {
    if (reconciler.standing(key)?.is === 'awaiting') awaiting += 1;
    const kind = reconciler.claims.wanted(key)?.spec.kind ?? '';
    resources[kind] = (resources[kind] ?? 0) + 1;
  }
  const troubles = reconciler.troubled().map(({ key, standing }) => ({
    key,
    standing: standing.is,
    detail: detailOf(standing),
  }));
  const { vtep, underlayMtu } = inventory.host;
  return {
    mode: agent.mode.name,
    node: inventory.ovs.systemId ?? null,
    vtep: vtep === undefined ? null : formatIp(vtep),
    underlayMtu: underlayMtu ?? null,
    running: agent.isRunning,
    uptime: Math.round((now - agent.startedAt) / 1000),
    drained: agent.isDrained,
    settled: agent.isSettled,
    parts: agent.parts().map((part) => ({ ...part, reason: part.reason ?? null })),
    conditions: reconciler.conditions().filter(({ severity }) => severity !== 'note'),
    troubles,
    awaiting,
    resources,
    scopes: [...reconciler.claims.scopes()].length,
    operations: reconciler.journal.count,
  };
}

/** The text of a standing, whichever it is. */
function detailOf(standing: object): string {
  for (const name of ['error', 'for', 'reason']) {
    const text: unknown = Reflect.get(standing, name);
    if (typeof text === 'string') return text;
  }
  return '';
}

export function viewPlan(agent: Agent): PlanView {
  const { levels, blocked, conditions } = agent.reconciler.preview();
  const steps = levels.flat().map(
    (operation): StepView => ({
      verb: operation.verb,
      key: operation.key,
      target: operation.target,
      command: kindOf(agent, operation.spec.kind).print(operation.verb, operation.spec),
      because: operation.because,
    }),
  );
  return {
    steps,
    blocked: blocked.map(({ operation, on }) => ({ key: operation.key, on })),
    conditions: conditions.filter(({ severity }) => severity !== 'note'),
  };
}

export function viewResources(agent: Agent): readonly ResourceView[] {
  const { claims } = agent.reconciler;
  return [...claims.keys()].sort().flatMap((key) => {
    const wanted = claims.wanted(key);
    return wanted === undefined ? [] : [viewResource(agent, wanted)];
  });
}

function viewResource(agent: Agent, wanted: Resource): ResourceView {
  const kind = kindOf(agent, wanted.spec.kind);
  return {
    key: wanted.key,
    kind: wanted.spec.kind,
    target: kind.target,
    command: kind.print('create', wanted.spec),
    state: stateOf(agent, wanted, kind),
    scopes: agent.reconciler.claims.scopesOf(wanted.key),
    because: wanted.because,
    needs: wanted.needs,
  };
}

function stateOf(agent: Agent, wanted: Resource, kind: Kind): string {
  const standing = agent.reconciler.standing(wanted.key);
  const detail = standing === undefined ? '' : detailOf(standing);
  if (standing !== undefined && detail !== '') return `${standing.is}: ${detail}`;
  const observed = agent.observe(wanted.key);
  if (observed === undefined) return 'missing';
  return kind.compare(wanted.spec, observed.spec) === 'same' ? 'in place' : 'different';
}

/** The resources that a text names: by address, MAC, device, prefix, or any word of their keys and reasons. */
export function viewWhy(agent: Agent, query: string): WhyView {
  const all = viewResources(agent);
  const named = all.filter((resource) => isNamedBy(resource, query));
  const keys = new Set(named.map(({ key }) => key));
  // What the named ones stand on, all the way down.
  for (const key of keys) {
    for (const need of all.find((each) => each.key === key)?.needs ?? []) keys.add(need);
  }
  // And what tells the fabric of it: the stanzas of the VRFs it is in.
  for (const { key, target, needs } of all) {
    if (target === 'frr' && needs.some((need) => keys.has(need))) keys.add(key);
  }
  const found = all.filter(({ key }) => keys.has(key));
  const scopes = new Set(found.flatMap((resource) => resource.scopes));
  const conditions = agent.reconciler
    .conditions()
    .filter(({ scope, message }) => scopes.has(scope) || hasWord(message, query));
  return { query, found: sortByNeed(found), conditions };
}

function isNamedBy({ key, because }: ResourceView, query: string): boolean {
  if (hasWord(key, query)) return true;
  return because.some(({ object }) => hasWord(object, query));
}

/** Whole words only: 10.1.0.1 does not name 10.1.0.11; a prefix is named by its address as well. */
function hasWord(text: string, query: string): boolean {
  return text
    .split(/[\s,='"()]+/)
    .some((word) => word === query || word.split('/')[0] === query || word === `'${query}'`);
}

/** What is stood upon comes last: from the announcement down to the device. */
function sortByNeed(found: readonly ResourceView[]): readonly ResourceView[] {
  const byKey = new Map<string, ResourceView>(found.map((resource) => [resource.key, resource]));
  const depth = new Map<string, number>();
  const depthOf = (key: string): number => {
    const known = depth.get(key);
    if (known !== undefined) return known;
    depth.set(key, 0);
    const below = (byKey.get(key)?.needs ?? []).filter((need) => byKey.has(need)).map(depthOf);
    const own = below.length === 0 ? 0 : Math.max(...below) + 1;
    depth.set(key, own);
    return own;
  };
  return [...found].sort((a, b) => depthOf(b.key) - depthOf(a.key) || (a.key < b.key ? -1 : 1));
}

export function viewJournal(agent: Agent): readonly JournalView[] {
  return agent.reconciler.journal.entries().map((entry) => ({
    number: entry.number,
    at: Math.round(entry.at - agent.startedAt) / 1000,
    verb: entry.verb,
    key: entry.key,
    error: entry.error ?? null,
    because: entry.because,
  }));
}

function kindOf(agent: Agent, name: string): Kind {
  const kinds: Readonly<Record<string, Kind>> = agent.kinds;
  const kind = kinds[name];
  if (kind === undefined) throw new Error(`no such kind of resource: ${name}`);
  return kind;
}

/** Any view by its path. */
export function view<P extends keyof ControlViews>(
  agent: Agent,
  path: P,
  query: string,
  now: number,
): ControlViews[P] {
  const views: { readonly [K in keyof ControlViews]: () => ControlViews[K] } = {
    '/status': () => viewStatus(agent, now),
    '/plan': () => viewPlan(agent),
    '/resources': () => viewResources(agent),
    '/why': () => viewWhy(agent, query),
    '/journal': () => viewJournal(agent),
  };
  return views[path]();
}
