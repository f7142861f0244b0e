/** Turns one state of a cloud after another into the updates that sources would deliver, in any order. */

import type { Random } from '../../src/base/ports.ts';
import { equalData } from '../../src/base/equal.ts';
import type { LogicalRouter, LogicalSwitch } from '../../src/inventory/logical.ts';
import { parsePortBinding, type PortBinding } from '../../src/inventory/port-binding.ts';
import type { LoadBalancer } from '../../src/inventory/load-balancer.ts';
import type { PortBindingRow } from '../../src/inventory/row.ts';
import type { InventoryUpdate, PortInterest } from '../../src/inventory/source.ts';
import {
  balancersOf,
  chassisOf,
  type Cloud,
  groupsOf,
  hostOf,
  ovsOf,
  routersOf,
  rowsOf,
  switchesOf,
} from './cloud.ts';
import { shuffled } from './random.ts';

/** Lets every row through, as a monitor without conditions. */
export const everything = 'everything';

interface Seen {
  readonly row: PortBindingRow;
  readonly port: PortBinding;
}

export class CloudFeed {
  /** By UUID. */
  #seen = new Map<string, Seen>();
  #balancers = new Map<string, LoadBalancer>();
  #ovs: unknown;
  #host: unknown;
  #chassis: unknown;
  #routers: ReadonlyMap<string, LogicalRouter> = new Map();
  #switches: ReadonlyMap<string, LogicalSwitch> = new Map();
  #groups: ReadonlySet<string> = new Set();

  /** What a subscriber to `interest` hears when the cloud becomes this one. */
  updates(
    cloud: Cloud,
    interest: PortInterest | typeof everything,
    random: Random,
  ): readonly InventoryUpdate[] {
    const updates: InventoryUpdate[] = [
      ...this.#membershipUpdates(
        interest === everything || interest.ownGroups ? groupsOf(cloud) : new Set(),
      ),
      ...this.#portUpdates(cloud, interest),
      ...this.#balancerUpdates(cloud, interest),
    ];
    updates.push(...this.#routerUpdates(cloud), ...this.#switchUpdates(cloud, interest));
    const ovs = ovsOf(cloud);
    if (!sameText(ovs, this.#ovs)) updates.push({ of: 'ovs', value: ovs });
    this.#ovs = ovs;
    const host = hostOf(cloud);
    if (!equalData(host, this.#host)) updates.push({ of: 'host', value: host });
    this.#host = host;
    const value = chassisOf(cloud);
    const chassis = { value, exposes: value === undefined ? undefined : cloud.nodeExposes };
    if (!equalData(chassis, this.#chassis)) updates.push({ of: 'chassis', ...chassis });
    this.#chassis = chassis;
    return shuffled(updates, random);
  }

  *#routerUpdates(cloud: Cloud): Iterable<InventoryUpdate> {
    const before = this.#routers;
    this.#routers = new Map(routersOf(cloud).map((router) => [router.datapath, router]));
    for (const datapath of new Set([...before.keys(), ...this.#routers.keys()])) {
      const value = this.#routers.get(datapath);
      if (!equalData(value, before.get(datapath))) yield { of: 'router', datapath, value };
    }
  }

  /** Of the switches that ports are known of; DHCP options where somebody has asked for them. */
  *#switchUpdates(
    cloud: Cloud,
    interest: PortInterest | typeof everything,
  ): Iterable<InventoryUpdate> {
    const before = this.#switches;
    const known = new Set([...this.#seen.values()].map(({ port }) => port.datapath));
    const seen = switchesOf(cloud).flatMap((each) => {
      if (interest === everything || interest.dhcp?.has(each.datapath) === true) return [each];
      return known.has(each.datapath) ? [{ ...each, subnets: [] }] : [];
    });
    this.#switches = new Map(seen.map((each) => [each.datapath, each]));
    for (const datapath of new Set([...before.keys(), ...this.#switches.keys()])) {
      const value = this.#switches.get(datapath);
      if (!equalData(value, before.get(datapath))) yield { of: 'switch', datapath, value };
    }
  }

  *#membershipUpdates(groups: ReadonlySet<string>): Iterable<InventoryUpdate> {
    for (const group of new Set([...this.#groups, ...groups])) {
      const value = groups.has(group);
      if (value !== this.#groups.has(group)) yield { of: 'membership', group, value };
    }
    this.#groups = groups;
  }

  *#portUpdates(
    cloud: Cloud,
    interest: PortInterest | typeof everything,
  ): Iterable<InventoryUpdate> {
    const before = this.#seen;
    this.#seen = new Map();
    for (const row of rowsOf(cloud)) {
      if (interest !== everything && !this.#isOfInterest(row, interest)) continue;
      const known = before.get(row.uuid);
      if (known !== undefined && equalData(known.row, row)) {
        this.#seen.set(row.uuid, known);
        continue;
      }
      const port = parsePortBinding(row, known?.port);
      this.#seen.set(row.uuid, { row, port });
      yield { of: 'port', before: known?.port, after: port };
    }
    for (const [uuid, { port }] of before) {
      if (!this.#seen.has(uuid)) yield { of: 'port', before: port, after: undefined };
    }
  }

  *#balancerUpdates(
    cloud: Cloud,
    interest: PortInterest | typeof everything,
  ): Iterable<InventoryUpdate> {
    const before = this.#balancers;
    this.#balancers = new Map();
    for (const balancer of balancersOf(cloud)) {
      const after = interest === everything ? balancer : seenBy(interest, balancer, cloud);
      if (after === undefined) continue;
      this.#balancers.set(after.uuid, after);
      const known = before.get(after.uuid);
      if (!equalData(known, after)) yield { of: 'balancer', before: known, after };
    }
    for (const [uuid, known] of before) {
      if (!this.#balancers.has(uuid)) yield { of: 'balancer', before: known, after: undefined };
    }
  }

  #isOfInterest(row: PortBindingRow, interest: PortInterest): boolean {
    return (
      (interest.ownChassis &&
        (row.chassis === 'here' || row.additional_chassis?.includes('here') === true)) ||
      (interest.ownGroups && this.#groups.has(row.ha_chassis_group ?? '')) ||
      interest.types.has(row.type) ||
      interest.datapaths.has(row.datapath) ||
      interest.names.has(row.logical_port) ||
      interest.balanced?.portNames.has(row.external_ids.get('neutron:port_name') ?? '') === true
    );
  }
}

/** Groups of datapaths are seen whole when one of them is of interest, else not at all. */
function seenBy(
  { balanced }: PortInterest,
  balancer: LoadBalancer,
  { isOldOvn }: Cloud,
): LoadBalancer | undefined {
  const wanted = isOldOvn === true ? balanced?.switches : undefined;
  const isSeen = (datapath: string): boolean =>
    balanced?.routers.has(datapath) === true || wanted?.has(datapath) === true;
  const routers = balancer.routers?.some(isSeen) === false ? [] : balancer.routers;
  const switches = balancer.switches.some(isSeen) ? balancer.switches : [];
  return (routers ?? []).length + switches.length === 0
    ? undefined
    : { ...balancer, routers, switches };
}

/** Which of two mappings of one bridge counts is a matter of their order. */
function sameText(a: unknown, b: unknown): boolean {
  return textOf(a) === textOf(b);
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner instanceof Map ? [...inner] : inner === undefined ? null : inner,
  );
}
