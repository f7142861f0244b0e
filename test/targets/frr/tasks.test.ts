/** Facts and tasks without daemons: what the devices of the kernel would be needed for, and what must agree. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { IfName } from '../../../src/net/if-name.ts';
import type { OwnedStanza } from '../../../src/protocols/vty/index.ts';
import { bgpFamilies, bgpLines, frrDeviceKey } from '../../../src/resources/frr.ts';
import type { Verb } from '../../../src/resources/resource.ts';
import type { Owner } from '../../../src/resources/target.ts';
import { type FrrFacts, parseFacts } from '../../../src/targets/frr/facts.ts';
import { FrrObjects } from '../../../src/targets/frr/objects.ts';
import { bgpStanza, readSpec } from '../../../src/targets/frr/stanzas.ts';
import { type FrrOperation, prepare, verify } from '../../../src/targets/frr/tasks.ts';
import { bgpOf, type FrrSpec, importOf, keyOf, leakOf, vniOf, vrfOf } from './harness.ts';

function facts(vrf: string, states: string, bgp = ''): FrrFacts {
  return parseFacts({ vrf, bgp, states });
}

function operation(verb: Verb, spec: FrrSpec, observed?: FrrSpec): FrrOperation {
  return { verb, key: keyOf(spec), target: 'frr', spec, observed, because: [] };
}

function linesOf({ slots, inner }: OwnedStanza): readonly string[] {
  const own = slots.flatMap((slot) => (slot.holds === 'one' ? (slot.line ?? []) : slot.lines));
  return [...own, ...inner.flatMap(linesOf)];
}

describe('stanzas', () => {
  test('say the lines that a person is told', () => {
    const specs = [
      bgpOf('vrf-1', 1),
      bgpOf('vrf-1', 1, '1:1', '2:2', '3:3'),
      leakOf('bgp-vrf', 1, '10.0.0.1'),
    ];
    for (const spec of specs) {
      const lines = [...bgpLines(spec), ...[...bgpFamilies(spec).values()].flat()];
      assert.deepEqual(linesOf(bgpStanza(spec)), lines);
    }
  });

  test('are found for their VRF only, and not under an AS in dots', () => {
    const seen = facts('', '', 'router bgp 1.1 vrf vrf-1\nexit\nrouter bgp 7 vrf vrf-12\nexit\n');
    assert.equal(readSpec(seen, 'frr-bgp', 'vrf-1' as IfName), undefined);
    assert.deepEqual([...seen.instances], [['vrf-12', 7]]);
  });

  test('of a VRF tell what it takes in and announces, and a line that is missing in one family', () => {
    const family = (name: string, ...lines: readonly string[]): string =>
      [
        ` address-family ${name}`,
        ...lines.map((line) => `  ${line}`),
        ' exit-address-family\n',
      ].join('\n');
    const head = 'router bgp 7 vrf bgp-vrf\n bgp router-id 10.0.0.1\n';
    const both = ['redistribute kernel', 'redistribute connected'];
    const whole = `${head}${family('ipv4 unicast', ...both)}${family('ipv6 unicast', ...both)}exit\n`;
    const leak = leakOf('bgp-vrf', 7, '10.0.0.1');
    assert.deepEqual(readSpec(facts('', '', whole), 'frr-bgp', leak.vrf), leak);
    const half = `${head}${family('ipv4 unicast', ...both)}exit\n`;
    const deviations = ['redistribute connected', 'redistribute kernel'];
    assert.deepEqual(readSpec(facts('', '', half), 'frr-bgp', leak.vrf), { ...leak, deviations });
    const own = `router bgp 7\n${family('ipv6 unicast', 'import vrf bgp-vrf', 'import vrf a')}exit\n`;
    const seen = facts('', '', own);
    assert.deepEqual(readSpec(seen, 'frr-import', leak.vrf), {
      ...importOf('bgp-vrf', 7),
      deviations: ['import vrf bgp-vrf'],
    });
    assert.deepEqual([...seen.imported], ['bgp-vrf', 'a']);
    assert.deepEqual(seen.own, { line: 'router bgp 7', asn: 7, routerId: undefined });
  });

  test('keep a VNI that is for prefixes only', () => {
    const seen = facts('vrf vrf-5\n vni 5 prefix-routes-only\nexit-vrf\n', '');
    assert.deepEqual(readSpec(seen, 'frr-vni', 'vrf-5' as IfName), vniOf('vrf-5', 5));
  });
});

describe('a VRF that the kernel has', () => {
  test('is no object as long as nobody configured it', () => {
    const objects = new FrrObjects();
    objects.want([keyOf(vrfOf('vrf-5'))]);
    objects.refresh(facts('', 'vrf vrf-5 id 7 table 5\n'));
    assert.deepEqual([...objects.all()], []);
    objects.refresh(facts('', 'vrf vrf-5 id 7 table 5 (configured)\n'));
    assert.deepEqual([...objects.all()].length, 1);
  });

  test('has a device when zebra shows one, and it is nobody’s', () => {
    const device = { kind: 'frr-device', vrf: vrfOf('vrf-5').vrf } as const;
    const key = frrDeviceKey(device.vrf);
    const objects = new FrrObjects();
    objects.want([key]);
    const awaited: FrrOperation = {
      ...operation('create', vrfOf('vrf-5')),
      key,
      spec: device,
    };
    const inactive = facts('vrf vrf-5\nexit-vrf\n', 'vrf vrf-5 inactive (configured)\n');
    objects.refresh(inactive);
    assert.equal(objects.get(key), undefined);
    assert.deepEqual(verify(awaited, inactive), {
      done: false,
      waiting: 'zebra to see the device vrf-5',
    });
    const active = facts('vrf vrf-5\nexit-vrf\n', 'vrf vrf-5 id 7 table 5 (configured)\n');
    assert.deepEqual(objects.refresh(active), [key]);
    assert.deepEqual(objects.get(key), { key, spec: device, owner: 'nobody' });
    assert.deepEqual(verify(awaited, active), { done: true });
  });

  test('has a device under any name, once it is waited for', () => {
    const device = { kind: 'frr-device', vrf: vrfOf('bgp-vrf').vrf } as const;
    const key = frrDeviceKey(device.vrf);
    const objects = new FrrObjects();
    objects.want([key]);
    objects.refresh(facts('', ''));
    assert.equal(objects.get(key), undefined);
    assert.deepEqual(objects.refresh(facts('', 'vrf bgp-vrf id 7 table 10\n')), [key]);
    assert.deepEqual(objects.get(key)?.spec, device);
  });

  test('waits for its device to go before it is removed', () => {
    const gone = operation('remove', vrfOf('vrf-5'));
    const active = facts('vrf vrf-5\nexit-vrf\n', 'vrf vrf-5 id 7 table 5 (configured)\n');
    assert.deepEqual(prepare(active, [gone]).outcomes.get(gone), {
      done: false,
      waiting: "FRR to see that the device of 'vrf vrf-5' is gone",
    });
    const inactive = facts('vrf vrf-5\nexit-vrf\n', 'vrf vrf-5 inactive (configured)\n');
    assert.deepEqual([...prepare(inactive, [gone]).outcomes], []);
  });

  test('is not removed with a VNI that somebody else put there', () => {
    const gone = operation('remove', vrfOf('vrf-5'));
    const seen = facts('vrf vrf-5\n vni 77\nexit-vrf\n', 'vrf vrf-5 inactive (configured)\n');
    assert.deepEqual(prepare(seen, [gone]).outcomes.get(gone), {
      done: false,
      error: "cannot remove 'vrf vrf-5': foreign lines remain: 'vni 77'; remove them",
    });
  });
});

describe('what is not as it was when it was decided', () => {
  test('is not removed in the place of what is gone', () => {
    const seen = facts('vrf vrf-5\n vni 77\nexit-vrf\n', '', 'router bgp 7 vrf vrf-5\nexit\n');
    const gone = [
      operation('remove', vniOf('vrf-5', 5)),
      operation('remove', bgpOf('vrf-5', 64999)),
    ];
    const { outcomes, tasks } = prepare(seen, gone);
    assert.deepEqual([...outcomes], []);
    assert.deepEqual(
      [...tasks.values()].flatMap(({ wanted }) => wanted),
      [],
    );
  });

  test('is not replaced when a line of others would go with it, and nothing of it is touched', () => {
    const was = bgpOf('vrf-5', 7);
    const bgp = 'router bgp 7 vrf vrf-5\n neighbor 10.0.0.1 remote-as 1\nexit\n';
    const seen = facts('vrf vrf-5\n vni 5\nexit-vrf\n', '', bgp);
    const replaced = operation('replace', bgpOf('vrf-5', 8), was);
    const { outcomes, tasks } = prepare(seen, [replaced]);
    assert.deepEqual(outcomes.get(replaced), {
      done: false,
      error:
        "cannot remove 'router bgp 7 vrf vrf-5': foreign lines remain: " +
        "'neighbor 10.0.0.1 remote-as 1'; remove them",
    });
    assert.deepEqual([...tasks], []);
  });
});

describe('an import', () => {
  const made = operation('create', importOf('bgp-vrf', 65537));

  test('is into one instance, and says what is there instead', () => {
    const errorIn = (bgp: string): unknown => {
      const { outcomes, tasks } = prepare(facts('', '', bgp), [made]);
      assert.deepEqual([...tasks], []);
      return outcomes.get(made);
    };
    const what = "cannot make 'import vrf bgp-vrf' in 'router bgp 65537'";
    assert.deepEqual(errorIn('router bgp 65537 vrf bgp-vrf\nexit\n'), {
      done: false,
      error: `${what}: FRR has no such BGP instance; configure it in FRR`,
      untilChange: true,
    });
    assert.deepEqual(errorIn('router bgp 1.1\nexit\n'), {
      done: false,
      error: `${what}: FRR has 'router bgp 1.1'; configure the same AS in FRR and in Selvedge`,
      untilChange: true,
    });
  });

  test('goes from an instance of another AS too, and is gone with any', () => {
    const gone = operation('remove', importOf('bgp-vrf', 65537));
    const line = ' address-family ipv4 unicast\n  import vrf bgp-vrf\n exit-address-family\n';
    const { outcomes, tasks } = prepare(facts('', '', `router bgp 7\n${line}exit\n`), [gone]);
    assert.deepEqual([...outcomes], []);
    assert.deepEqual(
      tasks.get(gone)?.wanted.map((stanza) => stanza.line),
      ['router bgp 7'],
    );
    assert.deepEqual(prepare(facts('', ''), [gone]).tasks.get(gone)?.wanted, []);
    assert.deepEqual(verify(gone, facts('', '')), { done: true });
  });
});

describe('ownership', () => {
  test('of a VRF of another name is that of its device, and stays when the device goes', () => {
    let device: Owner | undefined;
    const objects = new FrrObjects(() => device);
    const line = ' address-family ipv4 unicast\n  import vrf bgp-vrf\n exit-address-family\n';
    const bgp = `router bgp 7\n${line}exit\nrouter bgp 7 vrf bgp-vrf\nexit\n`;
    const owners = (): readonly string[] => {
      objects.refresh(facts('vrf bgp-vrf\n vni 5\nexit-vrf\n', '', bgp));
      return [...objects.all()].map(({ key, owner }) => `${key}: ${owner}`);
    };
    const of = (owner: Owner): readonly string[] => [
      `frr bgp bgp-vrf: ${owner}`,
      `frr import bgp-vrf: ${owner}`,
    ];
    assert.deepEqual(owners(), []);
    device = 'predecessor';
    assert.deepEqual(owners(), of('predecessor'));
    device = 'us';
    assert.deepEqual(owners(), of('us'));
    device = undefined;
    assert.deepEqual(owners(), of('us'));
    device = 'nobody';
    assert.deepEqual(owners(), []);
  });

  test('of such a VRF is nobody’s while it has had no device of ours', () => {
    const objects = new FrrObjects();
    const leak = leakOf('bgp-vrf', 7);
    objects.want([keyOf(leak)]);
    objects.refresh(facts('', '', 'router bgp 7 vrf bgp-vrf\nexit\n'));
    assert.equal(objects.get(keyOf(leak))?.owner, 'nobody');
  });

  test('is that of the device of the name, where there is one', () => {
    let device: Owner | undefined;
    const objects = new FrrObjects(() => device);
    const seen = facts('vrf vrf-5\n vni 5\nexit-vrf\n', '');
    const owners = () => {
      objects.refresh(seen);
      return [...objects.all()].map(({ owner }) => owner);
    };
    assert.deepEqual(owners(), ['us', 'us']);
    device = 'predecessor';
    assert.equal(objects.haveDevicesChangedHands, true);
    assert.deepEqual(owners(), ['predecessor', 'predecessor']);
    assert.equal(objects.haveDevicesChangedHands, false);
    device = 'us';
    assert.deepEqual(owners(), ['us', 'us']);
    device = 'nobody';
    assert.deepEqual(owners(), []);
    objects.want([keyOf(vniOf('vrf-5', 5))]);
    assert.deepEqual(owners(), ['nobody']);
  });

  test('ends with the last of a VRF, so that its name is anybody’s again', () => {
    const objects = new FrrObjects();
    const keys = [vrfOf('vrf-5'), vniOf('vrf-5', 5)].map(keyOf);
    objects.want(keys);
    objects.refresh(facts('vrf vrf-5\n vni 5\nexit-vrf\n', ''));
    objects.refresh(facts('', ''));
    for (const key of keys) objects.unwant(key);
    objects.refresh(facts('vrf vrf-5\n vni 77\nexit-vrf\n', ''));
    assert.deepEqual([...objects.all()], []);
  });

  test('ends as well when it went while FRR was away', () => {
    const objects = new FrrObjects();
    objects.refresh(facts('vrf vrf-5\n vni 5\nexit-vrf\n', ''));
    assert.equal([...objects.all()].length, 2);
    objects.forget();
    assert.deepEqual(
      objects.refresh(facts('', '')),
      [vrfOf('vrf-5'), vniOf('vrf-5', 5)].map(keyOf),
    );
    objects.refresh(facts('vrf vrf-5\n vni 77\nexit-vrf\n', ''));
    assert.deepEqual([...objects.all()], []);
  });
});
