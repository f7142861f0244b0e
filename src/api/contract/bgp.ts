/**
 * What a running speaker answers over its socket, by path. `/summary` is one JSON object; a list is NDJSON, one object a
 * line, so that it can be as long as the table of routes; `/dump` is a file in the format of MRT.
 */

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

export interface BgpPeerView {
  readonly name: string;
  readonly state: string;
  /** `stopped`, `held` after failures, or `running`. */
  readonly admin: string;
  readonly as: number | undefined;
  readonly routerId: string | undefined;
  /** Seconds since the session was established. */
  readonly uptime: number | undefined;
  readonly families: readonly BgpFamilyView[];
  /** Octets that the peer has not taken. */
  readonly queued: number;
  readonly lastReason: string | undefined;
}

export interface BgpFamilyView {
  readonly family: string;
  /** Paths that the peer has announced, those of them that may be used, and routes that it was told. */
  readonly received: number;
  readonly accepted: number;
  readonly sent: number;
  /** What the policies have rejected in this session: each as often as it was announced, or would have been told. */
  readonly rejectedIn: number;
  readonly rejectedOut: number;
}

export interface BgpSummaryView {
  readonly as: number;
  readonly routerId: string;
  readonly ribs: readonly {
    readonly family: string;
    readonly destinations: number;
    readonly paths: number;
  }[];
  /** Different sets of attributes. */
  readonly attributeSets: number;
  readonly peers: readonly BgpPeerView[];
}

/** All there is to know of a peer. */
export interface BgpNeighborView extends BgpPeerView {
  /** Where it is configured to be; of one that is known by its link only, the link. */
  readonly remote: string;
  /** What its AS shall be: a number, `internal` or `external`. */
  readonly expectedAs: string | number;
  readonly local: { readonly as: number; readonly routerId: string };
  /** `internal`, `external` or `confederation`, of the session. */
  readonly kind: string | undefined;
  /**
   * What either is to the other, RFC 9234: ours as it is configured, the peer's as it has told it, and routes of the peer
   * that were leaks in this session. Left out where we have none.
   */
  readonly role:
    | {
        readonly local: string;
        readonly isStrict: boolean;
        readonly remote: string | undefined;
        readonly leaks: number;
      }
    | undefined;
  /** A client of ours as a route reflector. */
  readonly isClient: boolean;
  /** Accepted from a range; not configured one by one. */
  readonly isGuest: boolean;
  /** Address and port of both ends of the connection. */
  readonly ends: { readonly local: string | undefined; readonly remote: string } | undefined;
  readonly protection: {
    readonly password: boolean;
    readonly ttlSecurity: boolean;
    readonly hops: number;
  };
  readonly capabilities: readonly BgpCapabilityView[];
  /** Seconds. `silence`: since the last message. */
  readonly timers: {
    readonly holdTime: number;
    readonly negotiatedHoldTime: number | undefined;
    readonly keepalive: number | undefined;
    readonly connectRetry: number;
    readonly silence: number | undefined;
  };
  readonly messages: { readonly received: MessageCounts; readonly sent: MessageCounts };
  readonly octets: { readonly received: number; readonly sent: number };
  /** Sessions that were established, those that have ended, and failures in a row. */
  readonly established: number;
  readonly flaps: number;
  readonly failures: number;
  /** Seconds ago. */
  readonly lastReasonAge: number | undefined;
  readonly gracefulRestart: {
    readonly local: string | undefined;
    readonly remote: string | undefined;
    /** Families of which routes of a past session are kept, with `restart` or `long-lived`. */
    readonly retained: readonly { readonly family: string; readonly phase: string }[];
  };
  /** Errors in UPDATEs, by what was done about them, RFC 7606 §2. */
  readonly updateErrors: BgpErrorCounts;
}

export interface BgpErrorCounts {
  readonly discard: number;
  readonly withdraw: number;
  readonly disable: number;
  readonly reset: number;
}

/** What either side has said of one capability; left out where it has not. */
export interface BgpCapabilityView {
  readonly name: string;
  readonly sent: string | undefined;
  readonly received: string | undefined;
}

export type MessageCounts = Readonly<
  Record<'open' | 'update' | 'notification' | 'keepalive' | 'refresh', number>
>;

export interface BgpRouteView {
  readonly family: string;
  readonly route: string;
  readonly rd: string | undefined;
  /** The fields of the route, by the names that FRR has for them. */
  readonly nlri: JsonValue;
  /** The best one first. */
  readonly paths: readonly BgpPathView[];
}

export interface BgpPathView {
  readonly isBest: boolean;
  /** What it has over the others, or in what it lost to the best; `only path` where there is one. */
  readonly reason: string;
  readonly isStale: boolean;
  /** The name of the peer; `ourselves` for our own. */
  readonly from: string;
  readonly as: number;
  readonly routerId: string;
  readonly pathId: number;
  readonly nextHop: string;
  /** An object, by the names of the attributes. */
  readonly attributes: JsonValue;
  /** The same for people, one line each; where `lines` was asked for. */
  readonly lines?: readonly string[];
}

/** One line of `/watch`. `time` is ISO 8601. */
export type BgpEvent =
  | {
      readonly event: 'route';
      readonly time: string;
      readonly family: string;
      readonly route: string;
      readonly rd: string | undefined;
      /** `null`: there is none any more. */
      readonly best: {
        readonly from: string;
        readonly nextHop: string;
        readonly attributes: JsonValue;
      } | null;
    }
  | {
      readonly event: 'peer';
      readonly time: string;
      readonly peer: string;
      readonly state: string;
      readonly admin: string;
      readonly lastReason: string | undefined;
    }
  /** All that was held has been told; what follows has changed since. */
  | { readonly event: 'current'; readonly time: string };

/** Answered at once, as one object. */
export interface BgpViews {
  readonly '/summary': BgpSummaryView;
}

/** Answered line by line. */
export interface BgpLists {
  /** `peer`: its name or address. */
  readonly '/neighbors': BgpNeighborView;
  /** `family`, `prefix`, `peer`, `best`, `type`, `rd`, `vni`, `mac`, `lines`. */
  readonly '/rib': BgpRouteView;
  /** `family`, `from-now`. Does not end. */
  readonly '/watch': BgpEvent;
}

/** What a POST to `/reset`, `/shutdown` and `/start` is answered. */
export interface BgpOrderView {
  readonly done: string;
}
