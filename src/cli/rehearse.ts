/** Answers what a running agent would be asked: reads all that one would read, plans, and applies nothing. */

import { Agent } from '../agent/agent.ts';
import { openLog } from '../agent/log.ts';
import { view } from '../agent/view.ts';
import type { ControlViews } from '../api/contract/control.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Config } from '../config/index.ts';
import { systemClock } from '../protocols/ovsdb/index.ts';

/** Milliseconds that a rehearsal may take to read everything. */
const patience = 30_000;

export async function rehearse<P extends keyof ControlViews>(
  config: Config,
  path: P,
  query: string,
): Promise<Result<ControlViews[P], string>> {
  const log = openLog({ level: 'error', format: 'human', file: undefined });
  const agent = new Agent({ config, clock: systemClock, random: Math.random, log });
  const isInformed = await agent.rehearse(patience);
  const answer = view(agent, path, query, systemClock.now());
  await agent.close();
  if (isInformed || path === '/status') return ok(answer);
  const missing = agent.parts().filter(({ state }) => state !== 'synced' && state !== 'ready');
  const names = missing.map(
    ({ name, state, reason }) => `${name} is ${state}${reason === undefined ? '' : `: ${reason}`}`,
  );
  return err(`cannot read everything: ${names.join('; ')}; run 'selvedge doctor'`);
}
