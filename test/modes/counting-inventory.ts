/** An inventory that counts how much is looked at: what a change costs, without a clock. */

import { MutableInventory } from '../../src/inventory/inventory.ts';
import type { PortBinding } from '../../src/inventory/port-binding.ts';

/** Counts what it shows. */
export class CountingInventory extends MutableInventory {
  shown = 0;

  override port(name: string): PortBinding | undefined {
    this.shown += 1;
    return super.port(name);
  }

  override ports(): Iterable<PortBinding> {
    return this.#counted(super.ports());
  }

  override portsOn(datapath: string): Iterable<PortBinding> {
    return this.#counted(super.portsOn(datapath));
  }

  override portsOfType(datapath: string, type: string): Iterable<PortBinding> {
    return this.#counted(super.portsOfType(datapath, type));
  }

  override portsOfVni(vni: number): Iterable<PortBinding> {
    return this.#counted(super.portsOfVni(vni));
  }

  override portsWithNatAt(resident: string): Iterable<PortBinding> {
    return this.#counted(super.portsWithNatAt(resident));
  }

  override gatewaysOfChassis(chassis: string): Iterable<PortBinding> {
    return this.#counted(super.gatewaysOfChassis(chassis));
  }

  override networksOfChassis(chassis: string): Iterable<string> {
    return this.#counted(super.networksOfChassis(chassis));
  }

  *#counted<T>(found: Iterable<T>): Iterable<T> {
    for (const each of found) {
      this.shown += 1;
      yield each;
    }
  }
}
