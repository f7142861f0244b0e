/** One operation on a device as netlink requests. Pure. */

import { assertNever } from '../../base/assert-never.ts';
import {
  change,
  create,
  IFF,
  type Link,
  type LinkKind,
  link,
  linkOf,
  type Request,
  remove,
} from '../../protocols/netlink/index.ts';
import type { LinkSpec, LinkType } from '../../resources/link.ts';
import type { Verb } from '../../resources/resource.ts';
import { done, failed, waiting } from '../../resources/target.ts';
import type { Device, Devices } from './devices.ts';
import type { Lowered, Step } from './lower.ts';
import { attachedAlias, madeAlias } from './mark.ts';

export function lowerLink(verb: Verb, spec: LinkSpec, devices: Devices): Lowered {
  const device = devices.named(spec.name);
  if (verb === 'remove') return removal(spec, device, devices);
  const master = spec.master === undefined ? undefined : devices.named(spec.master);
  if (spec.master !== undefined && master === undefined) {
    return { outcome: failed(`there is no device ${spec.master}`) };
  }
  if (verb === 'create' || verb === 'replace') {
    if (spec.is.type === 'vlan' && devices.named(spec.is.parent) === undefined) {
      return { outcome: failed(`there is no device ${spec.is.parent}`) };
    }
    if (spec.is.type !== 'attached') return creation(spec, device, master, devices, verb);
  }
  if (device === undefined) {
    return { outcome: waiting(`${spec.name} to be made by another`) };
  }
  return { phases: [adjusting(spec, device, master)] };
}

function removal(spec: LinkSpec, device: Device | undefined, devices: Devices): Lowered {
  if (device === undefined) return { outcome: done };
  const { index } = device;
  if (spec.is.type !== 'attached') {
    return { phases: [[step(remove(link, linkOf({ index })), ['ENODEV'])]] };
  }
  // Open vSwitch stays the master of its own ports.
  const master = devices.get(device.master)?.is.type;
  const leave = master === 'vrf' || master === 'bridge' ? { master: 0 } : {};
  const freed = linkOf({ index, alias: '', ...leave });
  return { phases: [[step(change(link, freed), ['ENODEV'])]] };
}

/**
 * Under an index of our choice that the kernel gives nobody, by which the rest of the steps name it: when the name turns
 * out to be taken, they find no device instead of somebody else's. All of it is one datagram, so no kill comes between device and mark.
 */
function creation(
  spec: LinkSpec,
  existing: Device | undefined,
  master: Device | undefined,
  devices: Devices,
  verb: 'create' | 'replace',
): Lowered {
  const index = devices.takeIndexes(2);
  const { name, mtu, address, is } = spec;
  const parent = is.type === 'vlan' ? devices.named(is.parent) : undefined;
  const made = linkOf({
    index,
    name,
    ...(mtu === undefined ? {} : { mtu }),
    ...(address === undefined ? {} : { address }),
    ...(master === undefined ? {} : { master: master.index }),
    ...(parent === undefined ? {} : { link: parent.index }),
    info: { is: kindOf(spec.is, index + 1) },
  });
  const before =
    verb === 'replace' && existing !== undefined
      ? [step(remove(link, linkOf({ index: existing.index })), ['ENODEV'])]
      : [];
  return { phases: [[...before, step(create(link, made)), ...finish(spec, index)]] };
}

/** What an existing device lacks. */
function adjusting(spec: LinkSpec, device: Device, master: Device | undefined): readonly Step[] {
  const { mtu, address } = spec;
  const { index } = device;
  const settings: Partial<Link> = {
    ...(mtu === undefined || mtu === device.mtu ? {} : { mtu }),
    ...(address === undefined || address === device.address ? {} : { address }),
    ...(master === undefined || master.index === device.master ? {} : { master: master.index }),
  };
  const set =
    Object.keys(settings).length === 0 ? [] : [step(change(link, linkOf({ index, ...settings })))];
  return [...set, ...finish(spec, index)];
}

/** The mark, and what the kernel refuses in the request that makes a device or enslaves it. */
function finish(spec: LinkSpec, index: number): readonly Step[] {
  const alias = spec.is.type === 'attached' ? attachedAlias : madeAlias;
  const altered = (fields: Partial<Link>): Step => step(change(link, linkOf({ index, ...fields })));
  const { learning, linkLocal } = spec;
  return [
    altered({ alias }),
    ...(linkLocal === undefined
      ? []
      : [altered({ families: { inet6: { addrGenMode: linkLocal ? 'eui64' : 'none' } } })]),
    ...(learning === undefined ? [] : [altered({ info: { member: { of: 'bridge', learning } } })]),
    settingUp(index),
  ];
}

export function settingUp(index: number): Step {
  return step(change(link, linkOf({ index, flags: IFF.up, change: IFF.up })));
}

function kindOf(is: LinkType, peerIndex: number): LinkKind {
  switch (is.type) {
    case 'vrf':
      return { type: 'vrf', table: is.table };
    case 'vxlan': {
      const { vni, port, local } = is;
      const from = local.family === 4 ? { local } : { local6: local };
      return { type: 'vxlan', vni, port, learning: false, ...from };
    }
    case 'veth':
      return { type: 'veth', peer: linkOf({ index: peerIndex, name: is.peer }) };
    case 'bridge':
      // Spanning tree off, as is the kernel's default; said, so that it is so. And no VLAN 1 of its ports, which nobody uses:
      // FRR 8.4 takes it for one and the same on all bridges, and zebra dies where one of several has gone.
      return { type: 'bridge', stp: 0, defaultPvid: 0 };
    case 'dummy':
      return { type: 'dummy' };
    case 'vlan':
      return { type: 'vlan', id: is.id };
    case 'attached':
      throw new Error('an attached device is made by another');
    default:
      return assertNever(is);
  }
}

function step(request: Request, tolerated: readonly string[] = []): Step {
  return { request, tolerated, effect: undefined };
}
