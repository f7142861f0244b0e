/** What of the configuration the lowering depends on. */
export interface FabricSettings {
  /** UDP port of VXLAN. */
  readonly vxlanPort: number;
  readonly flowCookie: number;
  readonly flowPriority: number;
  /** Keep the underlay unreachable out of VRFs, by routing rules of the node. */
  readonly isolate: boolean;
}
