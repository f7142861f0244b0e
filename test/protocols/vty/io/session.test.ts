import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { unwrap } from '../../../../src/base/result.ts';
import {
  findDaemons,
  offersCommand,
  openVty,
  parseConfig,
  stanzaBody,
  vtyPath,
} from '../../../../src/protocols/vty/index.ts';
import { FrrDaemons, frrRoots, hasMgmtd, realClock } from '../frr-daemons.ts';

for (const root of frrRoots()) {
  const title = `a session with FRR ${root.version ?? ''} of ${root.path}`;
  describe(title, { skip: root.skip }, () => {
    let frr: FrrDaemons;
    const vrfDaemon = hasMgmtd(root) ? 'mgmtd' : 'zebra';
    before(async () => {
      frr = await FrrDaemons.start(root);
    });
    after(() => frr.stop());

    test('finds the daemons that listen', async () => {
      const expected = hasMgmtd(root) ? ['bgpd', 'mgmtd', 'zebra'] : ['bgpd', 'zebra'];
      assert.deepEqual(unwrap(await findDaemons(frr.directory)), expected);
    });

    test('learns without trying which daemon takes the VNI of a VRF', async () => {
      for (const name of unwrap(await findDaemons(frr.directory))) {
        const session = await frr.open(name);
        assert.equal(unwrap(await offersCommand(session, 'vrf', 'vni')), name === vrfDaemon, name);
        assert.equal(
          unwrap(await offersCommand(session, 'config', 'router bgp')),
          name === 'bgpd',
          name,
        );
        session.close();
      }
    });

    test('answers many commands under way in their order', async () => {
      const session = await frr.open('bgpd');
      const commands = Array.from({ length: 100 }, (_, at) =>
        at % 3 === 0 ? 'show running-config' : `bogus ${at}`,
      );
      const replies = await Promise.all(commands.map((command) => session.run(command)));
      for (const [at, reply] of replies.entries()) {
        const { status, text } = unwrap(reply);
        if (at % 3 === 0) assert.match(text, /^frr version/);
        else assert.equal(text, `% [BGP] Unknown command: bogus ${at}`);
        assert.equal(status, at % 3 === 0 ? 0 : 2);
      }
      session.close();
    });

    test('configures a stanza that then stands in the running configuration', async () => {
      const session = await frr.open(vrfDaemon);
      unwrap(await session.configure(['vrf vrf-500', 'vni 500', 'exit-vrf']));
      const config = parseConfig(unwrap(await session.run('show running-config')).text);
      assert.deepEqual(stanzaBody(config, ['vrf vrf-500']), [
        { line: 'vni 500', body: [], exit: undefined },
      ]);
      session.close();
    });

    test('stops at the line that is refused, says which, and can be used on', async () => {
      const session = await frr.open('bgpd');
      unwrap(await session.configure(['router bgp 64999 vrf vrf-500', 'exit']));
      const refused = await session.configure([
        'router bgp 64999 vrf vrf-500',
        'bgp router-id 10.0.0.1',
        'exit',
        'router bgp 65001 vrf vrf-500',
        'bgp router-id 10.0.0.2',
      ]);
      assert.equal(refused.ok, false);
      if (refused.ok) return;
      assert.equal(refused.error.at, 3);
      const { reason } = refused.error;
      assert.equal(reason.kind, 'refused');
      if (reason.kind !== 'refused') return;
      assert.equal(reason.reply.status, 13);
      assert.match(reason.reply.text, /already running; AS is 64999$/);
      unwrap(await session.configure(['router bgp 64999 vrf vrf-500', 'exit']));
      const config = parseConfig(unwrap(await session.run('show running-config')).text);
      const lines = stanzaBody(config, ['router bgp 64999 vrf vrf-500'])?.map(({ line }) => line);
      assert.deepEqual(lines, ['bgp router-id 10.0.0.1']);
      session.close();
    });

    test('lets no other command into a configuration under way', async () => {
      const session = await frr.open('bgpd');
      const changes = [session.configure(['router bgp 64999 vrf a', 'exit'])];
      const shown = session.run('show running-config');
      changes.push(session.configure(['router bgp 64999 vrf b', 'exit']));
      for (const change of changes) unwrap(await change);
      assert.match(unwrap(await shown).text, /router bgp 64999 vrf a/);
      session.close();
    });

    test('notices at once that the daemon is gone, whichever way it goes', async () => {
      for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
        const session = await frr.open('bgpd');
        await frr.kill('bgpd', signal);
        assert.equal((await session.closed).cause, 'ended');
        const late = await session.run('show version');
        assert.equal(late.ok || late.error.kind, 'closed');
        const again = await openVty({ path: vtyPath(frr.directory, 'bgpd'), clock: realClock });
        assert.equal(again.ok || again.error.kind, 'unreachable');
        await frr.run('bgpd');
      }
    });
  });
}
