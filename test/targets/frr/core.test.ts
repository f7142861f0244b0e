/** The core over the FRR target and real daemons: it comes to what is wanted, and back to it, by events alone. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { silentLog } from '../../../src/base/ports.ts';
import { unwrap } from '../../../src/base/result.ts';
import { parseIfName } from '../../../src/net/if-name.ts';
import { parseTableId } from '../../../src/net/numbers.ts';
import { Reconciler } from '../../../src/reconcile/reconciler.ts';
import { makeKinds, resourceOf, type Spec } from '../../../src/resources/index.ts';
import type { Key, TargetName } from '../../../src/resources/resource.ts';
import {
  absentTarget,
  done,
  type Observed,
  type Operation,
  type Outcome,
  type Target,
  type TargetEvents,
} from '../../../src/resources/target.ts';
import { openFrrTarget } from '../../../src/targets/frr/index.ts';
import { FrrDaemons, frrRoots, realClock } from '../../protocols/vty/frr-daemons.ts';
import { bgpOf, importOf, operator, until, vniOf, vrfOf } from './harness.ts';

/** Takes everything as done: the devices that stanzas need. */
class WillingTarget implements Target {
  readonly name: TargetName;
  readonly state = { state: 'ready' } as const;
  readonly #objects = new Map<Key, Observed>();
  #events: TargetEvents | undefined;

  constructor(name: TargetName) {
    this.name = name;
  }

  observe(key: Key): Observed | undefined {
    return this.#objects.get(key);
  }

  all(): Iterable<Observed> {
    return this.#objects.values();
  }

  start(events: TargetEvents): Promise<void> {
    this.#events = events;
    return Promise.resolve();
  }

  wanted(): void {}

  apply(operations: readonly Operation[]): Promise<readonly Outcome[]> {
    for (const { verb, key, spec } of operations) {
      if (verb === 'remove') this.#objects.delete(key);
      else this.#objects.set(key, { key, spec, owner: 'us' });
    }
    this.#events?.changed(operations.map(({ key }) => key));
    return Promise.resolve(operations.map(() => done));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const kinds = makeKinds({ removal: 0 });

for (const root of frrRoots()) {
  describe(`the core over FRR ${root.version ?? ''}`, { skip: root.skip }, () => {
    let frr: FrrDaemons;
    let core: Reconciler;
    let target: Target;
    before(async () => {
      frr = await FrrDaemons.start(root);
      const clock = realClock;
      const random = (): number => 0.5;
      const { directory: vtyDirectory } = frr;
      target = openFrrTarget({ vtyDirectory, clock, random, log: silentLog });
      const targets = {
        kernel: new WillingTarget('kernel'),
        ovs: new WillingTarget('ovs'),
        frr: target,
        ovn: absentTarget('ovn'),
      };
      const retry = { initial: 100, max: 1_000 };
      core = new Reconciler({ kinds, targets, clock, random, retry, inheritLeftovers: false });
      for (const each of Object.values(targets)) {
        await each.start({
          changed: (keys) => {
            core.observedChange(keys);
            core.advance();
          },
          stateChanged: () => {
            if (each.state.state === 'ready') core.markAll();
            core.advance();
          },
        });
      }
      core.allowRemoval();
    });
    after(async () => {
      await target.close();
      await frr.stop();
    });

    const isReached = (): boolean => {
      core.advance();
      return core.troubled().length === 0 && core.preview().levels.length === 0;
    };
    const want = (vni: number): void => {
      const name = `vrf-${vni}`;
      const vrf = vrfOf(name);
      const devices = [name, `br-${vni}`, `vxlan-${vni}`].map(
        (link): Spec => ({
          kind: 'link',
          name: unwrap(parseIfName(link)),
          is: { type: 'vrf', table: unwrap(parseTableId(vni)) },
        }),
      );
      const specs = [bgpOf(name, 64999, `10.0.0.1:${vni}`), vniOf(name, vni), vrf, ...devices];
      core.setScope(name, {
        resources: specs.map((spec) => resourceOf(kinds, spec, [])),
        conditions: [],
      });
    };
    /** What was refused, but for what was yet to come from the operator. */
    const errors = (): readonly string[] =>
      core.journal
        .entries()
        .flatMap(({ error }) => error ?? [])
        .filter((error) => !error.includes('no such BGP instance'));

    test('makes what is wanted', async () => {
      for (const vni of [701, 702, 703]) want(vni);
      await until('all is made', isReached);
      assert.equal([...target.all()].length, 9);
      assert.deepEqual(errors(), []);
    });

    test('repairs what somebody took out', async () => {
      const begun = core.journal.count;
      await operator(frr, root, 'vrf vrf-701', 'no vni 701');
      await operator(frr, root, 'no router bgp 64999 vrf vrf-701');
      await operator(frr, root, 'vrf vrf-702', 'no vni 702', 'vni 799');
      const head = 'router bgp 64999 vrf vrf-703';
      await operator(frr, root, head, 'address-family l2vpn evpn', 'no rd 10.0.0.1:703');
      // Some of it may have been repaired before the rest was taken out.
      const taken = ['frr vni vrf-701', 'frr bgp vrf-701', 'frr vni vrf-702', 'frr bgp vrf-703'];
      await until('each is repaired', () => {
        const later = core.journal.entries().filter(({ number }) => number > begun);
        return taken.every((key) => later.some((entry) => entry.key === key));
      });
      await until('all is as wanted', isReached);
      assert.equal([...target.all()].length, 9);
    });

    test('makes everything again after bgpd is restarted', async () => {
      await frr.kill('bgpd', 'SIGKILL');
      await until('it is down', () => target.state.state === 'down');
      await frr.run('bgpd');
      await until('it is ready', () => target.state.state === 'ready');
      await until('all is as wanted', isReached);
      assert.equal([...target.all()].length, 9);
    });

    test('imports a VRF once the operator has an instance to import into', async () => {
      const scope = { resources: [resourceOf(kinds, importOf('vrf-703', 64999), [])] };
      core.setScope('import', { ...scope, conditions: [] });
      core.advance();
      await until('it is said what is missing', () =>
        core.conditions().some(({ message }) => /no such BGP instance; configure it/.test(message)),
      );
      await operator(frr, root, 'router bgp 64999', 'neighbor 192.0.2.1 remote-as 65000');
      await until('all is as wanted', isReached);
      assert.equal([...target.all()].length, 10);
    });

    test('imports it again after bgpd is restarted, when the operator’s stanza is back', async () => {
      await frr.kill('bgpd', 'SIGKILL');
      await until('it is down', () => target.state.state === 'down');
      await frr.run('bgpd');
      await operator(frr, root, 'router bgp 64999');
      await until('it is ready', () => target.state.state === 'ready');
      await until('all is as wanted', isReached);
      assert.equal([...target.all()].length, 10);
      core.setScope('import', undefined);
    });

    test('takes away what is no longer wanted, in the order that FRR asks for', async () => {
      for (const vni of [701, 702, 703]) core.setScope(`vrf-${vni}`, undefined);
      await until('all is gone', isReached);
      assert.deepEqual([...target.all()], []);
      assert.deepEqual(errors(), []);
    });
  });
}
