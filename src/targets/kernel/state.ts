/**
 * What is known of the kernel: a fold of its notices, and of dumps as if they were notices. Answers in specs and
 * owners. Of routes and neighbours only those that may concern us are kept, however many FRR has. No I/O.
 */

import { assertNever } from '../../base/assert-never.ts';
import { equalData } from '../../base/equal.ts';
import type { IfName } from '../../net/if-name.ts';
import type { Family, Ip } from '../../net/ip.ts';
import type { Mac } from '../../net/mac.ts';
import { isHostPrefix, type Prefix } from '../../net/prefix.ts';
import {
  type Address,
  type Link,
  type Neigh,
  type NetlinkEvent,
  NTF,
  type Route,
  RTPROT,
} from '../../protocols/netlink/index.ts';
import { addressKey } from '../../resources/address.ts';
import type { Spec } from '../../resources/index.ts';
import { linkKey } from '../../resources/link.ts';
import { linkUpKey } from '../../resources/link-up.ts';
import { neighbourKey } from '../../resources/neighbour.ts';
import type { Key } from '../../resources/resource.ts';
import { type RouteHop, type RouteSpec, routeKey } from '../../resources/route.ts';
import type { Observed, Owner } from '../../resources/target.ts';
import { type BgpDriver, isDriversRule } from './bgp-driver.ts';
import { type Device, Devices, deviceOf } from './devices.ts';
import { Facts } from './facts.ts';
import { ourProtocol } from './mark.ts';
import {
  isUnmarked,
  ownerOfAddress,
  ownerOfDevice,
  ownerOfNeighbour,
  ownerOfRoute,
} from './owner.ts';
import { type LookupRule, Rules } from './rules.ts';
import type { Sysctls } from './sysctls.ts';

/** An object of the kernel as it is told, or as it is known to be after a request. */
export type Notice = NetlinkEvent;

/** What a notice has changed, and what has to be read because the kernel does not tell. */
export interface Taken {
  readonly changed: readonly Key[];
  /** Indexes of devices from which routes or addresses may have gone without a word. */
  readonly reread: readonly number[];
  /** Indexes of devices of which only a part was told. */
  readonly look: readonly number[];
}

interface AddressFact {
  readonly link: IfName;
  readonly index: number;
  readonly prefix: Prefix;
  readonly metric: number | undefined;
  readonly protocol: number | undefined;
}

interface NeighbourFact {
  readonly link: IfName;
  readonly index: number;
  readonly ip: Ip;
  readonly mac: Mac | 'proxy';
  readonly protocol: number | undefined;
  readonly isPermanent: boolean;
}

interface RouteFact {
  readonly spec: RouteSpec;
  readonly protocol: number;
}

/** A route of the kernel's own that delivers packets for one address: to this node, or out of its device. */
type Delivery = `${'local' | 'link'} ${number} ${Family} ${number | bigint}`;

const nothing: Taken = { changed: [], reread: [], look: [] };

export interface StateOptions {
  /** Shared with the state that takes the place of this one. */
  readonly wanted: ReadonlySet<Key>;
  readonly sysctls: Sysctls;
  /** Whether the kernel remembers who made an address (IFA_PROTO, since 5.18). */
  readonly marksAddresses: boolean;
  /** As for `Devices`. */
  readonly firstIndex: number;
  /** Set up like this the BGP driver has left what is taken for a predecessor's. */
  readonly bgpDriver: BgpDriver | undefined;
}

export class KernelState {
  readonly devices: Devices;
  readonly rules = new Rules();
  readonly #options: StateOptions;
  readonly #addresses = new Facts<Key, AddressFact>();
  readonly #neighbours = new Facts<Key, NeighbourFact>();
  readonly #routes = new Facts<Key, RouteFact>();
  readonly #deliveries = new Facts<Delivery, true>();
  #isLoading = false;

  constructor(options: StateOptions) {
    this.devices = new Devices(options.firstIndex);
    this.#options = options;
  }

