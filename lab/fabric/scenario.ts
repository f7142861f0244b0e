/**
 * Scenarios as node:test tests: `scenario(title, plan)` runs the plan on the shared fabric with a cloud of its own that
 * is taken away afterwards. When it fails, the state of every node lies in one folder named after it.
 */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Cloud } from './cloud/cloud.ts';
import { collectState } from './collect.ts';
import type { Namespace } from './namespace.ts';
import { outDir } from './out.ts';
import { formatReport, Stream, type StreamReport } from './stream.ts';
import { bringUpFabric, type Fabric, nameFabric } from './topology.ts';
import { guestSeconds } from './uptime.ts';
import { waitFor } from './wait.ts';

export interface Stage {
  readonly fabric: Fabric;
  readonly cloud: Cloud;
  /** Names the part that begins: it stands in the output, and in the error when the part fails. */
  step(title: string): void;
  /** A figure or remark for the report. */
  note(text: string): void;
  /** Run at the end, last first, whether the scenario passed or not: stops agents, undoes damage. */
  cleanup(undo: () => Promise<unknown>): void;
  /** Waits until `from` gets answers from `to`. */
  reaches(from: Namespace, to: string, seconds?: number): Promise<void>;
  /** Holds that `from` gets no answer from `to`. */
  isCutOff(from: Namespace, to: string): Promise<void>;
  /** Runs `body` under a stream from `from` to `to`; what became of the stream. */
  underStream(from: Namespace, to: string, body: () => Promise<void>): Promise<StreamReport>;
}

let fabric: Promise<Fabric> | undefined;

/** The boot's one fabric: brought up by the first who asks, unless `lab/main.ts up` has done so. */
export function theFabric(): Promise<Fabric> {
  fabric ??=
    process.env['LAB_FABRIC'] === 'up'
      ? Promise.resolve(nameFabric())
      : bringUpFabric((step) => print(`fabric: ${step}`));
  return fabric;
}

export function scenario(title: string, plan: (stage: Stage) => Promise<void>): void {
  test(title, async (context) => {
    const shared = await theFabric();
    const running = new RunningStage(shared, title, context);
    try {
      await plan(running);
    } catch (error) {
      const dir = join(outDir, folderName(title));
      await collectState(shared, dir);
      await mkdir(dir, { recursive: true });
      await writeFile(join(dir, 'failure.txt'), `${title}\nin: ${running.current}\n${text(error)}\n`);
      throw new Error(`in step '${running.current}' (state in ${dir})`, { cause: error });
    } finally {
      await running.end();
    }
  });
}

class RunningStage implements Stage {
  readonly fabric: Fabric;
  readonly cloud: Cloud;
  readonly #context: TestContext;
  readonly #undo: (() => Promise<unknown>)[] = [];
  current = 'start';

  constructor(shared: Fabric, title: string, context: TestContext) {
    this.fabric = shared;
    this.cloud = new Cloud(shared);
    this.#context = context;
    print(`scenario: ${title}`);
  }

  step(title: string): void {
    this.current = title;
    print(`  ${title}`);
  }

  note(remark: string): void {
    print(`    ${remark}`);
    this.#context.diagnostic(remark);
  }

  cleanup(undo: () => Promise<unknown>): void {
    this.#undo.unshift(undo);
  }

  async reaches(from: Namespace, to: string, seconds?: number): Promise<void> {
    await waitFor(`${from.name} to reach ${to}`, () => from.pings(to, 1), seconds);
  }

  async isCutOff(from: Namespace, to: string): Promise<void> {
    if (await from.pings(to)) throw new Error(`${from.name} reaches ${to}, but must not`);
  }

  async underStream(
    from: Namespace,
    to: string,
    body: () => Promise<void>,
  ): Promise<StreamReport> {
    const stream = await Stream.start(from, to);
    // The stream must stop, and be reported, also when the body fails.
    const failure = await body().then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    const report = await stream.stop();
    this.note(`stream ${from.name} -> ${to}: ${formatReport(report)}`);
    if (failure !== undefined) throw failure.error;
    return report;
  }

  async end(): Promise<void> {
    for (const undo of this.#undo) await undo().catch((e: unknown) => print(`  cleanup: ${text(e)}`));
    await this.cloud.clear();
  }
}

function print(line: string): void {
  process.stdout.write(`[${guestSeconds()} s] ${line}\n`);
}

function folderName(title: string): string {
  return title.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-').slice(0, 60);
}

function text(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : `\n  because: ${text(error.cause)}`;
  return `${error.stack ?? error.message}${cause}`;
}
