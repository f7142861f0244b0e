/**
 * What FRR's own BGP instance says of a segment, against real daemons: ours are the RD and the targets of its VNI, and
 * whatever else is in the operator's stanza stays as it is.
 */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { unwrap } from '../../../src/base/result.ts';
import type { Owner } from '../../../src/resources/target.ts';
import { FrrDaemons, frrRoots } from '../../protocols/vty/frr-daemons.ts';
import { errorOf, type FrrSpec, operator, segmentOf, until, WatchedTarget } from './harness.ts';

const done = { done: true };

const own = 'router bgp 64999';
const evpn = 'address-family l2vpn evpn';
const segment = segmentOf(700, 64999, '10.255.0.1:700', '64999:1', '4200000001:5');

for (const root of frrRoots()) {
  describe(`segments of FRR ${root.version ?? ''} of ${root.path}`, { skip: root.skip }, () => {
    let frr: FrrDaemons;
    let watched: WatchedTarget;
    let devices: Readonly<Record<string, Owner>> = { 'vxlan-700': 'us' };
    let tellOfLinks = (): void => {};
    before(async () => {
      frr = await FrrDaemons.start(root);
      watched = await WatchedTarget.start(frr.directory, {
        ownerOf: (name) => devices[name],
        onLinksChanged: (listener) => {
          tellOfLinks = listener;
        },
      });
    });
    after(async () => {
      await watched.target.close();
      await frr.stop();
    });

    const bgpd = async (command: string): Promise<string> => {
      const session = await frr.open('bgpd');
      const text = unwrap(await session.ask(command));
      session.close();
      return text;
    };
    /** What stands in `vni N`, as bgpd prints it; undefined when there is none. */
    const linesOf = async (vni: number): Promise<readonly string[] | undefined> => {
      const text = await bgpd('show running-config');
      const [, body] = new RegExp(`^  vni ${vni}\\n(.*?)^  exit-vni$`, 'ms').exec(text) ?? [];
      return body?.split('\n').flatMap((line) => (line === '' ? [] : line.trim()));
    };
    const change = async (spec: FrrSpec): Promise<void> => {
      assert.equal(watched.compare(spec), 'change');
      assert.deepEqual(await watched.apply('change', spec), [done]);
      assert.equal(watched.compare(spec), 'same');
    };

    test('are refused until the operator has an instance that takes EVPN, and say what is missing', async () => {
      watched.want(segment);
      const [outcome] = await watched.apply('create', segment);
      assert.equal(
        errorOf(outcome),
        "cannot make 'vni 700' in 'router bgp 64999': FRR has no such BGP instance; configure it in FRR",
      );
      await operator(frr, root, own);
      const [second] = await watched.apply('create', segment);
      assert.equal(
        errorOf(second),
        "cannot make 'vni 700' in 'router bgp 64999': FRR has no 'advertise-all-vni' in its 'address-family l2vpn evpn'; configure it in FRR",
      );
      assert.equal(await linesOf(700), undefined);
      watched.changed.clear();
      await operator(frr, root, own, evpn, 'advertise-all-vni');
      await until('it is told', () => watched.wasTold(segment));
    });

    test('are made, altered line by line, and taken back whole', async () => {
      await watched.make(segment);
      assert.equal(watched.compare(segment), 'same');
      assert.equal(watched.observe(segment)?.owner, 'us');
      assert.deepEqual(await linesOf(700), [
        'rd 10.255.0.1:700',
        'route-target import 4200000001:5',
        'route-target import 64999:1',
        'route-target export 64999:1',
      ]);
      // An RD that was taken back is one that FRR may be told again.
      await change(segmentOf(700, 64999, undefined, '64999:2'));
      await change(segment);
      await change(segmentOf(700, 64999, '10.255.0.1:701'));
      assert.deepEqual(await linesOf(700), ['rd 10.255.0.1:701']);
      await change(segment);
      await watched.remove(segment);
      assert.equal(await linesOf(700), undefined);
    });

    test('that zebra knows announce themselves by what is said', async () => {
      const link = ['link', 'add', 'vxlan-700', 'type', 'vxlan', 'id', '700', 'dstport', '4789'];
      frr.ip(...link, 'local', '10.255.0.1', 'nolearning');
      frr.ip('link', 'add', 'br-700', 'type', 'bridge');
      frr.ip('link', 'set', 'vxlan-700', 'master', 'br-700');
      for (const name of ['br-700', 'vxlan-700']) frr.ip('link', 'set', name, 'up');
      const announced = async (): Promise<string> => bgpd('show bgp l2vpn evpn vni 700');
      // The bridge a little after the VNI.
      await until('bgpd has it', async () =>
        /VNI: 700[^]*SVI interface : br/.test(await announced()),
      );
      const derived = await announced();
      assert.match(derived, /64999:700/);
      await watched.make(segment);
      const told = await announced();
      assert.match(told, /RD: 10\.255\.0\.1:700/);
      assert.match(
        told,
        /Import Route Target:\s+4200000001:5\s+64999:1\s+Export Route Target:\s+64999:1/,
      );
      await watched.remove(segment);
      assert.equal(await announced(), derived);
    });

    test('leave what else an operator says of them, and other VNIs, as they are', async () => {
      await operator(frr, root, own, evpn, 'vni 700', 'advertise-svi-ip');
      await operator(frr, root, own, evpn, 'vni 701', 'route-target import 1:1');
      await watched.make(segment);
      assert.equal((await linesOf(700))?.length, 5);
      await watched.remove(segment);
      assert.deepEqual(await linesOf(700), ['advertise-svi-ip']);
      assert.deepEqual(await linesOf(701), ['route-target import 1:1']);
      assert.equal(watched.observe(segmentOf(701, 64999)), undefined);
      await operator(frr, root, own, evpn, 'no vni 700', 'no vni 701');
    });

    test('are told of within a second when somebody alters them', async () => {
      await watched.make(segment);
      watched.changed.clear();
      await operator(frr, root, own, evpn, 'vni 700', 'no rd 10.255.0.1:700');
      await until('it is told', () => watched.wasTold(segment));
      await change(segment);
    });

    test('that nobody wants are ours by their device, and not where that is the tunnel of a VRF', async () => {
      const left = segmentOf(702, 64999, '10.255.0.1:702');
      await operator(frr, root, own, evpn, 'vni 702', 'rd 10.255.0.1:702');
      devices = { ...devices, 'vxlan-702': 'us' };
      tellOfLinks();
      await until('it is seen', () => watched.observe(left)?.owner === 'us');
      devices = { ...devices, 'vrf-702': 'us' };
      await operator(frr, root, own, evpn, 'vni 702', 'rd 10.255.0.1:703');
      await until('it is let go', () => watched.observe(left) === undefined);
    });
  });
}
