/**
 * The cloud as this node sees it: typed, indexed, and nothing more. Sources write into it and learn nothing from it;
 * modes read it. Every look-up follows an index, so its cost does not depend on how much else there is.
 */

import { assertNever } from '../base/assert-never.ts';
import { emptyHost, type Host } from './host.ts';
import { emptyLocalOvs, type LocalOvs } from './local-ovs.ts';
import type { PortBinding } from './port-binding.ts';
import type { InventoryUpdate } from './source.ts';

/** One thing that became another; `undefined` is absence. */
export type InventoryChange =
  | {
      readonly of: 'port';
      readonly before: PortBinding | undefined;
      readonly after: PortBinding | undefined;
    }
  | { readonly of: 'membership'; readonly group: string }
  | { readonly of: 'ovs' | 'host' | 'chassis' };

/** What modes may ask. */
export interface Inventory {
  readonly ovs: LocalOvs;
  readonly host: Host;
  /** UUID of this node's own Chassis row. */
  readonly chassis: string | undefined;
  /** Whether this node's chassis is a member of the HA_Chassis_Group. */
  isMemberOf(group: string): boolean;
  portsOfGroup(group: string): Iterable<PortBinding>;
  port(name: string): PortBinding | undefined;
  ports(): Iterable<PortBinding>;
  portsOn(datapath: string): Iterable<PortBinding>;
  /** Ports of these types on a datapath: `chassisredirect`, `patch`, `localnet`; not the many of virtual machines. */
  portsOfType(datapath: string, type: string): Iterable<PortBinding>;
  /** Patch ports that carry this VNI. */
  portsOfVni(vni: number): Iterable<PortBinding>;
  /**
   * What follows from all but the ports of virtual machines, worked out once until any of that changes; `what` names one
   * derivation. Virtual machines come and go all the time, and what each of them is offered is the same.
   */
  derived<T>(what: string, derive: () => T): T;
}

export class MutableInventory implements Inventory {
  #ovs: LocalOvs = emptyLocalOvs;
  #host: Host = emptyHost;
  #chassis: string | undefined;
  readonly #groups = new Set<string>();
  readonly #ports = new Map<string, PortBinding>();
  readonly #byDatapath = new Index();
  readonly #byType = new Index();
  readonly #byVni = new Index();
  readonly #byGroup = new Index();
  readonly #derived = new Map<string, unknown>();

  get ovs(): LocalOvs {
    return this.#ovs;
  }

  get host(): Host {
    return this.#host;
  }

  get chassis(): string | undefined {
    return this.#chassis;
  }

  isMemberOf(group: string): boolean {
    return this.#groups.has(group);
  }

  portsOfGroup(group: string): Iterable<PortBinding> {
    return this.#byGroup.get(group);
  }

  port(name: string): PortBinding | undefined {
    return this.#ports.get(name);
  }

  ports(): Iterable<PortBinding> {
    return this.#ports.values();
  }

  portsOn(datapath: string): Iterable<PortBinding> {
    return this.#byDatapath.get(datapath);
  }

  portsOfType(datapath: string, type: string): Iterable<PortBinding> {
    return this.#byType.get(`${datapath} ${type}`);
  }

  portsOfVni(vni: number): Iterable<PortBinding> {
    return this.#byVni.get(String(vni));
  }

  derived<T>(what: string, derive: () => T): T {
    // One name, one derivation, one type: what is found under the name is what this same `derive` gave before.
    if (this.#derived.has(what)) return this.#derived.get(what) as T;
    const found = derive();
    this.#derived.set(what, found);
    return found;
  }

  /** Takes in what a source saw; returns what that changed here. */
  apply(update: InventoryUpdate): InventoryChange {
    const change = this.#take(update);
    if (!isOfHost(change)) this.#derived.clear();
    return change;
  }

  #take(update: InventoryUpdate): InventoryChange {
    switch (update.of) {
      case 'port':
        return this.#replacePort(update.before, update.after);
      case 'ovs':
        this.#ovs = update.value;
        return { of: 'ovs' };
      case 'host':
        this.#host = update.value;
        return { of: 'host' };
      case 'chassis':
        this.#chassis = update.value;
        return { of: 'chassis' };
      case 'membership':
        if (update.value) this.#groups.add(update.group);
        else this.#groups.delete(update.group);
        return { of: 'membership', group: update.group };
      default:
        return assertNever(update);
    }
  }

  /**
   * Rows of one transaction come in any order: a row that takes over a name may be here before the one that had it
   * goes. It replaces that one at once, and the late removal then changes nothing.
   */
  #replacePort(gone: PortBinding | undefined, after: PortBinding | undefined): InventoryChange {
    const known = this.#ports.get(after?.name ?? gone?.name ?? '');
    if (after === undefined && known?.uuid !== gone?.uuid) {
      return { of: 'port', before: undefined, after: undefined };
    }
    if (known !== undefined) this.#remove(known);
    if (after !== undefined) this.#add(after);
    return { of: 'port', before: known, after };
  }

  #add(port: PortBinding): void {
    this.#ports.set(port.name, port);
    this.#index(port, (index, key) => index.add(key, port));
  }

  #remove(port: PortBinding): void {
    this.#ports.delete(port.name);
    this.#index(port, (index, key) => index.remove(key, port));
  }

  #index(port: PortBinding, each: (index: Index, key: string) => void): void {
    each(this.#byDatapath, port.datapath);
    each(this.#byType, `${port.datapath} ${port.type}`);
    if (port.haChassisGroup !== undefined) each(this.#byGroup, port.haChassisGroup);
    if (port.bgpvpn?.ok === true && !isHostPort(port))
      each(this.#byVni, String(port.bgpvpn.value.vni));
  }
}

/** A port that may carry a virtual machine, or an address that moves between some. */
export function isHostPort(port: PortBinding): boolean {
  return port.type === '' || port.type === 'virtual';
}

function isOfHost(change: InventoryChange): boolean {
  if (change.of !== 'port') return false;
  const { before, after } = change;
  return (before === undefined || isHostPort(before)) && (after === undefined || isHostPort(after));
}

/** Ports by some text they have. */
class Index {
  readonly #sets = new Map<string, Set<PortBinding>>();

  get(key: string): Iterable<PortBinding> {
    return this.#sets.get(key) ?? [];
  }

  add(key: string, port: PortBinding): void {
    const set = this.#sets.get(key);
    if (set === undefined) this.#sets.set(key, new Set([port]));
    else set.add(port);
  }

  remove(key: string, port: PortBinding): void {
    const set = this.#sets.get(key);
    set?.delete(port);
    if (set?.size === 0) this.#sets.delete(key);
  }
}
