/** Router advertisements of a device, against real daemons: our lines of `interface X`, and that itself when the device goes. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { unwrap } from '../../../src/base/result.ts';
import type { IfName } from '../../../src/net/if-name.ts';
import type {
  FrrAdvertisementSpec,
  FrrInterfaceSpec,
} from '../../../src/resources/frr-interface.ts';
import type { Owner } from '../../../src/resources/target.ts';
import { FrrDaemons, frrRoots, hasMgmtd } from '../../protocols/vty/frr-daemons.ts';
import { ip6, prefix } from '../../resources/specs.ts';
import { errorOf, type FrrSpec, operator, until, WatchedTarget } from './harness.ts';

const done = { done: true };

const link = 'vp500.102' as IfName;
const device: FrrInterfaceSpec = { kind: 'frr-interface', link };
const managed: FrrAdvertisementSpec = {
  kind: 'frr-advertisement',
  link,
  prefixes: [{ prefix: prefix('2001:db8:4::/64'), autonomous: false }],
  dnsServers: [ip6('2001:db8::53'), ip6('2001:db8::54')],
  managed: true,
  other: false,
};
const stateless: FrrAdvertisementSpec = {
  ...managed,
  prefixes: [
    { prefix: prefix('2001:db8:4::/64'), autonomous: true },
    { prefix: prefix('2001:db8:5::/64'), autonomous: false },
  ],
  dnsServers: [ip6('2001:db8::54')],
  managed: false,
  other: true,
};

for (const root of frrRoots()) {
  const title = `router advertisements of FRR ${root.version ?? ''} of ${root.path}`;
  describe(title, { skip: root.skip }, () => {
    let frr: FrrDaemons;
    let watched: WatchedTarget;
    let owner: Owner | undefined;
    let tellOfLinks = (): void => {};
    before(async () => {
      frr = await FrrDaemons.start(root);
      watched = await WatchedTarget.start(frr.directory, {
        ownerOf: (name) => (name === link ? owner : undefined),
        onLinksChanged: (listener) => {
          tellOfLinks = listener;
        },
      });
    });
    after(async () => {
      await watched.target.close();
      await frr.stop();
    });

    /** What stands in `interface X`; undefined when it is not printed. */
    const linesOf = async (): Promise<readonly string[] | undefined> => {
      const session = await frr.open(hasMgmtd(root) ? 'mgmtd' : 'zebra');
      const text = unwrap(await session.ask('show running-config'));
      session.close();
      const [, body] = /^interface vp500\.102\n(.*?)^exit$/ms.exec(text) ?? [];
      return body?.split('\n').flatMap((line) => (line === '' ? [] : line.trim()));
    };
    const change = async (spec: FrrSpec): Promise<void> => {
      assert.equal(watched.compare(spec), 'change');
      assert.deepEqual(await watched.apply('change', spec), [done]);
      assert.equal(watched.compare(spec), 'same');
    };

    test('await the device, of which FRR has a stanza then', async () => {
      watched.want(device);
      const [outcome] = await watched.apply('create', device);
      assert.deepEqual(outcome, { done: false, waiting: 'the device vp500.102' });
      frr.ip('link', 'add', link, 'type', 'veth', 'peer', 'vo500.102');
      for (const name of [link, 'vo500.102']) frr.ip('link', 'set', name, 'up');
      owner = 'us';
      tellOfLinks();
      await until('it is seen', () => watched.observe(device)?.owner === 'us');
    });

    test('are made, and altered line by line, beside lines of an operator', async () => {
      await operator(frr, root, `interface ${link}`, 'ipv6 nd ra-interval 7');
      await watched.make(managed);
      assert.deepEqual(
        new Set(await linesOf()),
        new Set([
          'ipv6 nd ra-interval 7',
          'ipv6 nd prefix 2001:db8:4::/64 no-autoconfig',
          'ipv6 nd rdnss 2001:db8::53',
          'ipv6 nd rdnss 2001:db8::54',
          'ipv6 nd managed-config-flag',
          'no ipv6 nd suppress-ra',
        ]),
      );
      await change(stateless);
      assert.deepEqual(
        new Set(await linesOf()),
        new Set([
          'ipv6 nd ra-interval 7',
          'ipv6 nd prefix 2001:db8:4::/64',
          'ipv6 nd prefix 2001:db8:5::/64 no-autoconfig',
          'ipv6 nd rdnss 2001:db8::54',
          'ipv6 nd other-config-flag',
          'no ipv6 nd suppress-ra',
        ]),
      );
      await change(managed);
    });

    test('are put back when somebody alters them', async () => {
      watched.changed.clear();
      await operator(frr, root, `interface ${link}`, 'ipv6 nd suppress-ra');
      await until('it is told', () => watched.wasTold(managed));
      await change(managed);
      await operator(frr, root, `interface ${link}`, 'ipv6 nd prefix 2001:db8:9::/64');
      await until('it is told', () => watched.compare(managed) === 'change');
      await change(managed);
    });

    test('are taken back, and the stanza with the device, unless others have lines there', async () => {
      await watched.remove(managed);
      assert.deepEqual(await linesOf(), ['ipv6 nd ra-interval 7']);
      frr.ip('link', 'del', link);
      owner = undefined;
      tellOfLinks();
      const [outcome] = await watched.apply('remove', device);
      assert.equal(
        errorOf(outcome),
        "cannot remove 'interface vp500.102': foreign lines remain: 'ipv6 nd ra-interval 7'; remove them",
      );
      await operator(frr, root, `interface ${link}`, 'no ipv6 nd ra-interval');
      await until('it is gone', async () => {
        await watched.apply('remove', device);
        return (await linesOf()) === undefined;
      });
      assert.equal(watched.observe(device), undefined);
    });
  });
}
