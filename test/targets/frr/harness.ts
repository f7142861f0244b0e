/** A target over real daemons, with its events kept, and waits that end when something is so. */

import assert from 'node:assert/strict';

import { type Clock, silentLog } from '../../../src/base/ports.ts';
import { unwrap } from '../../../src/base/result.ts';
import type { IfName } from '../../../src/net/if-name.ts';
import { formatIp, parseIp } from '../../../src/net/ip.ts';
import { parseAsn, parseVni } from '../../../src/net/numbers.ts';
import { parseRouteDistinguisher, parseRouteTarget } from '../../../src/net/route-distinguisher.ts';
import {
  type FrrBgpSpec,
  type FrrImportSpec,
  type FrrVniSpec,
  type FrrVrfSpec,
  frrKinds,
} from '../../../src/resources/frr.ts';
import {
  frrAdvertisement,
  type FrrAdvertisementSpec,
  frrInterface,
  type FrrInterfaceSpec,
} from '../../../src/resources/frr-interface.ts';
import { frrSegment, type FrrSegmentSpec } from '../../../src/resources/frr-segment.ts';
import type { Comparison, Key, Verb } from '../../../src/resources/resource.ts';
import type { Observed, Operation, Outcome, Target } from '../../../src/resources/target.ts';
import { openFrrTarget, type OwnLinks } from '../../../src/targets/frr/index.ts';
import {
  type FrrDaemons,
  hasMgmtd,
  type FrrRoot,
  realClock,
} from '../../protocols/vty/frr-daemons.ts';

export type FrrSpec =
  | FrrVrfSpec
  | FrrVniSpec
  | FrrBgpSpec
  | FrrImportSpec
  | FrrSegmentSpec
  | FrrInterfaceSpec
  | FrrAdvertisementSpec;

const kinds = frrKinds({ removal: 0 });

export function keyOf(spec: FrrSpec): Key {
  if (spec.kind === 'frr-bgp') return kinds['frr-bgp'].key(spec);
  if (spec.kind === 'frr-import') return kinds['frr-import'].key(spec);
  if (spec.kind === 'frr-segment') return frrSegment.key(spec);
  if (spec.kind === 'frr-interface') return frrInterface.key(spec);
  if (spec.kind === 'frr-advertisement') return frrAdvertisement.key(spec);
  return spec.kind === 'frr-vni' ? kinds['frr-vni'].key(spec) : kinds['frr-vrf'].key(spec);
}

export function vrfOf(name: string): FrrVrfSpec {
  return { kind: 'frr-vrf', vrf: name as IfName };
}

export function vniOf(name: string, vni: number): FrrVniSpec {
  return { kind: 'frr-vni', vrf: name as IfName, vni: unwrap(parseVni(vni)) };
}

export function bgpOf(name: string, asn: number, rd?: string, ...targets: string[]): FrrBgpSpec {
  return {
    kind: 'frr-bgp',
    vrf: name as IfName,
    asn: unwrap(parseAsn(asn)),
    redistribute: ['connected'],
    evpn: {
      rd: rd === undefined ? undefined : unwrap(parseRouteDistinguisher(rd)),
      importTargets: targets.map((target) => unwrap(parseRouteTarget(target))),
      exportTargets: targets.slice(0, 1).map((target) => unwrap(parseRouteTarget(target))),
    },
  };
}

/** A VRF for what FRR's own instance takes in, without EVPN. */
export function leakOf(name: string, asn: number, routerId?: string): FrrBgpSpec {
  const id = routerId === undefined ? undefined : unwrap(parseIp(routerId));
  return {
    kind: 'frr-bgp',
    vrf: name as IfName,
    asn: unwrap(parseAsn(asn)),
    ...(id?.family === 4 ? { routerId: id } : {}),
    redistribute: ['connected', 'kernel'],
    evpn: undefined,
  };
}

export function importOf(name: string, asn: number): FrrImportSpec {
  return { kind: 'frr-import', vrf: name as IfName, asn: unwrap(parseAsn(asn)) };
}

