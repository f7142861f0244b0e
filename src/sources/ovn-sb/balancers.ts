/**
 * Load balancers of the routers and switches that this node is interested in, out of Load_Balancer and Logical_DP_Group.
 * A load balancer names groups of datapaths, so that it is found in two steps, each by a row condition: the groups with a
 * datapath of ours, then what names these groups. Says what to ask for; asks nothing itself.
 */

import { equalData } from '../../base/equal.ts';
import { type LoadBalancer, parseLoadBalancer } from '../../inventory/load-balancer.ts';
import type { InventoryUpdate } from '../../inventory/source.ts';
import {
  type Condition,
  map,
  one,
  optional,
  type RowChange,
  type RowOf,
  set,
  table,
} from '../../protocols/ovsdb/index.ts';

const groupColumns = { datapaths: set('uuid') };
const balancerColumns = {
  name: one('string'),
  vips: map('string', 'string'),
  /** Before OVN 22.03; since then the groups stand for it. */
  datapaths: set('uuid'),
  /** Of switches, as is `ls_datapath_group`. */
  datapath_group: optional('uuid'),
  ls_datapath_group: optional('uuid'),
  /** Since OVN 23.09. */
  lr_datapath_group: optional('uuid'),
};

export const balancerTables = {
  Logical_DP_Group: table({ columns: groupColumns, where: [] }),
  Load_Balancer: table({ columns: balancerColumns, where: [] }),
};

type GroupRow = RowOf<typeof groupColumns>;
type BalancerRow = RowOf<typeof balancerColumns>;

export interface BalancerConditions {
  readonly Logical_DP_Group: readonly Condition[];
  readonly Load_Balancer: readonly Condition[];
}

export class Balancers {
  readonly #groups = new Map<string, readonly string[]>();
  readonly #rows = new Map<string, BalancerRow>();
  readonly #known = new Map<string, LoadBalancer>();
  /** Rows of Load_Balancer by the group that they name. */
  readonly #byGroup = new Map<string, Set<string>>();

  /** What one transaction changed, of an OVN that says which routers have a load balancer, or not. */
  *read(
    namesRouters: boolean,
    groups: Iterable<RowChange<GroupRow>>,
    balancers: Iterable<RowChange<BalancerRow>>,
  ): Iterable<InventoryUpdate> {
    const altered = new Set<string>();
    for (const change of groups) {
      if (change.kind === 'delete') this.#groups.delete(change.uuid);
      else this.#groups.set(change.uuid, change.new.datapaths);
      for (const uuid of this.#byGroup.get(change.uuid) ?? []) altered.add(uuid);
    }
    for (const change of balancers) {
      this.#put(change.uuid, change.kind === 'delete' ? undefined : change.new);
      altered.add(change.uuid);
    }
    for (const uuid of altered) {
      const before = this.#known.get(uuid);
      const after = this.#parse(uuid, namesRouters);
      if (equalData(before, after)) continue;
      if (after === undefined) this.#known.delete(uuid);
      else this.#known.set(uuid, after);
      yield { of: 'balancer', before, after };
    }
  }

  #put(uuid: string, row: BalancerRow | undefined): void {
    for (const group of groupsOf(this.#rows.get(uuid))) {
      const named = this.#byGroup.get(group);
      named?.delete(uuid);
      if (named?.size === 0) this.#byGroup.delete(group);
    }
    if (row === undefined) this.#rows.delete(uuid);
    else this.#rows.set(uuid, row);
    for (const group of groupsOf(row)) {
      const named = this.#byGroup.get(group);
      if (named === undefined) this.#byGroup.set(group, new Set([uuid]));
      else named.add(uuid);
    }
  }

  #parse(uuid: string, namesRouters: boolean): LoadBalancer | undefined {
    const row = this.#rows.get(uuid);
    if (row === undefined) return undefined;
    const members = (group: string | undefined) => this.#groups.get(group ?? '') ?? [];
    const { name, vips, datapaths, datapath_group, ls_datapath_group, lr_datapath_group } = row;
    const switches = [...datapaths, ...members(datapath_group), ...members(ls_datapath_group)];
    const routers = namesRouters ? members(lr_datapath_group) : undefined;
    return parseLoadBalancer({ uuid, name, vips, routers, switches: [...new Set(switches)] });
  }

  /** What to ask for, given the datapaths whose load balancers matter. */
  conditions(datapaths: ReadonlySet<string>): BalancerConditions {
    const each = [...datapaths].sort();
    const groups = [...this.#groups.keys()].sort();
    const isOurs = ({ routers, switches }: LoadBalancer) =>
      [...(routers ?? []), ...switches].some((datapath) => datapaths.has(datapath));
    // ovn-northd may put one into a group that it makes in the same transaction: by its UUID it stays in sight.
    const known = [...this.#known.values()].filter(isOurs).map(({ uuid }) => uuid);
    return {
      Logical_DP_Group: each.map((datapath): Condition => ['datapaths', 'includes', [datapath]]),
      Load_Balancer: [
        ...each.map((datapath): Condition => ['datapaths', 'includes', [datapath]]),
        ...groups.map((group): Condition => ['lr_datapath_group', '==', group]),
        ...groups.map((group): Condition => ['datapath_group', '==', group]),
        ...groups.map((group): Condition => ['ls_datapath_group', '==', group]),
        ...known.sort().map((uuid): Condition => ['_uuid', '==', uuid]),
      ],
    };
  }
}

function groupsOf(row: BalancerRow | undefined): readonly string[] {
  if (row === undefined) return [];
  const { datapath_group, ls_datapath_group, lr_datapath_group } = row;
  return [datapath_group, ls_datapath_group, lr_datapath_group].filter(
    (group) => group !== undefined,
  );
}
