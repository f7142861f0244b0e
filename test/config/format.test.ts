import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'smol-toml';
import { unwrap } from '../../src/base/result.ts';
import { type Config, formatConfig, parseToml } from '../../src/config/index.ts';
import { formatValue } from '../../src/config/format.ts';
import { optional } from '../../src/config/option.ts';
import { path } from '../../src/config/types.ts';

describe('a printed configuration', () => {
  test('shows every option under the name it has in TOML, those not set as null', () => {
    const plain = formatConfig(unwrap(parseToml('[evpn]\nlocal_ip = "2001:DB8::1"')));
    assert.deepEqual(plain['evpn'], {
      local_ip: '2001:db8::1',
      local_nic: null,
      udp_port: 4789,
      underlay_mtu: null,
      flow_cookie: 998,
      flow_priority: 1000,
      gateway_responder: 'auto',
      standby: true,
      isolate: true,
    });
    assert.equal(plain['mode'], 'evpn');
    assert.deepEqual(plain['ovs'], { database: ['unix:/run/openvswitch/db.sock'] });
  });

  test('is data that JSON can carry', () => {
    const plain = formatConfig(unwrap(parseToml('')));
    assert.deepEqual(JSON.parse(JSON.stringify(plain)), plain);
  });

  test('reads back as the same configuration', () => {
    fc.assert(
      fc.property(anyToml, (text) => {
        const config: Config = unwrap(parseToml(text));
        assert.deepEqual(unwrap(parseToml(stringify(withoutNulls(formatConfig(config))))), config);
      }),
    );
  });

  test('never shows a secret', () => {
    const secret = optional({ type: path, why: '', about: '', secret: true });
    assert.equal(formatValue({ option: secret }, '/secret'), '(hidden)');
    assert.equal(formatValue({ option: secret }, undefined), null);
  });
});

function withoutNulls(value: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]: [string, unknown]) => [
        key,
        typeof inner === 'object' && inner !== null && !Array.isArray(inner)
          ? withoutNulls(inner)
          : inner,
      ]),
  );
}

/** Some options, with values over the whole of their range. */
const anyToml = fc
  .record(
    {
      evpn: fc.record(
        {
          local_ip: fc.constantFrom('10.0.0.1', '2001:db8::1'),
          local_nic: fc.constantFrom('eth0', 'bond0.100'),
          udp_port: fc.integer({ min: 1, max: 65_535 }),
          flow_cookie: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
          isolate: fc.boolean(),
        },
        { requiredKeys: [] },
      ),
      ovn: fc.record(
        {
          southbound: fc.subarray(['tcp:10.0.0.1:6642', 'ssl:[::1]:6642', 'unix:/run/a,b.sock']),
          ca_cert: fc.constantFrom('/a', '/b "c" \\d'),
        },
        { requiredKeys: [] },
      ),
      http: fc.record(
        { listen: fc.constantFrom('off', '[::1]:1', '127.0.0.1:65535') },
        { requiredKeys: [] },
      ),
      reconcile: fc.record(
        {
          retry_initial: fc.integer({ min: 10, max: 30_000 }).map((ms) => ms / 1000),
          resync: fc.integer({ min: 1000, max: 86_400_000 }).map((ms) => ms / 1000),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: [] },
  )
  .map((table) => stringify(table));
