/** `selvedge drain` where no agent runs: what an earlier run left is withdrawn and taken down, and nothing else. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, it } from 'node:test';

import { FrrDaemons, frrRoots } from '../protocols/vty/frr-daemons.ts';
import { unwrap } from '../../src/base/result.ts';
import { cannotHost, Host } from './host.ts';

const [root] = frrRoots();
const cannot = cannotHost();

describe('a node that an agent has left', {
  skip: cannot === false ? (root?.skip ?? 'no FRR') : cannot,
}, () => {
  let host: Host;
  let frr: FrrDaemons;
  beforeEach(async () => {
    host = new Host();
    frr = await FrrDaemons.start(root!);
    await host.startDatabase('conf');
    host.vsctl('init');
    const ip = (...words: readonly string[]) =>
      execFileSync('ip', ['-n', host.netns, ...words], { encoding: 'utf8' });
    for (const [name, alias] of [
      ['br-500', 'selvedge'],
      ['br-foreign', 'theirs'],
    ] as const) {
      ip('link', 'add', name, 'type', 'bridge');
      ip('link', 'set', name, 'alias', alias, 'up');
    }
    ip('route', 'add', '10.1.0.0/24', 'dev', 'br-500', 'table', '500', 'proto', '94');
    ip('route', 'add', '10.2.0.0/24', 'dev', 'br-foreign', 'table', '500', 'proto', 'static');
  });
  afterEach(async () => {
    await host.close();
    await frr.stop();
  });

  const shown = (...words: readonly string[]): string =>
    execFileSync('ip', ['-n', host.netns, ...words], { encoding: 'utf8' });

  async function stanzas(daemon: string): Promise<string> {
    const session = await frr.open(daemon);
    const { text } = unwrap(await session.run('show running-config'));
    session.close();
    return text;
  }

  it('is drained by the command itself, which says what it removes and leaves what is not ours', async () => {
    const zebra = await frr.open('zebra');
    unwrap(await zebra.configure(['vrf vrf-500', 'vni 500']));
    unwrap(await zebra.configure(['vrf blue', 'vni 600']));
    zebra.close();
    const bgpd = await frr.open('bgpd');
    unwrap(await bgpd.configure(['router bgp 64999 vrf vrf-500']));
    bgpd.close();
    const run = host.cli(['drain', '--config-file', host.configure('', frr.directory)]);
    assert.equal(run.status, 0, run.stderr);
    assert.match(
      run.stderr,
      /remove link br-500 {2}<- Selvedge link br-500 was left by an earlier run/,
    );
    assert.doesNotMatch(shown('link'), /br-500/);
    assert.match(shown('link'), /br-foreign/);
    assert.match(
      shown('route', 'show', 'table', '500').trim(),
      /^10\.2\.0\.0\/24 dev br-foreign [^\n]*$/,
    );
    assert.doesNotMatch(await stanzas('bgpd'), /vrf-500/);
    assert.doesNotMatch(await stanzas('zebra'), /vrf-500/);
    assert.match(await stanzas('zebra'), /vrf blue/);
  });

  it('is drained of a BGP instance whose VNI was the last that the earlier run removed', async () => {
    for (const name of ['vrf-600', 'vrf-601']) {
      execFileSync('ip', ['-n', host.netns, 'link', 'add', name, 'type', 'bridge']);
    }
    execFileSync('ip', ['-n', host.netns, 'link', 'set', 'vrf-600', 'alias', 'selvedge']);
    const bgpd = await frr.open('bgpd');
    for (const name of ['vrf-600', 'vrf-601']) {
      unwrap(await bgpd.configure([`router bgp 64999 vrf ${name}`]));
    }
    bgpd.close();
    const run = host.cli(['drain', '--config-file', host.configure('', frr.directory)]);
    assert.equal(run.status, 0, run.stderr);
    const left = await stanzas('bgpd');
    assert.doesNotMatch(left, /vrf-600/);
    assert.match(left, /router bgp 64999 vrf vrf-601/);
    assert.doesNotMatch(shown('link'), /vrf-600/);
    assert.match(shown('link'), /vrf-601/);
  });

  it('is drained as far as can be where something is away, and that is said', async () => {
    await host.stopDatabase('conf');
    const run = host.cli(['drain', '--config-file', host.configure('', frr.directory)]);
    assert.equal(run.status, 1);
    assert.match(
      run.stderr,
      /^selvedge: ovs is down, and what it has of ours stays: .*; drain again when it is up$/m,
    );
    assert.doesNotMatch(shown('link'), /br-500/);
  });
});
