/** The FRR target against real daemons: what it makes stands, what others have stays, what is lost comes back. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { unwrap } from '../../../src/base/result.ts';
import { bgpFamilies } from '../../../src/resources/frr.ts';
import { FrrDaemons, frrRoots, hasMgmtd } from '../../protocols/vty/frr-daemons.ts';
import {
  bgpOf,
  errorOf,
  type FrrSpec,
  operator,
  until,
  vniOf,
  vrfOf,
  WatchedTarget,
} from './harness.ts';

const done = { done: true };

/** All of one VRF, in the order of making. */
function vpn(vni: number, asn = 64999): readonly FrrSpec[] {
  const name = `vrf-${vni}`;
  return [vrfOf(name), vniOf(name, vni), bgpOf(name, asn, `10.255.1.1:${vni}`)];
}

/** In the order of removing. */
function goodbye(vni: number, asn = 64999): readonly FrrSpec[] {
  const name = `vrf-${vni}`;
  return [vniOf(name, vni), bgpOf(name, asn), vrfOf(name)];
}

for (const root of frrRoots()) {
  describe(`FRR ${root.version ?? ''} of ${root.path}`, { skip: root.skip }, () => {
    let frr: FrrDaemons;
    let watched: WatchedTarget;
    before(async () => {
      frr = await FrrDaemons.start(root);
      watched = await WatchedTarget.start(frr.directory);
    });
    after(async () => {
      await watched.target.close();
      await frr.stop();
    });

    const config = async (): Promise<string> => {
      const session = await frr.open('bgpd');
      const text = unwrap(await session.ask('show running-config'));
      session.close();
      return text;
    };

    test('makes all of a VRF, shows it as wanted, and takes it away without a trace', async () => {
      const specs = vpn(500);
      await watched.make(...specs);
      for (const spec of specs) {
        assert.equal(watched.compare(spec), 'same');
        assert.equal(watched.observe(spec)?.owner, 'us');
      }
      const text = await config();
      for (const lines of bgpFamilies(bgpOf('vrf-500', 64999, '10.255.1.1:500')).values()) {
        for (const line of lines) assert.ok(text.includes(`  ${line}\n`), line);
      }
      assert.deepEqual(await watched.apply('create', ...specs), [done, done, done]);
      assert.equal(await config(), text);
      await watched.remove(...goodbye(500));
      assert.deepEqual([...watched.target.all()], []);
      assert.doesNotMatch(await config(), /vrf-500/);
    });

    const skip = hasMgmtd(root) ? false : 'bgpd of this version keeps no VRF of its own';
    test('takes away a VRF that vtysh has told bgpd of as well', { skip }, async () => {
      await watched.make(...vpn(520));
      const bgpd = await frr.open('bgpd');
      unwrap(await bgpd.configure(['vrf vrf-520', 'exit-vrf']));
      bgpd.close();
      assert.match(await config(), /^vrf vrf-520$/m);
      await watched.remove(...goodbye(520));
      assert.doesNotMatch(await config(), /vrf-520/);
    });

    test('changes RD and targets in place, in whatever order FRR shows them', async () => {
      await watched.make(...vpn(501));
      const other = bgpOf('vrf-501', 64999, '64999:7', '9:9', '1:1', '4200000001:5');
      assert.equal(watched.compare(other), 'change');
      assert.deepEqual(await watched.apply('change', other), [done]);
      assert.equal(watched.compare(other), 'same');
      const bare = bgpOf('vrf-501', 64999);
      assert.deepEqual(await watched.apply('change', bare), [done]);
      assert.equal(watched.compare(bare), 'same');
      await watched.remove(...goodbye(501));
    });

    test('puts another AS in the place of the first, and tells that the VNI had to go', async () => {
      await watched.make(...vpn(502));
      const other = bgpOf('vrf-502', 65001);
      assert.equal(watched.compare(other), 'replace');
      watched.changed.clear();
      assert.deepEqual(await watched.apply('replace', other), [done]);
      assert.equal(watched.compare(other), 'same');
      const vni = vniOf('vrf-502', 502);
      assert.equal(watched.wasTold(vni), true);
      assert.deepEqual(await watched.apply('create', vni), [done]);
      await watched.remove(...goodbye(502, 65001));
    });

    test('keeps lines of an operator, and says which ones are in the way of removal', async () => {
      const [vrf, vni] = vpn(503);
      assert.ok(vrf !== undefined && vni !== undefined);
      await watched.make(...vpn(503));
      const head = 'router bgp 64999 vrf vrf-503';
      await operator(frr, root, head, 'neighbor 10.0.0.1 remote-as 65001');
      const changed = bgpOf('vrf-503', 64999, '64999:7');
      assert.deepEqual(await watched.apply('change', changed), [done]);
      assert.match(await config(), /neighbor 10\.0\.0\.1 remote-as 65001/);
      await watched.remove(vni);
      const [refused] = await watched.apply('remove', changed);
      assert.match(
        errorOf(refused),
        /foreign lines remain: 'neighbor 10\.0\.0\.1 remote-as 65001'.*; remove them/,
      );
      assert.doesNotMatch(await config(), /rd 64999:7/);
      await operator(frr, root, head, 'no neighbor 10.0.0.1 remote-as 65001');
      await watched.remove(changed, vrf);
    });

    test('tells within a moment of a line that somebody took out', async () => {
      await watched.make(...vpn(504));
      const bgp = bgpOf('vrf-504', 64999, '10.255.1.1:504');
      watched.changed.clear();
      await operator(
        frr,
        root,
        'router bgp 64999 vrf vrf-504',
        'address-family l2vpn evpn',
        'no advertise ipv6 unicast',
      );
      await until('the drift is told', () => watched.wasTold(bgp));
      assert.equal(watched.compare(bgp), 'change');
      assert.equal(watched.wasTold(vrfOf('vrf-504')), false);
      assert.deepEqual(await watched.apply('change', bgp), [done]);
      assert.equal(watched.compare(bgp), 'same');
    });

    test('counts a route-map in our line as a deviation', async () => {
      const bgp = bgpOf('vrf-504', 64999, '10.255.1.1:504');
      await operator(
        frr,
        root,
        'route-map M permit 10',
        'exit',
        'router bgp 64999 vrf vrf-504',
        'address-family ipv4 unicast',
        'redistribute connected route-map M',
      );
      await until('the drift is seen', () => watched.compare(bgp) === 'change');
      assert.deepEqual(await watched.apply('change', bgp), [done]);
      assert.equal(watched.compare(bgp), 'same');
      await watched.remove(...goodbye(504));
    });

    test('refuses a VNI that another VRF has, in the words of FRR, and makes the others', async () => {
      await operator(frr, root, 'vrf red', 'vni 505');
      watched.want(...vpn(505), ...vpn(506));
      await watched.apply('create', vrfOf('vrf-505'), vrfOf('vrf-506'));
      const outcomes = await watched.apply(
        'create',
        vniOf('vrf-505', 505),
        vniOf('vrf-506', 506),
        bgpOf('vrf-505', 64999),
        bgpOf('vrf-506', 64999),
      );
      assert.match(
        errorOf(outcomes[0]),
        /refused 'vni 505': .*(already configured as L3-VNI|already mapped to another vrf)/,
      );
      assert.deepEqual(outcomes.slice(1), [done, done, done]);
      assert.equal(watched.compare(vniOf('vrf-505', 505)), undefined);
      await watched.remove(bgpOf('vrf-505', 64999), vrfOf('vrf-505'), ...goodbye(506));
      await operator(frr, root, 'vrf red', 'no vni 505', 'exit', 'no vrf red');
    });

    test('refuses an instance where another AS is', async () => {
      await operator(frr, root, 'router bgp 65001 vrf vrf-507');
      const [outcome] = await watched.apply('create', bgpOf('vrf-507', 64999));
      assert.match(errorOf(outcome), /'router bgp 65001 vrf vrf-507'.*remove it/);
      await operator(frr, root, 'no router bgp 65001 vrf vrf-507');
    });

    test('leaves alone what others have, under our names too, and shows it when wanted', async () => {
      await operator(frr, root, 'vrf blue', 'vni 600');
      await operator(frr, root, 'vrf vrf-508', 'vni 601');
      await operator(frr, root, 'vrf vrf-509', 'exit');
      await watched.make(...vpn(510));
      assert.deepEqual(
        [...watched.target.all()].map(({ key }) => key),
        ['frr vrf vrf-510', 'frr vni vrf-510', 'frr bgp vrf-510'],
      );
      watched.want(vniOf('blue', 600), vniOf('vrf-508', 508), vrfOf('vrf-509'));
      assert.equal(watched.observe(vniOf('blue', 600))?.owner, 'nobody');
      assert.equal(watched.observe(vniOf('vrf-508', 508))?.owner, 'nobody');
      assert.equal(watched.observe(vrfOf('vrf-509'))?.owner, 'us');
      await watched.remove(...goodbye(510), vrfOf('vrf-509'));
      await operator(frr, root, 'vrf blue', 'no vni 600', 'exit', 'no vrf blue');
      await operator(frr, root, 'vrf vrf-508', 'no vni 601', 'exit', 'no vrf vrf-508');
    });

    test('keeps what was ours when its VNI is altered or gone', async () => {
      await watched.make(...vpn(511));
      const vni = vniOf('vrf-511', 511);
      await operator(frr, root, 'vrf vrf-511', 'no vni 511', 'vni 602');
      await until('the drift is seen', () => watched.compare(vni) === 'change');
      assert.equal(watched.observe(vni)?.owner, 'us');
      assert.deepEqual(await watched.apply('change', vni), [done]);
      await watched.remove(...goodbye(511));
    });

    test('finds everything again as its own after a start anew', async () => {
      await watched.make(...vpn(512));
      const second = await WatchedTarget.start(frr.directory);
      for (const spec of vpn(512)) {
        assert.equal(second.compare(spec), 'same');
        assert.equal(second.observe(spec)?.owner, 'us');
      }
      await second.target.close();
    });

    test('sees a daemon go, and tells of everything when it is back', async () => {
      await watched.make(...vpn(512));
      const bgp = bgpOf('vrf-512', 64999, '10.255.1.1:512');
      watched.changed.clear();
      await frr.kill('bgpd', 'SIGKILL');
      await until('it is down', () => watched.target.state.state === 'down');
      assert.equal(watched.observe(bgp), undefined);
      assert.deepEqual(await watched.apply('create', bgp), [
        { done: false, waiting: 'FRR is not running' },
      ]);
      watched.changed.clear();
      await frr.run('bgpd');
      await until('it is ready', () => watched.target.state.state === 'ready');
      for (const spec of vpn(512)) assert.equal(watched.wasTold(spec), true);
      assert.equal(watched.observe(bgp), undefined);
      assert.deepEqual(await watched.apply('create', bgp), [done]);
      assert.equal(watched.compare(bgp), 'same');
    });

    test('repairs what a restarted zebra or mgmtd forgot', async () => {
      const keeper = hasMgmtd(root) ? 'mgmtd' : 'zebra';
      await frr.kill(keeper);
      await until('it is down', () => watched.target.state.state === 'down');
      await frr.run(keeper);
      if (hasMgmtd(root)) await frr.settleMgmtd();
      await until('it is ready', () => watched.target.state.state === 'ready');
      const vni = vniOf('vrf-512', 512);
      assert.equal(watched.observe(vni), undefined);
      assert.equal(watched.observe(bgpOf('vrf-512', 64999))?.owner, 'us');
      assert.deepEqual(await watched.apply('create', vrfOf('vrf-512')), [done]);
      assert.deepEqual(await watched.apply('create', vni), [done]);
      assert.equal(watched.compare(vni), 'same');
      await watched.remove(...goodbye(512));
    });

    test('starts without FRR, and is ready when it comes', async () => {
      await frr.kill('bgpd');
      const early = await WatchedTarget.start(frr.directory);
      assert.equal(early.target.state.state, 'down');
      assert.match(
        early.target.state.state === 'down' ? early.target.state.reason : '',
        /FRR is not running: cannot reach .*bgpd\.vty/,
      );
      early.want(...vpn(513));
      await frr.run('bgpd');
      await until('it is ready', () => early.target.state.state === 'ready');
      for (const spec of vpn(513)) assert.equal(early.wasTold(spec), true);
      await early.target.close();
    });
  });
}
