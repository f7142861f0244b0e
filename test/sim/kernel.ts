/**
 * A kernel in memory: links, addresses, routes, neighbours, rules and settings, with the refusals and the side effects
 * of the real one that an agent can meet. Netlink's own words are used for errors.
 */

import { assertNever } from '../../src/base/assert-never.ts';
import { equalData } from '../../src/base/equal.ts';
import type { IfName } from '../../src/net/if-name.ts';
import { isLinkLocal } from '../../src/net/ip.ts';
import { type Prefix, prefixContains } from '../../src/net/prefix.ts';
import type { Spec } from '../../src/resources/index.ts';
import { linkUpKey } from '../../src/resources/link-up.ts';
import { type LinkSpec, linkKey } from '../../src/resources/link.ts';
import { ovsPortKey } from '../../src/resources/ovs-port.ts';
import type { Key } from '../../src/resources/resource.ts';
import type { RouteHop, RouteSpec } from '../../src/resources/route.ts';
import type { SysctlSpec } from '../../src/resources/sysctl.ts';
import {
  done,
  failed,
  type Operation,
  type Outcome,
  type Owner,
} from '../../src/resources/target.ts';
import { leads } from '../../src/targets/kernel/lower.ts';
import { kindOf, type Real, type SimOperation, SimTarget, type Surveillance } from './target.ts';

/** Told of devices that come and go: Open vSwitch, and whoever knows their addresses. */
export type LinkListener = (name: IfName) => void;

export class SimKernel extends SimTarget {
  readonly name = 'kernel';
  readonly #objects = new Map<Key, Real>();
  /** A number for each device that ever was, as its MAC address. */
  readonly #identities = new Map<IfName, number>();
  #lastIdentity = 0;
  readonly #settings = new Map<Key, number>();
  readonly #listeners: LinkListener[] = [];

  constructor(world: Surveillance) {
    super(world);
    for (const family of [4, 6] as const) {
      const spec = { kind: 'local-rule', family, priority: 0 } as const;
      this.#objects.set(`local-rule ${family}` as Key, { spec, owner: 'nobody' });
    }
  }

  leads({ spec }: Operation): boolean {
    return leads(spec.kind);
  }

  onLink(listener: LinkListener): void {
    this.#listeners.push(listener);
  }

  real(key: Key): Real | undefined {
    if (key.startsWith('sysctl ')) return this.#setting(key);
    if (key.startsWith('link-up ')) return this.#up(key);
    const real = this.#objects.get(key);
    if (real?.spec.kind !== 'link' || real.spec.is.type !== 'veth' || real.owner !== 'us')
      return real;
    // The mark on a far end says that it is one.
    const { peer } = real.spec.is;
    if (!this.#isFarEnd.has(real.spec.name)) return real;
    return { ...real, spec: { ...real.spec, is: { type: 'attached', madeBy: linkKey(peer) } } };
  }

  readonly #isFarEnd = new Set<IfName>();

  *reals(): Iterable<Key> {
    yield* this.#objects.keys();
    for (const key of this.wantedKeys) if (/^(sysctl|link-up) /.test(key)) yield key;
  }

  link(name: IfName): LinkSpec | undefined {
    const spec = this.#objects.get(linkKey(name))?.spec;
    return spec?.kind === 'link' ? spec : undefined;
  }

  /** Which of all devices that ever had this name it is. */
  identity(name: IfName): number | undefined {
    return this.#identities.get(name);
  }

  #setting(key: Key): Real<SysctlSpec> | undefined {
    const match = /^sysctl net\/ipv([46])\/conf\/([^/]+)\/(\w+)$/.exec(key);
    if (match === null) return undefined;
    const link = match[2] as IfName;
    if (this.link(link) === undefined) return undefined;
    const name = match[3] as SysctlSpec['name'];
    const value = this.#settings.get(key) ?? defaultOf(name);
    const spec = { kind: 'sysctl', family: match[1] === '4' ? 4 : 6, link, name, value } as const;
    return { spec, owner: 'nobody' };
  }

