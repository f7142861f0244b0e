import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { unwrap } from '../../src/base/result.ts';
import {
  type Endpoint,
  formatEndpoint,
  formatSocketAddress,
  parseEndpoint,
  parseEndpoints,
  parseSocketAddress,
} from '../../src/net/endpoint.ts';
import { formatIp } from '../../src/net/ip.ts';
import { anyIp } from './values.ts';

const good: readonly (readonly [text: string, value: Endpoint])[] = [
  ['unix:/run/openvswitch/db.sock', { kind: 'unix', path: '/run/openvswitch/db.sock' }],
  ['tcp:127.0.0.1:6642', { kind: 'tcp', host: '127.0.0.1', port: 6642 }],
  ['ssl:ovn-1.example.net:6642', { kind: 'ssl', host: 'ovn-1.example.net', port: 6642 }],
  ['tcp:[2001:db8::1]:6642', { kind: 'tcp', host: '2001:db8::1', port: 6642 }],
  ['tcp:[2001:DB8:0::1]:6642', { kind: 'tcp', host: '2001:db8::1', port: 6642 }],
  ['tcp:10.0.0.1', { kind: 'tcp', host: '10.0.0.1', port: 6640 }],
  ['ssl:[::1]', { kind: 'ssl', host: '::1', port: 6640 }],
  ['tcp:central:6642', { kind: 'tcp', host: 'central', port: 6642 }],
];

const bad: readonly (readonly [text: string, message: string])[] = [
  ['', "'' is not an OVSDB endpoint (unix:/path, tcp:host:port or ssl:host:port)"],
  [
    'ptcp:6640',
    "'ptcp:6640' is not an OVSDB endpoint (unix:/path, tcp:host:port or ssl:host:port)",
  ],
  ['unix:db.sock', "'unix:db.sock' names no absolute path"],
  ['unix:', "'unix:' names no absolute path"],
  ['unix:/a\nb', "'unix:/a\nb' names no absolute path"],
  ['tcp::6640', "'tcp::6640' names no host (tcp:host:port)"],
  ['tcp:::1:6640', "'tcp:::1:6640' names no host (tcp:host:port)"],
  ['tcp:10.0.0.256:6640', "'tcp:10.0.0.256:6640' names no host (tcp:host:port)"],
  ['ssl:-a.example:1', "'ssl:-a.example:1' names no host (ssl:host:port)"],
  ['ssl:a b:1', "'ssl:a b:1' names no host (ssl:host:port)"],
  ['tcp:[10.0.0.1]:6640', "'tcp:[10.0.0.1]:6640' names no host (tcp:host:port)"],
  ['tcp:h:0', "'tcp:h:0' has no port of 1 to 65535"],
  ['tcp:h:65536', "'tcp:h:65536' has no port of 1 to 65535"],
  ['tcp:h:', "'tcp:h:' has no port of 1 to 65535"],
  ['tcp:h:66x', "'tcp:h:66x' has no port of 1 to 65535"],
];

describe('an OVSDB endpoint', () => {
  for (const [text, value] of good) {
    test(`${text} is read`, () => assert.deepEqual(parseEndpoint(text), { ok: true, value }));
  }
  for (const [text, message] of bad) {
    test(`${JSON.stringify(text)} is refused`, () => {
      assert.deepEqual(parseEndpoint(text), { ok: false, error: { path: '', message } });
    });
  }
  test('reads back as it is printed', () => {
    fc.assert(
      fc.property(anyEndpoint, (endpoint) => {
        assert.deepEqual(unwrap(parseEndpoint(formatEndpoint(endpoint))), endpoint);
      }),
    );
  });
  test('lists are separated by commas, with or without spaces', () => {
    assert.deepEqual(
      unwrap(parseEndpoints('tcp:10.0.0.1:6642, tcp:10.0.0.2:6642')).map(formatEndpoint),
      ['tcp:10.0.0.1:6642', 'tcp:10.0.0.2:6642'],
    );
  });
  test('an issue in a list says which element', () => {
    assert.deepEqual(parseEndpoints('tcp:a:1,tcp:b:0'), {
      ok: false,
      error: { path: '[1]', message: "'tcp:b:0' has no port of 1 to 65535" },
    });
  });
});

describe('a socket address', () => {
  test('reads back as it is printed', () => {
    fc.assert(
      fc.property(anyIp, fc.integer({ min: 1, max: 65535 }), (ip, port) => {
        const text = formatSocketAddress({ ip, port });
        assert.deepEqual(unwrap(parseSocketAddress(text)), { ip, port });
      }),
    );
  });
  for (const text of [
    '',
    '127.0.0.1',
    ':9798',
    '::1:9798',
    '[::1]',
    'localhost:9798',
    '1.1.1.1:0',
  ]) {
    test(`'${text}' is refused`, () => {
      assert.deepEqual(parseSocketAddress(text), {
        ok: false,
        error: {
          path: '',
          message: `'${text}' is not an address and a port (127.0.0.1:9798 or [::1]:9798)`,
        },
      });
    });
  }
});

const port = fc.integer({ min: 1, max: 65535 });
const anyHost = fc.oneof(fc.domain(), anyIp.map(formatIp));
const anyEndpoint: fc.Arbitrary<Endpoint> = fc.oneof(
  fc
    .stringMatching(/^\/[a-zA-Z0-9 ,:._/-]{0,40}$/)
    .map((path) => ({ kind: 'unix' as const, path })),
  fc
    .tuple(fc.constantFrom('tcp' as const, 'ssl' as const), anyHost, port)
    .map(([kind, host, number]) => ({ kind, host, port: number })),
);
