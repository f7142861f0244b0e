/** The devices of this node by index, name and MAC address: what of them is looked at, and how it reads as a spec. */

import { assertNever } from '../../base/assert-never.ts';
import { equalData } from '../../base/equal.ts';
import type { Random } from '../../base/ports.ts';
import type { IfName } from '../../net/if-name.ts';
import type { Ip } from '../../net/ip.ts';
import type { Mac } from '../../net/mac.ts';
import type { TableId, VlanId, Vni } from '../../net/numbers.ts';
import { IFF, type Link, RT_TABLE } from '../../protocols/netlink/index.ts';
import { type LinkSpec, type LinkType, linkKey } from '../../resources/link.ts';
import { ovsPortKey } from '../../resources/ovs-port.ts';
import type { Key } from '../../resources/resource.ts';
import { attachedAlias } from './mark.ts';

/** A device without what nobody asks for; it holds no octets of the datagram that it came in. */
export interface Device {
  readonly index: number;
  readonly name: IfName;
  readonly isUp: boolean;
  readonly is: DeviceKind;
  readonly mtu: number | undefined;
  readonly address: Mac | undefined;
  readonly alias: string | undefined;
  /** Index of the bridge or VRF that it is a member of. */
  readonly master: number | undefined;
  /** Index of the other end of a veth. */
  readonly peer: number | undefined;
  /** Index of the device that a VLAN device stands on. */
  readonly parent: number | undefined;
  readonly learning: boolean | undefined;
  readonly linkLocal: boolean;
}

export type DeviceKind =
  | { readonly type: 'vrf'; readonly table: TableId }
  | { readonly type: 'vxlan'; readonly vni: Vni; readonly local: Ip; readonly port: number }
  | { readonly type: 'bridge' }
  | { readonly type: 'dummy' }
  | { readonly type: 'veth' }
  | { readonly type: 'vlan'; readonly id: VlanId }
  | { readonly type: 'other'; readonly kind: string };

/**
 * Indexes of our choice are above this. The kernel counts up from 1 for devices that are made without one: below, the
 * next may be given to somebody else at the very moment when we ask for it, and what we say of it would be said of theirs.
 */
const leastOwnIndex = 1 << 24;
const ownIndexes = 1 << 30;

/**
 * Where one run begins to number its devices: somewhere else than the run before. zebra 8.4 keeps a next hop for three
 * minutes after its device is gone, and takes it for that of a new device with the same index (`Nexthop id does not
 * exist`): the routes behind it are never made.
 */
export function chooseFirstIndex(random: Random): number {
  return leastOwnIndex + Math.floor(random() * ownIndexes);
}

export class Devices {
  readonly #byIndex = new Map<number, Device>();
  readonly #byName = new Map<string, Device>();
  readonly #byMac = new Map<Mac, Set<IfName>>();
  /** Ends of a veth by the index that they give for the other. */
  readonly #byPeer = new Map<number, number>();
  #highest: number;

  /** Indexes of our choice begin after this one. */
  constructor(firstIndex: number) {
    this.#highest = firstIndex;
  }

  get(index: number | undefined): Device | undefined {
    return index === undefined ? undefined : this.#byIndex.get(index);
  }

  named(name: string): Device | undefined {
    return this.#byName.get(name);
  }

  all(): Iterable<Device> {
    return this.#byIndex.values();
  }

