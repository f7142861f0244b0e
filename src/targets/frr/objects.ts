/**
 * What FRR has, as objects, and whose they are. FRR has no place for a mark, so a name tells: `vrf-<vni>` with that
 * same VNI in it belongs to whom the device of that name belongs, and is ours while there is none. A VNI can be missing
 * for a while (a daemon that came back without it, a removal half done); what was ours in this run therefore stays ours,
 * and so does what is wanted and has no other VNI, and what has a device of ours: FRR lets the VNI go first, and a run
 * may end right then. Of a VRF of any other name the BGP instance is ours as long as the device is, and what was ours
 * in this run when the device is gone. Lines that import a VRF are whose the VRF is. What is said of a segment is whose
 * its VXLAN device is, as long as that is in no VRF; and what is said of a leg of a VRF, whose that device is.
 */

import { equalData } from '../../base/equal.ts';
import { type IfName, parseIfName } from '../../net/if-name.ts';
import {
  frrBgpKey,
  frrDeviceKey,
  frrImportKey,
  frrVniKey,
  frrVrfKey,
} from '../../resources/frr.ts';
import { frrAdvertisementKey, frrInterfaceKey } from '../../resources/frr-interface.ts';
import { frrSegmentKey } from '../../resources/frr-segment.ts';
import type { Key } from '../../resources/resource.ts';
import type { Observed, Owner } from '../../resources/target.ts';
import type { FrrFacts } from './facts.ts';
import { deviceOf, type FrrSpec, readSpec } from './stanzas.ts';

export class FrrObjects {
  readonly #wanted = new Set<Key>();
  /** VRFs and segments that were ours in this run. */
  readonly #ours = new Set<IfName>();
  readonly #known = new Map<Key, Observed<FrrSpec>>();
  /** Keys known before FRR went away. */
  readonly #lost = new Set<Key>();
  readonly #ownerOfDevice: (name: string) => Owner | undefined;
  /** Whose the device of each was when it was last looked at. */
  readonly #devices = new Map<IfName, Owner | undefined>();
  #facts: FrrFacts | undefined;

  constructor(ownerOfDevice: (name: string) => Owner | undefined = () => undefined) {
    this.#ownerOfDevice = ownerOfDevice;
  }

  get(key: Key): Observed<FrrSpec> | undefined {
    return this.#known.get(key);
  }

  all(): Iterable<Observed<FrrSpec>> {
    return this.#known.values();
  }

  /** Whether there is nothing to watch over. */
  get isIdle(): boolean {
    return this.#wanted.size === 0 && this.#known.size === 0;
  }

