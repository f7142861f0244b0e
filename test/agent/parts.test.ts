/** The agent as a program on a host where something is not there, not yet, no longer, or not open to it. */

import assert from 'node:assert/strict';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';

import { unwrap } from '../../src/base/result.ts';
import { FrrDaemons, frrRoots } from '../protocols/vty/frr-daemons.ts';
import { cannotHost, Host, until } from './host.ts';

const skip = cannotHost();

describe('an agent on a host where nothing runs', { skip }, () => {
  let host: Host;
  beforeEach(() => {
    host = new Host();
  });
  afterEach(() => host.close());

  it('runs, says of each part what is missing, and takes each as it comes, goes and comes back', async () => {
    const agent = host.agent(['--config-file', host.configure()]);
    await agent.part('Open_vSwitch', 'down', /conf\.sock \(there is no such socket/);
    await agent.part('ovs', 'down', /is the server running\?/);
    await agent.part(
      'frr',
      'down',
      /^FRR is not running: cannot reach .*zebra\.vty: there is no such socket/,
    );
    await agent.part('kernel', 'ready');

    await host.startDatabase('conf');
    host.vsctl('init');
    await agent.part('Open_vSwitch', 'synced');
    await agent.part('ovs', 'ready');
    host.nameCloud();
    await agent.part('OVN_Southbound', 'down', /sb\.sock \(there is no such socket/);

    await host.startDatabase('sb');
    await agent.part(
      'OVN_Southbound',
      'connecting',
      /there is no Chassis named here; is ovn-controller/,
    );
    host.addChassis();
    await agent.part('OVN_Southbound', 'synced');

    await host.stopDatabase('sb');
    await agent.part('OVN_Southbound', 'down');
    await host.startDatabase('sb');
    await agent.part('OVN_Southbound', 'synced');
    const tells = () => host.cli(['status', '--config-file', host.configure()]).stdout;
    assert.match(tells(), /^evpn on here: settled, up \d+ s, /);
    assert.equal(await agent.stop(), 0);
    assert.match(tells(), /^evpn on here: no agent runs/);
  });
});

const [root] = frrRoots();

describe('an agent beside FRR', {
  skip: skip === false ? (root?.skip ?? 'no FRR') : skip,
}, () => {
  let host: Host;
  beforeEach(() => {
    host = new Host();
  });
  afterEach(() => host.close());

  it('takes the AS and the router id of a VRF from it, where nobody has given them', async () => {
    const frr = await FrrDaemons.start(root!);
    const bgpd = await frr.open('bgpd');
    unwrap(await bgpd.configure(['router bgp 65010', 'bgp router-id 10.255.0.9']));
    bgpd.close();
    await host.startDatabase('conf');
    host.vsctl('init');
    await host.startDatabase('sb');
    host.nameCloud();
    host.addChassis();
    const config = host.configure('', frr.directory, 'bgp');
    const { stdout } = host.cli(['plan', '--config-file', config]);
    assert.match(stdout, /-c 'router bgp 65010 vrf bgp-vrf' -c 'bgp router-id 10\.255\.0\.9'/);
    assert.match(stdout, /-c 'router bgp 65010' -c 'address-family ipv4 unicast' -c 'import vrf/);
    await frr.stop();
  });

  it('says when it is away, and goes on with it when it is back', async () => {
    const frr = await FrrDaemons.start(root!);
    const agent = host.agent(['--config-file', host.configure('', frr.directory)]);
    await agent.part('frr', 'ready');
    await frr.kill('bgpd');
    await agent.part('frr', 'down', /^FRR is not running: .*bgpd\.vty/);
    await frr.run('bgpd');
    await agent.part('frr', 'ready');
    await frr.stop();
  });
});

/** Words before a program that take all rights from it. */
const nobody = [
  'setpriv',
  '--reuid=65534',
  '--regid=65534',
  '--clear-groups',
  '--bounding-set=-all',
];
const { status: canDrop } = spawnSync(nobody[0]!, [
  ...nobody.slice(1),
  process.execPath,
  '--version',
]);
const cannotDrop = canDrop === 0 ? false : 'nobody may not run this node';

describe('an agent without rights', { skip: skip === false ? cannotDrop : skip }, () => {
  let host: Host;
  beforeEach(async () => {
    host = new Host();
    await host.startDatabase('conf');
    chmodSync(host.directory, 0o755);
    chmodSync(host.path('run'), 0o777);
    chmodSync(host.path('conf.sock'), 0o700);
    chmodSync(host.path('frr'), 0o700);
  });
  afterEach(() => host.close());

  const denials = {
    Open_vSwitch: /permission denied; join the group of the socket, openvswitch on Debian/,
    ovs: /permission denied; join the group of the socket, openvswitch on Debian/,
    frr: /^FRR is not open to us: .*permission denied; join group frrvty/,
  };

  it('says which it lacks, and the remedy', async () => {
    const agent = host.agent(['--config-file', host.configure()], nobody);
    for (const [part, text] of Object.entries(denials)) {
      await agent.part(part, 'down', text);
    }
    assert.match(
      agent.said,
      /cannot alter the network of this node: no CAP_NET_ADMIN; run the agent as root, or give it CAP_NET_ADMIN/,
    );
    assert.equal(await agent.stop(), 0);
  });

  it('is told the same by the doctor', () => {
    const { status, stdout } = host.cli(
      ['doctor', '--json', '--config-file', host.configure()],
      nobody,
    );
    assert.equal(status, 1);
    const findings = JSON.parse(stdout) as { what: string; verdict: string; remark: string }[];
    const remarkOn = (what: string) => findings.find((each) => each.what === what)?.remark ?? '';
    for (const [part, text] of Object.entries(denials)) assert.match(remarkOn(part), text);
    assert.match(remarkOn('capability CAP_NET_ADMIN'), /^run the agent as root, or give it/);
  });
});

describe('an agent whose log cannot be written', { skip }, () => {
  let host: Host;
  beforeEach(() => {
    host = new Host();
  });
  afterEach(() => host.close());

  it('goes on when the device is full, and says so once', async () => {
    const agent = host.agent(['--config-file', host.configure('[log]\nfile = "/dev/full"\n')]);
    await agent.part('frr', 'down');
    // It has something to log again, and cannot.
    await host.startDatabase('conf');
    await agent.part('Open_vSwitch', 'synced');
    assert.equal(await agent.stop(), 0);
    assert.match(
      agent.said,
      /^selvedge: cannot write the log file \/dev\/full: ENOSPC: .*; make room there: [^\n]*\n$/,
    );
  });

  it('writes on when there is room again, and has lost nothing of the little there was', async () => {
    const disk = host.path('disk');
    const file = join(disk, 'log');
    // A file system of two pages, one of which somebody else has filled.
    const prepare = `mkdir -p ${disk} && mount -t tmpfs -o size=8k tmpfs ${disk} && head -c 8192 /dev/zero > ${disk}/big && touch ${file} && exec "$@"`;
    const config = host.configure(`[log]\nfile = "${file}"\nformat = "human"\n`);
    const agent = host.agent(
      ['--config-file', config],
      ['unshare', '-m', 'sh', '-c', prepare, 'sh'],
    );
    await agent.part('frr', 'down');
    await until('it says so', () => agent.said.includes('make room there'));
    const inside = join('/proc', String(agent.pid), 'root', disk);
    spawnSync('rm', [join(inside, 'big')]);
    await host.startDatabase('conf');
    await agent.part('Open_vSwitch', 'synced');
    await until('it is written', () =>
      readFileSync(join(inside, 'log'), 'utf8').includes('Open_vSwitch is synced'),
    );
    assert.match(readFileSync(join(inside, 'log'), 'utf8'), /^\S+ info {2}selvedge starts/);
    assert.equal(await agent.stop(), 0);
  });

  it('logs to standard error when the file cannot be opened', async () => {
    const agent = host.agent([
      '--config-file',
      host.configure('[log]\nfile = "/nonexistent/log"\n'),
    ]);
    await agent.part('frr', 'down');
    assert.match(agent.said, /^selvedge: cannot open the log file \/nonexistent\/log: ENOENT/);
    assert.match(agent.said, /frr is down/);
    assert.equal(existsSync('/nonexistent'), false);
  });
});
