/** What the kernel's links, addresses and routes say about the underlay. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unwrap } from '../../../src/base/result.ts';
import { parseIfName } from '../../../src/net/if-name.ts';
import { formatIp, parseIp } from '../../../src/net/ip.ts';
import { parseTableId } from '../../../src/net/numbers.ts';
import { parsePrefix } from '../../../src/net/prefix.ts';
import { addressOf, linkOf, type Route, routeOf } from '../../../src/protocols/netlink/index.ts';
import { type HostSettings, type KernelFacts, readHost } from '../../../src/sources/host/facts.ts';

const ifName = (text: string) => unwrap(parseIfName(text));
const ip = (text: string) => unwrap(parseIp(text));
const unset: HostSettings = { localIp: undefined, localNic: undefined, underlayMtu: undefined };

const links = [
  linkOf({ index: 1, name: ifName('lo'), mtu: 65536 }),
  linkOf({ index: 2, name: ifName('eth0'), mtu: 9000 }),
  linkOf({ index: 3, name: ifName('eth1'), mtu: 1500 }),
];

function addresses(...texts: readonly (readonly [number, string])[]): KernelFacts['addresses'] {
  return texts.map(([index, text]) => addressOf({ index, prefix: unwrap(parsePrefix(text)) }));
}

function route(fields: Partial<Route>): Route {
  const destination = unwrap(parsePrefix('0.0.0.0/0'));
  return routeOf({ destination, table: unwrap(parseTableId(254)), ...fields });
}

function vtep(settings: Partial<HostSettings>, found: KernelFacts['addresses']): string {
  const host = readHost(
    { ...unset, ...settings },
    { tables: '', faces: new Set(), links, addresses: found, routes: [] },
  );
  return host.vtep === undefined ? 'none' : formatIp(host.vtep);
}

function mtu(settings: Partial<HostSettings>, routes: readonly Route[]): number | undefined {
  return readHost(
    { ...unset, ...settings },
    { tables: '', faces: new Set(), links, addresses: [], routes },
  ).underlayMtu;
}

describe('the VTEP address', () => {
  const found = addresses(
    [1, '127.0.0.1/8'],
    [1, '::1/128'],
    [1, '2001:db8::1/128'],
    [1, '10.0.0.1/24'],
    [1, '10.255.1.1/32'],
    [2, 'fe80::2/64'],
    [2, '192.0.2.2/24'],
  );

  test('is the host address of the loopback device, IPv4 before IPv6', () => {
    assert.equal(vtep({}, found), '10.255.1.1');
    assert.equal(vtep({}, addresses([1, '::1/128'], [1, '2001:db8::1/128'])), '2001:db8::1');
  });

  test('is of the device that is configured', () => {
    assert.equal(vtep({ localNic: ifName('eth0') }, found), '192.0.2.2');
    assert.equal(vtep({ localNic: ifName('eth1') }, found), 'none');
  });

  test('is what is configured, whether it is there or not', () => {
    assert.equal(vtep({ localIp: ip('10.9.9.9') }, found), '10.9.9.9');
  });

  test('is not known before there is one', () => {
    assert.equal(vtep({}, addresses([1, '127.0.0.1/8'], [1, '127.0.0.2/32'])), 'none');
  });
});

describe('the MTU of the underlay', () => {
  const gateway = ip('192.0.2.1');

  test('is the smallest of the devices with a gateway behind them, also of several next hops', () => {
    assert.equal(mtu({}, [route({ oif: 2, gateway }), route({ oif: 3 })]), 9000);
    const hop = { flags: 0, weight: 1, gateway };
    const multipath = [
      { index: 2, ...hop },
      { index: 3, ...hop },
    ];
    assert.equal(mtu({}, [route({ multipath })]), 1500);
  });

  test('is what is configured, else unknown without a gateway', () => {
    assert.equal(mtu({ underlayMtu: 8950 }, [route({ oif: 2, gateway })]), 8950);
    assert.equal(mtu({}, [route({ oif: 2 })]), undefined);
  });
});
