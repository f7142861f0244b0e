/** Prometheus metrics of an agent: few, without tenants in their labels, so that their number does not grow. */

import { collectDefaultMetrics, Counter, Gauge, Registry } from 'prom-client';

import type { Agent } from './agent.ts';

export interface Metrics {
  /** One operation was carried out or refused. */
  count(verb: string, target: string, isError: boolean): void;
  render(agent: Agent): Promise<string>;
}

export function makeMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'selvedge_' });
  const registers = [registry];
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
  return {
    count: (verb, target, isError) =>
      operations.inc({ verb, target, result: isError ? 'error' : 'done' }),
    render: (agent) => {
      const { reconciler } = agent;
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
    },
  };
}
