/**
 * FRR in memory: its VRFs with their VNI and BGP instance, its own instance and what that takes in from VRFs, and what
 * it refuses, in its own words.
 */

import { assertNever } from '../../src/base/assert-never.ts';
import type { IfName } from '../../src/net/if-name.ts';
import type { Asn, Vni } from '../../src/net/numbers.ts';
import type { Spec } from '../../src/resources/index.ts';
import {
  type FrrBgpSpec,
  type FrrDeviceSpec,
  type FrrImportSpec,
  type FrrVniSpec,
  type FrrVrfSpec,
  frrBgpKey,
  frrDeviceKey,
  frrImportKey,
  frrVniKey,
  frrVrfKey,
} from '../../src/resources/frr.ts';
import {
  type FrrAdvertisementSpec,
  frrAdvertisementKey,
  type FrrInterfaceSpec,
  frrInterfaceKey,
} from '../../src/resources/frr-interface.ts';
import {
  frrSegmentKey,
  type FrrSegmentSpec,
  segmentDevice,
} from '../../src/resources/frr-segment.ts';
import { linkKey } from '../../src/resources/link.ts';
import type { Key } from '../../src/resources/resource.ts';
import {
  done,
  failed,
  failedUntilChange,
  type Outcome,
  type Owner,
  type TargetEvents,
  waiting,
} from '../../src/resources/target.ts';
import type { SimKernel } from './kernel.ts';
import { kindOf, type Real, type SimOperation, SimTarget, type Surveillance } from './target.ts';

type FrrSpec =
  | FrrDeviceSpec
  | FrrVrfSpec
  | FrrVniSpec
  | FrrBgpSpec
  | FrrImportSpec
  | FrrSegmentSpec
  | FrrInterfacePart;

type FrrInterfacePart = FrrInterfaceSpec | FrrAdvertisementSpec;

/** The AS of the instance that stands in the configuration file of this FRR. */
export const ownAsn = 65000 as Asn;

/** The segment of which we may have something said. */
export const ownSegment = 7 as Vni;

export class SimFrr extends SimTarget {
  readonly name = 'frr';
  readonly #kernel: SimKernel;
  readonly #stanzas = new Map<Key, FrrSpec>();
  /** The AS of FRR's own instance, which the operator has made, or not. */
  #own: Asn | undefined = ownAsn;
  /** VRFs without an L3VNI, and segments, that have had a device of ours in this run. */
  readonly #ours = new Set<IfName>();

  constructor(world: Surveillance, kernel: SimKernel) {
    super(world);
    this.#kernel = kernel;
    kernel.onLink((name) =>
      this.changed(
        frrDeviceKey(name),
        frrVrfKey(name),
        frrVniKey(name),
        frrBgpKey(name),
        frrImportKey(name),
        frrSegmentKey(name),
        frrInterfaceKey(name),
        frrAdvertisementKey(name),
      ),
    );
  }

  real(key: Key): Real | undefined {
    const spec = this.#device(key) ?? this.#interface(key) ?? this.#stanzas.get(key);
    return spec === undefined ? undefined : { spec, owner: this.#ownerOf(spec) };
  }

  /** What it knows of a device is nobody's: it comes and goes with the device. */
  #device(key: Key): FrrDeviceSpec | undefined {
    const [, vrf] = /^frr device (.*)$/.exec(key) ?? [];
    if (vrf === undefined || !this.#hasDevice(vrf as IfName)) return undefined;
    return { kind: 'frr-device', vrf: vrf as IfName };
  }

  /** It has one for each device, and prints it where it has said something of that. */
  #interface(key: Key): FrrInterfaceSpec | undefined {
    const [, link] = /^frr interface (.*)$/.exec(key) ?? [];
    if (link === undefined || this.#kernel.link(link as IfName) === undefined) return undefined;
    return { kind: 'frr-interface', link: link as IfName };
  }

  #hasDevice(vrf: IfName): boolean {
    return this.#kernel.link(vrf)?.is.type === 'vrf';
  }

  reals(): Iterable<Key> {
    return this.#stanzas.keys();
  }

