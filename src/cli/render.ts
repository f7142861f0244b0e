/** The views of an agent as text. Pure, but for the colours. */

import type {
  ConditionView,
  PlanView,
  ReasonView,
  ResourceView,
  StatusView,
  WhyView,
} from '../api/contract/control.ts';
import { formatTable, paint } from './output.ts';

const signs: Readonly<Record<string, string>> = {
  create: '+',
  change: '~',
  adopt: '=',
  replace: '±',
  remove: '-',
};

export function renderPlan(plan: PlanView): string {
  const lines = plan.steps.flatMap(({ verb, key, command, because }) => [
    paint(colourOf(verb), `${signs[verb] ?? '?'} ${verb.padEnd(7)} ${key}`),
    `      ${command}`,
    ...renderReasons(because, '      ', verb === 'remove' ? 'it was for' : 'because'),
  ]);
  const blocked = plan.blocked.map(({ key, on }) =>
    paint('yellow', `! ${key} has to wait: there is no ${on}`),
  );
  const counts = Object.entries(Object.groupBy(plan.steps, ({ verb }) => verb))
    .map(([verb, steps]) => `${steps?.length ?? 0} to ${verb}`)
    .join(', ');
  return [...lines, ...blocked, ...renderConditions(plan.conditions), summarize(plan, counts)].join(
    '\n',
  );
}

function summarize({ steps, blocked, conditions }: PlanView, counts: string): string {
  if (steps.length > 0) return `Plan: ${counts}.`;
  const isAsItShouldBe =
    blocked.length === 0 && conditions.every(({ severity }) => severity !== 'error');
  return isAsItShouldBe
    ? 'Nothing to do: the node is as it should be.'
    : 'Nothing can be done as things are.';
}

function colourOf(verb: string): 'green' | 'yellow' | 'red' | 'cyan' {
  if (verb === 'create') return 'green';
  if (verb === 'remove') return 'red';
  return verb === 'adopt' ? 'cyan' : 'yellow';
}

function renderReasons(
  because: readonly ReasonView[],
  indent: string,
  word = 'because',
): readonly string[] {
  return because.map(({ source, object, fact }) =>
    paint(
      'dim',
      `${indent}${source === 'Selvedge' ? 'because' : word} ${source} ${object}: ${fact}`,
    ),
  );
}

const colours = { error: 'red', warning: 'yellow', note: 'dim' } as const;

function renderConditions(conditions: readonly ConditionView[]): readonly string[] {
  // Scopes that share an object have the same to say.
  const messages = new Map(conditions.map(({ severity, message }) => [message, severity]));
  return [...messages].map(([message, severity]) =>
    paint(colours[severity], `${severity}: ${message}`),
  );
}

function wordOf({ running, drained, settled, uptime }: StatusView): string {
  if (!running) return `no agent runs ('selvedge plan' tells what one would do)`;
  return `${drained ? 'drained' : settled ? 'settled' : 'working'}, up ${uptime} s`;
}

export function renderStatus(status: StatusView): string {
  const parts = formatTable(
    ['PART', 'STATE', ''],
    status.parts.map(({ name, state, reason }) => [name, state, reason ?? '']),
  );
  const counts = Object.entries(status.resources)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ');
  const troubles = status.troubles.map(({ key, standing, detail }) =>
    paint('yellow', `${key}: ${standing}: ${detail}`),
  );
  return [
    `${status.mode} on ${status.node ?? '(no system-id)'}: ${wordOf(status)}, VTEP ${status.vtep ?? 'none'}, underlay MTU ${status.underlayMtu ?? 'unknown'}`,
    '',
    parts,
    '',
    `${status.scopes} scopes; ${counts === '' ? 'nothing wanted' : counts}; ${status.operations} operations so far`,
    ...(status.awaiting > 0 ? [paint('dim', awaitingText(status.awaiting))] : []),
    ...troubles,
    ...renderConditions(status.conditions),
  ].join('\n');
}

function awaitingText(count: number): string {
  return `${count} of these await a port that OVN makes when it has something on their network here (selvedge show resources)`;
}

export function renderResources(resources: readonly ResourceView[]): string {
  return formatTable(
    ['OBJECT', 'TARGET', 'STATE'],
    resources.map(({ key, target, state }) => [key, target, state]),
  );
}

export function renderWhy(why: WhyView): string {
  if (why.found.length === 0 && why.conditions.length === 0) {
    return `Nothing on this node has to do with ${why.query}.`;
  }
  const known = new Set<string>();
  const lines = why.found.flatMap(({ key, command, state, because }) => {
    // A fact is told where it first matters; what stands below rests on it as well.
    const fresh = because.filter(({ source, object, fact }) => {
      const text = `${source} ${object} ${fact}`;
      if (known.has(text)) return false;
      known.add(text);
      return true;
    });
    const mark = state === 'in place' ? paint('green', state) : paint('red', state);
    return [`${paint('bold', key)}  ${mark}`, `    ${command}`, ...renderReasons(fresh, '    ')];
  });
  return [...lines, ...renderConditions(why.conditions)].join('\n');
}

/** VRFs with what hangs on each. */
export function renderVrfs(resources: readonly ResourceView[]): string {
  const vrfs = resources.filter(({ key }) => /^link vrf-\d+$/.test(key));
  const rows = vrfs.map(({ key, state }) => {
    const vni = key.slice('link vrf-'.length);
    const hosts = resources.filter((each) => each.key.startsWith(`address lo-${vni} `)).length;
    const routes = resources.filter((each) => each.key.startsWith(`route ${vni} `)).length;
    const troubled = resources.filter(
      (each) => each.state !== 'in place' && new RegExp(`[- ]${vni}( |$)`).test(each.key),
    ).length;
    return [
      `vrf-${vni}`,
      vni,
      String(hosts),
      String(routes),
      troubled === 0 ? state : `${troubled} not in place`,
    ];
  });
  return formatTable(['VRF', 'VNI', 'ADDRESSES', 'ROUTES', 'STATE'], rows);
}
