/** What agents may alter on a node, as text, so that two states can be compared. */

import assert from 'node:assert/strict';
import type { FabricNode } from './node.ts';

/**
 * Devices, rules, neighbours, flows with the cookies of modes evpn and bgp (0x3e6 and 0x3e7, whatever stands in the bit that
 * sets some apart), and FRR's configuration. The kernel's own rule for VRFs stays, and the bridges' MTU is Open vSwitch's
 * affair. What costs least comes first.
 */
const parts: readonly (readonly string[])[] = [
  ['ip', '-o', 'link', 'show'],
  ['ip', 'rule'],
  ['ip', '-6', 'rule'],
  ['ip', 'address', 'show', 'dev', 'br-ex'],
  ['ip', 'neigh', 'show', 'nud', 'permanent'],
  ['ovs-ofctl', 'dump-flows', 'br-ex', 'cookie=0x3e6/0xfffffffefffffffe'],
  ['vtysh', '-c', 'show running-config'],
];

/** A text for each part. */
export function stateOf(node: FabricNode): Promise<readonly string[]> {
  return Promise.all(parts.map((part) => textOf(node, part)));
}

/** Throws at the first part that is not as it was; of those behind it a node that is waited for is not asked. */
export async function assertState(node: FabricNode, was: readonly string[]): Promise<void> {
  for (const [index, part] of parts.entries()) {
    assert.equal(await textOf(node, part), was[index]);
  }
}

/** What the kernel has by itself of rules. */
const ownRules =
  /^(0:\tfrom all lookup local|32766:\tfrom all lookup main|32767:\tfrom all lookup default|)$/;

/** Whether no agent has left anything, in either mode: a rule, a VRF, a flow, a stanza. */
export function isBare([
  links = '',
  rules4 = '',
  rules6 = '',
  ...others
]: readonly string[]): boolean {
  const rules = `${rules4}\n${rules6}`.split('\n').map((line) => line.trim());
  return (
    rules.every((line) => ownRules.test(line)) &&
    !/\b(vrf-\d|bgp-vrf|cookie=0x3e[67])/.test([links, ...others].join('\n'))
  );
}

async function textOf(node: FabricNode, part: readonly string[]): Promise<string> {
  return (await node.ok(part))
    .split('\n')
    .filter((line) => !/tap|genev_sys|NXST|fe80:|valid_lft|l3mdev-table|br-(ex|int): </.test(line))
    .map((line) => line.replace(/^\d+: /, ''))
    .join('\n');
}