/** A segment with an RD, and with the same targets for import and, the first, for export. */
export function segmentOf(vni: number, asn: number, rd?: string, ...targets: string[]) {
  return {
    kind: 'frr-segment',
    vni: unwrap(parseVni(vni)),
    asn: unwrap(parseAsn(asn)),
    rd: rd === undefined ? undefined : unwrap(parseRouteDistinguisher(rd)),
    importTargets: targets.map((target) => unwrap(parseRouteTarget(target))),
    exportTargets: targets.slice(0, 1).map((target) => unwrap(parseRouteTarget(target))),
  } as const satisfies FrrSegmentSpec;
}

export function errorOf(outcome: unknown): string {
  assert.ok(typeof outcome === 'object' && outcome !== null && 'error' in outcome);
  return String(outcome.error);
}

/** Resolves when it is so; the deadline is for a broken test only. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; !(await isSo()); await realClock.sleep(20)) {
    if (Date.now() > end) throw new Error(`it did not come to: ${what}`);
  }
}

export class WatchedTarget {
  readonly target: Target;
  readonly changed = new Set<Key>();
  /** What it told of FRR's own instance: its AS and its router id, in order. */
  readonly own: string[] = [];

  constructor(directory: string, links?: OwnLinks, clock: Clock = realClock) {
    this.target = openFrrTarget({
      ...(links === undefined ? {} : { links }),
      vtyDirectory: directory,
      onOwnInstance: ({ asn, routerId }) =>
        void this.own.push(`${asn} ${routerId === undefined ? '-' : formatIp(routerId)}`),
      clock,
      random: () => 0.5,
      log: silentLog,
    });
  }

  static async start(directory: string, links?: OwnLinks, clock?: Clock): Promise<WatchedTarget> {
    const watched = new WatchedTarget(directory, links, clock);
    await watched.target.start({
      changed: (keys) => {
        for (const key of keys) watched.changed.add(key);
      },
      stateChanged: () => {},
    });
    return watched;
  }

  operation(verb: Verb, spec: FrrSpec): Operation {
    const key = keyOf(spec);
    const observed = this.target.observe(key)?.spec;
    return { verb, key, target: 'frr', spec, observed, because: [] };
  }

  want(...specs: readonly FrrSpec[]): void {
    this.target.wanted(specs.map(keyOf));
  }

  apply(verb: Verb, ...specs: readonly FrrSpec[]): Promise<readonly Outcome[]> {
    return this.target.apply(specs.map((spec) => this.operation(verb, spec)));
  }

  /** As the core orders it, each step of which must be done. */
  async make(...specs: readonly FrrSpec[]): Promise<void> {
    this.want(...specs);
    for (const spec of specs) assert.deepEqual(await this.apply('create', spec), [{ done: true }]);
  }

  async remove(...specs: readonly FrrSpec[]): Promise<void> {
    for (const spec of specs) assert.deepEqual(await this.apply('remove', spec), [{ done: true }]);
  }

  observe(spec: FrrSpec): Observed | undefined {
    return this.target.observe(keyOf(spec));
  }

  /** Undefined: it is not there. */
  compare(spec: FrrSpec): Comparison | undefined {
    const seen = this.observe(spec)?.spec;
    if (seen === undefined) return undefined;
    if (spec.kind === 'frr-bgp') return kinds['frr-bgp'].compare(spec, seen as FrrBgpSpec);
    if (spec.kind === 'frr-import') {
      return kinds['frr-import'].compare(spec, seen as FrrImportSpec);
    }
    if (spec.kind === 'frr-segment') return frrSegment.compare(spec, seen as FrrSegmentSpec);
    if (spec.kind === 'frr-advertisement') {
      return frrAdvertisement.compare(spec, seen as FrrAdvertisementSpec);
    }
    return spec.kind === 'frr-vni' ? kinds['frr-vni'].compare(spec, seen as FrrVniSpec) : 'same';
  }

  /** Whether it was said since `changed` was last cleared that this may have changed. */
  wasTold(spec: FrrSpec): boolean {
    return this.changed.has(keyOf(spec));
  }
}

/** What an operator types into the daemon that takes it. */
export async function operator(
  frr: FrrDaemons,
  root: FrrRoot,
  ...lines: readonly string[]
): Promise<void> {
  const isOfZebra = /^(no )?(vrf|interface) /.test(lines[0] ?? '');
  const session = await frr.open(isOfZebra ? (hasMgmtd(root) ? 'mgmtd' : 'zebra') : 'bgpd');
  unwrap(await session.configure(lines));
  session.close();
}
