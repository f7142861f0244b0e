/** What agents may alter on a node, as text, so that two states can be compared. Asserts nothing. */

import type { FabricNode } from './node.ts';

/**
 * Devices, rules, neighbours, flows with the cookies of modes evpn and bgp (0x3e6 and 0x3e7, whatever stands in the bit that
 * sets some apart), and FRR's configuration. The kernel's own rule for VRFs stays, and the bridges' MTU is Open vSwitch's
 * affair.
 */
export async function stateOf(node: FabricNode): Promise<string> {
  const shown = await Promise.all([
    node.ok(['ip', '-o', 'link', 'show']),
    node.ok(['ip', 'rule']),
    node.ok(['ip', '-6', 'rule']),
    node.ok(['ip', 'address', 'show', 'dev', 'br-ex']),
    node.ok(['ip', 'neigh', 'show', 'nud', 'permanent']),
    node.ok(['ovs-ofctl', 'dump-flows', 'br-ex', 'cookie=0x3e6/0xfffffffefffffffe']),
    node.vtysh('show running-config'),
  ]);
  return shown
    .join('\n')
    .split('\n')
    .filter((line) => !/tap|genev_sys|NXST|fe80:|valid_lft|l3mdev-table|br-(ex|int): </.test(line))
    .map((line) => line.replace(/^\d+: /, ''))
    .join('\n');
}
