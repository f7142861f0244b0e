/** Sessions with the daemons of a real FRR: whether it can be told anything yet. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { unwrap } from '../../../src/base/result.ts';
import { connectFrr, sessionsOf } from '../../../src/targets/frr/connect.ts';
import { FrrDaemons, frrRoots, hasMgmtd, realClock } from '../../protocols/vty/frr-daemons.ts';
import { until } from './harness.ts';

for (const root of frrRoots()) {
  const skip = root.skip === false && !hasMgmtd(root) ? 'no mgmtd' : root.skip;
  describe(`FRR ${root.version ?? ''} of ${root.path}`, { skip }, () => {
    let frr: FrrDaemons;
    before(async () => {
      frr = await FrrDaemons.start(root);
    });
    after(() => frr.stop());

    test('is not there before zebra has come to mgmtd', async () => {
      await frr.settleMgmtd();
      await frr.kill('mgmtd');
      await frr.run('mgmtd');
      const reasons: string[] = [];
      await until('sessions', async () => {
        const connected = await connectFrr(frr.directory, realClock);
        if (!connected.ok) reasons.push(connected.error);
        if (!connected.ok) return false;
        const { vrf } = connected.value;
        const shown = unwrap(await vrf.ask('show mgmt backend-adapter all'));
        for (const session of sessionsOf(connected.value)) session.close();
        assert.match(shown, /Client:\s+zebra/);
        return true;
      });
      const late = 'FRR is not running: zebra has not come to mgmtd yet';
      assert.ok(reasons.includes(late), reasons.join('; '));
    });
  });
}
