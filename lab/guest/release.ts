/** The Debian releases the guest can be, and the packages each gets. Data only; `build.ts` turns it into an image. */

export interface Release {
  readonly name: 'bookworm' | 'trixie' | 'sid';
  /** Packages besides `commonPackages`. */
  readonly packages: readonly string[];
}

/** What the fabric runs, and what a person wants in a shell there. */
export const commonPackages: readonly string[] = [
  'iproute2',
  'kmod',
  'procps',
  'iputils-ping',
  'frr',
  'frr-pythontools',
  'openvswitch-switch',
  'ovn-central',
  'ovn-host',
  'tcpdump',
  'jq',
  'less',
  'ca-certificates',
  'python3-minimal',
  'busybox-static',
];

export const releases: Readonly<Record<Release['name'], Release>> = {
  bookworm: { name: 'bookworm', packages: [] },
  // The replaced agent itself, for the adoption scenario: 350 MB of Python with its dependencies.
  trixie: { name: 'trixie', packages: ['ovn-bgp-agent'] },
  sid: { name: 'sid', packages: [] },
};

export const defaultRelease: Release['name'] = 'trixie';

export function parseRelease(name: string): Release {
  for (const release of Object.values(releases)) if (release.name === name) return release;
  const known = Object.keys(releases).join(', ');
  throw new Error(`cannot use release '${name}': the lab knows ${known}`);
}
