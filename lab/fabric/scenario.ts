/**
 * Scenarios as node:test tests: `scenario(title, plan)` runs the plan on the shared fabric with a cloud of its own that
 * is taken away afterwards. When it fails, the state of every node lies in one folder named after it.
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { claim, fileName } from './claim.ts';
import { Cloud } from './cloud/cloud.ts';
import { collectState, summarize } from './collect.ts';
import type { Namespace } from './namespace.ts';
import { outDir } from './out.ts';
import { say } from './say.ts';
import { formatReport, Stream, type StreamReport } from './stream.ts';
import { bringUpFabric, type Fabric, nameFabric } from './topology.ts';
import { waitFor } from './wait.ts';

export interface Stage {
  readonly fabric: Fabric;
  readonly cloud: Cloud;
  /** Names the part that begins: it stands in the output, and in the error when the part fails. */
  readonly step: (title: string) => void;
  /** A figure or remark for the report. */
  readonly note: (text: string) => void;
  /** Run at the end, last first, whether the scenario passed or not: stops agents, undoes damage. */
  readonly cleanup: (undo: () => Promise<unknown>) => void;
  /** Waits until `from` gets answers from `to`. */
  readonly reaches: (from: Namespace, to: string, seconds?: number) => Promise<void>;
  /** Holds that `from` gets no answer from `to`. */
  readonly isCutOff: (from: Namespace, to: string) => Promise<void>;
  /** Runs `body` under a stream from `from` to `to`, of so many packets a second; what became of the stream. */
  readonly underStream: (
    from: Namespace,
    to: string,
    body: () => Promise<void>,
    rate?: number,
  ) => Promise<StreamReport>;
}

let shared: Promise<Fabric> | undefined;

/** The boot's one fabric: brought up by the first who asks, unless `lab/main.ts up` has done so. */
export function theFabric(): Promise<Fabric> {
  shared ??=
    process.env['LAB_FABRIC'] === 'up'
      ? Promise.resolve(nameFabric())
      : bringUpFabric((step) => say(`fabric: ${step}`));
  return shared;
}

/** Why a scenario is skipped that another guest of the same run has taken. */
export const elsewhere = 'in another guest';

/** Takes away what outlasts the scenarios that stand on it. */
let ground: (() => Promise<void>) | undefined;

export function layGround(takeAway: () => Promise<void>): void {
  ground = takeAway;
}

/** Nothing when there is none. */
export async function clearGround(): Promise<void> {
  const takeAway = ground;
  ground = undefined;
  await takeAway?.();
}

/**
 * `skip` says what the guest lacks, if it lacks something. One that `stands` begins with what others have left for it, see
 * `standing.ts`; before any other that is taken away.
 */
export function scenario(
  title: string,
  plan: (stage: Stage) => Promise<void>,
  skip?: string,
  stands = false,
): void {
  test(title, async (context) => {
    // The whole title: of two that began alike, one would never be run.
    if (!claim(fileName(title))) return context.skip(elsewhere);
    if (skip !== undefined) return context.skip(skip);
    const fabric = await theFabric();
    const running = openStage(fabric, title, context);
    let isSound = false;
    try {
      if (!stands) await clearGround();
      await plan(running.stage);
      isSound = true;
    } catch (error) {
      const dir = join(outDir, folderName(title));
      await collectState(fabric, dir);
      await mkdir(dir, { recursive: true });
      const step = running.step();
      await writeFile(join(dir, 'failure.txt'), `${title}\nin: ${step}\n${formatError(error)}\n`);
      const message = `in step '${step}' (state in ${dir})\n${await summarize(fabric)}`;
      throw new Error(message, { cause: error });
    } finally {
      await running.close();
      // Nobody knows what a failure has left of it.
      if (!isSound) await clearGround().catch(sayLeft);
    }
  });
}

interface RunningStage {
  readonly stage: Stage;
  /** The step it is in. */
  step(): string;
  close(): Promise<void>;
}

/** Closures, not a class: a plan takes the stage apart into its words. */
function openStage(fabric: Fabric, title: string, context: TestContext): RunningStage {
  const cloud = new Cloud(fabric);
  const undo: (() => Promise<unknown>)[] = [];
  let current = 'start';
  say(`scenario: ${title}`);
  const note = (remark: string) => {
    say(`    ${remark}`);
    context.diagnostic(remark);
  };
  const stage: Stage = {
    fabric,
    cloud,
    note,
    step(words) {
      current = words;
      say(`  ${words}`);
    },
    cleanup: (action) => void undo.unshift(action),
    async reaches(from, to, seconds) {
      await waitFor(`${from.name} to reach ${to}`, () => from.pings(to, 1), seconds);
    },
    async isCutOff(from, to) {
      if (await from.pings(to)) throw new Error(`${from.name} reaches ${to}, but must not`);
    },
    underStream: async (from, to, body, rate) =>
      runUnderStream(await Stream.start(from, to, rate), `${from.name} -> ${to}`, body, note),
  };
  const close = async () => {
    for (const action of undo) {
      await action().catch(sayLeft);
    }
    await cloud.clear();
  };
  return { stage, step: () => current, close };
}

async function runUnderStream(
  stream: Stream,
  name: string,
  body: () => Promise<void>,
  note: (remark: string) => void,
): Promise<StreamReport> {
  // The stream must stop, and be reported, also when the body fails.
  const failure = await body()
    .then(() => stream.flows())
    .then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
  const report = await stream.stop();
  note(`stream ${name}: ${formatReport(report)}`);
  if (failure !== undefined) throw failure.error;
  return report;
}

function sayLeft(error: unknown): void {
  say(`  cleanup: ${formatError(error)}`);
}

/** Short enough to be read in a list. */
function folderName(title: string): string {
  return fileName(title).slice(0, 60);
}

function formatError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\n  because: ${formatError(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
