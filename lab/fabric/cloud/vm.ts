/**
 * A VM: a network namespace whose `eth0` is a veth pair with the other end in br-int, as a tap device would be. An OVS
 * internal port would be simpler, but does not survive a restart of ovs-vswitchd in another namespace.
 */

import { runOk } from '../../process.ts';
import { addNamespaces, deleteNamespaces, Namespace } from '../namespace.ts';
import type { FabricNode } from '../node.ts';
import { waitFor } from '../wait.ts';
import { formatPortIds } from './port-ids.ts';
import { type NbCommand, type Northbound, setIds, setOptions } from './northbound.ts';

export interface VmSettings {
  readonly name: string;
  readonly portId: string;
  readonly mac: string;
  readonly switchName: string;
  /** With prefix lengths. */
  readonly addresses: readonly string[];
  readonly gateways: readonly string[];
  readonly mtu: number;
}

export class Vm extends Namespace {
  readonly settings: VmSettings;
  readonly #northbound: Northbound;
  #node: FabricNode;

  constructor(settings: VmSettings, node: FabricNode, northbound: Northbound) {
    super(settings.name);
    this.settings = settings;
    this.#northbound = northbound;
    this.#node = node;
  }

  /** The hypervisor it runs on. */
  get node(): FabricNode {
    return this.#node;
  }

  /** Its IPv4 address; throws when it has none. */
  get v4(): string {
    return this.#address((address) => !address.includes(':'));
  }

  get v6(): string {
    return this.#address((address) => address.includes(':'));
  }

  /** The device in br-int, by Neutron's rule. */
  get tap(): string {
    return `tap${this.settings.portId.slice(0, 11)}`;
  }

  #address(wanted: (address: string) => boolean): string {
    const found = this.settings.addresses.find(wanted);
    if (found === undefined) throw new Error(`VM ${this.name} has no such address`);
    return found.replace(/\/.*$/, '');
  }

  createCommands(): readonly NbCommand[] {
    const { portId, mac, addresses, switchName } = this.settings;
    const plain = addresses.map((address) => address.replace(/\/.*$/, ''));
    return [
      ['lsp-add', switchName, portId],
      ['lsp-set-addresses', portId, [mac, ...plain].join(' ')],
      ...this.#placeCommands(),
    ];
  }

  #placeCommands(): readonly NbCommand[] {
    const { portId, addresses, switchName } = this.settings;
    const host = this.#node.name;
    const ids = formatPortIds('compute:nova', switchName, addresses, host);
    return [
      setOptions('logical_switch_port', portId, { 'requested-chassis': host }),
      setIds('logical_switch_port', portId, { ...ids, 'neutron:port_name': this.name }),
    ];
  }

  /** Starts the VM on its node. */
  async plug(): Promise<void> {
    await addNamespaces([this.name]);
    await this.#attach();
  }

  async #attach(): Promise<void> {
    const { mac, mtu, addresses, gateways, portId } = this.settings;
    const { tap } = this;
    await runOk([
      'ip',
      'link',
      'add',
      tap,
      'netns',
      this.#node.name,
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'netns',
      this.name,
    ]);
    await this.ip(
      `link set eth0 address ${mac} mtu ${mtu} up`,
      ...addresses.map((address) => `addr add ${address} dev eth0${nodad(address)}`),
    );
    await this.#node.script(
      `ip link set ${tap} mtu ${mtu} up
      ovs-vsctl add-port br-int ${tap} -- set interface ${tap} external_ids:iface-id=${portId} \
        'external_ids:attached-mac="${mac}"'`,
    );
    await this.ip(...gateways.map((gateway) => `route add ${anywhere(gateway)} via ${gateway}`));
  }

  /** Waits until OVN has bound the port to the VM's node and has its flows. */
  async waitUntilUp(): Promise<void> {
    const { portId } = this.settings;
    await waitFor(`OVN to say that ${this.name} is up on ${this.#node.name}`, async () => {
      const up = await this.#northbound.commit(['get', 'logical_switch_port', portId, 'up']);
      return up.trim() === 'true';
    });
  }

  /** Moves the VM as a cold migration would: gone on one node, then there on the other. Waits until OVN has bound it. */
  async migrate(to: FabricNode): Promise<void> {
    await this.#detach();
    this.#node = to;
    await this.#northbound.commit(...this.#placeCommands());
    await this.#attach();
    await this.waitUntilUp();
  }

  async #detach(): Promise<void> {
    await this.#node.script(
      `ovs-vsctl --if-exists del-port br-int ${this.tap}\nip link del ${this.tap}`,
    );
  }

  /** Takes the VM's port out of OVN, then the VM away. */
  async delete(): Promise<void> {
    await this.#northbound.commit(['--if-exists', 'lsp-del', this.settings.portId]);
    await this.unplug();
  }

  /** Takes the VM away; its port stays in OVN, unbound. */
  async unplug(): Promise<void> {
    await this.#detach();
    await deleteNamespaces([this.name]);
  }
}

function nodad(address: string): string {
  return address.includes(':') ? ' nodad' : '';
}

function anywhere(gateway: string): string {
  return gateway.includes(':') ? '::/0' : '0.0.0.0/0';
}