  observe(key: Key): Observed<Spec> | undefined {
    switch (key.slice(0, key.indexOf(' '))) {
      case 'link':
        return this.#link(key);
      case 'address':
        return this.#address(key);
      case 'route':
        return this.#route(key);
      case 'neighbour':
      case 'proxy':
        return this.#neighbour(key);
      case 'rule':
        return this.rules.isolating(key);
      case 'local-rule':
        return this.rules.local(key, this.#options.wanted.has(key));
      case 'lookup-rule':
        return this.#lookup(key);
      case 'link-up':
        return this.#linkUp(key);
      case 'sysctl': {
        const spec = this.#options.sysctls.get(key);
        return spec === undefined ? undefined : { key, spec, owner: 'nobody' };
      }
      default:
        return undefined;
    }
  }

  /** Every object that is ours, a predecessor's, or wanted. */
  *all(): Iterable<Observed<Spec>> {
    for (const key of this.#keys()) {
      const observed = this.observe(key);
      if (observed === undefined) continue;
      if (observed.owner !== 'nobody' || this.#options.wanted.has(key)) yield observed;
    }
  }

  *#keys(): Iterable<Key> {
    for (const { name } of this.devices.all()) yield linkKey(name);
    yield* this.#addresses.keys();
    yield* this.#routes.keys();
    yield* this.#neighbours.keys();
    yield* this.rules.keys();
    yield* this.#options.sysctls.keys();
  }

  /** Who made the route under this key; a removal says so, and then cannot take another's. */
  protocolOf(key: Key): number | undefined {
    return this.#routes.get(key)?.protocol;
  }

  /** Takes in what was read of a kernel of which nothing is known yet: there is no change to tell. */
  load(notices: Iterable<Notice>): void {
    this.#isLoading = true;
    for (const notice of notices) this.take(notice);
    this.#isLoading = false;
  }

  take(notice: Notice): Taken {
    switch (notice.object) {
      case 'link':
        return this.#takeLink(notice.change, notice.value);
      case 'address':
        return this.#takeAddress(notice.change, notice.value);
      case 'route':
        return this.#takeRoute(notice.change, notice.value);
      case 'neigh':
        return this.#takeNeighbour(notice.change, notice.value);
      case 'rule': {
        const key = this.rules.take(notice.change, notice.value);
        return key === undefined ? nothing : { ...nothing, changed: [key] };
      }
      case 'netconf':
        return this.#takeNetconf(notice.value.index);
      case 'vlan':
        // The settings of a bridge port are told in this form only.
        return { ...nothing, look: [notice.value.index] };
      case 'fdb':
        return nothing;
      default:
        return assertNever(notice);
    }
  }

  /** Puts what was read of a device in the place of what was known to stand on it. */
  replaceOn(index: number, notices: Iterable<Notice>): readonly Key[] {
    const before = new Map(this.#standingOn(index).map((key) => [key, this.observe(key)]));
    this.#clear(index);
    for (const notice of notices) this.take(notice);
    const keys = new Set([...before.keys(), ...this.#standingOn(index)]);
    return [...keys].filter((key) => !equalData(before.get(key), this.observe(key)));
  }

  #standingOn(index: number): readonly Key[] {
    return [this.#addresses, this.#routes, this.#neighbours].flatMap((facts) => facts.on(index));
  }

  #clear(index: number): void {
    for (const facts of [this.#addresses, this.#routes, this.#neighbours]) {
      for (const key of facts.on(index)) facts.delete(key);
    }
    for (const delivery of this.#deliveries.on(index)) this.#deliveries.delete(delivery);
  }

  /** Carries out an alteration of one object; its key when that made a difference. */
  #altered(key: Key, alter: () => void): Taken {
    if (this.#isLoading) {
      alter();
      return nothing;
    }
    const before = this.observe(key);
    alter();
    return equalData(before, this.observe(key)) ? nothing : { ...nothing, changed: [key] };
  }

  #link(key: Key): Observed<Spec> | undefined {
    const device = this.devices.named(key.slice('link '.length));
    if (device === undefined) return undefined;
    const { devices } = this;
    return { key, spec: devices.spec(device), owner: this.ownerOf(device) };
  }

  #lookup(key: Key): Observed<Spec> | undefined {
    const found = this.rules.lookups(key);
    const ours = found.find(({ protocol }) => protocol === ourProtocol);
    if (ours !== undefined) return { key, spec: ours.spec, owner: 'us' };
    const [theirs] = this.rulesOfDriver(key);
    if (theirs !== undefined) return { key, spec: theirs.spec, owner: 'predecessor' };
    const [any] = found;
    return any === undefined ? undefined : { key, spec: any.spec, owner: 'nobody' };
  }

  /** Those under the key of a rule that the BGP driver has left, beside ours or not. */
  rulesOfDriver(key: Key): readonly LookupRule[] {
    const { bgpDriver } = this.#options;
    if (bgpDriver === undefined) return [];
    return this.rules
      .lookups(key)
      .filter(
        ({ spec, protocol }) =>
          isUnmarked(protocol) && isDriversRule(spec, this.devices, bgpDriver),
      );
  }

  ownerOf(device: Device): Owner {
    return ownerOfDevice(device, this.devices, this.#options.bgpDriver);
  }

  #linkUp(key: Key): Observed<Spec> | undefined {
    const device = this.devices.named(key.slice('link-up '.length));
    if (device?.isUp !== true) return undefined;
    return { key, spec: { kind: 'link-up', link: device.name }, owner: 'nobody' };
  }

  #takeLink(change: 'new' | 'gone', value: Link): Taken {
    const before = this.devices.get(value.index);
    const told = change === 'new' ? deviceOf(value) : undefined;
    const { index } = value;
    // The kernel tells of the far end of a veth before it is joined to the near one, and not again once it is.
    const isAlone = told?.is.type === 'veth' && told.peer === undefined;
    const device = isAlone ? { ...told, peer: this.devices.otherEndOf(index) } : told;
    if (device === undefined && before === undefined) return nothing;
    if (device !== undefined && equalData(before, device)) return nothing;
    const isRenamed = before !== undefined && before.name !== device?.name;
    const isFlushed =
      before !== undefined && (before.master !== device?.master || before.isUp !== device?.isUp);
    const names = new Set([before?.name, device?.name].filter((name) => name !== undefined));
    const changed: Key[] = [...names].flatMap((name) => [linkKey(name), linkUpKey(name)]);
    // Whose they are depends on what they stand on.
    if (isRenamed || isFlushed) changed.push(...this.#standingOn(index));
    if (device === undefined || isRenamed) this.#clear(index);
    if (device === undefined) this.devices.delete(index);
    else this.devices.set(device);
    // Whoever loads reads all settings afterwards.
    const hasNewName = (isRenamed || before === undefined) && !this.#isLoading;
    for (const name of hasNewName ? names : []) {
      changed.push(...this.#options.sysctls.refresh(name));
    }
    if (device !== undefined) changed.push(...this.#joinPeer(device));
    const reread = device !== undefined && (isFlushed || isRenamed) ? [index] : [];
    return { changed, reread, look: [] };
  }

  /** The other end of a veth: whose that is, and what it is, hangs on this one. */
  #joinPeer(device: Device): readonly Key[] {
    const peer = device.is.type === 'veth' ? this.devices.get(device.peer) : undefined;
    if (peer?.is.type !== 'veth') return [];
    if (peer.peer === undefined) this.devices.set({ ...peer, peer: device.index });
    return [linkKey(peer.name)];
  }

  #address(key: Key): Observed<Spec> | undefined {
    const fact = this.#addresses.get(key);
    if (fact === undefined) return undefined;
    const { link, prefix, metric, index } = fact;
    const { devices } = this;
    const device = devices.get(index);
    const tables = devices.tablesOf(device);
    const isKept =
      this.#deliveries.has(deliveryTo('local', tables.local, prefix.ip)) ||
      this.#deliveries.has(deliveryTo('link', tables.link, prefix.ip));
    const localRoute = isKept ? 'kept' : 'removed';
    const owner = this.#ownerOfAddress(fact, device);
    const spec = { kind: 'address', link, prefix, localRoute } as const;
    return { key, spec: metric === undefined ? spec : { ...spec, metric }, owner };
  }

  #ownerOfAddress({ prefix, protocol }: AddressFact, device: Device | undefined): Owner {
    const { devices } = this;
    const { bgpDriver } = this.#options;
    const owner = ownerOfAddress(prefix, protocol, device, devices, bgpDriver);
    if (this.#options.marksAddresses || protocol !== undefined || owner !== 'predecessor') {
      return owner;
    }
    // Without marks, what stands on a device of ours and is nobody else's counts as ours.
    const isOnOurs = device !== undefined && this.ownerOf(device) === 'us';
    return isOnOurs ? 'us' : owner;
  }

  #takeAddress(change: 'new' | 'gone', value: Address): Taken {
    const { index, prefix, metric, protocol } = value;
    const device = this.devices.get(index);
    if (device === undefined) return nothing;
    const key = addressKey(device.name, prefix);
    return this.#altered(key, () => {
      if (change === 'gone') this.#addresses.delete(key);
      else this.#addresses.set(key, index, { link: device.name, index, prefix, metric, protocol });
    });
  }

  #neighbour(key: Key): Observed<Spec> | undefined {
    const fact = this.#neighbours.get(key);
    if (fact === undefined) return undefined;
    const { link, ip, mac, index } = fact;
    const owner = ownerOfNeighbour(fact, this.devices.get(index), this.devices);
    return { key, spec: { kind: 'neighbour', link, ip, mac }, owner };
  }

  #takeNeighbour(change: 'new' | 'gone', value: Neigh): Taken {
    const { index, ip, flags, state, protocol } = value;
    const device = this.devices.get(index);
    if (device === undefined) return nothing;
    const isProxy = (flags & NTF.proxy) !== 0;
    const key = neighbourKey(device.name, ip, isProxy);
    const mac = isProxy ? ('proxy' as const) : value.address;
    const isPermanent = isProxy || state === 'permanent';
    const isThere = change === 'new' && mac !== undefined && state !== 'failed';
    const concernsUs = isPermanent && (flags & NTF.extLearned) === 0;
    if (!isThere || !(concernsUs || this.#options.wanted.has(key))) {
      if (!this.#neighbours.has(key)) return nothing;
      this.#neighbours.delete(key);
      return { ...nothing, changed: [key] };
    }
    const fact = { link: device.name, index, ip, mac, protocol, isPermanent };
    return this.#altered(key, () => this.#neighbours.set(key, index, fact));
  }

  #route(key: Key): Observed<Spec> | undefined {
    const fact = this.#routes.get(key);
    if (fact === undefined) return undefined;
    const owner = ownerOfRoute(
      { ...fact.spec, protocol: fact.protocol },
      this.devices,
      this.#options.bgpDriver,
    );
    return { key, spec: fact.spec, owner };
  }

  #takeRoute(change: 'new' | 'gone', value: Route): Taken {
    const delivery = deliveryOf(value);
    if (delivery !== undefined) return this.#takeDelivery(change, value, delivery);
    const { table, destination, protocol, metric = 0 } = value;
    const isLikely = protocol === ourProtocol || protocol === RTPROT.boot;
    const key = routeKey(table, destination, metric);
    if (!isLikely && !this.#options.wanted.has(key) && !this.#routes.has(key)) return nothing;
    if (change === 'gone') {
      // Another route of the same identity may have taken its place before.
      if (this.#routes.get(key)?.protocol !== protocol) return nothing;
      return this.#altered(key, () => this.#routes.delete(key));
    }
    const spec = { kind: 'route', table, destination, metric, hop: this.#hopOf(value) } as const;
    const index = value.type === 'unicast' ? (value.oif ?? 0) : 0;
    return this.#altered(key, () => this.#routes.set(key, index, { spec, protocol }));
  }

  #hopOf({ type, oif, gateway, via }: Route): RouteHop {
    const dev = this.devices.get(oif)?.name;
    if (type === 'unreachable') return { type };
    // Several next hops, or none: a hop that nobody asks for.
    if (type !== 'unicast' || dev === undefined) return { type: 'unicast', dev: '' as IfName };
    const through = gateway ?? via;
    return through === undefined ? { type, dev } : { type, dev, via: through };
  }

  #takeDelivery(change: 'new' | 'gone', { oif = 0, destination }: Route, of: Delivery): Taken {
    const device = this.devices.get(oif);
    const alter = (): void => {
      if (change === 'new') this.#deliveries.set(of, oif, true);
      else this.#deliveries.delete(of);
    };
    if (device !== undefined) return this.#altered(addressKey(device.name, destination), alter);
    alter();
    return nothing;
  }

  #takeNetconf(index: number): Taken {
    // Negative: `all` or `default`, which may have set every one of them.
    const name = index < 0 ? undefined : this.devices.get(index)?.name;
    if (index >= 0 && name === undefined) return nothing;
    return { ...nothing, changed: this.#options.sysctls.refresh(name) };
  }
}

/**
 * The kernel's own routes to an address of this node: the local one, and the one out of the device that an IPv6
 * address gets for its prefix (addrconf_prefix_route), which of a /128 leads to that same address.
 */
function deliveryOf({ type, protocol, destination, table }: Route): Delivery | undefined {
  if (!isHostPrefix(destination) || protocol !== RTPROT.kernel) return undefined;
  if (type === 'local') return deliveryTo('local', table, destination.ip);
  const isPrefixRoute = type === 'unicast' && destination.ip.family === 6;
  return isPrefixRoute ? deliveryTo('link', table, destination.ip) : undefined;
}

function deliveryTo(type: 'local' | 'link', table: number, ip: Ip): Delivery {
  // Not as text: it is made for each notice.
  return `${type} ${table} ${ip.family} ${ip.value}`;
}