  /** What is as it is from the start is as if nobody had written it. */
  #write(key: Key, { name, value }: SysctlSpec): void {
    if (value === defaultOf(name)) this.#settings.delete(key);
    else this.#settings.set(key, value);
  }

  #up(key: Key): Real | undefined {
    const link = key.slice('link-up '.length) as IfName;
    if (this.link(link) === undefined || !this.#isUp.has(link)) return undefined;
    return { spec: { kind: 'link-up', link }, owner: 'nobody' };
  }

  /** Devices of others that we have set up. */
  readonly #isUp = new Set<IfName>();

  /** Puts an object there without asking, as somebody else's doing; whether the kernel lets it. */
  put(spec: Spec, owner: Owner): Outcome {
    const key = kindOf(this.world.kinds, spec).key(spec);
    if (this.#objects.has(key)) return failed('File exists');
    const outcome = this.#create({ key, spec } as SimOperation);
    const made = this.#objects.get(key);
    if (outcome.done && made !== undefined) this.#objects.set(key, { ...made, owner });
    return outcome;
  }

  /** Alters an object without asking. */
  alter(key: Key, spec: Spec): void {
    if (spec.kind === 'sysctl') this.#write(key, spec);
    else {
      const real = this.#objects.get(key);
      if (real !== undefined) this.#objects.set(key, { ...real, spec });
    }
    this.changed(key);
  }

  /** Takes an object away without asking. */
  drop(key: Key): void {
    const spec = this.#objects.get(key)?.spec;
    if (spec?.kind === 'link') this.#deleteLink(spec.name);
    else if (spec !== undefined && spec.kind !== 'local-rule') this.#delete(key);
  }

  /** Makes all of ours another's: what a replaced agent would have left. */
  relabel(owner: Owner): void {
    for (const [key, real] of this.#objects) {
      if (real.owner === 'us') this.#objects.set(key, { ...real, owner });
    }
  }

  protected carryOut(operation: SimOperation): Outcome {
    switch (operation.verb) {
      case 'create':
        return this.#create(operation);
      case 'change':
      case 'adopt':
        return this.#change(operation);
      case 'remove':
        return this.#remove(operation);
      case 'replace':
        this.#remove({ ...operation, spec: operation.observed ?? operation.spec });
        return this.#create(operation);
      default:
        return assertNever(operation.verb);
    }
  }

  #create({ key, spec }: SimOperation): Outcome {
    if (spec.kind === 'link') return this.#createLink(spec);
    const missing = this.#missing(spec);
    if (missing !== undefined) return failed(missing);
    if (spec.kind === 'sysctl') this.#write(key, spec);
    else if (spec.kind === 'link-up') this.#isUp.add(spec.link);
    else if (this.#objects.has(key)) return failed('File exists');
    else this.#objects.set(key, { spec, owner: 'us' });
    this.changed(key);
    return done;
  }

  #change({ key, spec }: SimOperation): Outcome {
    if (spec.kind === 'link') return this.#setLink(spec);
    const missing = this.#missing(spec);
    if (missing !== undefined) return failed(missing);
    if (spec.kind === 'sysctl') this.#write(key, spec);
    else if (!this.#objects.has(key)) return failed('No such file or directory');
    else this.#objects.set(key, { spec, owner: 'us' });
    this.changed(key);
    return done;
  }

  #remove({ key, spec }: SimOperation): Outcome {
    if (spec.kind === 'sysctl' || spec.kind === 'link-up') return failed('Operation not permitted');
    if (spec.kind === 'local-rule') {
      this.#objects.set(key, { spec: { ...spec, priority: 0 }, owner: 'nobody' });
      this.changed(key);
      return done;
    }
    if (spec.kind !== 'link') {
      this.#delete(key);
      return done;
    }
    if (spec.is.type === 'attached') this.#release(spec.name);
    else this.#deleteLink(spec.name);
    return done;
  }

  /** What the kernel misses for an object to be there. */
  #missing(spec: Spec): string | undefined {
    if ('link' in spec) return this.link(spec.link) === undefined ? 'No such device' : undefined;
    return spec.kind === 'route' ? this.#routeMisses(spec) : undefined;
  }

  #routeMisses({ hop, table }: RouteSpec): string | undefined {
    if (hop.type === 'unreachable') return undefined;
    const { dev, via } = hop;
    if (this.link(dev) === undefined) return 'No such device';
    // fib_check_nh: the gateway must be on link; an IPv6 link-local one always is.
    if (via === undefined || (via.family === 6 && isLinkLocal(via))) return undefined;
    const isOnLink = [...this.#objects.values()].some(
      ({ spec }) =>
        spec.kind === 'route' &&
        spec.table === table &&
        isDirect(spec.hop, dev) &&
        prefixContains(spec.destination, via),
    );
    return isOnLink ? undefined : 'Nexthop has invalid gateway';
  }

  #createLink(spec: LinkSpec): Outcome {
    if (spec.is.type === 'attached') return this.#setLink(spec);
    const refusal = this.#refusesLink(spec);
    if (refusal !== undefined) return failed(refusal);
    this.#born(spec.name, { spec, owner: 'us' });
    if (spec.is.type === 'veth') {
      const is = { type: 'veth', peer: spec.name } as const;
      this.#born(spec.is.peer, {
        spec: { kind: 'link', name: spec.is.peer, is, mtu: 1500 },
        owner: 'nobody',
      });
    }
    return done;
  }

  #refusesLink({ name, is, master }: LinkSpec): string | undefined {
    if (this.link(name) !== undefined) return 'File exists';
    if (master !== undefined && this.link(master) === undefined) return 'No such device';
    if (is.type === 'vlan' && this.link(is.parent) === undefined) return 'No such device';
    if (is.type === 'veth' && this.link(is.peer) !== undefined) return 'File exists';
    const others = [...this.#objects.values()].flatMap(({ spec }) =>
      spec.kind === 'link' ? [spec.is] : [],
    );
    if (
      is.type === 'vrf' &&
      others.some((other) => other.type === 'vrf' && other.table === is.table)
    ) {
      return 'VRF table is in use';
    }
    const isSameTunnel = (other: LinkSpec['is']): boolean =>
      is.type === 'vxlan' &&
      other.type === 'vxlan' &&
      other.vni === is.vni &&
      other.port === is.port;
    return others.some(isSameTunnel)
      ? 'A VXLAN device with the specified VNI already exists'
      : undefined;
  }

  #setLink(spec: LinkSpec): Outcome {
    const key = linkKey(spec.name);
    const before = this.link(spec.name);
    if (before === undefined) return failed('No such device');
    if (spec.master !== undefined && this.link(spec.master) === undefined) {
      return failed('No such device');
    }
    const { kind, name, is: _, ...settings } = spec;
    this.#objects.set(key, { spec: { ...before, ...settings, kind, name }, owner: 'us' });
    if (spec.is.type === 'attached' && before.is.type === 'veth') this.#isFarEnd.add(name);
    // A device that joins a VRF is taken down and up again (cycle_netdev in drivers/net/vrf.c).
    if (spec.master !== undefined && spec.master !== before.master) this.#flush(name);
    this.changed(key);
    return done;
  }

  /** Somebody else's device again. */
  #release(name: IfName): void {
    const before = this.link(name);
    if (before === undefined) return;
    const { master, ...spec } = before;
    const kept = master === ovsMaster ? { ...spec, master } : spec;
    this.#objects.set(linkKey(name), { spec: kept, owner: 'nobody' });
    this.#isFarEnd.delete(name);
    if (master !== undefined && master !== ovsMaster) this.#flush(name);
    this.changed(linkKey(name));
  }

  /** An internal port of Open vSwitch has come. */
  attach(name: IfName): boolean {
    if (this.link(name) !== undefined) return false;
    const is = { type: 'attached', madeBy: ovsPortKey(name) } as const;
    this.#born(name, { spec: { kind: 'link', name, is, mtu: 1500 }, owner: 'nobody' });
    return true;
  }

  /** An internal port of Open vSwitch has gone. */
  detach(name: IfName): void {
    if (this.link(name)?.is.type === 'attached') this.#deleteLink(name);
  }

  /** Open vSwitch has taken a device into a bridge, or let go of it. */
  enslave(name: IfName, isTaken: boolean): void {
    const real = this.#objects.get(linkKey(name));
    if (real?.spec.kind !== 'link') return;
    const { master, ...spec } = real.spec;
    if (isTaken === (master === ovsMaster)) return;
    const taken = isTaken ? { ...spec, master: ovsMaster } : spec;
    this.#objects.set(linkKey(name), { ...real, spec: taken });
    this.changed(linkKey(name));
  }

  #born(name: IfName, real: Real<LinkSpec>): void {
    this.#lastIdentity += 1;
    this.#identities.set(name, this.#lastIdentity);
    this.#objects.set(linkKey(name), real);
    this.changed(linkKey(name));
    this.#settingsChanged(name);
    for (const listener of this.#listeners) listener(name);
  }

  #deleteLink(name: IfName): void {
    const spec = this.link(name);
    if (spec === undefined) return;
    this.#objects.delete(linkKey(name));
    this.#identities.delete(name);
    this.#isFarEnd.delete(name);
    this.changed(linkKey(name));
    this.#flush(name);
    for (const [key, { spec: other }] of this.#objects) {
      if (other.kind === 'address' && other.link === name) this.#delete(key);
      if (other.kind === 'link' && other.master === name) this.#orphan(key);
      if (other.kind === 'link' && other.is.type === 'vlan' && other.is.parent === name) {
        this.#deleteLink(other.name);
      }
    }
    this.#isUp.delete(name);
    for (const key of this.#settings.keys()) {
      if (key.includes(`/conf/${name}/`)) this.#settings.delete(key);
    }
    this.#settingsChanged(name);
    if (spec.is.type === 'veth') this.#deleteLink(spec.is.peer);
    for (const listener of this.#listeners) listener(name);
  }

  #orphan(key: Key): void {
    const real = this.#objects.get(key);
    if (real?.spec.kind !== 'link') return;
    const { master: _, ...spec } = real.spec;
    this.#objects.set(key, { ...real, spec });
    this.changed(key);
    this.#flush(spec.name);
  }

  /** What goes when a device goes down: routes through it, neighbours on it, global IPv6 addresses. */
  #flush(name: IfName): void {
    for (const [key, { spec }] of this.#objects) {
      const isRoute = spec.kind === 'route' && spec.hop.type === 'unicast' && spec.hop.dev === name;
      const isNeighbour = spec.kind === 'neighbour' && spec.link === name;
      const isAddress =
        spec.kind === 'address' && spec.link === name && spec.prefix.ip.family === 6;
      if (isRoute || isNeighbour || isAddress) this.#delete(key);
    }
  }

  #delete(key: Key): void {
    if (this.#objects.delete(key)) this.changed(key);
  }

  #settingsChanged(name: IfName): void {
    for (const key of this.wantedKeys) {
      if (key.startsWith('sysctl ') && key.includes(`/conf/${name}/`)) this.changed(key);
      if (key === linkUpKey(name)) this.changed(key);
    }
  }

  /** The prefixes that are announced out of a VRF, and whether packets find their way from there. */
  hasRoute(table: number, prefix: Prefix): boolean {
    return [...this.#objects.values()].some(
      ({ spec, owner }) =>
        spec.kind === 'route' &&
        owner === 'us' &&
        Number(spec.table) === table &&
        spec.hop.type === 'unicast' &&
        (spec.hop.via !== undefined || equalData(spec.destination, prefix)) &&
        prefixContains(spec.destination, prefix.ip),
    );
  }

  /** Whether packets for an address are routed by the table of a provider bridge. */
  isRouted(prefix: Prefix): boolean {
    return [...this.#objects.values()].some(
      ({ spec, owner }) =>
        spec.kind === 'lookup-rule' &&
        owner === 'us' &&
        prefixContains(spec.to, prefix.ip) &&
        this.hasRoute(spec.table, prefix),
    );
  }

  *objects(): Iterable<readonly [Key, Real]> {
    for (const key of this.#objects.keys()) {
      const real = this.real(key);
      if (real !== undefined) yield [key, real];
    }
    for (const key of this.#settings.keys()) {
      const real = this.#setting(key);
      if (real !== undefined) yield [key, real];
    }
  }
}

export const ovsMaster = 'ovs-system' as IfName;

function isDirect(hop: RouteHop, dev: IfName): boolean {
  return equalData(hop, { type: 'unicast', dev });
}

function defaultOf(name: SysctlSpec['name']): number {
  return name === 'rp_filter' ? 2 : 0;
}
