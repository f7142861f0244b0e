/**
 * What zebra knows of VRFs, from its `show vrf`; mgmtd has no such command, so it is zebra that is asked in all
 * versions. Two things are told nowhere else: whether the device is there, and whether `vrf X` stands in the
 * configuration, since 8.4 does not print a VRF that has no lines.
 */

export interface VrfState {
  /** The device is there; until it is gone, FRR refuses `no vrf X`. */
  readonly isActive: boolean;
  /** `vrf X` was configured. */
  readonly isConfigured: boolean;
}

/**
 * By name: `vrf a inactive (configured)`, `vrf b id 7 table 500`, `vrf c id 8 netns /run/netns/c (configured)`.
 * Other lines (`netns-based vrfs`) are headings.
 */
export function parseVrfStates(text: string): ReadonlyMap<string, VrfState> {
  const states = new Map<string, VrfState>();
  for (const line of text.split('\n')) {
    const [, name, rest] = /^vrf (\S+) (inactive|id [0-9].*?)\s*$/.exec(configuredOff(line)) ?? [];
    if (name === undefined || rest === undefined) continue;
    states.set(name, { isActive: rest !== 'inactive', isConfigured: line !== configuredOff(line) });
  }
  return states;
}

function configuredOff(line: string): string {
  return line.replace(/ \(configured\)\s*$/, '');
}
