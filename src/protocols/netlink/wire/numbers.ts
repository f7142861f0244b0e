/**
 * The numbers of rtnetlink that this library speaks, from the kernel's include/uapi/linux/ (the header is named at
 * each group). Attributes that are not listed are carried as opaque octets, so a number is added when something
 * needs its meaning, not before.
 */

/** netlink.h: message types below 16 belong to netlink itself. */
export const NLMSG = { noop: 1, error: 2, done: 3, overrun: 4 } as const;

/** netlink.h: flags of a message. */
export const NLM_F = {
  request: 0x1,
  multi: 0x2,
  ack: 0x4,
  dumpInterrupted: 0x10,
  dump: 0x300,
  replace: 0x100,
  exclusive: 0x200,
  create: 0x400,
  append: 0x800,
  /** In an error: the request is not echoed after it. */
  capped: 0x100,
  /** In an error: attributes of struct nlmsgerr follow. */
  ackTlvs: 0x200,
} as const;

/** netlink.h: enum nlmsgerr_attrs. */
export const NLMSGERR_ATTR = { message: 1, offset: 2, missingType: 5 } as const;

/** netlink.h: level and options of a netlink socket, protocols. */
export const SOL_NETLINK = 270;
export const NETLINK_OPTION = {
  addMembership: 1,
  dropMembership: 2,
  cappedAck: 10,
  extendedAck: 11,
  strictCheck: 12,
} as const;
export const NETLINK_ROUTE = 0;

/** socket.h of the kernel. */
export const AF = { unspec: 0, inet: 2, bridge: 7, inet6: 10, netlink: 16 } as const;

/** rtnetlink.h: the NEW message of each object; DEL is one more, GET two more, SET three. */
export const RTM = {
  link: 16,
  setLink: 19,
  address: 20,
  route: 24,
  neigh: 28,
  rule: 32,
  netconf: 80,
} as const;

/** rtnetlink.h: enum rtnetlink_groups. */
export const RTNLGRP = {
  link: 1,
  neigh: 3,
  ipv4Address: 5,
  ipv4Route: 7,
  ipv4Rule: 8,
  ipv6Address: 9,
  ipv6Route: 11,
  ipv6Rule: 19,
  ipv4Netconf: 24,
  ipv6Netconf: 25,
} as const;

/** if.h: enum net_device_flags. */
export const IFF = {
  up: 0x1,
  broadcast: 0x2,
  loopback: 0x8,
  running: 0x40,
  noarp: 0x80,
  promiscuous: 0x100,
  multicast: 0x1000,
  lowerUp: 0x10000,
} as const;

/** if_link.h: IFLA_*. */
export const IFLA = {
  address: 1,
  name: 3,
  mtu: 4,
  link: 5,
  qdisc: 6,
  master: 10,
  protinfo: 12,
  txQueueLength: 13,
  operState: 16,
  linkInfo: 18,
  netNsPid: 19,
  alias: 20,
  afSpec: 26,
  group: 27,
  netNsFd: 28,
  extMask: 29,
  carrier: 33,
  linkNetNsId: 37,
} as const;

/** rtnetlink.h: RTEXT_FILTER_*, what a link dump shall contain besides. */
export const RTEXT_FILTER = { brvlan: 2, brvlanCompressed: 4, skipStats: 8 } as const;

/** if_link.h: RFC 2863 states of an interface. */
export const operStates = {
  unknown: 0,
  notPresent: 1,
  down: 2,
  lowerLayerDown: 3,
  testing: 4,
  dormant: 5,
  up: 6,
} as const;

/** if_link.h: IFLA_INFO_*. */
export const IFLA_INFO = { kind: 1, data: 2, memberKind: 4, memberData: 5 } as const;

/** if_link.h: IFLA_INET6_* and enum in6_addr_gen_mode. */
export const IFLA_INET6 = { addrGenMode: 8 } as const;
export const addrGenModes = { eui64: 0, none: 1, stablePrivacy: 2, random: 3 } as const;

/** if_link.h: IFLA_VRF_*, IFLA_VRF_PORT_*, veth.h: VETH_INFO_PEER. */
export const IFLA_VRF = { table: 1 } as const;
export const IFLA_VRF_PORT = { table: 1 } as const;
export const VETH_INFO = { peer: 1 } as const;

