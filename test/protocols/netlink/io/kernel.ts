/** Words that the cases on the real kernel share: values from text, devices that go again, what iproute2 shows. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { type Result, unwrap } from '../../../../src/base/result.ts';
import { type IfName, parseIfName } from '../../../../src/net/if-name.ts';
import { type Ip, type Ip4, type Ip6, parseIp } from '../../../../src/net/ip.ts';
import { parseMac } from '../../../../src/net/mac.ts';
import { parseTableId, parseVlanId, parseVni } from '../../../../src/net/numbers.ts';
import { parsePrefix } from '../../../../src/net/prefix.ts';
import {
  change,
  create,
  formatNetlinkError,
  IFF,
  type Link,
  type LinkKind,
  link,
  linkOf,
  type NetlinkError,
  NetlinkSocket,
  remove,
} from '../../../../src/protocols/netlink/index.ts';
import { Skip } from './namespace.ts';

export const ifName = (text: string) => unwrap(parseIfName(text));
export const ip = (text: string) => unwrap(parseIp(text));
export const ip4 = (text: string) => ip(text) as Ip4;
export const ip6 = (text: string) => ip(text) as Ip6;
export const mac = (text: string) => unwrap(parseMac(text));
export const prefix = (text: string) => unwrap(parsePrefix(text));
export const table = (number: number) => unwrap(parseTableId(number));
export const vlanId = (number: number) => unwrap(parseVlanId(number));
export const vni = (number: number) => unwrap(parseVni(number));

export const netlink = unwrap(NetlinkSocket.open());

/** The value of a result; fails the case with the whole error. */
export function must<T>(result: Result<T, NetlinkError>): T {
  assert.ok(result.ok, result.ok ? '' : formatNetlinkError(result.error));
  return result.value;
}

/** The same for a batch: all of it. */
export function mustAll(results: readonly Result<void, NetlinkError>[]): void {
  for (const result of results) must(result);
}

/** Skips the case when the kernel does not know the thing at all. */
export function orSkip<T>(what: string, result: Result<T, NetlinkError>): T {
  const unknown = ['EOPNOTSUPP', 'EAFNOSUPPORT', 'EPROTONOSUPPORT'];
  if (!result.ok && unknown.includes(result.error.code)) {
    throw new Skip(`this kernel has no ${what}: ${formatNetlinkError(result.error)}`);
  }
  return must(result);
}

/** Makes a device, which is up, runs the body with it and removes it. */
export async function withLink(
  name: string,
  is: LinkKind,
  body: (made: Link) => Promise<void>,
  more: Partial<Link> = {},
): Promise<void> {
  const wanted = linkOf({ name: ifName(name), info: { is }, ...more });
  orSkip(`device of this kind (${is.type})`, await netlink.request(create(link, wanted)));
  const made = await linkNamed(ifName(name));
  try {
    must(await netlink.request(change(link, linkOf({ index: made.index, ...up }))));
    await body(await linkNamed(ifName(name)));
  } finally {
    await netlink.request(remove(link, linkOf({ index: made.index })));
  }
}

export const up = { flags: IFF.up, change: IFF.up };

export async function linkNamed(name: IfName): Promise<Link> {
  return must(await netlink.get(link, linkOf({ name })));
}

/** What `ip -json -details` or `bridge -json -details` prints. */
export function show(command: string): readonly Json[] {
  const [program = '', ...args] = command.split(' ');
  const run = spawnSync(program, ['-json', '-details', ...args], { encoding: 'utf8' });
  assert.equal(run.status, 0, `${command}: ${run.stderr}`);
  return run.stdout.trim() === '' ? [] : (JSON.parse(run.stdout) as Json[]);
}

// oxlint-disable-next-line typescript/no-explicit-any -- what iproute2 prints has no type
export type Json = any;

/** Fails unless `actual` has all of `expected`, at any depth; lists are compared whole. */
export function assertHas(actual: unknown, expected: unknown, path = ''): void {
  if (isRecord(expected)) {
    assert.ok(isRecord(actual), `${path}: ${String(actual)} instead of an object`);
    for (const key of Object.keys(expected)) {
      if (expected[key] !== undefined) assertHas(actual[key], expected[key], `${path}.${key}`);
    }
    return;
  }
  assert.deepEqual(actual, expected, path);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function sortBy<T>(all: readonly T[], key: (one: T) => string): T[] {
  return all.toSorted((a, b) => key(a).localeCompare(key(b)));
}

export type { Ip };
