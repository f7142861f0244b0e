/** Rows of a real OVN_Northbound: made, altered, taken over and removed, and what the server shows of them. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { silentLog } from '../../../src/base/ports.ts';
import { formatEndpoint, systemClock } from '../../../src/protocols/ovsdb/index.ts';
import { type OvnRowSpec, ovnRow } from '../../../src/resources/ovn-row.ts';
import type { Key, Verb } from '../../../src/resources/resource.ts';
import type { Observed, Operation, Outcome, Target } from '../../../src/resources/target.ts';
import { openNorthbound, openOvnTarget } from '../../../src/targets/ovn/index.ts';
import { type OvsdbServer, startServer, until } from '../../protocols/ovsdb/support/server.ts';
import { northboundSchema } from '../../sources/support/ovn.ts';

let server: OvsdbServer;
let target: Target;
const changed = new Set<Key>();

function open(): Target {
  const database = openNorthbound({
    endpoints: [server.endpoint],
    clock: systemClock,
    random: Math.random,
    log: silentLog,
  });
  return openOvnTarget(database, systemClock);
}

before(async () => {
  server = await startServer({ schema: northboundSchema });
  target = open();
  await target.start({
    changed: (keys) => {
      for (const key of keys) changed.add(key);
    },
    stateChanged: () => {},
  });
});
after(async () => {
  await target.close();
  await server.stop();
});

function nbctl(...words: readonly string[]): string {
  const at = `--db=${formatEndpoint(server.endpoint)}`;
  return execFileSync('ovn-nbctl', [at, ...words], { encoding: 'utf8' }).trim();
}

/** The value of a column in the one row that there is. */
function cell(table: string, column: string): string {
  return nbctl('--bare', `--columns=${column}`, 'list', table);
}

/** What ovn-northd writes when it starts. */
function northdIs(version: string): void {
  nbctl('set', 'NB_Global', '.', `options:northd_internal_version="${version}"`);
}

it('is there for an OVN that can do what is asked of it, and says of another which it would have to be', async () => {
  nbctl('init');
  northdIs('23.03.1-20.27.0-70.6');
  await until('it is too old', () => target.state.state === 'down');
  assert.match(
    'reason' in target.state ? target.state.reason : '',
    /^the OVN of this node alone is 23\.03\.1-[^ ]*, and exposing by it needs 23\.06; upgrade it, or set/,
  );
  for (const version of ['23.06.0-20.29.0-72.0', '25.03.0-20.41.0-78.8']) {
    northdIs(version);
    await until('it is new enough', () => target.state.state === 'ready');
  }
});

const at = { kind: 'ovn-row', of: 'bgp-router' } as const;
const router: OvnRowSpec = {
  kind: 'ovn-row',
  table: 'Logical_Router',
  id: { name: 'bgp-router' },
  cells: { options: { chassis: 'bgp' } },
};
const port: OvnRowSpec = {
  ...at,
  table: 'Logical_Router_Port',
  id: { name: 'bgp-router-fabric' },
  cells: { mac: '40:44:00:00:00:06', networks: ['10.0.1.1/31', '2001:db8::1/127'] },
};
const bfd: OvnRowSpec = {
  kind: 'ovn-row',
  table: 'BFD',
  id: { logical_port: 'bgp-router-fabric', dst_ip: '10.0.1.0' },
  cells: {},
};
const route: OvnRowSpec = {
  ...at,
  table: 'Logical_Router_Static_Route',
  id: { ip_prefix: '0.0.0.0/0', nexthop: '10.0.1.0', output_port: 'bgp-router-fabric' },
  cells: {},
  bfd: '10.0.1.0',
};
const policy: OvnRowSpec = {
  ...at,
  table: 'Logical_Router_Policy',
  id: { priority: 10, match: 'inport == "bgp-router-fabric" && ip4.dst == 172.24.0.0/16' },
  cells: { action: 'drop' },
};
const binding: OvnRowSpec = {
  kind: 'ovn-row',
  table: 'Static_MAC_Binding',
  id: { logical_port: 'bgp-router-fabric', ip: '172.24.4.11' },
  cells: { mac: 'fa:16:3e:00:00:11', override_dynamic_mac: true },
};
const logicalSwitch: OvnRowSpec = {
  kind: 'ovn-row',
  table: 'Logical_Switch',
  id: { name: 'fabric.101' },
  cells: {},
};
const localnet: OvnRowSpec = {
  kind: 'ovn-row',
  of: 'fabric.101',
  table: 'Logical_Switch_Port',
  id: { name: 'fabric.101-localnet' },
  cells: {
    type: 'localnet',
    addresses: ['unknown'],
    options: { network_name: 'fabric' },
    tag: 101,
  },
};
/** In the order of their needs. */
const all = [router, port, bfd, route, policy, binding, logicalSwitch, localnet];

