/** Prometheus metrics of an agent: few, without tenants in their labels, so that their number does not grow. */

import type { Registry } from 'prom-client';

import type { Agent } from './agent.ts';

export interface Metrics {
  /** One operation was carried out or refused. */
  count(verb: string, target: string, isError: boolean): void;
  render(agent: Agent): Promise<string>;
}

/** Operations of one kind so far. */
interface Count {
  readonly labels: { readonly verb: string; readonly target: string; readonly result: string };
  operations: number;
}

/** The library is loaded when somebody first asks: it takes as long to load as all the rest of the agent. */
export function makeMetrics(): Metrics {
  const counts = new Map<string, Count>();
  let gauges: Promise<Gauges> | undefined;
  return {
    count: (verb, target, isError) => {
      const result = isError ? 'error' : 'done';
      const name = `${verb} ${target} ${result}`;
      const known = counts.get(name) ?? { labels: { verb, target, result }, operations: 0 };
      known.operations += 1;
      counts.set(name, known);
    },
    render: async (agent) => {
      gauges ??= makeGauges();
      return (await gauges)(agent, counts.values());
    },
  };
}

type Gauges = (agent: Agent, counts: Iterable<Count>) => Promise<string>;

async function makeGauges(): Promise<Gauges> {
  const { collectDefaultMetrics, Counter, Gauge, Registry } = await import('prom-client');
  const registry = new Registry();
  // By default the event loop is looked at a hundred times a second, whether somebody asks or not.
  collectDefaultMetrics({
    register: registry,
    prefix: 'selvedge_',
    eventLoopMonitoringPrecision: 500,
  });
  const registers: Registry[] = [registry];
  const operations = new Counter({
    name: 'selvedge_operations_total',
    help: 'Operations on the node, by verb, target and result.',
    labelNames: ['verb', 'target', 'result'],
    registers,
  });
  const resources = new Gauge({
    name: 'selvedge_resources',
    help: 'Objects that this node shall have.',
    registers,
  });
  const troubles = new Gauge({
    name: 'selvedge_troubles',
    help: 'Objects that are not as they shall be, by what keeps them.',
    labelNames: ['standing'],
    registers,
  });
  const conditions = new Gauge({
    name: 'selvedge_conditions',
    help: 'What keeps scopes from being offered in full, by severity.',
    labelNames: ['severity'],
    registers,
  });
  const up = new Gauge({
    name: 'selvedge_part_up',
    help: 'Whether a source is synced, or a target ready.',
    labelNames: ['part'],
    registers,
  });
  return (agent, counts) => {
    const { reconciler } = agent;
    operations.reset();
    for (const each of counts) operations.inc(each.labels, each.operations);
    resources.set([...reconciler.claims.keys()].length);
    const { failed, waiting, refused } = reconciler.progress;
    troubles.set({ standing: 'failed' }, failed);
    troubles.set({ standing: 'waiting' }, waiting);
    troubles.set({ standing: 'refused' }, refused);
    for (const severity of ['error', 'warning'] as const) {
      const count = reconciler.conditions().filter((each) => each.severity === severity).length;
      conditions.set({ severity }, count);
    }
    for (const { name, state } of agent.parts()) {
      up.set({ part: name }, state === 'synced' || state === 'ready' ? 1 : 0);
    }
    return registry.metrics();
  };
}
