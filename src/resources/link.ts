/**
 * Network devices, with what makes them ours: the link alias (IFLA_IFALIAS). `attached` is a device that somebody
 * else makes for us (Open vSwitch its internal ports, the kernel the far end of a veth); it is only configured.
 */

import { assertNever } from '../base/assert-never.ts';
import { equalData } from '../base/equal.ts';
import type { IfName } from '../net/if-name.ts';
import { formatIp, type Ip } from '../net/ip.ts';
import { formatMac, type Mac } from '../net/mac.ts';
import type { TableId, VlanId, Vni } from '../net/numbers.ts';
import type { Comparison, Key, Kind, Verb } from './resource.ts';

/** What cannot be altered once the device exists. */
export type LinkType =
  | { readonly type: 'vrf'; readonly table: TableId }
  | { readonly type: 'bridge' }
  | { readonly type: 'vxlan'; readonly vni: Vni; readonly local: Ip; readonly port: number }
  | { readonly type: 'dummy' }
  | { readonly type: 'vlan'; readonly parent: IfName; readonly id: VlanId }
  | { readonly type: 'veth'; readonly peer: IfName }
  /**
   * Observed as such too: an internal port by what it is, the far end of a veth by our mark on it (before that, it is
   * a veth like the near end), so that to remove it does not take the near end along.
   */
  | { readonly type: 'attached'; readonly madeBy: Key };

export interface LinkSpec {
  readonly kind: 'link';
  readonly name: IfName;
  readonly is: LinkType;
  readonly mtu?: number;
  readonly master?: IfName;
  /** Left as the kernel chose it when absent. */
  readonly address?: Mac;
  /** Bridge port: learn source addresses (IFLA_BRPORT_LEARNING). Only for members of a bridge. */
  readonly learning?: boolean;
  /** Whether the device gets a link-local IPv6 address (IFLA_INET6_ADDR_GEN_MODE); true is the kernel's default. */
  readonly linkLocal?: boolean;
  /** Observed only: it is not up, which every wanted device is. */
  readonly down?: true;
}

export function linkKey(name: IfName): Key {
  return `link ${name}` as Key;
}

/**
 * Milliseconds that a VRF or VXLAN device stays after all else of it. zebra looks up the table of a route that was
 * removed when the kernel has confirmed that, and the VXLAN device of an EVPN route when it gets to deleting it; what
 * it finds missing by then, it takes from freed memory or through a null pointer (seen with 10.3).
 */
const zebraRest = 5_000;

export const link: Kind<LinkSpec> = {
  kind: 'link',
  target: 'kernel',
  marked: true,
  announces: false,
  key: (spec) => linkKey(spec.name),
  needs: (spec) => [
    ...(spec.master === undefined ? [] : [linkKey(spec.master)]),
    ...(spec.is.type === 'attached' ? [spec.is.madeBy] : []),
    ...(spec.is.type === 'vlan' ? [linkKey(spec.is.parent)] : []),
  ],
  outlives: () => [],
  compare: compareLinks,
  // A device that looks as ours would, but has not our mark, may be in use.
  adoptable: (wanted, observed) =>
    wanted.is.type === 'attached' && isMadeBy(wanted.is.madeBy, observed),
  grace: () => 0,
  rest: ({ is }) => (is.type === 'vrf' || is.type === 'vxlan' ? zebraRest : 0),
  print: printLink,
};

/** Whether a device is what `madeBy` makes, and not one of somebody else that only has its name. */
function isMadeBy(madeBy: Key, observed: LinkSpec): boolean {
  if (observed.is.type === 'veth') return linkKey(observed.is.peer) === madeBy;
  return observed.is.type === 'attached' && observed.is.madeBy === madeBy;
}

function compareLinks(wanted: LinkSpec, observed: LinkSpec): Comparison {
  if (wanted.is.type !== 'attached' && !equalData(wanted.is, observed.is)) return 'replace';
  const same =
    // Open vSwitch makes its own device the master of what is added to a bridge.
    matches(wanted.master, observed.master) &&
    matches(wanted.mtu, observed.mtu) &&
    matches(wanted.address, observed.address) &&
    matches(wanted.learning, observed.learning) &&
    matches(wanted.linkLocal, observed.linkLocal) &&
    observed.down !== true;
  return same ? 'same' : 'change';
}

/** What is not asked for may be anything. */
function matches<T>(wanted: T | undefined, observed: T | undefined): boolean {
  return wanted === undefined || wanted === observed;
}

function printLink(verb: Verb, spec: LinkSpec): string {
  if (verb === 'remove') {
    return spec.is.type === 'attached'
      ? `ip link set ${spec.name} nomaster`
      : `ip link del ${spec.name}`;
  }
  const set = `ip link set ${spec.name}${printSettings(spec)}`;
  if (verb === 'change' || verb === 'adopt' || spec.is.type === 'attached') return set;
  const parent = spec.is.type === 'vlan' ? ` link ${spec.is.parent}` : '';
  const add = `ip link add${parent} ${spec.name} type ${printType(spec.is)} && ${set}`;
  return verb === 'replace' ? `ip link del ${spec.name} && ${add}` : add;
}

function printType(is: LinkType): string {
  switch (is.type) {
    case 'vrf':
      return `vrf table ${is.table}`;
    case 'vxlan':
      return `vxlan id ${is.vni} local ${formatIp(is.local)} dstport ${is.port} nolearning`;
    case 'veth':
      return `veth peer name ${is.peer}`;
    case 'vlan':
      return `vlan id ${is.id}`;
    case 'bridge':
    case 'dummy':
    case 'attached':
      return is.type;
    default:
      return assertNever(is);
  }
}

function printSettings(spec: LinkSpec): string {
  const words = [
    spec.master === undefined ? '' : ` master ${spec.master}`,
    spec.mtu === undefined ? '' : ` mtu ${spec.mtu}`,
    spec.address === undefined ? '' : ` address ${formatMac(spec.address)}`,
    spec.linkLocal === false ? ' addrgenmode none' : '',
    ' up',
    // Everything behind `type` is for that type.
    spec.learning === undefined
      ? ''
      : ` type bridge_slave learning ${spec.learning ? 'on' : 'off'}`,
  ];
  return words.join('');
}
