/**
 * Open vSwitch in memory: bridges, ports and flows, with the refusals and side effects that an agent can meet. Ports
 * follow devices of the kernel as they come and go; flows hold numbers, and lose their meaning when these change.
 */

import type { IfName } from '../../src/net/if-name.ts';
import { type Prefix, prefixContains } from '../../src/net/prefix.ts';
import { deviceOf, type FlowAction, type FlowSpec } from '../../src/resources/flow.ts';
import { type OvsPortSpec, ovsPortKey } from '../../src/resources/ovs-port.ts';
import type { AnySpec, Key } from '../../src/resources/resource.ts';
import { done, failed, type Outcome, type Owner, waiting } from '../../src/resources/target.ts';
import type { SimKernel } from './kernel.ts';
import { kindOf, type Real, type SimOperation, SimTarget, type Surveillance } from './target.ts';

/** A flow as the switch holds it: with what names meant when it was added. */
interface HeldFlow {
  readonly spec: FlowSpec;
  readonly owner: Owner;
  readonly inPort: number;
  readonly outPort: number | undefined;
  /** The device whose address it writes. */
  readonly addressOf: number;
}

export class SimOvs extends SimTarget {
  readonly name = 'ovs';
  readonly #kernel: SimKernel;
  readonly #bridges = new Set<string>();
  readonly #ports = new Map<Key, Real<OvsPortSpec>>();
  /** Ofports of our ports that have a device, and of patch ports, by `bridge port`. */
  readonly #numbers = new Map<string, number>();
  #lastNumber = 0;
  readonly #flows = new Map<Key, HeldFlow>();
  /** Flows whose ports or devices were not there; told when that may have changed. */
  readonly #unresolved = new Set<Key>();

