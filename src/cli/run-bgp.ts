/** `selvedge bgp`: speaks BGP as its file says, until a signal; SIGHUP reads the file again. */

import { readFileSync } from 'node:fs';

import { openLog } from '../agent/log.ts';
import { type BgpPorts, serveBgp } from '../api/control/bgp.ts';
import type { Listening } from '../api/control/http.ts';
import { serveHealth } from '../api/control/server.ts';
import { formatIssue } from '../base/issue.ts';
import type { Log } from '../base/ports.ts';
import { err, type Result } from '../base/result.ts';
import { type BgpConfig, parseBgpConfig } from '../config/bgp/read.ts';
import { formatIp } from '../net/ip.ts';
import { rehearse } from '../protocols/bgp/index.ts';
import { dumpPortions } from '../speaker/dump.ts';
import { eventPortions } from '../speaker/events.ts';
import { collectGarbage, keepYoungSmall, Tidying } from '../speaker/memory.ts';
import { makePages } from '../speaker/metrics.ts';
import { resetPeer, shutdownPeer, startPeer } from '../speaker/orders.ts';
import { neighborPortions } from '../speaker/peers.ts';
import { SpeakerProcess } from '../speaker/process.ts';
import { routePortions } from '../speaker/routes.ts';
import { summary } from '../speaker/view.ts';
import { complain } from './output.ts';

/** All that is wrong, each with its place. */
export function loadBgpConfig(path: string): Result<BgpConfig, readonly string[]> {
  try {
    const parsed = parseBgpConfig(readFileSync(path, 'utf8'));
    return parsed.ok ? parsed : err(parsed.error.map((each) => `${path}: ${formatIssue(each)}`));
  } catch (cause) {
    return err([`cannot read the configuration: ${cause instanceof Error ? cause.message : ''}`]);
  }
}

/** Returns the exit status. */
export async function runBgp(path: string, isRestart = false): Promise<number> {
  const loaded = loadBgpConfig(path);
  if (!loaded.ok) {
    for (const problem of loaded.error) complain(problem);
    return 1;
  }
  const log = openLog({ level: 'info', format: 'auto', file: undefined });
  keepYoungSmall();
  const tidying = new Tidying();
  rehearse();
  const speaker = new SpeakerProcess(loaded.value, log, tidying.work, isRestart);
  collectGarbage();
  const started = speaker.start();
  if (!started.ok) {
    for (const each of started.error) complain(`${path}: ${formatIssue(each)}`);
    return 1;
  }
  const servers = await serve(speaker, log);
  process.on('SIGHUP', () => reload(speaker, path, log));
  tidying.work();
  log('info', `selvedge bgp speaks for AS ${loaded.value.global.as}`);
  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => resolve(name));
  });
  // A unit that is restarted is sent SIGTERM: whoever has `preserve` is to keep our routes meanwhile. SIGINT is for good.
  if (signal === 'SIGTERM') speaker.leave('stopped by its administrator');
  else speaker.stop('stopped by its administrator');
  for (const server of servers) await server.close();
  return 0;
}

/** With a file that cannot be used, everything stays as it was. */
function reload(speaker: SpeakerProcess, path: string, log: Log): void {
  const loaded = loadBgpConfig(path);
  const problems = loaded.ok ? speaker.reload(loaded.value).map(formatIssue) : loaded.error;
  for (const problem of problems) log('error', problem);
  log('info', loaded.ok ? `${path} is read again` : `${path} is not used: all stays as it was`);
}

/** What is wrong with a window is no reason not to speak. */
async function serve(speaker: SpeakerProcess, log: Log): Promise<readonly Listening[]> {
  const { global, metrics } = speaker.config;
  const opened = [await serveBgp(global.socket, portsOf(speaker))];
  if (metrics.port !== undefined) {
    const pages = { isReady: () => true, metrics: makePages(speaker) };
    opened.push(await serveHealth({ host: formatIp(metrics.address), port: metrics.port }, pages));
  }
  for (const each of opened) if (!each.ok) log('error', each.error);
  return opened.flatMap((each) => (each.ok ? [each.value] : []));
}

function portsOf(speaker: SpeakerProcess): BgpPorts {
  return {
    views: { '/summary': () => summary(speaker) },
    lists: {
      '/neighbors': (query) => neighborPortions(speaker, query),
      '/rib': (query) => routePortions(speaker, query),
      '/watch': (query, until) => eventPortions(speaker, query, until),
    },
    dump: (query) => dumpPortions(speaker, query),
    orders: {
      '/reset': (query) => resetPeer(speaker, query),
      '/shutdown': (query) => shutdownPeer(speaker, query),
      '/start': (query) => startPeer(speaker, query),
    },
  };
}
