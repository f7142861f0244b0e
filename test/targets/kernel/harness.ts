/** A kernel target in this network namespace, with the words that its cases share. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, silentLog } from '../../../src/base/ports.ts';
import { makeKinds, resourceOf, type Spec } from '../../../src/resources/index.ts';
import type { Key, Kind, Verb } from '../../../src/resources/resource.ts';
import { done, type Observed, type Operation } from '../../../src/resources/target.ts';
import type { BgpDriver } from '../../../src/targets/kernel/bgp-driver.ts';
import { type KernelTarget, openKernelTarget } from '../../../src/targets/kernel/index.ts';
import { Skip } from '../../protocols/netlink/io/namespace.ts';

export const kinds = makeKinds({ removal: 0 });

const clock: Clock = {
  now: () => performance.now(),
  sleep: async (ms, signal) => {
    await sleep(ms, undefined, signal === undefined ? {} : { signal });
  },
};

export interface Watched {
  readonly target: KernelTarget;
  /** Keys reported as changed, oldest first. */
  readonly changed: Key[];
}

/** Runs a case with a started target and closes it. */
export async function withTarget(
  body: (watched: Watched) => Promise<void>,
  options: {
    readonly wanted?: readonly Spec[];
    readonly noticeBuffer?: number;
    readonly bgpDriver?: BgpDriver;
  } = {},
): Promise<void> {
  const { noticeBuffer, bgpDriver } = options;
  const target = openKernelTarget({
    clock,
    random: Math.random,
    log: silentLog,
    bgpDriver,
    ...(noticeBuffer === undefined ? {} : { noticeBuffer }),
  });
  const changed: Key[] = [];
  target.wanted((options.wanted ?? []).map(keyOf));
  await target.start({ changed: (keys) => changed.push(...keys), stateChanged: () => {} });
  assert.deepEqual(target.state, { state: 'ready' });
  try {
    await body({ target, changed });
  } finally {
    await target.close();
  }
}

export function keyOf(spec: Spec): Key {
  return resourceOf(kinds, spec, []).key;
}

export function operation(target: KernelTarget, verb: Verb, spec: Spec): Operation<Spec> {
  const key = keyOf(spec);
  const seen = target.observe(key)?.spec as Spec | undefined;
  return { verb, key, target: 'kernel', spec, observed: seen, because: [] };
}

/** Carries out one operation for each spec, in one call, all of which must be done. */
export async function apply(target: KernelTarget, verb: Verb, ...specs: Spec[]): Promise<void> {
  target.wanted(specs.map(keyOf));
  const outcomes = await target.apply(specs.map((spec) => operation(target, verb, spec)));
  for (const [at, outcome] of outcomes.entries()) {
    if (!outcome.done && 'error' in outcome && /EOPNOTSUPP/.test(outcome.error)) {
      throw new Skip(`this kernel has no such thing: ${outcome.error}`);
    }
    assert.deepEqual(outcome, done, keyOf(specs[at]!));
  }
}

/** Fails unless the object is known as wanted, ours, with nothing left to do. */
export function assertSettled(target: KernelTarget, ...specs: Spec[]): void {
  for (const spec of specs) {
    const seen = observed(target, spec);
    assert.ok(isSettled(target, spec), `${keyOf(spec)}: ${inspect(seen)}`);
  }
}

export function isSettled(target: KernelTarget, spec: Spec): boolean {
  const seen = observed(target, spec);
  const kind: Kind = (kinds as Readonly<Record<string, Kind>>)[spec.kind]!;
  if (seen === undefined || kind.compare(spec, seen.spec) !== 'same') return false;
  return !kind.marked || seen.owner === 'us';
}

function inspect(value: unknown): string {
  return JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}` : each));
}

export function observed(target: KernelTarget, spec: Spec): Observed | undefined {
  return target.observe(keyOf(spec));
}

/** iproute2, which must succeed; its output. */
export function ip(command: string): string {
  const run = spawnSync('ip', command.split(' '), { encoding: 'utf8' });
  if (/Unknown device type|Operation not supported/.test(run.stderr)) {
    throw new Skip(`this kernel has no such thing: ip ${command}: ${run.stderr.trim()}`);
  }
  assert.equal(run.status, 0, `ip ${command}: ${run.stderr}`);
  return run.stdout;
}

/** Takes devices away that a case has made, whether they are there or not. */
export function removeDevices(...names: readonly string[]): void {
  for (const name of names) spawnSync('ip', ['link', 'del', name]);
}

/** Polls until it is so; the deadline is for a broken test only. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await isSo())) {
    assert.ok(performance.now() < end, `still not: ${what}`);
    await sleep(5);
  }
}
