/**
 * Which files of tests run at the same time: many of those that wait for other programs most of the time, one or two of
 * those that compute. Together they keep one processor busy, so that a guest of the lab can have the other.
 */

import { globSync } from 'node:fs';

export interface Pool {
  readonly name: string;
  /** How many files at once. */
  readonly concurrency: number;
  /** Paths from the root of the tree; those that take longest first, where it matters. */
  readonly files: readonly string[];
  /** Whether it is to begin when `test/interop/fetch.ts` has fetched other daemons: without them tests are skipped. */
  readonly needsPeers: boolean;
}

/** Real daemons, retries, time limits of our own. */
const waiting = /^test\/(agent|api|cli|deploy|interop|speaker|targets|protocols\/\w+\/io)\//;

/** Each takes a minute of a processor, so they begin at once and one after the other. */
export const longFiles: readonly string[] = [
  'test/protocols/bgp/wire/fuzz.test.ts',
  'test/reconcile/history.test.ts',
];

/** Every `test/**` file of tests, each in one pool. */
export function testPools(root: string): readonly Pool[] {
  const all = globSync('test/**/*.test.ts', { cwd: root }).toSorted();
  const isLong = (file: string) => longFiles.includes(file);
  const others = all.filter((file) => !isLong(file));
  return [
    { name: 'long', concurrency: 1, files: all.filter(isLong), needsPeers: false },
    {
      name: 'waiting',
      concurrency: 4,
      files: others.filter((file) => waiting.test(file)),
      needsPeers: true,
    },
    {
      name: 'computing',
      concurrency: 1,
      files: others.filter((file) => !waiting.test(file)),
      needsPeers: false,
    },
  ];
}