  /** Whether a device is another's than when what goes with it was last looked at. */
  get haveDevicesChangedHands(): boolean {
    for (const [vrf, owner] of this.#devices) if (this.#ownerOfDevice(vrf) !== owner) return true;
    return false;
  }

  want(keys: Iterable<Key>): void {
    const fresh = [...keys].filter((key) => !this.#wanted.has(key));
    for (const key of fresh) this.#wanted.add(key);
    // The objects of a VRF are looked at together.
    for (const vrf of new Set(fresh.map(vrfOf))) this.#lookAt(vrf);
  }

  /** It was removed: whoever makes it anew, it is not ours by having been. */
  unwant(key: Key): void {
    this.#wanted.delete(key);
    this.#lookAt(vrfOf(key));
  }

  /** FRR is away: nothing is known. */
  forget(): void {
    for (const key of this.#known.keys()) this.#lost.add(key);
    this.#known.clear();
    this.#facts = undefined;
  }

  /** Takes in what was read; returns the keys of what is other than before, and of all after FRR was away. */
  refresh(facts: FrrFacts): readonly Key[] {
    const isBack = this.#facts === undefined;
    const before = new Map(this.#known);
    const present = [
      ...facts.configured,
      ...facts.instances.keys(),
      ...facts.imported,
      ...facts.segments.keys(),
      ...facts.interfaces.keys(),
    ];
    // Those that were ours as well: once nothing of one is left, its name is anybody's again. And those that are awaited.
    const vrfs = new Set([
      ...present,
      ...this.#vrfsOfKnown(),
      ...this.#ours,
      ...this.#vrfsOfWanted(),
    ]);
    this.#facts = facts;
    this.#devices.clear();
    for (const vrf of vrfs) this.#look(vrf, facts);
    const keys = new Set([...before.keys(), ...this.#known.keys()]);
    if (isBack) {
      const all = new Set([...keys, ...this.#lost, ...this.#wanted]);
      this.#lost.clear();
      return [...all];
    }
    return [...keys].filter((key) => !equalData(before.get(key), this.#known.get(key)));
  }

  #lookAt(name: string): void {
    const vrf = parseIfName(name);
    if (vrf.ok && this.#facts !== undefined) this.#look(vrf.value, this.#facts);
  }

  #vrfsOfKnown(): readonly IfName[] {
    return [...this.#known.values()].map(({ spec }) => deviceOf(spec));
  }

  #vrfsOfWanted(): readonly IfName[] {
    const names = new Set([...this.#wanted].map(vrfOf));
    return [...names].flatMap((name) => {
      const vrf = parseIfName(name);
      return vrf.ok ? [vrf.value] : [];
    });
  }

  #look(vrf: IfName, facts: FrrFacts): void {
    const owner = this.#ownerOf(vrf, facts);
    let isKnown = false;
    for (const [kind, key] of keysOf(vrf)) {
      const isSomebodys = owner !== 'nobody' && this.#mayBeOurs(kind, vrf);
      const isSeen = isSomebodys || this.#wanted.has(key);
      const spec = isSeen ? this.#read(facts, kind, vrf) : undefined;
      if (spec === undefined) this.#known.delete(key);
      else this.#known.set(key, { key, spec, owner: isSomebodys ? owner : 'nobody' });
      isKnown ||= spec !== undefined || this.#wanted.has(key);
    }
    if (!isKnown) this.#ours.delete(vrf);
  }

  /** FRR has an interface for each device, whether it says anything of it or not. */
  #read(facts: FrrFacts, kind: FrrSpec['kind'], name: IfName): FrrSpec | undefined {
    const isThere = kind === 'frr-interface' && this.#ownerOfDevice(name) !== undefined;
    return isThere ? { kind, link: name } : readSpec(facts, kind, name);
  }

  #ownerOf(vrf: IfName, facts: FrrFacts): Owner {
    const device = this.#ownerOfDevice(vrf);
    this.#devices.set(vrf, device);
    if (device === 'nobody') return 'nobody';
    if (device !== undefined && !isNamedByVni(vrf)) this.#ours.add(vrf);
    if (isNamedByVni(vrf) && this.#isSaidByVni(vrf, facts, device)) this.#ours.add(vrf);
    if (!this.#ours.has(vrf)) return 'nobody';
    return device ?? 'us';
  }

  #isSaidByVni(vrf: IfName, facts: FrrFacts, device: Owner | undefined): boolean {
    const vni = readSpec(facts, 'frr-vni', vrf);
    if (vni?.kind === 'frr-vni') return vrf === `vrf-${vni.vni}`;
    return this.#isWanted(vrf) || device !== undefined;
  }

  /** What is said of the VNI of a VRF, where it has no effect, is no concern of ours. */
  #mayBeOurs(kind: FrrSpec['kind'], name: IfName): boolean {
    if (kind !== 'frr-segment') return mayBeOurs(kind, name);
    return this.#ownerOfDevice(name.replace(/^vxlan-/, 'vrf-')) === undefined;
  }

  #isWanted(vrf: IfName): boolean {
    return keysOf(vrf).some(([, key]) => this.#wanted.has(key));
  }
}

/** As src/fabric/names.ts names them: an operator may say something of any other device of ours. */
function isNamedAsLeg(name: IfName): boolean {
  return /^vp[1-9][0-9]*\.[0-9]+$/.test(name);
}

function isNamedByVni(vrf: IfName): boolean {
  return /^vrf-[1-9][0-9]*$/.test(vrf);
}

/**
 * What zebra knows of a device goes with the device: it is nobody's, and of no concern unless it is wanted. So is the
 * stanza of a VRF that we give no L3VNI.
 */
function mayBeOurs(kind: FrrSpec['kind'], vrf: IfName): boolean {
  const isOfInterface = kind === 'frr-interface' || kind === 'frr-advertisement';
  if (isOfInterface) return isNamedAsLeg(vrf);
  return isNamedByVni(vrf) ? kind !== 'frr-device' : kind === 'frr-bgp' || kind === 'frr-import';
}

/** `frr bgp vrf-500` and its like. */
function vrfOf(key: Key): string {
  return key.split(' ')[2] ?? '';
}

function keysOf(vrf: IfName): readonly (readonly [FrrSpec['kind'], Key])[] {
  return [
    ['frr-device', frrDeviceKey(vrf)],
    ['frr-vrf', frrVrfKey(vrf)],
    ['frr-vni', frrVniKey(vrf)],
    ['frr-bgp', frrBgpKey(vrf)],
    ['frr-import', frrImportKey(vrf)],
    ['frr-segment', frrSegmentKey(vrf)],
    ['frr-interface', frrInterfaceKey(vrf)],
    ['frr-advertisement', frrAdvertisementKey(vrf)],
  ];
}
