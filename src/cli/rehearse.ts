/** Answers what a running agent would be asked: reads all that one would read, plans, and applies nothing. */

import { Agent } from '../agent/agent.ts';
import { openLog } from '../agent/log.ts';
import { view } from '../agent/view.ts';
import type { ControlViews } from '../api/contract/control.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Config } from '../config/index.ts';
import { systemClock } from '../protocols/ovsdb/index.ts';
import { complain } from './output.ts';

/** Milliseconds that a rehearsal may take to read everything. */
const patience = 30_000;
/** Milliseconds after which somebody who looks on is told what is waited for. */
const silence = 2_000;

export async function rehearse<P extends keyof ControlViews>(
  config: Config,
  path: P,
  query: string,
): Promise<Result<ControlViews[P], string>> {
  const log = openLog({ level: 'error', format: 'human', file: undefined });
  const agent = new Agent({ config, clock: systemClock, random: Math.random, log });
  const seconds = patience / 1000;
  const notice = setTimeout(() => {
    if (process.stderr.isTTY)
      complain(`no agent answers; reading without one, for up to ${seconds} s: ${absences(agent)}`);
  }, silence);
  const isInformed = await agent.rehearse(patience);
  clearTimeout(notice);
  const answer = view(agent, path, query, systemClock.now());
  const missing = absences(agent);
  await agent.close();
  if (isInformed || path === '/status') return ok(answer);
  return err(`cannot read everything: ${missing}; run 'selvedge doctor'`);
}

/** What has not been read, and why. */
function absences(agent: Agent): string {
  return agent
    .parts()
    .filter(({ state }) => state !== 'synced' && state !== 'ready')
    .map(
      ({ name, state, reason }) =>
        `${name} is ${state}${reason === undefined ? '' : `: ${reason}`}`,
    )
    .join('; ');
}
