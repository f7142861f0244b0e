/** What the doctor tells of OVN's own hand in the kernel: whether it can have one, and where it has. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';

import { cannotHost, Host, southboundSchema } from '../agent/host.ts';

describe('the doctor, of the dynamic routing of OVN', { skip: cannotHost() }, () => {
  let host: Host;
  beforeEach(async () => {
    host = new Host();
    await host.startDatabase('conf');
    host.vsctl('init');
    const remote = `external_ids:ovn-remote=unix:${host.path('sb.sock')}`;
    host.vsctl('set', 'Open_vSwitch', '.', 'external_ids:system-id=here', remote);
  });
  afterEach(() => host.close());

  /** A Southbound database that has, or has not, the table that came with it. */
  async function startSouthbound(hasTable: boolean): Promise<void> {
    const schema = JSON.parse(readFileSync(southboundSchema, 'utf8'));
    delete schema.tables.Advertised_Route;
    if (hasTable) schema.tables.Advertised_Route = { columns: { ip_prefix: { type: 'string' } } };
    writeFileSync(host.path('sb.ovsschema'), JSON.stringify(schema));
    await host.startDatabase('sb', host.path('sb.ovsschema'));
  }

  function remark(): string | undefined {
    const { stdout } = host.cli(['doctor', '--json', '--config-file', host.configure()]);
    const findings = JSON.parse(stdout) as { what: string; remark: string }[];
    return findings.find(({ what }) => what === 'dynamic routing of OVN')?.remark;
  }

  it('says that an old one has none', async () => {
    await startSouthbound(false);
    assert.equal(remark(), 'not in this OVN (25.03 brings it)');
  });

  it('says of a new one what is its, and that it is never touched', async () => {
    await startSouthbound(true);
    const ip = (text: string) => execFileSync('ip', ['-n', host.netns, ...text.split(' ')]);
    ip('link add x1 type bridge');
    ip('link set x1 up');
    ip('route add 10.9.0.0/16 dev x1 proto 84 table 1001');
    ip('route add blackhole 10.8.0.0/16 proto 84 table 700');
    assert.equal(
      remark(),
      'this OVN can exchange routes with VRFs of the kernel by itself; it has routes (protocol 84) in table 700, 1001: no VNI of ours may have that number; its routes and devices are never touched',
    );
  });

  it('says nothing where the database cannot be read', () => assert.equal(remark(), undefined));
});
