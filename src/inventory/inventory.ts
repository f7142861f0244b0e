/**
 * The cloud as this node sees it: typed, indexed, and nothing more. Sources write into it and learn nothing from it;
 * modes read it. Every look-up follows an index, so its cost does not depend on how much else there is.
 */

import { emptyHost, type Host } from './host.ts';
import { emptyLocalOvs, type LocalOvs } from './local-ovs.ts';
import type { PortBinding } from './port-binding.ts';

/** One thing that became another; `undefined` is absence. */
export type InventoryChange =
  | {
      readonly of: 'port';
      readonly before: PortBinding | undefined;
      readonly after: PortBinding | undefined;
    }
  | { readonly of: 'ovs' | 'host' | 'chassis' };

/** What modes may ask. */
export interface Inventory {
  readonly ovs: LocalOvs;
  readonly host: Host;
  /** UUID of this node's own Chassis row. */
  readonly chassis: string | undefined;
  port(name: string): PortBinding | undefined;
  ports(): Iterable<PortBinding>;
  portsOn(datapath: string): Iterable<PortBinding>;
  /** Ports of these types on a datapath: `chassisredirect`, `patch`, `localnet`; not the many of virtual machines. */
  portsOfType(datapath: string, type: string): Iterable<PortBinding>;
  /** Patch ports that carry this VNI. */
  portsOfVni(vni: number): Iterable<PortBinding>;
}

export class MutableInventory implements Inventory {
  ovs: LocalOvs = emptyLocalOvs;
  host: Host = emptyHost;
  chassis: string | undefined;
  readonly #ports = new Map<string, PortBinding>();
  readonly #byDatapath = new Index();
  readonly #byType = new Index();
  readonly #byVni = new Index();

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

  /** Puts one port in the place of another of the same name; either may be absent. */
  replacePort(before: PortBinding | undefined, after: PortBinding | undefined): void {
    if (before !== undefined) {
      this.#ports.delete(before.name);
      this.#index(before, (index, key) => index.remove(key, before));
    }
    if (after !== undefined) {
      const stale = this.#ports.get(after.name);
      if (stale !== undefined) this.replacePort(stale, undefined);
      this.#ports.set(after.name, after);
      this.#index(after, (index, key) => index.add(key, after));
    }
  }

  #index(port: PortBinding, each: (index: Index, key: string) => void): void {
    each(this.#byDatapath, port.datapath);
    each(this.#byType, `${port.datapath} ${port.type}`);
    if (port.bgpvpn?.ok === true) each(this.#byVni, String(port.bgpvpn.value.vni));
  }
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