  constructor(world: Surveillance, kernel: SimKernel) {
    super(world);
    this.#kernel = kernel;
    kernel.onLink((name) => this.#deviceChanged(name));
  }

  real(key: Key): Real | undefined {
    const port = this.#ports.get(key);
    if (port !== undefined) return port;
    const flow = this.#flows.get(key);
    if (flow === undefined) return undefined;
    return { spec: this.#asRead(flow), owner: flow.owner };
  }

  /** A flow as it reads today: an address that is no device's any more is not the one that is wanted. */
  #asRead({ spec, addressOf, outPort }: HeldFlow): FlowSpec {
    const { action } = spec;
    const isStale =
      this.#identity(action) !== addressOf ||
      (action.type === 'deliver' && this.#number(spec.bridge, action.port) !== outPort);
    return isStale ? { ...spec, action: { type: 'answer', macOf: 'unknown' as IfName } } : spec;
  }

  /** Of the device whose address the flow has; one that has none is always the same. */
  #identity(action: FlowAction): number | undefined {
    const device = deviceOf(action);
    return device === undefined ? 0 : this.#kernel.identity(device);
  }

  *reals(): Iterable<Key> {
    yield* this.#ports.keys();
    yield* this.#flows.keys();
  }

  /** Bridges and their patch ports become these, as the operator and ovn-controller have it. */
  setBridges(bridges: ReadonlySet<string>, patches: ReadonlyMap<string, readonly string[]>): void {
    for (const bridge of this.#bridges) if (!bridges.has(bridge)) this.#deleteBridge(bridge);
    for (const bridge of bridges) {
      if (!this.#bridges.has(bridge)) this.#kernel.attach(bridge as IfName);
      this.#bridges.add(bridge);
    }
    const wanted = new Set(
      [...patches].flatMap(([bridge, ports]) => ports.map((port) => `${bridge} ${port}`)),
    );
    for (const port of this.#numbers.keys()) {
      if (/ (patch-|eth)/.test(port) && !wanted.has(port)) this.#numbers.delete(port);
    }
    for (const port of wanted) if (!this.#numbers.has(port)) this.#numberPort(port);
    this.#portsChanged();
  }

  #deleteBridge(bridge: string): void {
    this.#bridges.delete(bridge);
    this.#kernel.detach(bridge as IfName);
    for (const { spec } of this.#ports.values()) {
      if (spec.bridge === bridge) this.#deletePort(spec);
    }
    for (const [key, { spec }] of this.#flows) if (spec.bridge === bridge) this.#deleteFlow(key);
  }

  /** ovs-vswitchd starts anew: ports come back out of the database, flows do not. */
  restart(): void {
    for (const key of this.#flows.keys()) this.#deleteFlow(key);
  }

  put(spec: OvsPortSpec | FlowSpec, owner: Owner): Outcome {
    const key = kindOf(this.world.kinds, spec).key(spec);
    if (this.real(key) !== undefined) return failed('exists');
    const outcome = this.#create({ key, spec } as SimOperation);
    const [port, flow] = [this.#ports.get(key), this.#flows.get(key)];
    if (port !== undefined) this.#ports.set(key, { ...port, owner });
    if (flow !== undefined) this.#flows.set(key, { ...flow, owner });
    return outcome;
  }

  alter(key: Key, spec: OvsPortSpec | FlowSpec): void {
    const [port, flow] = [this.#ports.get(key), this.#flows.get(key)];
    if (port !== undefined && spec.kind === 'ovs-port') this.#ports.set(key, { ...port, spec });
    if (flow !== undefined && spec.kind === 'flow') this.#flows.set(key, { ...flow, spec });
    this.changed(key);
  }

  drop(key: Key): void {
    const port = this.#ports.get(key);
    if (port !== undefined) this.#deletePort(port.spec);
    this.#deleteFlow(key);
  }

  relabel(owner: Owner): void {
    for (const [key, port] of this.#ports) {
      if (port.owner === 'us') this.#ports.set(key, { ...port, owner });
    }
    for (const [key, flow] of this.#flows) {
      if (flow.owner === 'us') this.#flows.set(key, { ...flow, owner });
    }
  }

  protected carryOut(operation: SimOperation): Outcome {
    const { verb, key, spec } = operation;
    if (verb === 'create') return this.#create(operation);
    if (verb === 'remove' || verb === 'replace') {
      this.drop(key);
      return verb === 'remove' ? done : this.#create(operation);
    }
    if (spec.kind === 'flow') return this.#setFlow(key, spec);
    if (spec.kind !== 'ovs-port' || !this.#ports.has(key)) return failed('no row');
    this.#ports.set(key, { spec, owner: 'us' });
    this.changed(key);
    return done;
  }

  #create({ key, spec }: SimOperation): Outcome {
    if (spec.kind === 'flow') return this.#setFlow(key, spec);
    if (spec.kind !== 'ovs-port') return failed('not an object of Open vSwitch');
    if (!this.#bridges.has(spec.bridge)) return failed(`no bridge named ${spec.bridge}`);
    if (this.#ports.has(key)) return failed(`a port named ${spec.name} already exists`);
    this.#ports.set(key, { spec, owner: 'us' });
    this.changed(key);
    this.#connect(spec);
    if (this.#number(spec.bridge, spec.name) !== undefined) return done;
    // The row stays, with the error in Interface.error.
    return failed(`could not add network device ${spec.name} to ofproto`);
  }

  /** Finds the device of a port: an internal one is made, unless somebody else's has its name. */
  #connect(spec: OvsPortSpec): void {
    const port = `${spec.bridge} ${spec.name}`;
    if (this.#numbers.has(port)) return;
    if (spec.type === 'internal' ? this.#kernel.attach(spec.name) : this.#isDevice(spec.name)) {
      this.#numberPort(port);
      if (spec.type === 'system') this.#kernel.enslave(spec.name, true);
    }
  }

  #isDevice(name: IfName): boolean {
    return this.#kernel.link(name) !== undefined;
  }

  #numberPort(port: string): void {
    this.#lastNumber += 1;
    this.#numbers.set(port, this.#lastNumber);
    this.#portsChanged();
  }

  #number(bridge: string, port: string): number | undefined {
    return this.#numbers.get(`${bridge} ${port}`);
  }

  #deletePort(spec: OvsPortSpec): void {
    if (!this.#ports.delete(ovsPortKey(spec.name))) return;
    this.changed(ovsPortKey(spec.name));
    const hadDevice = this.#numbers.delete(`${spec.bridge} ${spec.name}`);
    if (hadDevice && spec.type === 'internal') this.#kernel.detach(spec.name);
    if (hadDevice && spec.type === 'system') this.#kernel.enslave(spec.name, false);
    this.#portsChanged();
  }

  /** A device has come or gone: the port of that name works again, or no longer. */
  #deviceChanged(name: IfName): void {
    const spec = this.#ports.get(ovsPortKey(name))?.spec;
    if (spec !== undefined) {
      if (!this.#isDevice(name)) this.#numbers.delete(`${spec.bridge} ${name}`);
      this.#connect(spec);
      this.changed(ovsPortKey(name));
    }
    this.#portsChanged();
  }

  /** Flows from a port that is no more go; the rest may read otherwise now, or be possible at last. */
  #portsChanged(): void {
    for (const [key, { spec, inPort }] of this.#flows) {
      if (this.#number(spec.bridge, spec.inPort) === inPort) this.changed(key);
      else this.#deleteFlow(key);
    }
    this.changed(...this.#unresolved);
    this.#unresolved.clear();
  }

  #setFlow(key: Key, spec: FlowSpec): Outcome {
    if (!this.#bridges.has(spec.bridge)) return failed(`${spec.bridge} is not a bridge`);
    const { action } = spec;
    const inPort = this.#number(spec.bridge, spec.inPort);
    const outPort = action.type === 'deliver' ? this.#number(spec.bridge, action.port) : undefined;
    const addressOf = this.#identity(action);
    if (inPort === undefined) return this.#unresolvedFlow(key, spec.inPort);
    if (addressOf === undefined) return this.#unresolvedFlow(key, deviceOf(action) ?? '');
    if (action.type === 'deliver' && outPort === undefined) {
      return this.#unresolvedFlow(key, action.port);
    }
    this.#flows.set(key, { spec, owner: 'us', inPort, outPort, addressOf });
    this.changed(key);
    return done;
  }

  lacks(key: Key, spec: AnySpec): string | undefined {
    if (spec.kind !== 'flow') return undefined;
    const { bridge, inPort } = spec as FlowSpec;
    if (this.#number(bridge, inPort) !== undefined) return undefined;
    this.#unresolved.add(key);
    return `port ${inPort}`;
  }

  #unresolvedFlow(key: Key, name: string): Outcome {
    this.#unresolved.add(key);
    return waiting(`port ${name}`);
  }

  #deleteFlow(key: Key): void {
    if (this.#flows.delete(key)) this.changed(key);
  }

  /** Whether packets of this prefix that come out of OVN find their way into the VRF. */
  hasFlow(vni: number, prefix: Prefix): boolean {
    return [...this.#flows.values()].some(({ spec, owner }) => {
      const { match, action } = spec;
      return (
        owner === 'us' &&
        match.type === 'ip' &&
        action.type === 'deliver' &&
        (action.macOf.endsWith(`${vni}`) || action.macOf.startsWith(`vp${vni}.`)) &&
        prefixContains(match.source, prefix.ip)
      );
    });
  }

  *objects(): Iterable<readonly [Key, Real]> {
    for (const key of this.reals()) {
      const real = this.real(key);
      if (real !== undefined) yield [key, real];
    }
  }
}
