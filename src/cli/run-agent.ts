/** `selvedge agent`: runs until a signal, and leaves everything on the node as it is. */

import { flushCompileCache } from 'node:module';
import { Agent } from '../agent/agent.ts';
import { openLog } from '../agent/log.ts';
import { type Metrics, makeMetrics } from '../agent/metrics.ts';
import { view } from '../agent/view.ts';
import { type ControlPorts, serveHealth, serveSocket } from '../api/control/server.ts';
import type { Listening } from '../api/control/http.ts';
import type { Log } from '../base/ports.ts';
import { formatIp } from '../net/ip.ts';
import type { TargetName } from '../resources/resource.ts';
import { systemClock } from '../protocols/ovsdb/index.ts';
import { capabilityRemedy, mayAlterNetwork } from './capability.ts';
import { optimiseLate } from './optimising.ts';
import { complain } from './output.ts';
import type { Loaded } from './load-config.ts';

/** Of the same parts: what an agent is made of is installed once. */
export { rehearse } from './rehearse.ts';

export interface AgentCommand {
  /** Bring the node to what is wanted once, then exit. */
  readonly oneshot: boolean;
}

/** Returns the exit status. */
export async function runAgent(
  { config, warnings }: Loaded,
  command: AgentCommand,
): Promise<number> {
  const log = openLog(config.log);
  for (const warning of warnings) log('warn', warning);
  if (!mayAlterNetwork()) {
    log('error', `cannot alter the network of this node: no CAP_NET_ADMIN; ${capabilityRemedy}`);
  }
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => stop.abort());
  for (;;) {
    const end = await runOnce(config, log, stop, command);
    if (end !== 'restart') return end;
  }
}

const targetNames: readonly string[] = [
  'kernel',
  'ovs',
  'frr',
  'ovn',
] satisfies readonly TargetName[];

/** Withdraws and takes down all that earlier runs have left, where no agent runs that could. Returns the exit status. */
export async function drainAlone(config: Loaded['config']): Promise<number> {
  const log = openLog({ level: 'info', format: 'human', file: undefined });
  if (!mayAlterNetwork()) {
    complain(`cannot alter the network of this node: no CAP_NET_ADMIN; ${capabilityRemedy}`);
    return 1;
  }
  // Nobody comes right back, for whom FRR would keep its stanzas.
  const frr = { ...config.frr, removalGrace: 0 };
  const agent = new Agent({
    config: { ...config, frr },
    clock: systemClock,
    random: Math.random,
    log,
  });
  agent.drain();
  await agent.start();
  const stop = new AbortController();
  const end = agent.run(stop.signal);
  const isSettled = await untilSettled(agent, stop.signal, () => agent.hasNothing);
  const absent = agent
    .parts()
    .filter(({ name, state }) => state === 'down' && targetNames.includes(name));
  stop.abort();
  await end;
  await agent.close();
  for (const { name, reason = '' } of absent) {
    complain(
      `${name} is down, and what it has of ours stays: ${reason}; drain again when it is up`,
    );
  }
  return isSettled && absent.length === 0 ? 0 : 1;
}

async function runOnce(
  config: Loaded['config'],
  log: Log,
  stop: AbortController,
  command: AgentCommand,
): Promise<number | 'restart'> {
  const optimiseAsUsual = optimiseLate();
  const metrics = makeMetrics();
  const cacheDirectory = process.env['CACHE_DIRECTORY'];
  const agent = new Agent({
    config,
    clock: systemClock,
    random: Math.random,
    log,
    ...(cacheDirectory === undefined ? {} : { cacheDirectory }),
    onOperation: (verb, target, isError) => metrics.count(verb, target, isError),
    onSettled: () => {
      optimiseAsUsual();
      // Node writes its cache of compiled code at the end of a process: one that is killed would leave none for the next.
      setTimeout(flushCompileCache, 1_000).unref();
    },
  });
  log('info', 'selvedge starts', { mode: config.mode });
  await agent.start();
  const servers = command.oneshot ? [] : await serve(agent, config, metrics, log);
  if (servers === undefined) return 1;
  const end = agent.run(stop.signal);
  if (command.oneshot) {
    const isSettled = await untilSettled(agent, stop.signal);
    stop.abort();
    await end;
    await agent.close();
    return isSettled ? 0 : 1;
  }
  const how = await end;
  await Promise.all(servers.map((server) => server.close()));
  await agent.close();
  log('info', 'selvedge stops; the node stays as it is');
  return how === 'restart' ? 'restart' : 0;
}

async function serve(
  agent: Agent,
  config: Loaded['config'],
  metrics: Metrics,
  log: Log,
): Promise<readonly Listening[] | undefined> {
  const ports: ControlPorts = {
    view: (path, query) => view(agent, path, query, systemClock.now()),
    drain: () => agent.drain(),
    resync: () => agent.resync(),
    isReady: () => agent.isInformed,
    metrics: () => metrics.render(agent),
  };
  const { listen, socket } = config.http;
  const opened = [await serveSocket(socket, ports)];
  if (listen !== 'off') {
    opened.push(await serveHealth({ host: formatIp(listen.ip), port: listen.port }, ports));
  }
  const servers: Listening[] = [];
  for (const each of opened) {
    // What is wrong with the window is no reason not to keep the network up.
    if (each.ok) servers.push(each.value);
    else log('error', `${each.error}; status and metrics are not to be had there`);
  }
  return servers;
}

/**
 * Milliseconds for which all must have stayed so: the kernel makes its own routes to a new IPv6 address somewhat later, and
 * these have to go again.
 */
const calm = 1_000;

/** Whether everything came to be as wanted; the time is for a node with everything to do. */
async function untilSettled(
  agent: Agent,
  signal: AbortSignal,
  isDone = (): boolean => agent.isSettled,
): Promise<boolean> {
  const deadline = systemClock.now() + 60_000;
  let doneSince: number | undefined;
  while (systemClock.now() < deadline && !signal.aborted) {
    await systemClock.sleep(50);
    await agent.reconciler.settled();
    doneSince = isDone() ? (doneSince ?? systemClock.now()) : undefined;
    if (doneSince !== undefined && systemClock.now() - doneSince >= calm) return true;
  }
  for (const { key, standing } of agent.reconciler.troubled()) complain(`${key}: ${standing.is}`);
  return false;
}
