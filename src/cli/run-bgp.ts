/** `selvedge bgp`: speaks BGP as its file says, until a signal; SIGHUP reads the file again. */

import { readFileSync } from 'node:fs';

import { openLog } from '../agent/log.ts';
import { serveBgp } from '../api/control/bgp.ts';
import type { BgpViews } from '../api/contract/bgp.ts';
import { formatIssue } from '../base/issue.ts';
import type { Log } from '../base/ports.ts';
import { err, type Result } from '../base/result.ts';
import { type BgpConfig, parseBgpConfig } from '../config/bgp/read.ts';
import { type FamilyName, familyNames } from '../protocols/bgp/index.ts';
import { SpeakerProcess } from '../speaker/process.ts';
import { routes, summary } from '../speaker/view.ts';
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
export async function runBgp(path: string): Promise<number> {
  const loaded = loadBgpConfig(path);
  if (!loaded.ok) {
    for (const problem of loaded.error) complain(problem);
    return 1;
  }
  const log = openLog({ level: 'info', format: 'auto', file: undefined });
  const speaker = new SpeakerProcess(loaded.value, log);
  const started = speaker.start();
  if (!started.ok) {
    for (const each of started.error) complain(`${path}: ${formatIssue(each)}`);
    return 1;
  }
  const serving = await serveBgp(loaded.value.global.socket, { view: viewOf(speaker) });
  if (!serving.ok) log('warn', serving.error);
  process.on('SIGHUP', () => reload(speaker, path, log));
  log('info', `selvedge bgp speaks for AS ${loaded.value.global.as}`);
  await new Promise<void>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => resolve());
  });
  speaker.stop('stopped by its administrator');
  if (serving.ok) await serving.value.close();
  return 0;
}

/** With a file that cannot be used, everything stays as it was. */
function reload(speaker: SpeakerProcess, path: string, log: Log): void {
  const loaded = loadBgpConfig(path);
  const problems = loaded.ok ? speaker.reload(loaded.value).map(formatIssue) : loaded.error;
  for (const problem of problems) log('error', problem);
  log('info', loaded.ok ? `${path} is read again` : `${path} is not used: all stays as it was`);
}

function viewOf(speaker: SpeakerProcess) {
  return <P extends keyof BgpViews>(path: P, query: string): BgpViews[P] => {
    const views: BgpViews = {
      get '/summary'() {
        return summary(speaker);
      },
      get '/rib'() {
        return isFamily(query) ? routes(speaker, query) : [];
      },
    };
    return views[path];
  };
}

function isFamily(word: string): word is FamilyName {
  return (familyNames as readonly string[]).includes(word);
}
