/** What keeps the process small, each in a process of its own: it holds for all that is in it. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { test } from 'node:test';

const module = pathToFileURL(join(import.meta.dirname, '../../src/speaker/memory.ts')).href;

/** What the script prints, as a value. */
function run(script: string): unknown {
  const whole = `import { collectGarbage, keepYoungSmall, Tidying } from '${module}';\n${script}`;
  const args = ['--input-type=module', '--eval', whole];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}

test('pages of the program that were needed by the start only are given back, and come back', () => {
  const program = run(`
    import { readFileSync } from 'node:fs';
    const before = kibibytesOfPrograms();
    new Tidying().work();
    const deadline = Date.now() + 60_000;
    const watch = setInterval(() => {
      const after = kibibytesOfPrograms();
      if (after * 2 > before && Date.now() < deadline) return;
      clearInterval(watch);
      console.log(JSON.stringify({ before, after, sum: [1, 2, 3].reduce((a, b) => a + b) }));
    }, 50);
    function kibibytesOfPrograms() {
      let isFile = false;
      let sum = 0;
      for (const line of readFileSync('/proc/self/smaps', 'utf8').split('\\n')) {
        const head = /^[0-9a-f]+-[0-9a-f]+ r.*p \\S+ \\S+ (\\d+)/.exec(line);
        if (head !== null) isFile = head[1] !== '0';
        if (isFile) sum += Number(/^Rss: +(\\d+)/.exec(line)?.[1] ?? 0);
      }
      return sum;
    }`) as { before: number; after: number; sum: number };
  assert.ok(
    program.after * 2 <= program.before,
    `${program.after} of ${program.before} KiB are left`,
  );
  assert.equal(program.sum, 6);
});

test('objects that live for a while do not make room for more of them', () => {
  const { before, after } = run(`
    import { getHeapSpaceStatistics } from 'node:v8';
    keepYoungSmall();
    const before = young();
    let kept = [];
    for (let n = 0; n < 3_000_000; n += 1) {
      kept.push({ n });
      if (kept.length > 100_000) kept = [];
    }
    console.log(JSON.stringify({ before, after: young() }));
    function young() {
      const spaces = getHeapSpaceStatistics();
      return spaces.find(({ space_name }) => space_name === 'new_space').space_size;
    }`) as { before: number; after: number };
  assert.ok(after <= before, `they have ${after} octets, and had ${before}`);
});

test('what nobody holds is collected when that is asked for', () => {
  const isGone = run(`
    let garbage = { large: new Array(1000) };
    const seen = new WeakRef(garbage);
    garbage = undefined;
    setImmediate(() => {
      collectGarbage();
      console.log(seen.deref() === undefined);
    });`);
  assert.equal(isGone, true);
});
