/** What of the configuration EVPN plans depend on. */
export interface EvpnSettings {
  /** Answer the router's ARP requests and neighbour solicitations: `auto` does so on bridges without an uplink. */
  readonly answerRouter: 'auto' | 'always' | 'never';
  /** Prepare for the gateways that OVN may move here. */
  readonly standby: boolean;
}