  /** FRR has no place for a mark: a stanza is ours by its name, unless the device of that name is another's. */
  #ownerOf(spec: FrrSpec): Owner {
    if (spec.kind === 'frr-segment') return this.#ownerOfSegment(spec);
    if (isOfInterface(spec)) return this.#ownerOfInterface(spec);
    const vni = /^vrf-([0-9]+)$/.exec(spec.vrf)?.[1];
    if (spec.kind === 'frr-device') return 'nobody';
    const device = this.#kernel.real(linkKey(spec.vrf))?.owner;
    if (vni === undefined) return this.#ownerByDevice(spec, device);
    if (spec.kind === 'frr-vni' && String(spec.vni) !== vni) return 'nobody';
    return device === 'nobody' ? 'nobody' : 'us';
  }

  /** Whose the device is, where it has the name of a leg. */
  #ownerOfInterface({ link }: FrrInterfacePart): Owner {
    const device = this.#kernel.real(linkKey(link))?.owner;
    if (device === 'nobody' || !/^vp[0-9]+\.[0-9]+$/.test(link)) return 'nobody';
    if (device !== undefined) this.#ours.add(link);
    return device ?? (this.#ours.has(link) ? 'us' : 'nobody');
  }

  /** Whose its VXLAN device is, unless that is the tunnel of a VRF. */
  #ownerOfSegment({ vni }: FrrSegmentSpec): Owner {
    const name = segmentDevice(vni);
    const device = this.#kernel.real(linkKey(name))?.owner;
    const ofVrf = this.#kernel.real(linkKey(`vrf-${vni}` as IfName));
    if (device === 'nobody' || ofVrf !== undefined) return 'nobody';
    if (device !== undefined) this.#ours.add(name);
    return device ?? (this.#ours.has(name) ? 'us' : 'nobody');
  }

  /** Of a VRF without an L3VNI, only what is in BGP. */
  #ownerByDevice(
    { kind, vrf }: Exclude<FrrSpec, FrrSegmentSpec | FrrInterfacePart>,
    device: Owner | undefined,
  ): Owner {
    if (device === 'nobody' || (kind !== 'frr-bgp' && kind !== 'frr-import')) return 'nobody';
    if (device !== undefined) this.#ours.add(vrf);
    return device ?? (this.#ours.has(vrf) ? 'us' : 'nobody');
  }

  override start(events: TargetEvents): Promise<void> {
    this.#ours.clear();
    return super.start(events);
  }

  /** An operator makes FRR's own instance, another in its place, or none; what was imported is gone with the old one. */
  setOwn(asn: Asn | undefined): void {
    if (asn === this.#own) return;
    this.#own = asn;
    for (const [key, spec] of this.#stanzas) if (isInOwn(spec)) this.drop(key);
    this.changed(...[...this.wantedKeys].filter((key) => /^frr (import|segment) /.test(key)));
  }

  stop(): void {
    this.stateChanged({ state: 'down', reason: 'not running' });
  }

  /** Comes up with what is in its configuration file, which is not ours. */
  comeBack(): void {
    const isOurs = (spec: FrrSpec): boolean =>
      spec.kind === 'frr-segment'
        ? spec.vni === ownSegment
        : /^(vrf-|bgp-vrf$|vp)/.test(isOfInterface(spec) ? spec.link : spec.vrf);
    const ours = [...this.#stanzas].filter(([, spec]) => isOurs(spec));
    for (const [key] of ours) {
      this.#stanzas.delete(key);
      this.changed(key);
    }
    this.setOwn(ownAsn);
    this.stateChanged({ state: 'ready' });
  }

  put(spec: FrrSpec): Outcome {
    const key = kindOf(this.world.kinds, spec).key(spec);
    return this.#stanzas.has(key) ? failed('exists') : this.#create(key, spec);
  }

  /** What it says of a device it says in `interface X`. */
  #set(key: Key, spec: FrrSpec): void {
    this.#stanzas.set(key, spec);
    if (spec.kind !== 'frr-advertisement') return;
    const { link } = spec;
    this.#stanzas.set(frrInterfaceKey(link), { kind: 'frr-interface', link });
  }

  drop(key: Key): void {
    if (this.#stanzas.delete(key)) this.changed(key);
  }

  alter(key: Key, spec: FrrSpec): void {
    this.#set(key, spec);
    this.changed(key);
  }

  protected carryOut({ verb, key, spec, observed }: SimOperation): Outcome {
    if (!isFrrSpec(spec)) return failed('% Unknown command');
    if (this.state.state !== 'ready') return waiting('frr to come back');
    if (spec.kind === 'frr-device') return waiting('the device');
    if (spec.kind === 'frr-interface' && verb !== 'remove') return waiting('the device');
    if (verb !== 'remove' && isInOwn(spec) && spec.asn !== this.#own) {
      return failedUntilChange(`no 'router bgp ${spec.asn}', but '${this.#own}'`);
    }
    switch (verb) {
      case 'create':
        return this.#create(key, spec);
      case 'remove':
        return this.#remove(key, spec);
      case 'replace':
        // An L3VNI holds its BGP instance; it goes first, and is put back as any object that is missing.
        if (spec.kind === 'frr-bgp') this.drop(frrVniKey(spec.vrf));
        if (isFrrSpec(observed)) this.#remove(key, observed);
        return this.#create(key, spec);
      case 'change':
      case 'adopt':
        this.#set(key, spec);
        this.changed(key);
        return done;
      default:
        return assertNever(verb);
    }
  }

  #create(key: Key, spec: FrrSpec): Outcome {
    const refusal = this.#refuses(spec);
    if (refusal !== undefined) return failed(refusal);
    this.#set(key, spec);
    this.changed(key);
    return done;
  }

  #refuses(spec: FrrSpec): string | undefined {
    const stanzas = [...this.#stanzas.values()];
    if (spec.kind === 'frr-vni') {
      if (!this.#stanzas.has(frrVrfKey(spec.vrf))) return `% There is no VRF ${spec.vrf}`;
      const isTaken = stanzas.some((other) => other.kind === 'frr-vni' && other.vni === spec.vni);
      return isTaken ? `% VNI ${spec.vni} is already configured` : undefined;
    }
    if (isInOwn(spec) && spec.asn !== this.#own) {
      return `% BGP is already running; AS is ${this.#own}`;
    }
    if (spec.kind !== 'frr-bgp') return undefined;
    const existing = this.#stanzas.get(frrBgpKey(spec.vrf));
    return existing?.kind === 'frr-bgp' && existing.asn !== spec.asn
      ? `% BGP is already running; AS is ${existing.asn}`
      : undefined;
  }

  #remove(key: Key, spec: FrrSpec): Outcome {
    if (spec.kind === 'frr-bgp' && this.#stanzas.has(frrVniKey(spec.vrf))) {
      return failed('% Please unconfigure l3vni');
    }
    if (spec.kind === 'frr-vrf' && this.#isBusy(spec.vrf)) {
      return failed('% Only inactive VRFs can be deleted');
    }
    if (spec.kind === 'frr-interface' && this.#interface(key) !== undefined) {
      return failed('% only inactive interfaces can be deleted');
    }
    this.drop(key);
    return done;
  }

  #isBusy(vrf: IfName): boolean {
    return (
      this.#hasDevice(vrf) || this.#stanzas.has(frrVniKey(vrf)) || this.#stanzas.has(frrBgpKey(vrf))
    );
  }

  *objects(): Iterable<readonly [Key, Real]> {
    for (const key of this.reals()) {
      const real = this.real(key);
      if (real !== undefined) yield [key, real];
    }
  }
}

function isOfInterface(spec: FrrSpec): spec is FrrInterfacePart {
  return spec.kind === 'frr-interface' || spec.kind === 'frr-advertisement';
}

/** Whether it stands in the instance of the operator. */
function isInOwn(spec: FrrSpec): spec is FrrImportSpec | FrrSegmentSpec {
  return spec.kind === 'frr-import' || spec.kind === 'frr-segment';
}

export function isFrrSpec(spec: Spec | undefined): spec is FrrSpec {
  return spec !== undefined && spec.kind.startsWith('frr-');
}
