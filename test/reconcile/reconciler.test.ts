/** The rules of the core, one by one. History and the order of the whole are in history.test.ts. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { patience, tolerance } from '../../src/reconcile/reconciler.ts';
import type { Key } from '../../src/resources/resource.ts';
import { formatReason } from '../../src/resources/resource.ts';
import { failed, failedUntilChange, waiting } from '../../src/resources/target.ts';
import { grace, rest, Stage } from './shelf.ts';

async function informed(stage = new Stage()): Promise<Stage> {
  await stage.run();
  stage.core.allowRemoval();
  return stage;
}

describe('order', () => {
  test('what an object needs is made before it, also on another target', async () => {
    const stage = await informed();
    stage.want('s', 'a1 < o1, k1', 'o1 < k2', 'k1', 'k2');
    assert.deepEqual(await stage.run(), ['create k1', 'create k2', 'create o1', 'create a1']);
  });

  test('in one call where the target takes along what is made on it', async () => {
    const stage = await informed();
    for (const name of ['k1', 'k2']) stage.kernel.leading.add(name);
    stage.want('s', 'a1 < k2, k1', 'k2 < k1', 'k1', 'a2 < k3', 'k3');
    assert.deepEqual(await stage.run(), [
      'create k1',
      'create k3',
      'create k2',
      'create a1',
      'create a2',
    ]);
    assert.deepEqual(stage.kernel.calls, [['k1', 'k3', 'k2', 'a1'], ['a2']]);
    assert.equal(stage.core.isSettled, true);
  });

  test('and removed after it', async () => {
    const stage = await informed();
    stage.want('s', 'a1 < o1', 'o1 < k2', 'k2');
    await stage.run();
    stage.want('s');
    assert.deepEqual(await stage.run(), ['remove a1', 'remove o1', 'remove k2']);
  });

  test('an object goes after what it has to outlive', async () => {
    const stage = await informed();
    stage.want('s', 'l1', 'k1');
    await stage.run();
    stage.want('s');
    assert.deepEqual(await stage.run(), ['remove k1', 'remove l1']);
  });

  test('what stands on other needs from now on lets go of the former ones last', async () => {
    const stage = await informed();
    stage.want('s', 'a1 < k1', 'k1');
    await stage.run();
    stage.kernel.answers.set('k2', failed('no room'));
    stage.want('s', 'a1 < k2', 'k2');
    assert.deepEqual(await stage.run(), ['create k2 ! no room']);
    assert.deepEqual(stage.standing('k1'), { is: 'waiting', for: 'a1' });
    stage.kernel.answers.clear();
    assert.deepEqual(await stage.runNext(), ['create k2', 'remove k1']);
  });

  test('what an earlier run has made on something else is altered before that goes', async () => {
    const stage = new Stage();
    for (const each of ['k1', 'd1=k1']) stage.kernel.put(each);
    stage.want('s', 'd1=k2 < k2', 'k2');
    stage.core.allowRemoval();
    assert.deepEqual(await stage.run(), ['create k2', 'change d1', 'remove k1']);
  });

  test('what is announced over an object is withdrawn before that is altered', async () => {
    const stage = await informed();
    stage.want('s', 'a1 < k1', 'k1=x', 'a2 < k1');
    await stage.run();
    stage.want('s', 'k1=y', 'a2 < k1');
    assert.deepEqual(await stage.run(), ['remove a1', 'change k1']);
  });

  test('nothing is announced over an object that is not as it is wanted', async () => {
    const stage = await informed();
    stage.kernel.put('k1=x');
    stage.kernel.answers.set('k1', failed('busy'));
    stage.want('s', 'a1 < k1', 'k1=y');
    assert.deepEqual(await stage.run(), ['change k1 ! busy']);
    assert.deepEqual(stage.standing('a1'), { is: 'waiting', for: 'k1' });
  });

  test('what is announced already is altered in place although its path is missing', async () => {
    const stage = await informed();
    stage.want('s', 'a1=x < k1', 'k1');
    await stage.run();
    stage.kernel.things.delete('k1' as Key);
    stage.kernel.answers.set('k1', failed('something of a1 is in the way'));
    stage.core.observedChange(['k1' as Key]);
    stage.want('s', 'a1=y < k1', 'k1');
    const log = await stage.run();
    assert.deepEqual(log.toSorted(), ['change a1', 'create k1 ! something of a1 is in the way']);
  });

  test('a path of an earlier run goes after every announcement of that run', async () => {
    const stage = new Stage();
    for (const name of ['k1', 'o1', 'a1', 'a2']) {
      (name === 'o1' ? stage.ovs : stage.kernel).put(name);
    }
    await informed(stage);
    stage.kernel.answers.set('a2', failed('stuck'));
    assert.deepEqual(await stage.run(), ['remove a1', 'remove a2 ! stuck']);
    stage.kernel.answers.clear();
    assert.deepEqual((await stage.runNext()).toSorted(), ['remove a2', 'remove k1', 'remove o1']);
  });
});

describe('removal', () => {
  const reasonOf = (stage: Stage): string =>
    (stage.core.journal.entries().at(-1)?.because ?? []).map(formatReason).join();

  test('tells what the object was wanted for', async () => {
    const stage = await informed();
    stage.want('s', 'k1=x');
    await stage.run();
    stage.want('s');
    assert.deepEqual(await stage.run(), ['remove k1']);
    assert.equal(reasonOf(stage), 'test k1 x');
  });

  test('tells that nothing is known of it but that it was there', async () => {
    const stage = new Stage();
    stage.kernel.put('k1');
    await informed(stage);
    assert.deepEqual(await stage.run(), ['remove k1']);
    assert.equal(reasonOf(stage), 'Selvedge k1 was left by an earlier run; nothing wants it');
    stage.kernel.put('k2', 'predecessor');
    stage.core.observedChange(['k2' as Key]);
    assert.deepEqual(await stage.run(), ['remove k2']);
    assert.match(reasonOf(stage), /^Selvedge k2 was left by an agent that was replaced/);
  });

  test('tells what is missing, where that is why', async () => {
    const stage = await informed();
    stage.want('s', 'k1', 'a1 < k1');
    await stage.run();
    stage.kernel.things.delete('k1' as Key);
    stage.kernel.answers.set('k1', failed('no room'));
    stage.core.observedChange(['k1' as Key]);
    while (stage.log.at(-1) !== 'remove a1') await stage.runNext();
    assert.equal(reasonOf(stage), 'Selvedge k1 is needed and missing');
  });

  test('nothing goes before every source has been read, then what nothing wants', async () => {
    const stage = new Stage();
    stage.kernel.put('k1');
    stage.want('s', 'k2');
    assert.deepEqual(await stage.run(), ['create k2']);
    stage.core.allowRemoval();
    assert.deepEqual(await stage.run(), ['remove k1']);
  });

  test("what is nobody's stays", async () => {
    const stage = new Stage();
    stage.kernel.put('k1', 'nobody');
    await informed(stage);
    assert.deepEqual(await stage.run(), []);
  });

  test("a replaced agent's leftovers go only if they are inherited", async () => {
    for (const inherits of [true, false]) {
      const stage = new Stage(inherits);
      stage.kernel.put('k1', 'predecessor');
      await informed(stage);
      assert.deepEqual(await stage.run(), inherits ? ['remove k1'] : []);
    }
  });

  test('an object with a grace stays for it, and its needs with it', async () => {
    const stage = await informed();
    stage.want('s', 'g1 < k1', 'k1');
    await stage.run();
    stage.want('s');
    assert.deepEqual(await stage.run(), []);
    assert.equal(stage.core.nextDue, grace);
    assert.deepEqual(stage.standing('k1'), { is: 'waiting', for: 'g1 to be gone' });
    assert.deepEqual(await stage.runNext(), ['remove g1', 'remove k1']);
  });

  test('an object with a rest stays for it after the last that stood on it', async () => {
    const stage = await informed();
    stage.want('s', 'g1 < r1', 'k1 < r1', 'r1');
    await stage.run();
    stage.want('s');
    assert.deepEqual(await stage.run(), ['remove k1']);
    assert.deepEqual(await stage.runNext(), ['remove g1']);
    assert.equal(stage.core.nextDue, grace + rest);
    assert.deepEqual(await stage.runNext(), ['remove r1']);
  });

  test('what is wanted again within its grace is left as it is', async () => {
    const stage = await informed();
    stage.want('s', 'g1');
    await stage.run();
    stage.want('s');
    await stage.run();
    stage.want('s', 'g1');
    stage.now = 2 * grace;
    assert.deepEqual(await stage.run(), []);
  });

  test('a shared object lives until the last scope lets go of it', async () => {
    const stage = await informed();
    stage.want('s', 'k1');
    stage.want('t', 'k1');
    await stage.run();
    stage.want('s');
    assert.deepEqual(await stage.run(), []);
    stage.want('t');
    assert.deepEqual(await stage.run(), ['remove k1']);
  });
});

describe('ownership', () => {
  test('a name that somebody has is a condition of each scope that wants it', async () => {
    const stage = await informed();
    stage.kernel.put('k1', 'nobody');
    stage.want('s', 'k1', 'a1 < k1', 'k2');
    assert.deepEqual(await stage.run(), ['create k2']);
    assert.deepEqual(stage.core.conditions(), [
      {
        scope: 's',
        severity: 'error',
        message: 'cannot set up k1: it exists and is not ours; remove it, or free its name',
      },
    ]);
    assert.deepEqual(stage.core.progress, { failed: 0, waiting: 1, refused: 1 });
  });

  test('once it is free, everything follows', async () => {
    const stage = await informed();
    stage.kernel.put('k1', 'nobody');
    stage.want('s', 'k1', 'a1 < k1');
    await stage.run();
    stage.kernel.things.delete('k1' as Key);
    stage.core.observedChange(['k1' as Key]);
    assert.deepEqual(await stage.run(), ['create k1', 'create a1']);
    assert.deepEqual(stage.core.conditions(), []);
  });

  test('what a replaced agent left is adopted in place when it is wanted', async () => {
    const stage = await informed();
    stage.kernel.put('k1', 'predecessor');
    stage.kernel.put('k2=old', 'predecessor');
    stage.want('s', 'k1', 'k2');
    assert.deepEqual(await stage.run(), ['adopt k1', 'change k2']);
  });

  test('what a replaced agent left is in the way unless it is inherited', async () => {
    const stage = await informed(new Stage(false));
    stage.kernel.put('k1', 'predecessor');
    stage.want('s', 'k1', 'a1 < k1');
    assert.deepEqual(await stage.run(), []);
    const [condition] = stage.core.conditions();
    assert.match(
      condition?.message ?? '',
      /^cannot set up k1: .*set adopt.from to "ovn-bgp-agent"/,
    );
  });

  test('what cannot carry a mark is set, and neither adopted nor removed', async () => {
    const stage = await informed();
    stage.kernel.put('s1=0', 'nobody');
    stage.want('s', 's1=1');
    assert.deepEqual(await stage.run(), ['change s1']);
    stage.want('s');
    assert.deepEqual(await stage.run(), []);
  });
});

describe('failure', () => {
  test('is tried again with a back-off that doubles up to its limit', async () => {
    const stage = await informed();
    stage.kernel.answers.set('k1', failed('no room'));
    stage.want('s', 'k1', 'k2');
    assert.deepEqual(await stage.run(), ['create k1 ! no room', 'create k2']);
    const waits: number[] = [];
    for (let turn = 0; turn < 5; turn += 1) {
      const before = stage.now;
      // What is given up in the meantime is looked at without being tried.
      while ((await stage.runNext()).length === 0);
      waits.push(stage.now - before);
    }
    assert.deepEqual(waits, [1000, 2000, 4000, 8000, 8000]);
  });

  test('is kept by name with its text, and forgotten with success', async () => {
    const stage = await informed();
    stage.kernel.answers.set('k1', failed('no room'));
    stage.want('s', 'k1');
    await stage.run();
    assert.deepEqual(stage.standing('k1'), {
      is: 'failed',
      error: 'no room',
      count: 1,
      retryAt: 1000,
    });
    stage.kernel.answers.clear();
    assert.deepEqual(await stage.runNext(), ['create k1']);
    assert.deepEqual(stage.core.progress, { failed: 0, waiting: 0, refused: 0 });
  });

  test('is tried again at once when another thing is wanted', async () => {
    const stage = await informed();
    stage.kernel.answers.set('k1', failed('no room'));
    stage.want('s', 'k1=x');
    await stage.run();
    stage.kernel.answers.clear();
    stage.want('s', 'k1=y');
    assert.deepEqual(await stage.run(), ['create k1']);
  });

  test('that its target watches over is tried again at once when that tells of a change', async () => {
    const stage = await informed();
    stage.kernel.answers.set('k1', failedUntilChange('no room'));
    stage.kernel.answers.set('k2', failed('no room'));
    stage.want('s', 'k1', 'k2');
    await stage.run();
    assert.equal(stage.core.conditions().length, 1);
    stage.kernel.answers.clear();
    stage.core.observedChange(['k1' as Key, 'k2' as Key]);
    assert.deepEqual(await stage.run(), ['create k1']);
    assert.deepEqual(await stage.runNext(), ['create k2']);
  });

  test('holds up only what needs the object', async () => {
    const stage = await informed();
    stage.kernel.answers.set('k1', failed('no room'));
    stage.want('s', 'k1', 'a1 < k1', 'k2', 'a2 < k2');
    assert.deepEqual(await stage.run(), ['create k1 ! no room', 'create k2', 'create a2']);
    assert.deepEqual(stage.standing('a1'), { is: 'waiting', for: 'k1' });
  });

  test('takes nothing along: what came with the object waits for it', async () => {
    const stage = await informed();
    stage.kernel.leading.add('k1').add('k2');
    stage.kernel.answers.set('k1', failed('no room'));
    stage.want('s', 'k1', 'k2 < k1', 'a1 < k1, k2');
    assert.deepEqual(await stage.run(), ['create k1 ! no room']);
    assert.deepEqual(stage.standing('a1'), { is: 'waiting', for: 'k1' });
    stage.kernel.answers.clear();
    assert.deepEqual(await stage.runNext(), ['create k1', 'create k2', 'create a1']);
    assert.equal(stage.core.isSettled, true);
  });

  test('is a condition of every scope that wants the object, the first of many by name', async () => {
    const stage = await informed();
    for (const name of ['k1', 'k2', 'k3']) stage.kernel.answers.set(name, failed(`no ${name}`));
    stage.want('s', 'k3', 'k1', 'k2');
    stage.want('t', 'k2');
    await stage.run();
    assert.deepEqual(stage.core.conditions(), [
      { scope: 's', severity: 'error', message: 'cannot set up k1: no k1 (and 2 more)' },
      { scope: 't', severity: 'error', message: 'cannot set up k2: no k2' },
    ]);
    stage.kernel.answers.clear();
    await stage.runNext();
    assert.deepEqual(stage.core.conditions(), []);
  });

  test('is also a success without effect', async () => {
    const stage = await informed();
    stage.kernel.lies.add('k1');
    stage.want('s', 'k1');
    assert.deepEqual(await stage.run(), ['create k1']);
    assert.deepEqual(stage.standing('k1'), {
      is: 'failed',
      error: 'reported as done, but it is not so',
      count: 1,
      retryAt: 1000,
    });
  });

  test('of a removal holds up the removal of what it stands on', async () => {
    const stage = await informed();
    stage.want('s', 'a1 < k1', 'k1');
    await stage.run();
    stage.kernel.answers.set('a1', failed('stuck'));
    stage.want('s');
    assert.deepEqual(await stage.run(), ['remove a1 ! stuck']);
    stage.kernel.answers.clear();
    assert.deepEqual(await stage.runNext(), ['remove a1', 'remove k1']);
  });

  test('that lasts takes down what stands on the missing object, until it is there again', async () => {
    const stage = await informed();
    stage.want('s', 'k1', 'o1 < k1', 'a1 < o1');
    await stage.run();
    stage.kernel.things.delete('k1' as Key);
    stage.kernel.answers.set('k1', failed('no room'));
    stage.core.observedChange(['k1' as Key]);
    await stage.run();
    while (stage.now < patience) {
      assert.ok(stage.kernel.things.has('a1' as Key), 'not before its time');
      await stage.runNext();
    }
    assert.deepEqual(stage.log.slice(-2), ['remove a1', 'remove o1']);
    stage.kernel.answers.clear();
    while ((await stage.runNext()).length === 0);
    assert.deepEqual(stage.log.slice(-3), ['create k1', 'create o1', 'create a1']);
  });
});

describe('waiting', () => {
  test('for a target that says so lasts until it reports a change', async () => {
    const stage = await informed();
    stage.ovs.answers.set('o1', waiting('port patch-1'));
    stage.want('s', 'o1');
    assert.deepEqual(await stage.run(), []);
    assert.deepEqual(stage.standing('o1'), { is: 'waiting', for: 'port patch-1' });
    stage.ovs.answers.clear();
    stage.core.observedChange(['o1' as Key]);
    assert.deepEqual(await stage.run(), ['create o1']);
  });

  test('for a target that then forgets to report is over after a while', async () => {
    const stage = await informed();
    stage.ovs.answers.set('o1', waiting('port patch-1'));
    stage.want('s', 'o1');
    await stage.run();
    stage.ovs.answers.clear();
    stage.now += patience - 1;
    assert.deepEqual(await stage.run(), []);
    stage.now += 1;
    assert.deepEqual(await stage.run(), ['create o1']);
  });

  test('for what others may never make is no trouble, and nothing to plan', async () => {
    const stage = await informed();
    stage.ovs.lacking.set('o1', 'port patch-1');
    stage.want('s', 'o1', 'k1');
    assert.deepEqual(await stage.run(), ['create k1']);
    assert.deepEqual(stage.core.standing('o1' as Key), { is: 'awaiting', for: 'port patch-1' });
    assert.ok(stage.core.isSettled);
    assert.deepEqual(stage.core.preview().levels, []);
    stage.ovs.lacking.clear();
    stage.core.observedChange(['o1' as Key]);
    assert.deepEqual(await stage.run(), ['create o1']);
  });

  test('what stands on that is not offered meanwhile', async () => {
    const stage = await informed();
    stage.ovs.lacking.set('o1', 'port patch-1');
    stage.want('s', 'a1 < o1', 'o1');
    assert.deepEqual(await stage.run(), []);
    assert.deepEqual(stage.standing('a1'), { is: 'waiting', for: 'o1' });
    stage.ovs.lacking.clear();
    stage.core.observedChange(['o1' as Key]);
    assert.deepEqual(await stage.run(), ['create o1', 'create a1']);
  });

  test('for a target that is away costs the others nothing', async () => {
    const stage = await informed();
    stage.frr.state = { state: 'down', reason: 'not running' };
    stage.want('s', 'f1', 'k1');
    assert.deepEqual(await stage.run(), ['create k1']);
    assert.deepEqual(stage.standing('f1'), { is: 'waiting', for: 'frr: not running' });
    stage.frr.state = { state: 'ready' };
    stage.core.markAll();
    assert.deepEqual(await stage.run(), ['create f1']);
  });

  test('what a target that is away had is not missed', async () => {
    const stage = await informed();
    stage.want('s', 'f1', 'a1 < f1');
    await stage.run();
    stage.frr.state = { state: 'down', reason: 'not running' };
    stage.frr.things.clear();
    stage.core.markAll();
    stage.now += 10 * patience;
    assert.deepEqual(await stage.run(), []);
    assert.ok(stage.kernel.things.has('a1' as Key));
  });

  test('for a slow target holds up no other', async () => {
    const stage = await informed();
    const slow = Promise.withResolvers<void>();
    stage.frr.gate = slow.promise;
    stage.want('s', 'f1', 'k1', 'a1 < k1', 'a2 < f1');
    stage.core.advance();
    while (!stage.log.includes('create a1')) await Promise.resolve();
    stage.want('t', 'k2');
    stage.core.advance();
    while (!stage.log.includes('create k2')) await Promise.resolve();
    assert.ok(!stage.log.includes('create f1'));
    slow.resolve();
    await stage.core.settled();
    assert.deepEqual(stage.log.slice(-2), ['create f1', 'create a2']);
  });

  test('what changes while it is under way is looked at again afterwards', async () => {
    const stage = await informed();
    const slow = Promise.withResolvers<void>();
    stage.frr.gate = slow.promise;
    stage.want('s', 'f1=x');
    stage.core.advance();
    stage.want('s', 'f1=y');
    stage.core.advance();
    slow.resolve();
    await stage.core.settled();
    assert.deepEqual(stage.log, ['create f1', 'change f1']);
  });
});

describe('what changes while it is under way', () => {
  test('is looked at again although the target could only wait', async () => {
    const stage = await informed();
    const slow = Promise.withResolvers<void>();
    stage.frr.gate = slow.promise;
    stage.frr.answers.set('f1', waiting('a port'));
    stage.want('s', 'f1');
    stage.core.advance();
    stage.frr.put('f1');
    stage.core.observedChange(['f1' as Key]);
    stage.core.advance();
    slow.resolve();
    await stage.core.settled();
    assert.equal(stage.standing('f1'), undefined);
  });
});

describe('drift', () => {
  test('an object that somebody removed or altered is put right', async () => {
    const stage = await informed();
    stage.want('s', 'k1=x', 'k2=x');
    await stage.run();
    stage.kernel.things.delete('k1' as Key);
    stage.kernel.put('k2=y');
    stage.core.observedChange(['k1', 'k2'] as Key[]);
    assert.deepEqual(await stage.run(), ['create k1', 'change k2']);
  });

  test('what somebody alters again and again is not put right without end, and said to be so', async () => {
    const stage = await informed();
    stage.want('s', 'k1=x', 'k2');
    await stage.run();
    const alter = async (): Promise<readonly string[]> => {
      stage.now += 400;
      stage.kernel.put('k1=y');
      stage.core.observedChange(['k1' as Key]);
      return stage.run();
    };
    for (let times = 0; times < tolerance; times += 1) {
      assert.deepEqual(await alter(), ['change k1']);
    }
    assert.deepEqual(await alter(), []);
    assert.match(stage.core.conditions()[0]?.message ?? '', /k1: something alters it as soon as/);
    assert.deepEqual(await stage.runNext(), ['change k1']);
    assert.deepEqual(stage.core.conditions(), []);
    // Another thing that is wanted of it is made at once.
    assert.deepEqual(await alter(), []);
    stage.want('s', 'k1=z', 'k2');
    assert.deepEqual(await stage.run(), ['change k1']);
  });

  test('what is altered now and then is put right at once, however often', async () => {
    const stage = await informed();
    stage.want('s', 'k1=x');
    await stage.run();
    for (let times = 0; times < 3 * tolerance; times += 1) {
      stage.now += 20_000;
      stage.kernel.put('k1=y');
      stage.core.observedChange(['k1' as Key]);
      assert.deepEqual(await stage.run(), ['change k1']);
    }
  });

  test('a resync finds what no event told of', async () => {
    const stage = await informed();
    stage.want('s', 'k1');
    await stage.run();
    stage.kernel.things.clear();
    assert.deepEqual(await stage.run(), []);
    stage.core.markAll();
    assert.deepEqual(await stage.run(), ['create k1']);
  });
});

describe('preview', () => {
  test('says in order what would be done, and does nothing', async () => {
    const stage = new Stage();
    stage.kernel.put('k9');
    stage.kernel.put('g9');
    stage.kernel.put('k8', 'nobody');
    stage.core.allowRemoval();
    stage.want('s', 'a1 < o1', 'o1 < k1', 'k1', 'a8 < k8', 'k8');
    const { levels, blocked } = stage.core.preview();
    const lines = levels.map((level) => level.map(({ verb, key }) => `${verb} ${key}`));
    assert.deepEqual(lines, [
      ['remove g9', 'create k1', 'remove k9'],
      ['create o1'],
      ['create a1'],
    ]);
    assert.deepEqual(
      blocked.map(({ operation, on }) => `${operation.key} waits for ${on}`),
      ['a8 waits for k8'],
    );
    assert.deepEqual(stage.log, []);
    assert.equal(stage.kernel.things.size, 3);
  });
});

describe('cost', () => {
  test('one more object among ten thousand is all that is looked at', async () => {
    const stage = await informed();
    const others = Array.from({ length: 10_000 }, (_, index) => `a${index} < k1`);
    for (const line of others) stage.want(line, line);
    stage.want('s', 'k1');
    await stage.run();
    const { kernel } = stage;
    kernel.looks = 0;
    stage.want('another', 'axx < k1');
    assert.deepEqual(await stage.run(), ['create axx']);
    assert.ok(kernel.looks < 20, `${kernel.looks} looks`);
    kernel.looks = 0;
    stage.want('another');
    assert.deepEqual(await stage.run(), ['remove axx']);
    assert.ok(kernel.looks < 20, `${kernel.looks} looks`);
  });

  test('of many at once, each is looked at as often as of few', async () => {
    const looksFor = async (count: number): Promise<number> => {
      const stage = await informed();
      stage.want('s', 'k1');
      await stage.run();
      stage.kernel.looks = 0;
      for (let index = 0; index < count; index += 1) stage.want(`s${index}`, `a${index} < k1`);
      await stage.run();
      assert.equal(stage.kernel.things.size, count + 1);
      return stage.kernel.looks / count;
    };
    const [few, many] = [await looksFor(100), await looksFor(20_000)];
    // Of many most have to wait for their turn, and are looked at once more when it comes.
    assert.ok(many < 2 * few, `${many} looks, ${few} of few`);
  });
});
