/**
 * One node with everything in it that the agent changes, and everybody else on it: faults, operators, foreign and
 * left-over objects. Watches each operation for what must never happen.
 */

import { equalData } from '../../src/base/equal.ts';
import type { Random } from '../../src/base/ports.ts';
import type { IfName } from '../../src/net/if-name.ts';
import type { Asn } from '../../src/net/numbers.ts';
import type { AddressSpec } from '../../src/resources/address.ts';
import { frrDeviceKey } from '../../src/resources/frr.ts';
import { type Kinds, makeKinds, type Spec } from '../../src/resources/index.ts';
import type { Key } from '../../src/resources/resource.ts';
import { isRetriedOnChange, type Outcome } from '../../src/resources/target.ts';
import { type Cloud, portsOfBridges } from './cloud.ts';
import { isFrrSpec, SimFrr } from './frr.ts';
import { ovsMaster, SimKernel } from './kernel.ts';
import { SimOvn } from './ovn.ts';
import { SimOvs } from './ovs.ts';
import {
  type Fault,
  kindOf,
  type Real,
  type SimOperation,
  type SimTarget,
  type Surveillance,
} from './target.ts';

/** Open vSwitch takes any device that comes up under the name of a port that it lost, until the port goes. */
function freed(spec: Spec): Spec {
  if (spec.kind !== 'link' || spec.master !== ovsMaster) return spec;
  const { master: _, ...free } = spec;
  return free;
}

/** The dummy device from which the underlay takes addresses. */
const nic = 'bgp-nic';

/** Other addresses are those by which the node itself is on a network. */
function isAnnounced(spec: Spec): spec is AddressSpec {
  return spec.kind === 'address' && (spec.link === nic || spec.link.startsWith('lo-'));
}

/** Milliseconds that FRR stanzas outlive their use in the simulation. */
export const frrGrace = 60_000;

export class World implements Surveillance {
  readonly random: Random;
  readonly kinds: Kinds = makeKinds({ removal: frrGrace });
  readonly kernel: SimKernel;
  readonly ovs: SimOvs;
  readonly frr: SimFrr;
  readonly ovn: SimOvn;
  /** Chance of a fault per operation. */
  faultRate = 0;
  /** Operations until the agent dies. */
  operationsToLive = Number.POSITIVE_INFINITY;
  #crash: () => void = () => {};
  /** Set by the agent's driver. */
  mayRemove = false;
  isWanted: (key: Key) => boolean = () => false;
  /** Objects of others, as they were put there. */
  readonly foreign = new Map<Key, Spec>();
  /** What must never happen, and did. */
  readonly violations: string[] = [];
  operations = 0;

  constructor(random: Random) {
    this.random = random;
    this.kernel = new SimKernel(this);
    this.ovs = new SimOvs(this, this.kernel);
    this.frr = new SimFrr(this, this.kernel);
    this.ovn = new SimOvn(this);
  }

  get targets(): readonly [SimKernel, SimOvs, SimFrr, SimOvn] {
    return [this.kernel, this.ovs, this.frr, this.ovn];
  }

  /** Resolves when the agent has died. */
  dieAfter(operations: number): Promise<void> {
    this.operationsToLive = operations;
    return new Promise((resolve) => {
      this.#crash = resolve;
    });
  }

  crashes(): boolean {
    this.operationsToLive -= 1;
    if (this.operationsToLive >= 0) return false;
    this.#crash();
    return true;
  }

  fault(): Fault | undefined {
    if (this.random() >= this.faultRate) return undefined;
    return (['refused', 'half', 'lost'] as const)[Math.floor(this.random() * 3)];
  }

  setCloud(cloud: Cloud): void {
    const bridges = Object.keys(cloud.bridges).filter((name) => cloud.bridges[name]?.exists);
    this.ovs.setBridges(new Set(bridges), portsOfBridges(cloud));
    // What somebody put on a bridge goes with it, and a flow with its port.
    this.#forgetForeign();
  }

  restartOvs(): void {
    this.ovs.restart();
    this.#forgetForeign();
  }

  /** The operator gives FRR another AS, or takes its own BGP instance away. */
  setOwnBgp(asn: Asn | undefined): void {
    this.frr.setOwn(asn);
    this.#forgetForeign();
  }

