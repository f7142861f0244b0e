/**
 * Rtnetlink for Node: typed links, addresses, routes, rules, neighbours, bridge entries and settings, written and
 * watched without a shell. This file is the map; README.md tells how to use it.
 *
 *   wire/   octets and values, pure: one codec per object (`link`, `route`, ...), used in both directions
 *   io/     the socket that asks, the monitor that listens, and the addon below them
 */

export { maxMessages } from './wire/batch.ts';
export { type Addon, loadAddon, type Poll } from './io/addon.ts';
export type { Alarm } from './io/alarm.ts';
export {
  type Monitor,
  type MonitorGroup,
  type MonitorListener,
  type MonitorOptions,
  watchNetlink,
} from './io/monitor.ts';
export { NetlinkSocket, type SocketOptions } from './io/socket.ts';
export {
  type Arrival,
  netlinkTransport,
  type Transport,
  type TransportOptions,
} from './io/transport.ts';
export {
  type Address,
  type AddressFilter,
  address,
  addressOf,
  type Lifetime,
} from './wire/address.ts';
export type { HasOpaque, Opaque } from './wire/attribute.ts';
export { formatNetlinkError, type NetlinkError, ownErrors } from './wire/error.ts';
export { type Fdb, type FdbFilter, fdb, fdbOf } from './wire/fdb.ts';
export { type Link, type LinkFilter, link, linkOf } from './wire/link.ts';
export type { BridgeLink } from './wire/link/bridge.ts';
export type { BridgePort } from './wire/link/bridge-port.ts';
export type { LinkInfo, LinkKind, LinkMember, VethLink } from './wire/link/info.ts';
export type { VlanLink } from './wire/link/vlan.ts';
export type { VrfLink } from './wire/link/vrf.ts';
export type { VxlanLink } from './wire/link/vxlan.ts';
export { type NeighAge, type Neigh, type NeighFilter, neigh, neighOf } from './wire/neigh.ts';
export { type Netconf, type NetconfFilter, netconf } from './wire/netconf.ts';
export {
  decodeIpEncap,
  encodeIpEncap,
  type IpEncap,
  type NextHop,
  type Via,
} from './wire/next-hop.ts';
export {
  BRIDGE_FLAGS,
  BRIDGE_VLAN_INFO,
  IFA_F,
  IFF,
  NTF,
  NUD,
  RT_TABLE,
  RTNH_F,
  RTPROT,
} from './wire/numbers.ts';
export type { ObjectCodec, Refused } from './wire/object.ts';
export { type NetlinkEvent, type ObjectName, type ObjectValue, objects } from './wire/objects.ts';
export { append, change, create, get, type Request, remove, replace } from './wire/request.ts';
export { type Route, type RouteFilter, route, routeOf } from './wire/route.ts';
export { type Range, type Rule, type RuleFilter, rule, ruleOf } from './wire/rule.ts';
export {
  type BridgeVlans,
  type TunnelRange,
  type VlanFilter,
  type VlanRange,
  type VlanSpec,
  vlan,
  vlanOf,
} from './wire/vlan.ts';