  equals(other: Devices): boolean {
    return equalData(this.#byIndex, other.#byIndex);
  }

  /** The device that names this one as its peer. */
  otherEndOf(index: number): number | undefined {
    return this.#byPeer.get(index);
  }

  /** One of them, when several devices share an address. */
  nameOf(mac: Mac): IfName | undefined {
    const [name] = this.#byMac.get(mac) ?? [];
    return name;
  }

  /** The first of so many indexes that no device has or is given, and that are not given out again. */
  takeIndexes(count: number): number {
    const first = this.#highest + 1;
    this.#highest += count;
    return first;
  }

  /** What another has given out is not given out again here. */
  takeIndexesAfter(other: Devices): void {
    this.#highest = Math.max(this.#highest, other.#highest);
  }

  set(device: Device): void {
    this.delete(device.index);
    this.#highest = Math.max(this.#highest, device.index);
    this.#byIndex.set(device.index, device);
    this.#byName.set(device.name, device);
    if (device.peer !== undefined) this.#byPeer.set(device.peer, device.index);
    if (device.address === undefined) return;
    const names = this.#byMac.get(device.address);
    if (names === undefined) this.#byMac.set(device.address, new Set([device.name]));
    else names.add(device.name);
  }

  delete(index: number): void {
    const device = this.#byIndex.get(index);
    if (device === undefined) return;
    this.#byIndex.delete(index);
    const { peer } = device;
    if (peer !== undefined && this.#byPeer.get(peer) === index) this.#byPeer.delete(peer);
    // A name may have passed to another device in the meantime.
    if (this.#byName.get(device.name)?.index === index) this.#byName.delete(device.name);
    if (device.address === undefined) return;
    const names = this.#byMac.get(device.address);
    names?.delete(device.name);
    if (names?.size === 0) this.#byMac.delete(device.address);
  }

  /**
   * Where the kernel puts its own routes to the addresses of a device, local ones and those of prefixes: both into
   * the table of its VRF (l3mdev_fib_table), else into `local` and `main`.
   */
  tablesOf(device: Device | undefined): { readonly local: TableId; readonly link: TableId } {
    const master = this.get(device?.master)?.is;
    if (master?.type === 'vrf') return { local: master.table, link: master.table };
    return { local: RT_TABLE.local as TableId, link: RT_TABLE.main as TableId };
  }

  spec(device: Device): LinkSpec {
    const master = this.get(device.master)?.name;
    const { name, mtu, address, learning, linkLocal } = device;
    return {
      kind: 'link',
      name,
      is: this.#typeOf(device),
      linkLocal,
      ...(mtu === undefined ? {} : { mtu }),
      ...(address === undefined ? {} : { address }),
      ...(master === undefined ? {} : { master }),
      ...(learning === undefined ? {} : { learning }),
      ...(device.isUp ? {} : { down: true }),
    };
  }

  #typeOf({ name, is, alias, peer, parent }: Device): LinkType {
    if (is.type === 'veth') {
      const other = this.get(peer)?.name;
      if (other === undefined) return { type: 'attached', madeBy: somebody(name) };
      if (alias === attachedAlias) return { type: 'attached', madeBy: linkKey(other) };
      return { type: 'veth', peer: other };
    }
    if (is.type === 'bridge') return { type: 'bridge' };
    if (is.type === 'dummy') return { type: 'dummy' };
    if (is.type === 'vrf' || is.type === 'vxlan') return is;
    const below = this.get(parent)?.name;
    if (is.type === 'vlan' && below !== undefined) return { ...is, parent: below };
    const isInternalPort = is.type === 'other' && is.kind === 'openvswitch';
    const madeBy = isInternalPort ? ovsPortKey(name) : somebody(name);
    return { type: 'attached', madeBy };
  }
}

/** The key of no object: who made a device that nobody here knows how to make. */
function somebody(name: IfName): Key {
  return `device ${name}` as Key;
}

/** `undefined` for one whose name we would never use. */
export function deviceOf(link: Link): Device | undefined {
  const { index, name, flags, mtu, address, alias, master, families, info } = link;
  if (name === undefined) return undefined;
  const is = kindOf(link);
  const member = info?.member;
  return {
    index,
    name,
    isUp: (flags & IFF.up) !== 0,
    is,
    mtu,
    address,
    alias,
    master,
    peer: is.type === 'veth' ? peerOf(link) : undefined,
    parent: is.type === 'vlan' ? link.link : undefined,
    learning: member?.of === 'bridge' ? member.learning : undefined,
    linkLocal: families?.inet6?.addrGenMode !== 'none',
  };
}

/** The other end of a veth, when it is of this network namespace. Until the two are joined, the kernel says 0. */
function peerOf({ link, linkNetNsId }: Link): number | undefined {
  return link === 0 || linkNetNsId !== undefined ? undefined : link;
}

function kindOf({ info }: Link): DeviceKind {
  const is = info?.is;
  switch (is?.type) {
    case 'vrf':
      return is.table === undefined ? otherKind('vrf') : { type: 'vrf', table: is.table };
    case 'vxlan': {
      if (is.vni === undefined) return otherKind('vxlan');
      const local = is.local ?? is.local6 ?? ({ family: 4, value: 0 } as const);
      return { type: 'vxlan', vni: is.vni, local, port: is.port ?? 0 };
    }
    case 'bridge':
    case 'dummy':
    case 'veth':
      return { type: is.type };
    case 'other':
      return otherKind(is.kind);
    case 'vlan':
      return is.id === undefined ? otherKind('vlan') : { type: 'vlan', id: is.id };
    case undefined:
      return otherKind('');
    default:
      return assertNever(is);
  }
}

function otherKind(kind: string): DeviceKind {
  return { type: 'other', kind };
}
