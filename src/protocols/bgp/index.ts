/**
 * BGP-4 for TypeScript: messages, path attributes and the routes of six families (EVPN among them), octets to values and
 * back, with the error handling of RFC 7606. This file is the map; README.md tells how to use it.
 *
 *   wire/      octets and values, pure: one row per message, attribute, family, route type, community and capability
 *   policy/    filters as data: what routes match, and what becomes of them, pure
 *   rib/       routes of a family in columns, the decision, and what each peer is told, pure
 *   mrt/       tables of routes in the format of MRT, for other tools, pure
 *   session/   what two speakers agree on, and the state machine that brings them there, pure
 *   io/        the same at work: sockets, timers, the speaker that knows the peers
 *
 * The values of src/net that its messages are made of are shown here too, for those who have only this library.
 */

export { unwrap } from '../../base/result.ts';
export { type AsPathPattern, parseAsPathPattern } from '../../net/as-path-pattern.ts';
export {
  type BitPattern,
  type CommunityPattern,
  parseCommunity,
  parseCommunityPattern,
  parseRdPattern,
} from '../../net/community.ts';
export { type Esi, formatEsi, maxEsi, parseEsi, singleHomed } from '../../net/esi.ts';
export { type IfName, parseIfName } from '../../net/if-name.ts';
export { formatIp, type Ip, type Ip4, type Ip6, parseIp } from '../../net/ip.ts';
export { formatMac, type Mac, parseMac } from '../../net/mac.ts';
export { type Asn, parseAsn } from '../../net/numbers.ts';
export { formatPrefix, parsePrefix, type Prefix } from '../../net/prefix.ts';
export {
  parseRouteDistinguisher,
  parseRouteTarget,
  type RouteDistinguisher,
  type RouteTarget,
} from '../../net/route-distinguisher.ts';
export { type Addon, loadAddon } from './io/addon.ts';
export type { Ends, Traffic } from './io/connection.ts';
export { Peer, type PeerStatus, type ResetOptions } from './io/peer.ts';
export { RouterDiscovery, type RouterDiscoveryOptions } from './io/router-discovery.ts';
export { type ListenRange, type NewPeer, Speaker, type SpeakerOptions } from './io/speaker.ts';
export { tcpTransport, type TcpOptions } from './io/tcp.ts';
export { systemTimers, type Timers } from './io/timers.ts';
export type {
  ConnectionSettings,
  Listener,
  ListenSettings,
  Place,
  Stream,
  StreamListener,
  Transport,
} from './io/transport.ts';
export {
  type MrtPath,
  type MrtPeer,
  type MrtRoute,
  peerIndexTable,
  ribRecords,
} from './mrt/table-dump.ts';
export { PolicyChain } from './policy/decision-tree.ts';
export type {
  Action as PolicyAction,
  Changes as PolicyChanges,
  Match as PolicyMatch,
  Policy,
  Term as PolicyTerm,
} from './policy/policy.ts';
export { attributesOf, nextHopOf, valuesOf } from './rib/attribute-table.ts';
export {
  type Candidate,
  type Explanation,
  explain,
  type Step,
  steps,
  type Verdict,
} from './rib/decision.ts';
export type { NextHopPorts } from './rib/next-hops.ts';
export {
  comparableAddress,
  mayTell,
  type Local,
  type Neighbour,
  type ReflectorRole,
} from './rib/peer.ts';
export { PeerRoutes } from './rib/peer-routes.ts';
export { ownNextHop } from './rib/next-hop-self.ts';
export type { PrefixLimit } from './rib/prefix-limit.ts';
export { rehearse } from './rib/rehearsal.ts';
export { Rib } from './rib/rib.ts';
export type { BestPath, Change, Watch } from './rib/watch.ts';
export { type DuplicateSettings, duplicateDefaults } from './rib/tables/duplicates.ts';
export type { IpVrf, IpVrfSettings } from './rib/tables/ip-vrf.ts';
export {
  type EadKey,
  type EsKey,
  formatTableKey,
  type ImetKey,
  type MacKey,
  type MacVrfKey,
  type PrefixKey,
  type TableKey,
  type TableRoute,
} from './rib/tables/key.ts';
export type {
  LocalImet,
  LocalMac,
  LocalPrefix,
  MoreAttributes,
} from './rib/tables/local-routes.ts';
export type { DuplicateMac, MacVrf, MacVrfSettings } from './rib/tables/mac-vrf.ts';
export type { PathSource, TablePath } from './rib/tables/path.ts';
export {
  type TableChanges,
  type TableReport,
  Tables,
  type TablesOptions,
} from './rib/tables/tables.ts';
export type { TableChange, TableNews, TellTable } from './rib/tables/table-watch.ts';
export { type AnyAsTarget, type ImportTarget, parseImportTarget } from './rib/tables/targets.ts';
export {
  type Alterable,
  type Originated,
  type PeerRouting,
  type Policies,
  Routing,
  type RoutingPorts,
} from './rib/routing.ts';
export { checkOpen } from './session/check-open.ts';
export type { Down, Session, SessionHandler } from './session/handler.ts';
export {
  type Identity,
  type Negotiated,
  negotiate,
  type RestartOffer,
} from './session/negotiate.ts';
export { offer } from './session/offer.ts';
export { formatReason, type Reason } from './session/reason.ts';
export type { Retained } from './session/retention.ts';
export {
  checkSettings,
  type FamilySettings,
  type PeerOptions,
  type PeerSettings,
  peerSettings,
  type RestartSettings,
} from './session/settings.ts';
export {
  type Administered,
  type AdministeredForm,
  administeredOf,
  formatRd,
  type Rd,
  rdOf,
} from './wire/administered.ts';
export type { Aggregator } from './wire/attribute/aggregator.ts';
export { type Aigp, aigpMetric, type AigpTlv } from './wire/attribute/aigp.ts';
export { type AsPath, type AsSegment, formatAsPath } from './wire/attribute/as-path.ts';
export { contentOf, endOfAttribute, visitAttributes } from './wire/attribute/header.ts';
export {
  formatCommunity,
  formatLargeCommunity,
  type LargeCommunity,
} from './wire/attribute/communities.ts';
export type {
  Announced,
  MpReach,
  MpUnreach,
  Withdrawn,
} from './wire/attribute/multiprotocol.ts';
export type { Origin } from './wire/attribute/origin.ts';
export { INGRESS_REPLICATION, type PmsiTunnel } from './wire/attribute/pmsi-tunnel.ts';
export {
  attributeName,
  type AttributeName,
  attributes,
  type AttributeValues,
} from './wire/attributes.ts';
export {
  type Capability,
  capabilities,
  capabilityToJson,
  formatCapability,
  type KnownCapability,
  type UnknownCapability,
} from './wire/capability.ts';
export type { AddPath, ExtendedNextHop, Multiprotocol } from './wire/capability/families.ts';
export type { GracefulRestart, LongLivedGracefulRestart } from './wire/capability/restart.ts';
export { type FourOctetAs, type Hostname, type Role, roles } from './wire/capability/speaker.ts';
export {
  type AttributeCheck,
  checkAttributes,
  copySpans,
  forEachSpan,
  setPartial,
  type Spans,
  spansLength,
} from './wire/check-attributes.ts';
export {
  type Action,
  type Finding,
  formatErrorCode,
  formatMessageError,
  type MessageError,
} from './wire/error.ts';
export {
  decodeExtendedCommunity,
  encodeExtendedCommunity,
  type ExtendedCommunity,
  extendedCommunities,
  extendedCommunityToJson,
  formatExtendedCommunity,
  formatExtendedCommunityBits,
  isTransitive,
  type KnownExtendedCommunity,
  routeTargetOf,
} from './wire/extended-community.ts';
export { TUNNEL } from './wire/extended-community/opaque.ts';
export {
  type AddressFamily,
  type AfiSafi,
  families,
  type FamilyName,
  familyNames,
  familyNumber,
  familyOf,
  formatFamily,
  type NlriValues,
} from './wire/family.ts';
export { pathLength } from './wire/four-octet-as.ts';
export { Framer } from './wire/framer.ts';
export { checkHeader, headerLength, messageLength, messageType } from './wire/header.ts';
export type { Json } from './wire/json.ts';
export {
  type DecodedMessage,
  decodeMessage,
  encodeMessage,
  formatMessage,
  type Keepalive,
  keepalive,
  type Message,
  messageToJson,
} from './wire/message.ts';
export {
  decodeNextHop,
  encodeNextHop,
  formatNextHop,
  type NextHop,
} from './wire/next-hop.ts';
export { maxKeyLength, type NlriCodec } from './wire/nlri/codec.ts';
export { forEachNlri, NlriCursor, type NlriRange } from './wire/nlri/cursor.ts';
export {
  type EvpnRoute,
  evpnRouteTypes,
  type KnownEvpnRoute,
  type OpaqueEvpnRoute,
} from './wire/nlri/evpn.ts';
export type { EadRoute } from './wire/nlri/evpn/ead.ts';
export type { EsRoute } from './wire/nlri/evpn/es.ts';
export type { ImetRoute } from './wire/nlri/evpn/imet.ts';
export type { MacRoute } from './wire/nlri/evpn/mac.ts';
export type { PrefixRoute } from './wire/nlri/evpn/prefix.ts';
export {
  encodeNlri,
  formatRoute,
  keyOf,
  type Route,
  routeToJson,
} from './wire/nlri/route.ts';
export { type RouteTargetMembership, wholeMembership } from './wire/nlri/route-target.ts';
export { type VpnPrefix, withdrawnLabel } from './wire/nlri/vpn.ts';
export {
  cease,
  formatNotification,
  hardReset,
  hardResetReason,
  type Notification,
  notificationOf,
  shutdownCommunication,
} from './wire/notification.ts';
export {
  AFI,
  AS_TRANS,
  ATTRIBUTE,
  ATTRIBUTE_FLAG,
  CAPABILITY,
  CEASE,
  ERROR,
  HEADER_ERROR,
  MESSAGE,
  OPEN_ERROR,
  ROUTE_REFRESH_ERROR,
  SAFI,
  STATE_MACHINE_ERROR,
  UPDATE_ERROR,
} from './wire/numbers.ts';
export { asnOf, type Open, twoOctetAs } from './wire/open.ts';
export {
  attributesToJson,
  decodeAttributes,
  type DecodedAttributes,
  decodeChecked,
  encodeAttributes,
  formatAttributes,
  type PathAttributes,
  type UnknownAttribute,
} from './wire/path-attributes.ts';
export type { RouteRefresh } from './wire/route-refresh.ts';
export {
  actionNames,
  type FatalUpdate,
  formatFinding,
  judgeUpdate,
  resetFor,
  type ScannedUpdate,
  scanUpdate,
  type UpdateScan,
} from './wire/scan-update.ts';
export {
  type FamilyOptions,
  type FamilySession,
  longestMessage,
  longestReceived,
  type PeerKind,
  type SessionOptions,
  type WireSession,
  wireSession,
} from './wire/session.ts';
export { splitUpdate, type UpdateSplit } from './wire/split-update.ts';
export { type DecodedUpdate, decodeUpdate, endOfRibOf, type Update } from './wire/update.ts';
export { UpdateWriter } from './wire/update-writer.ts';
