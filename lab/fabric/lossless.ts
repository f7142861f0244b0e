/** Streams that must lose nothing while one agent gives way to another. */

import assert from 'node:assert/strict';
import type { Namespace } from './namespace.ts';
import type { Stage } from './scenario.ts';

/** Runs `body` under a stream to each of the addresses, and holds that each of its packets was answered. */
export async function isLossless(
  stage: Stage,
  from: Namespace,
  [first, ...others]: readonly string[],
  body: () => Promise<void>,
): Promise<void> {
  if (first === undefined) return body();
  const next = () => isLossless(stage, from, others, body);
  const report = await stage.underStream(from, first, next);
  assert.ok(report.sent > 50);
  assert.equal(report.lost, 0, `to ${first}`);
}