  #forgetForeign(): void {
    for (const key of this.foreign.keys()) {
      if (this.real(key) === undefined) this.foreign.delete(key);
    }
  }

  real(key: Key): Real | undefined {
    for (const target of this.targets) {
      const real = target.real(key);
      if (real !== undefined) return real;
    }
    return undefined;
  }

  hasUnheard(): boolean {
    return this.targets.some((target) => target.hasUnheard());
  }

  /** Somebody else makes an object, if the node lets them. */
  putForeign(spec: Spec): void {
    const key = kindOf(this.kinds, spec).key(spec);
    if (this.real(key) !== undefined) return;
    const outcome = this.#put(spec);
    const made = this.real(key);
    if (outcome.done && made?.owner === 'nobody') this.foreign.set(key, freed(made.spec));
    else if (made !== undefined) this.dropForeign(key);
  }

  #put(spec: Spec): Outcome {
    if (spec.kind === 'ovs-port' || spec.kind === 'flow') return this.ovs.put(spec, 'nobody');
    if (isFrrSpec(spec)) return this.frr.put(spec);
    if (spec.kind === 'ovn-row')
      return this.ovn.put(spec, this.kinds['ovn-row'].key(spec), 'nobody');
    return this.kernel.put(spec, 'nobody');
  }

  dropForeign(key: Key): void {
    this.foreign.delete(key);
    this.drop(key);
  }

  /** Takes an object away, whosever it is. */
  drop(key: Key): void {
    for (const target of this.targets) if (target.real(key) !== undefined) target.drop(key);
  }

  /** Everything that is ours, by key, with the settings of our devices. */
  own(): ReadonlyMap<Key, Spec> {
    const own = new Map<Key, Spec>();
    for (const target of this.targets) {
      for (const [key, { spec, owner }] of target.objects()) {
        const isSetting =
          spec.kind === 'sysctl' && this.kernel.real(`link ${spec.link}` as Key)?.owner === 'us';
        if (owner === 'us' || isSetting) own.set(key, spec);
      }
    }
    return own;
  }

  checkForeign(): void {
    for (const [key, spec] of this.foreign) {
      const real = this.real(key);
      if (real?.owner !== 'nobody' || !equalData(freed(real.spec), spec)) {
        this.violations.push(`foreign ${key} was ${real === undefined ? 'removed' : 'altered'}`);
        this.foreign.delete(key);
      }
    }
  }

  watch(target: SimTarget, operation: SimOperation): (outcome: Outcome) => void {
    this.operations += 1;
    const { key, verb, spec } = operation;
    if (verb === 'remove' && !this.mayRemove) this.violations.push(`removed too early: ${key}`);
    this.#checkOwner(target, operation);
    if (spec.kind === 'route' && verb === 'create') this.#checkTable(spec.table);
    // What nobody could know yet is no fault of the agent's.
    const isCalm = !this.hasUnheard();
    const whole = this.#announced().filter((address) => this.#hasPath(address));
    return (outcome) => {
      if (isCalm && verb === 'create' && isAnnounced(spec)) this.#checkPath(spec);
      const isRefused = 'error' in outcome && !isRetriedOnChange(outcome);
      if (isCalm && this.foreign.size === 0 && isRefused) {
        this.violations.push(`${verb} ${key} was refused: ${outcome.error}`);
      }
      // A device that is made anew, or joins another VRF, takes its routes with it for that moment.
      if (!isCalm || spec.kind === 'link' || spec.kind === 'ovs-port') return;
      for (const address of whole) {
        const announced = this.kinds.address.key(address);
        if (this.real(announced) === undefined || this.#hasPath(address)) continue;
        // Two networks that swap their VNIs swap what their flows do; neither can be first.
        if (verb === 'change' && this.isWanted(announced)) continue;
        this.violations.push(`${verb} ${key} took the path from under ${announced}`);
      }
    };
  }

  /** Nothing is done to what is nobody's, unless it may be taken over. */
  #checkOwner(target: SimTarget, { key, verb, spec }: SimOperation): void {
    const real = target.real(key);
    if (real?.owner !== 'nobody' || !target.isHeard(key)) return;
    const known = target.observe(key);
    const mayTake = verb !== 'remove' && kindOf(this.kinds, spec).adoptable(spec, real.spec);
    if (known?.owner === 'nobody' && !mayTake) this.violations.push(`${verb} on foreign ${key}`);
  }

  /** zebra must know a VRF before the kernel has routes in its table. */
  #checkTable(table: number): void {
    if (this.frr.state.state !== 'ready') return;
    if (this.kernel.link(`vrf-${table}` as IfName) === undefined) return;
    if (this.frr.observe(frrDeviceKey(`vrf-${table}` as IfName)) !== undefined) return;
    this.violations.push(`a route in table ${table} before FRR knew the VRF`);
  }

  #announced(): readonly AddressSpec[] {
    return [...this.kernel.objects()].flatMap(([, { spec, owner }]) =>
      isAnnounced(spec) && owner === 'us' ? [spec] : [],
    );
  }

  #hasPath({ link, prefix }: AddressSpec): boolean {
    if (link === nic) return this.kernel.isRouted(prefix) || this.ovn.hasRoute(prefix);
    const vni = Number(/^lo-([0-9]+)$/.exec(link)?.[1]);
    return this.kernel.hasRoute(vni, prefix) && this.ovs.hasFlow(vni, prefix);
  }

  #checkPath(address: AddressSpec): void {
    const exists = this.real(this.kinds.address.key(address)) !== undefined;
    if (!exists || this.#hasPath(address)) return;
    this.violations.push(`${this.kinds.address.key(address)} announced without a path`);
  }
}
