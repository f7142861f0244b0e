/** Asks a running agent over its socket; where none runs, a rehearsal in this process answers the same questions. */

import type { ControlViews } from '../api/contract/control.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Config } from '../config/index.ts';
import { call } from './call.ts';

export async function ask<P extends keyof ControlViews>(
  config: Config,
  path: P,
  query = '',
): Promise<Result<ControlViews[P], string>> {
  const answer = await call(config.http.socket, 'GET', `${path}?q=${encodeURIComponent(query)}`);
  // The agent's own version of the contract: the two are installed together.
  if (answer.ok) return ok(answer.value as ControlViews[P]);
  if (answer.error.isRefused) return err(answer.error.message);
  const { rehearse } = await import('./run-agent.ts');
  return rehearse(config, path, query);
}

export interface Unanswered {
  readonly message: string;
  /** No agent runs, as far as can be told. */
  readonly isAbsent: boolean;
}

/** Orders that a running agent takes; a rehearsal cannot stand in for it. */
export async function order(
  config: Config,
  what: 'drain' | 'resync',
): Promise<Result<unknown, Unanswered>> {
  const answer = await call(config.http.socket, 'POST', `/${what}`);
  if (answer.ok) return answer;
  const { message, code } = answer.error;
  const isAbsent = code === 'ENOENT' || code === 'ECONNREFUSED';
  return err({
    message: `cannot reach the agent at ${config.http.socket}: ${message}; start it with 'selvedge agent', then ${what} again`,
    isAbsent,
  });
}
