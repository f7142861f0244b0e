/** What is known of a bridge's flows when its switch comes and goes amid the questions. A program in the place of
 * ovs-ofctl answers, since no real switch can be made to restart between two of its answers. */

import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { systemClock } from '../../../src/protocols/ovsdb/index.ts';
import { silentLog } from '../../../src/base/ports.ts';
import type { IfName } from '../../../src/net/if-name.ts';
import { FlowTable } from '../../../src/targets/ovs/flow-table.ts';

/** Dumps answer one after the other, the last one from then on; `monitor` hears nothing and stays. */
function fakeOfctl(directory: string, answers: readonly string[]): void {
  answers.forEach((answer, index) => writeFileSync(join(directory, `dump-${index + 1}`), answer));
  const program = join(directory, 'ovs-ofctl');
  writeFileSync(
    program,
    `#!/bin/sh
cd ${directory}
case "$*" in *monitor*) exec sleep 60;; esac
n=$(( $(cat count 2>/dev/null || echo 0) + 1 ))
[ $n -gt ${answers.length} ] && n=${answers.length}
echo $n > count
[ "$(cat dump-$n)" = down ] && exit 1
cat dump-$n
`,
  );
  chmodSync(program, 0o755);
}

const flow = ' cookie=0x3e6, priority=77,ip,in_port=7,nw_src=10.9.0.0/24 actions=drop\n';

const courses: readonly (readonly [name: string, ...dumps: string[]])[] = [
  ['is another one when the watch begins', flow, ''],
  ['is down at the first dump after that', flow, 'down', ''],
  ['is down for a while', flow, 'down', 'down', 'down', ''],
];

for (const [name, ...dumps] of courses) {
  test(`the flows of a switch that ${name} are not taken for those of before`, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'selvedge-ofctl-'));
    const path = process.env['PATH'];
    process.env['PATH'] = `${directory}:${path}`;
    fakeOfctl(directory, dumps);
    let changed = 0;
    const table = new FlowTable({
      bridge: 'br-ex' as IfName,
      cookie: 0x3e6,
      numbering: {
        ofport: () => undefined,
        portName: () => undefined,
        macOf: () => undefined,
        deviceOf: () => undefined,
      },
      ownerOfDevice: () => undefined,
      clock: systemClock,
      log: silentLog,
      changed: () => (changed += 1),
    });
    t.after(() => {
      table.close();
      process.env['PATH'] = path;
      rmSync(directory, { recursive: true, force: true });
    });
    await table.start();
    assert.equal([...table.all()].length, 1);
    for (let tries = 0; tries < 400 && [...table.all()].length > 0; tries += 1) {
      await systemClock.sleep(25);
    }
    assert.deepEqual([...table.all()], []);
    assert.equal(changed, 2);
  });
}
