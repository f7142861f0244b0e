/**
 * The numbers of BGP that this library speaks, each group with the IANA registry or the RFC it comes from. What is
 * not listed is carried as octets, so a number is added when something needs its meaning, not before.
 */

/** "BGP Message Types", RFC 4271 §4.1, RFC 2918. */
export const MESSAGE = {
  open: 1,
  update: 2,
  notification: 3,
  keepalive: 4,
  routeRefresh: 5,
} as const;

/** "Address Family Numbers". */
export const AFI = { ipv4: 1, ipv6: 2, l2vpn: 25 } as const;

/** "SAFI Values". */
export const SAFI = { unicast: 1, evpn: 70, vpn: 128, routeTarget: 132 } as const;

/** The flags octet of a path attribute, RFC 4271 §4.3. */
export const ATTRIBUTE_FLAG = {
  optional: 0x80,
  transitive: 0x40,
  partial: 0x20,
  extendedLength: 0x10,
} as const;

/** "BGP Path Attributes". */
export const ATTRIBUTE = {
  origin: 1,
  asPath: 2,
  nextHop: 3,
  med: 4,
  localPref: 5,
  atomicAggregate: 6,
  aggregator: 7,
  communities: 8,
  originatorId: 9,
  clusterList: 10,
  mpReach: 14,
  mpUnreach: 15,
  extendedCommunities: 16,
  as4Path: 17,
  as4Aggregator: 18,
  pmsiTunnel: 22,
  ipv6ExtendedCommunities: 25,
  aigp: 26,
  largeCommunities: 32,
  onlyToCustomer: 35,
} as const;

/** "Capability Codes", RFC 5492. */
export const CAPABILITY = {
  multiprotocol: 1,
  routeRefresh: 2,
  extendedNextHop: 5,
  extendedMessage: 6,
  role: 9,
  gracefulRestart: 64,
  fourOctetAs: 65,
  addPath: 69,
  enhancedRouteRefresh: 70,
  longLivedGracefulRestart: 71,
  hostname: 73,
} as const;

/** OPEN optional parameters, RFC 4271 §4.2, RFC 5492 §4, RFC 9072 §2. */
export const OPTIONAL_PARAMETER = { capabilities: 2, extendedLength: 255 } as const;

/** The stand-in for an AS number that does not fit into two octets, RFC 6793 §9. */
export const AS_TRANS = 23456;

/** "BGP Error (Notification) Codes", with the subcodes that this library itself speaks of by name. */
export const ERROR = {
  header: 1,
  open: 2,
  update: 3,
  holdTimerExpired: 4,
  stateMachine: 5,
  cease: 6,
  routeRefresh: 7,
  sendHoldTimerExpired: 8,
} as const;

/** RFC 4271 §6.1. */
export const HEADER_ERROR = { notSynchronized: 1, badLength: 2, badType: 3 } as const;

/** RFC 4271 §6.2, RFC 5492 §5, RFC 9234 §4.2. */
export const OPEN_ERROR = {
  unspecific: 0,
  unsupportedVersion: 1,
  badPeerAs: 2,
  badIdentifier: 3,
  unsupportedParameter: 4,
  unacceptableHoldTime: 6,
  unsupportedCapability: 7,
  roleMismatch: 11,
} as const;

/** RFC 4271 §6.3. */
export const UPDATE_ERROR = {
  malformedAttributeList: 1,
  unrecognizedWellKnown: 2,
  missingWellKnown: 3,
  attributeFlags: 4,
  attributeLength: 5,
  invalidOrigin: 6,
  invalidNextHop: 8,
  optionalAttribute: 9,
  invalidNetworkField: 10,
  malformedAsPath: 11,
} as const;

/** RFC 6608 §3. */
export const STATE_MACHINE_ERROR = { openSent: 1, openConfirm: 2, established: 3 } as const;

/** RFC 4486 §3, RFC 8538 §3, RFC 9384 §3. */
export const CEASE = {
  maxPrefixes: 1,
  administrativeShutdown: 2,
  peerDeconfigured: 3,
  administrativeReset: 4,
  connectionRejected: 5,
  otherConfigurationChange: 6,
  connectionCollision: 7,
  outOfResources: 8,
  hardReset: 9,
  bfdDown: 10,
} as const;

/** RFC 7313 §5. */
export const ROUTE_REFRESH_ERROR = { invalidLength: 1 } as const;

interface ErrorName {
  readonly name: string;
  readonly subcodes: { readonly [subcode: number]: string | undefined };
}

/** "BGP Error (Notification) Codes" and "BGP Error Subcodes", all of them, deprecated ones too: a peer may still send them. */
export const errorNames: { readonly [code: number]: ErrorName | undefined } = {
  1: {
    name: 'Message Header Error',
    subcodes: {
      0: 'Unspecific',
      1: 'Connection Not Synchronized',
      2: 'Bad Message Length',
      3: 'Bad Message Type',
    },
  },
  2: {
    name: 'OPEN Message Error',
    subcodes: {
      0: 'Unspecific',
      1: 'Unsupported Version Number',
      2: 'Bad Peer AS',
      3: 'Bad BGP Identifier',
      4: 'Unsupported Optional Parameter',
      5: 'Authentication Failure (deprecated)',
      6: 'Unacceptable Hold Time',
      7: 'Unsupported Capability',
      11: 'Role Mismatch',
    },
  },
  3: {
    name: 'UPDATE Message Error',
    subcodes: {
      0: 'Unspecific',
      1: 'Malformed Attribute List',
      2: 'Unrecognized Well-known Attribute',
      3: 'Missing Well-known Attribute',
      4: 'Attribute Flags Error',
      5: 'Attribute Length Error',
      6: 'Invalid ORIGIN Attribute',
      7: 'AS Routing Loop (deprecated)',
      8: 'Invalid NEXT_HOP Attribute',
      9: 'Optional Attribute Error',
      10: 'Invalid Network Field',
      11: 'Malformed AS_PATH',
    },
  },
  4: { name: 'Hold Timer Expired', subcodes: {} },
  5: {
    name: 'Finite State Machine Error',
    subcodes: {
      0: 'Unspecified Error',
      1: 'Receive Unexpected Message in OpenSent State',
      2: 'Receive Unexpected Message in OpenConfirm State',
      3: 'Receive Unexpected Message in Established State',
    },
  },
  6: {
    name: 'Cease',
    subcodes: {
      1: 'Maximum Number of Prefixes Reached',
      2: 'Administrative Shutdown',
      3: 'Peer De-configured',
      4: 'Administrative Reset',
      5: 'Connection Rejected',
      6: 'Other Configuration Change',
      7: 'Connection Collision Resolution',
      8: 'Out of Resources',
      9: 'Hard Reset',
      10: 'BFD Down',
    },
  },
  7: { name: 'ROUTE-REFRESH Message Error', subcodes: { 1: 'Invalid Message Length' } },
  8: { name: 'Send Hold Timer Expired', subcodes: {} },
};
