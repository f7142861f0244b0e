/**
 * A VRF whose routes FRR's own BGP instance takes in, against real daemons: our lines stand in the operator's stanza,
 * and whatever else is in it stays as it is.
 */

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { basename } from 'node:path';
import { after, before, describe, test } from 'node:test';

import type { Clock } from '../../../src/base/ports.ts';
import { unwrap } from '../../../src/base/result.ts';
import type { Owner } from '../../../src/resources/target.ts';
import { FrrDaemons, frrRoots, realClock } from '../../protocols/vty/frr-daemons.ts';
import {
  bgpOf,
  errorOf,
  type FrrSpec,
  importOf,
  leakOf,
  operator,
  until,
  WatchedTarget,
} from './harness.ts';

const done = { done: true };

const vrf = 'bgp-vrf';
const leak = leakOf(vrf, 64999, '10.255.0.1');
const imported = importOf(vrf, 64999);
const own = 'router bgp 64999';
const ip4 = 'address-family ipv4 unicast';

for (const root of frrRoots()) {
  describe(`imports of FRR ${root.version ?? ''} of ${root.path}`, { skip: root.skip }, () => {
    let frr: FrrDaemons;
    let watched: WatchedTarget;
    let device: Owner | undefined = 'us';
    let tellOfLinks = (): void => {};
    before(async () => {
      frr = await FrrDaemons.start(root);
      watched = await WatchedTarget.start(frr.directory, {
        ownerOf: (name) => (name === vrf ? device : undefined),
        onLinksChanged: (listener) => {
          tellOfLinks = listener;
        },
      });
    });
    after(async () => {
      await watched.target.close();
      await frr.stop();
    });

    /** The stanza with this line, as bgpd prints it; empty when there is none. */
    const stanza = async (line: string): Promise<string> => {
      const session = await frr.open('bgpd');
      const text = unwrap(await session.ask('show running-config'));
      session.close();
      const from = text.indexOf(`\n${line}\n`);
      return from < 0 ? '' : text.slice(from + 1, text.indexOf('\nexit\n', from) + 1);
    };
    const change = async (spec: FrrSpec): Promise<void> => {
      assert.equal(watched.compare(spec), 'change');
      assert.deepEqual(await watched.apply('change', spec), [done]);
      assert.equal(watched.compare(spec), 'same');
    };

    test('tells the AS and the router id of the own instance, which stay when that goes', async () => {
      const told = async (what: string, ...lines: readonly string[]) => {
        await operator(frr, root, ...lines);
        watched.want(importOf(vrf, 64999));
        await until(what, () => watched.own.at(-1) === what);
      };
      assert.deepEqual(watched.own, []);
      await told('64999 -', own);
      await told('64999 10.255.0.9', own, 'bgp router-id 10.255.0.9');
      await operator(frr, root, `no ${own}`);
      await told('65010 -', 'router bgp 65010');
      assert.equal(watched.own.length, 3);
      await operator(frr, root, 'no router bgp 65010');
    });

    test('tells them also while nothing is wanted of FRR, which may be for want of them', async () => {
      const hasty: Clock = {
        ...realClock,
        sleep: (ms, signal) => realClock.sleep(Math.min(ms, 50), signal),
      };
      const idle = await WatchedTarget.start(frr.directory, undefined, hasty);
      assert.deepEqual(idle.own, []);
      await operator(frr, root, own, 'bgp router-id 10.255.0.9');
      await until('it is told', () => idle.own.at(-1) === '64999 10.255.0.9');
      await idle.target.close();
      await operator(frr, root, `no ${own}`);
    });

    test('makes a VRF without EVPN, and adds or takes away what is otherwise', async () => {
      await watched.make(leak);
      assert.equal(watched.compare(leak), 'same');
      assert.equal(watched.observe(leak)?.owner, 'us');
      const text = await stanza(`${own} vrf ${vrf}`);
      assert.match(text, /^ bgp router-id 10\.255\.0\.1$/m);
      assert.equal(text.match(/^ {2}redistribute (connected|kernel)$/gm)?.length, 4);
      assert.doesNotMatch(text, /l2vpn/);
      await change(leakOf(vrf, 64999, '10.255.0.2'));
      await change(bgpOf(vrf, 64999, '64999:7', '1:1'));
      const changed = await stanza(`${own} vrf ${vrf}`);
      assert.doesNotMatch(changed, /redistribute kernel/);
      assert.match(changed, /^ bgp router-id 10\.255\.0\.2$/m, 'nobody asked for another');
      await change(leak);
      assert.doesNotMatch(await stanza(`${own} vrf ${vrf}`), /advertise|rd|route-target/);
    });

    test('says that there is no instance to import into, and tells when there is', async () => {
      watched.want(imported);
      const [outcome] = await watched.apply('create', imported);
      assert.equal(
        errorOf(outcome),
        "cannot make 'import vrf bgp-vrf' in 'router bgp 64999': " +
          'FRR has no such BGP instance; configure it in FRR',
      );
      assert.equal(await stanza(own), '');
      watched.changed.clear();
      await operator(frr, root, own);
      await until('it is told', () => watched.wasTold(imported));
      assert.deepEqual(await watched.apply('create', imported), [done]);
      assert.equal(watched.compare(imported), 'same');
      assert.equal(watched.observe(imported)?.owner, 'us');
      await watched.remove(imported);
      await operator(frr, root, `no ${own}`);
    });

    test('refuses an instance of another AS, names both, and leaves it as it is', async () => {
      await operator(frr, root, 'router bgp 65001');
      const text = await stanza('router bgp 65001');
      watched.want(imported);
      const [outcome] = await watched.apply('create', imported);
      assert.equal(
        errorOf(outcome),
        "cannot make 'import vrf bgp-vrf' in 'router bgp 64999': " +
          "FRR has 'router bgp 65001'; configure the same AS in FRR and in Selvedge",
      );
      assert.equal(await stanza('router bgp 65001'), text);
      assert.equal(await stanza(own), '');
      await operator(frr, root, 'no router bgp 65001');
    });

    test('leaves the stanza of the operator and other imports as they were', async () => {
      await operator(
        frr,
        root,
        own,
        'bgp router-id 192.0.2.9',
        'neighbor 192.0.2.1 remote-as 65000',
        ip4,
        'network 198.51.100.0/24',
        'import vrf other',
      );
      const text = await stanza(own);
      await watched.make(imported);
      const made = await stanza(own);
      assert.equal(made.match(/^ {2}import vrf bgp-vrf$/gm)?.length, 2);
      assert.deepEqual(await watched.apply('create', imported), [done]);
      assert.equal(await stanza(own), made);
      assert.equal([...watched.target.all()].length, 2, 'the other import is none of ours');
      assert.equal(watched.observe(importOf('other', 64999)), undefined);
      watched.want(importOf('other', 64999));
      assert.equal(watched.observe(importOf('other', 64999))?.owner, 'nobody');
      await watched.remove(imported);
      assert.equal(await stanza(own), text);
    });

    test('tells within a moment of a line that somebody took out of one family', async () => {
      await watched.make(imported);
      watched.changed.clear();
      await operator(frr, root, own, ip4, 'no import vrf bgp-vrf');
      await until('the drift is told', () => watched.wasTold(imported));
      await change(imported);
    });

    test('finds both again as its own after a start anew, or another’s as the device is', async () => {
      const second = await WatchedTarget.start(frr.directory, {
        ownerOf: (name) => (name === vrf ? device : undefined),
        onLinksChanged: () => {},
      });
      for (const spec of [leak, imported]) {
        assert.equal(second.compare(spec), 'same');
        assert.equal(second.observe(spec)?.owner, 'us');
      }
      await second.target.close();
      const owner = (): Owner | undefined => watched.observe(imported)?.owner;
      for (const next of ['nobody', 'predecessor', 'us'] as const) {
        device = next;
        tellOfLinks();
        await until(`it is of ${next}`, () => owner() === next);
      }
    });

    test('is told of a restart, and makes both again when the operator’s stanza is back', async () => {
      watched.changed.clear();
      await frr.kill('bgpd', 'SIGKILL');
      await until('it is down', () => watched.target.state.state === 'down');
      await frr.run('bgpd');
      await until('it is ready', () => watched.target.state.state === 'ready');
      assert.equal(watched.wasTold(leak) && watched.wasTold(imported), true);
      assert.deepEqual(await watched.apply('create', leak), [done]);
      assert.match(errorOf((await watched.apply('create', imported))[0]), /no such BGP instance/);
      watched.changed.clear();
      await operator(frr, root, own);
      await until('it is told', () => watched.wasTold(imported));
      assert.deepEqual(await watched.apply('create', imported), [done]);
    });

    test('has an address of the VRF in FRR’s own table', async (t) => {
      const netns = basename(frr.directory);
      const added = ['link', 'add', vrf, 'type', 'vrf', 'table', '10'];
      if (spawnSync('ip', ['-n', netns, ...added]).status !== 0) {
        t.skip('this kernel has no VRF devices');
        return;
      }
      const ip = (...words: readonly string[]) => execFileSync('ip', ['-n', netns, ...words]);
      ip('link', 'set', vrf, 'up');
      ip('link', 'add', 'bgp-nic', 'master', vrf, 'type', 'dummy');
      ip('link', 'set', 'bgp-nic', 'up');
      ip('address', 'add', '203.0.113.7/32', 'dev', 'bgp-nic');
      ip('address', 'add', '2001:db8::7/128', 'dev', 'bgp-nic');
      const bgpd = await frr.open('bgpd');
      const shows = async (family: string, prefix: string): Promise<boolean> =>
        unwrap(await bgpd.ask(`show bgp ${family} unicast`)).includes(prefix);
      await until('IPv4 is there', () => shows('ipv4', '203.0.113.7/32'));
      await until('IPv6 is there', () => shows('ipv6', '2001:db8::7/128'));
      assert.equal(watched.compare(leak), 'same', 'what FRR adds by itself is no deviation');
      assert.equal(watched.compare(imported), 'same');
      await watched.remove(imported);
      await until('IPv4 is gone', async () => !(await shows('ipv4', '203.0.113.7/32')));
      bgpd.close();
      await watched.make(imported);
      ip('link', 'del', 'bgp-nic');
      ip('link', 'del', vrf);
    });

    test('takes both away, and nothing else', async () => {
      await watched.remove(imported, leak);
      assert.deepEqual([...watched.target.all()], []);
      assert.doesNotMatch(await stanza(own), /import/);
      assert.notEqual(await stanza(own), '');
      assert.equal(await stanza(`${own} vrf ${vrf}`), '');
    });
  });
}
