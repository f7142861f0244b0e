/**
 * An address that VMs share, as Neutron writes it: a port of type virtual, which OVN binds where one of its parents announces
 * the address, as the master of a VRRP group does. Of one family: a virtual port has one address.
 */

import { formatAdvertisement, formatGratuitousArp } from './frames.ts';
import { type NbCommand, type Northbound, setIds, setOptions } from './northbound.ts';
import { formatPortIds } from './port-ids.ts';
import type { Vm } from './vm.ts';
import { waitFor } from '../wait.ts';

/** keepalived's `garp_master_delay`. */
const announceAgainMs = 5000;

export interface VirtualAddressSettings {
  readonly portId: string;
  readonly mac: string;
  readonly switchName: string;
  /** With its prefix length. */
  readonly address: string;
  readonly parents: readonly Vm[];
}

export class VirtualAddress {
  readonly settings: VirtualAddressSettings;
  readonly #northbound: Northbound;
  #master: Vm | undefined;

  constructor(settings: VirtualAddressSettings, northbound: Northbound) {
    this.settings = settings;
    this.#northbound = northbound;
  }

  get address(): string {
    return this.settings.address.replace(/\/.*$/, '');
  }

  createCommands(): readonly NbCommand[] {
    const { portId, mac, switchName, address, parents } = this.settings;
    const ids = parents.map((vm) => vm.settings.portId).join(',');
    return [
      ['lsp-add', switchName, portId],
      ['lsp-set-type', portId, 'virtual'],
      ['lsp-set-addresses', portId, `${mac} ${this.address}`],
      setOptions('logical_switch_port', portId, {
        'virtual-ip': this.address,
        'virtual-parents': ids,
      }),
      setIds('logical_switch_port', portId, formatPortIds('', switchName, [address])),
    ];
  }

  /**
   * The VM becomes master: it has the address, and says so until it is heard. Who was it has ended without a word. As
   * keepalived it says so again after a while: OVN of Debian sid puts off a claim that follows another, and then forgets it.
   */
  async moveTo(vm: Vm): Promise<void> {
    const { address } = this;
    const isV6 = address.includes(':');
    const host = `${address}/${isV6 ? 128 : 32}`;
    if (this.#master !== undefined)
      await this.#master.ip(`addr del ${host} dev ${this.#master.nic}`);
    this.#master = vm;
    await vm.ip(`addr add ${host} dev ${vm.nic}${isV6 ? ' nodad' : ''}`);
    const { mac, portId } = vm.settings;
    const announcement = (isV6 ? formatAdvertisement : formatGratuitousArp)(mac, address);
    await vm.send(announcement);
    let said = performance.now();
    await waitFor(`OVN to have ${address} at ${vm.settings.name}`, async () => {
      if ((await this.#northbound.virtualParent(this.settings.portId)) === portId) return true;
      if (performance.now() - said < announceAgainMs) return false;
      await vm.send(announcement);
      said = performance.now();
      return false;
    });
    await this.#noteHost(vm.node.name);
  }

  /** As Neutron does when it hears that OVN has bound the port elsewhere. */
  async #noteHost(name: string): Promise<void> {
    const ids = { 'neutron:host_id': name };
    await this.#northbound.commit(setIds('logical_switch_port', this.settings.portId, ids));
  }
}