/** if_link.h: IFLA_VLAN_*. */
export const IFLA_VLAN = { id: 1, flags: 2, protocol: 5 } as const;

/** if_link.h: IFLA_VXLAN_*. */
export const IFLA_VXLAN = {
  id: 1,
  group: 2,
  link: 3,
  local: 4,
  ttl: 5,
  tos: 6,
  learning: 7,
  ageing: 8,
  limit: 9,
  portRange: 10,
  proxy: 11,
  rsc: 12,
  l2miss: 13,
  l3miss: 14,
  port: 15,
  group6: 16,
  local6: 17,
  udpChecksum: 18,
  udpZeroChecksum6Tx: 19,
  udpZeroChecksum6Rx: 20,
  gbp: 23,
  external: 25,
  label: 26,
  ttlInherit: 28,
  df: 29,
  vniFilter: 30,
  localBypass: 31,
} as const;

/** if_link.h: enum ifla_vxlan_df. */
export const vxlanDfModes = { unset: 0, set: 1, inherit: 2 } as const;

/** if_link.h: IFLA_BR_*. */
export const IFLA_BR = {
  forwardDelay: 1,
  ageingTime: 4,
  stp: 5,
  priority: 6,
  vlanFiltering: 7,
  vlanProtocol: 8,
  groupForwardMask: 9,
  multicastSnooping: 23,
  multicastQuerier: 25,
  defaultPvid: 39,
} as const;

/** if_link.h: IFLA_BRPORT_*. */
export const IFLA_BRPORT = {
  state: 1,
  priority: 2,
  cost: 3,
  hairpin: 4,
  guard: 5,
  protect: 6,
  fastLeave: 7,
  learning: 8,
  unicastFlood: 9,
  proxyArp: 10,
  proxyArpWifi: 12,
  multicastRouter: 25,
  multicastFlood: 27,
  multicastToUnicast: 28,
  vlanTunnel: 29,
  broadcastFlood: 30,
  groupForwardMask: 31,
  neighSuppress: 32,
  isolated: 33,
  backupPort: 34,
  locked: 39,
} as const;

/** if_bridge.h: BR_STATE_*. */
export const bridgePortStates = {
  disabled: 0,
  listening: 1,
  learning: 2,
  forwarding: 3,
  blocking: 4,
} as const;

/** if_bridge.h: IFLA_BRIDGE_*, struct bridge_vlan_info flags, IFLA_BRIDGE_VLAN_TUNNEL_*. */
export const IFLA_BRIDGE = { flags: 0, mode: 1, vlanInfo: 2, vlanTunnelInfo: 3 } as const;
export const BRIDGE_FLAGS = { master: 1, self: 2 } as const;
export const BRIDGE_VLAN_INFO = {
  master: 1,
  pvid: 2,
  untagged: 4,
  rangeBegin: 8,
  rangeEnd: 16,
  brentry: 32,
  onlyOptions: 64,
} as const;
export const IFLA_BRIDGE_VLAN_TUNNEL = { id: 1, vid: 2, flags: 3 } as const;

/** if_addr.h: IFA_* and IFA_F_*. */
export const IFA = {
  address: 1,
  local: 2,
  label: 3,
  broadcast: 4,
  cacheInfo: 6,
  flags: 8,
  metric: 9,
  protocol: 11,
} as const;
export const IFA_F = {
  secondary: 0x01,
  nodad: 0x02,
  optimistic: 0x04,
  dadFailed: 0x08,
  home: 0x10,
  deprecated: 0x20,
  tentative: 0x40,
  permanent: 0x80,
  manageTempAddr: 0x100,
  noPrefixRoute: 0x200,
  mcAutoJoin: 0x400,
  stablePrivacy: 0x800,
} as const;

/** rtnetlink.h: enum rt_scope_t. */
export const scopes = { universe: 0, site: 200, link: 253, host: 254, nowhere: 255 } as const;

/** rtnetlink.h: RTN_*. */
export const routeTypes = {
  unspec: 0,
  unicast: 1,
  local: 2,
  broadcast: 3,
  anycast: 4,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
  throw: 9,
} as const;