function operation(verb: Verb, spec: OvnRowSpec): Operation {
  const key = ovnRow.key(spec);
  return { verb, key, target: 'ovn', spec, observed: target.observe(key)?.spec, because: [] };
}

async function apply(verb: Verb, ...specs: readonly OvnRowSpec[]): Promise<readonly Outcome[]> {
  return target.apply(specs.map((spec) => operation(verb, spec)));
}

const isDone = ({ done }: Outcome): boolean => done;

/** What a target finds that knows nothing but the database. */
async function asRead(spec: OvnRowSpec): Promise<Observed | undefined> {
  const fresh = open();
  await fresh.start({ changed: () => {}, stateChanged: () => {} });
  const observed = fresh.observe(ovnRow.key(spec));
  await fresh.close();
  return observed;
}

describe('rows', () => {
  for (const spec of all) {
    it(`of ${spec.table}: what is written is what is read`, async () => {
      assert.ok((await apply('create', spec)).every(isDone));
      const key = ovnRow.key(spec);
      assert.deepEqual(await asRead(spec), { key, spec, owner: 'us' });
      assert.equal(ovnRow.compare(spec, (target.observe(key)?.spec as OvnRowSpec) ?? spec), 'same');
    });
  }

  it('are what ovn-nbctl shows of them', () => {
    assert.match(nbctl('show', 'bgp-router'), /port bgp-router-fabric\s+mac: "40:44:00:00:00:06"/);
    assert.match(nbctl('lr-route-list', 'bgp-router'), /0\.0\.0\.0\/0 +10\.0\.1\.0 .*bfd/);
    assert.match(nbctl('lr-policy-list', 'bgp-router'), /10 .*172\.24\.0\.0\/16 +drop/);
    assert.equal(cell('Static_MAC_Binding', 'override_dynamic_mac'), 'true');
    assert.equal(cell('Logical_Switch_Port', 'tag'), '101');
  });

  it('are altered in place', async () => {
    const uuid = cell('Logical_Router_Port', '_uuid');
    const moved = { ...port, cells: { ...port.cells, networks: ['10.0.1.3/31'] } };
    assert.ok((await apply('change', moved)).every(isDone));
    assert.equal(cell('Logical_Router_Port', 'networks'), '10.0.1.3/31');
    assert.equal(cell('Logical_Router_Port', '_uuid'), uuid);
    const { bfd: _, ...unwatched } = route;
    assert.ok((await apply('change', unwatched)).every(isDone));
    assert.equal(cell('Logical_Router_Static_Route', 'bfd'), '');
    assert.ok((await apply('change', port, route)).every(isDone));
    assert.equal(cell('Logical_Router_Static_Route', 'bfd'), cell('BFD', '_uuid'));
  });

  it('that somebody alters or removes are reported', async () => {
    changed.clear();
    nbctl('set', 'Logical_Router_Policy', cell('Logical_Router_Policy', '_uuid'), 'action=allow');
    nbctl('lr-route-del', 'bgp-router', '0.0.0.0/0');
    await until('both changes', () =>
      [policy, route].every((spec) => changed.has(ovnRow.key(spec))),
    );
    assert.equal(target.observe(ovnRow.key(route)), undefined);
    const altered = target.observe(ovnRow.key(policy))?.spec as OvnRowSpec;
    assert.equal(ovnRow.compare(policy, altered), 'change');
    assert.ok((await apply('change', policy)).every(isDone));
    assert.ok((await apply('create', route)).every(isDone));
  });

  it('that are gone with their router leave their bindings to us', async () => {
    changed.clear();
    nbctl('lr-del', 'bgp-router');
    await until('the port to go', () => target.observe(ovnRow.key(port)) === undefined);
    assert.equal(target.observe(ovnRow.key(binding))?.owner, 'us');
    assert.ok(changed.has(ovnRow.key(binding)));
    for (const spec of [router, port, route, policy]) {
      assert.ok((await apply('create', spec)).every(isDone));
    }
    assert.equal(target.observe(ovnRow.key(binding))?.owner, 'us');
  });

  it('go, in the order against their needs, and nothing else does', async () => {
    nbctl('ls-add', 'of-somebody-else');
    for (const spec of all.toReversed()) {
      assert.ok((await apply('remove', spec)).every(isDone));
      assert.equal(target.observe(ovnRow.key(spec)), undefined, spec.table);
    }
    assert.match(nbctl('show'), /^switch \S+ \(of-somebody-else\)$/);
  });

  it('of ovn-bgp-agent are a predecessor’s, and others nobody’s', async () => {
    nbctl('lr-add', 'bgp-router');
    nbctl('lrp-add', 'bgp-router', 'bgp-router-openstack', '40:44:00:00:00:06', '192.168.0.1/16');
    nbctl('static-mac-binding-add', 'bgp-router-openstack', '192.168.0.9', 'fa:16:3e:00:00:09');
    await until('the rows', () => [...target.all()].length === 4);
    const owners = [...target.all()].map(({ key, owner }) => `${key}: ${owner}`).sort();
    changed.clear();
    assert.deepEqual(owners, [
      'ovn-row Logical_Router bgp-router: predecessor',
      'ovn-row Logical_Router_Port bgp-router-openstack: predecessor',
      'ovn-row Logical_Switch of-somebody-else: nobody',
      'ovn-row Static_MAC_Binding bgp-router-openstack 192.168.0.9: predecessor',
    ]);
    assert.ok((await apply('adopt', router)).every(isDone));
    assert.equal(target.observe(ovnRow.key(router))?.owner, 'us');
    assert.equal(cell('Logical_Router', 'options'), 'chassis=bgp');
    const adopted = { ...port, id: { name: 'bgp-router-openstack' } };
    assert.ok((await apply('adopt', adopted)).every(isDone));
    // Without a mark of its own it is whose its port is.
    const bound = 'ovn-row Static_MAC_Binding bgp-router-openstack 192.168.0.9' as Key;
    assert.equal(target.observe(bound)?.owner, 'us');
    assert.ok(changed.has(bound));
  });

  it('of which there are two by one name are one again, and go together', async () => {
    const lonely: OvnRowSpec = { ...logicalSwitch, id: { name: 'twice' } };
    assert.ok((await apply('create', lonely)).every(isDone));
    nbctl('--add-duplicate', 'ls-add', 'twice');
    const count = () => nbctl('--bare', '--columns=_uuid', 'find', 'Logical_Switch', 'name=twice');
    await until('both', () => [...count().matchAll(/\w{8}-/g)].length === 2);
    assert.equal(target.observe(ovnRow.key(lonely))?.owner, 'us');
    nbctl(
      'set',
      'Logical_Switch',
      ...count().split(/\s+/).slice(0, 1),
      'external_ids:selvedge=yes',
    );
    for (const uuid of count().split(/\s+/)) {
      nbctl('set', 'Logical_Switch', uuid, 'external_ids:selvedge=yes');
    }
    await until('one of them to go', async () => {
      assert.ok((await apply('change', lonely)).every(isDone));
      return [...count().matchAll(/\w{8}-/g)].length === 1;
    });
    assert.ok((await apply('remove', lonely)).every(isDone));
    assert.equal(count(), '');
  });

  it('that are refused stand alone among those that are not', async () => {
    const bad = { ...policy, cells: { action: 'think' } };
    const [first, second] = await apply('create', bad, logicalSwitch);
    assert.match(JSON.stringify(first), /think is not one of the allowed values/);
    assert.deepEqual(second, { done: true });
  });
});

it('a server that goes away is told, and what it has meanwhile is known when it is back', async () => {
  await server.kill();
  await until('it to be missed', () => target.state.state !== 'ready');
  await server.start();
  nbctl('ls-add', 'meanwhile');
  await until('it to be back', () => target.state.state === 'ready');
  const key = ovnRow.key({ ...logicalSwitch, id: { name: 'meanwhile' } });
  await until('the row', () => target.observe(key) !== undefined);
});
