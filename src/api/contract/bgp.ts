/** What `selvedge bgp show` is answered, by path. JSON as it is. */

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
  /** Paths that the peer has announced, and destinations that it was told of. */
  readonly received: number;
  readonly sent: number;
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

export interface BgpRouteView {
  readonly route: string;
  readonly rd: string | undefined;
  readonly paths: readonly {
    readonly isBest: boolean;
    readonly isStale: boolean;
    readonly from: string;
    readonly nextHop: string;
    readonly attributes: readonly string[];
  }[];
}

export interface BgpViews {
  readonly '/summary': BgpSummaryView;
  /** `q`: the family. */
  readonly '/rib': readonly BgpRouteView[];
}