/** rtnetlink.h: RTPROT_*, who made a route (or a rule, or a neighbour). Any other number may be used. */
export const RTPROT = {
  unspec: 0,
  redirect: 1,
  kernel: 2,
  boot: 3,
  static: 4,
  ra: 9,
  ovn: 84,
  bgp: 186,
  zebra: 11,
} as const;

/** rtnetlink.h: RT_TABLE_*. */
export const RT_TABLE = { unspec: 0, compat: 252, default: 253, main: 254, local: 255 } as const;

/** rtnetlink.h: RTNH_F_*, flags of a next hop; RTM_F_*, of a route. */
export const RTNH_F = {
  dead: 1,
  pervasive: 2,
  onlink: 4,
  offload: 8,
  linkdown: 16,
  unresolved: 32,
  trap: 64,
} as const;
export const RTM_F = { cloned: 0x200, lookupTable: 0x1000, fibMatch: 0x2000 } as const;

/** rtnetlink.h: RTA_*. */
export const RTA = {
  destination: 1,
  source: 2,
  iif: 3,
  oif: 4,
  gateway: 5,
  priority: 6,
  prefSource: 7,
  metrics: 8,
  multipath: 9,
  flow: 11,
  cacheInfo: 12,
  table: 15,
  mark: 16,
  via: 18,
  preference: 20,
  encapType: 21,
  encap: 22,
  nextHopId: 30,
} as const;

/** icmpv6.h: RFC 4191 §2.1 router preference. */
export const routePreferences = { low: 3, medium: 0, high: 1 } as const;

/** lwtunnel.h: enum lwtunnel_encap_types. */
export const encapTypes = {
  mpls: 1,
  ip: 2,
  ila: 3,
  ip6: 4,
  seg6: 5,
  bpf: 6,
  seg6Local: 7,
  rpl: 8,
  ioam6: 9,
  xfrm: 10,
} as const;

/** lwtunnel.h: LWTUNNEL_IP_* and LWTUNNEL_IP6_* (equal numbers; ttl is the hop limit of the latter). */
export const LWTUNNEL_IP = { id: 1, destination: 2, source: 3, ttl: 4, tos: 5, flags: 6 } as const;

/** fib_rules.h: FRA_*, FR_ACT_*, FIB_RULE_*. */
export const FRA = {
  destination: 1,
  source: 2,
  iif: 3,
  goto: 4,
  priority: 6,
  mark: 10,
  suppressGroup: 13,
  suppressPrefixLength: 14,
  table: 15,
  mask: 16,
  oif: 17,
  l3mdev: 19,
  uidRange: 20,
  protocol: 21,
  ipProtocol: 22,
  sourcePorts: 23,
  destinationPorts: 24,
} as const;
export const ruleActions = {
  unspec: 0,
  lookup: 1,
  goto: 2,
  nop: 3,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
} as const;
export const FIB_RULE = {
  permanent: 1,
  invert: 2,
  unresolved: 4,
  iifDetached: 8,
  oifDetached: 16,
} as const;

/** neighbour.h: NDA_*, NTF_*, NTF_EXT_*, NUD_*. */
export const NDA = {
  destination: 1,
  address: 2,
  cacheInfo: 3,
  probes: 4,
  vlan: 5,
  port: 6,
  vni: 7,
  ifIndex: 8,
  master: 9,
  linkNetNsId: 10,
  sourceVni: 11,
  protocol: 12,
  nextHopId: 13,
  extendedFlags: 15,
} as const;
export const NTF = {
  use: 0x01,
  self: 0x02,
  master: 0x04,
  proxy: 0x08,
  extLearned: 0x10,
  offloaded: 0x20,
  sticky: 0x40,
  router: 0x80,
} as const;
export const NUD = {
  none: 0,
  incomplete: 0x01,
  reachable: 0x02,
  stale: 0x04,
  delay: 0x08,
  probe: 0x10,
  failed: 0x20,
  noarp: 0x40,
  permanent: 0x80,
} as const;

/** netconf.h: NETCONFA_*; the interface index of the pseudo devices `all` and `default`. */
export const NETCONFA = {
  ifIndex: 1,
  forwarding: 2,
  rpFilter: 3,
  multicastForwarding: 4,
  proxyNeigh: 5,
  ignoreRoutesWithLinkdown: 6,
  input: 7,
  broadcastForwarding: 8,
} as const;
export const NETCONFA_IFINDEX = { all: -1, default: -2 } as const;
