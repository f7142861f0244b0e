/**
 * A VM: a network namespace whose `eth0` is a veth pair with the other end in br-int, as a tap device would be. An OVS
 * internal port would be simpler, but does not survive a restart of ovs-vswitchd in another namespace.
 */

import { runOk } from '../../process.ts';
import { addNamespaces, deleteNamespaces, Namespace } from '../namespace.ts';
import type { FabricNode } from '../node.ts';
import { waitFor } from '../wait.ts';
import { formatRarp } from './frames.ts';
import { formatPortIds } from './port-ids.ts';
import {
  type ExternalIds,
  type NbCommand,
  type Northbound,
  setIds,
  setOptions,
} from './northbound.ts';

export interface VmSettings {
  readonly name: string;
  readonly portId: string;
  readonly mac: string;
  readonly switchName: string;
  /** With prefix lengths. */
  readonly addresses: readonly string[];
  readonly gateways: readonly string[];
  readonly mtu: number;
  /** `external_ids` that it has of its network. */
  readonly scopes?: ExternalIds;
}

export class Vm extends Namespace {
  readonly settings: VmSettings;
  readonly #northbound: Northbound;
  #node: FabricNode;
  /** Its network device: another one after each live migration, so that for a moment there are two. */
  #nic = 'eth0';

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

  /** The name of its network device. */
  get nic(): string {
    return this.#nic;
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
    const { portId, addresses, switchName, scopes = {} } = this.settings;
    const host = this.#node.name;
    const ids = formatPortIds('compute:nova', switchName, addresses, host);
    return [
      setOptions('logical_switch_port', portId, { 'requested-chassis': host }),
      setIds('logical_switch_port', portId, {
        ...ids,
        ...scopes,
        'neutron:port_name': this.name,
      }),
    ];
  }

  /** Starts the VM on its node. */
  async plug(): Promise<void> {
    await addNamespaces([this.name]);
    await this.#attach();
  }

  async #attach(): Promise<void> {
    this.#nic = 'eth0';
    await this.#addTap(this.#node, this.#nic);
    await this.ip(`link set ${this.#nic} up`, ...this.#routes(this.#nic));
  }

  /** A tap on the node whose other end is a device of the VM, addressed and still down. */
  async #addTap(node: FabricNode, nic: string): Promise<void> {
    const { mac, mtu, addresses, portId } = this.settings;
    const { tap } = this;
    const tapEnd = ['ip', 'link', 'add', tap, 'netns', node.name, 'type', 'veth'];
    await runOk([...tapEnd, 'peer', 'name', nic, 'netns', this.name]);
    await this.ip(
      `link set ${nic} address ${mac} mtu ${mtu}`,
      ...addresses.map((address) => `addr add ${address} dev ${nic}${nodad(address)}`),
    );
    await node.script(
      `ip link set ${tap} mtu ${mtu} up
      ovs-vsctl add-port br-int ${tap} -- set interface ${tap} external_ids:iface-id=${portId} \
        'external_ids:attached-mac="${mac}"'`,
    );
  }

  /** By the first gateway of each family. */
  #routes(nic: string): readonly string[] {
    const ways = new Map(this.settings.gateways.toReversed().map((to) => [anywhere(to), to]));
    return [...ways].map(([destination, to]) => `route add ${destination} via ${to} dev ${nic}`);
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

  /**
   * Moves the running VM as Nova and Neutron do, step by step. The port is asked for on both nodes, and blocked on the new
   * one; the tap there is made, and the VM goes on at it, which QEMU tells by a RARP; the tap on the old node goes, and with
   * it what OVN has bound there. `between` is run then: only when Nova has told Neutron is the port asked for on the new node.
   */
  async liveMigrate(to: FabricNode, between: () => Promise<void> = async () => {}): Promise<void> {
    const { portId } = this.settings;
    const from = this.#node;
    const nic = this.#nic === 'eth0' ? 'eth1' : 'eth0';
    await this.#northbound.commit(
      setOptions('logical_switch_port', portId, {
        'requested-chassis': `${from.name},${to.name}`,
        'activation-strategy': 'rarp',
      }),
    );
    await this.#addTap(to, nic);
    await waitFor(`${to.name} to be an additional chassis of ${this.name}`, async () => {
      const tap = await to.ovsVsctl('get', 'interface', this.tap, 'external_ids');
      return tap.includes('ovn-installed="true"');
    });
    await this.#goOnAt(to, nic);
    await this.#detach();
    this.#node = to;
    const hostId = '"neutron:host_id"';
    const port = ['logical_switch_port', portId];
    await this.#northbound.commit(['remove', ...port, 'external_ids', hostId]);
    await between();
    await this.#northbound.commit(
      ['remove', ...port, 'options', 'activation-strategy'],
      ...this.#placeCommands(),
    );
    await this.waitUntilUp();
  }

  /** It stops at one device and goes on at the other; what it knows of its neighbours goes with it. */
  async #goOnAt(node: FabricNode, nic: string): Promise<void> {
    const known = await this.ipJson<{ readonly dst: string; readonly lladdr?: string }>(
      'neigh',
      'show',
      'dev',
      this.#nic,
    );
    const ofport = await this.#ofportAt(node);
    await this.ip(
      `link set ${this.#nic} down`,
      `link set ${nic} up`,
      ...known.flatMap(({ dst, lladdr }) =>
        lladdr === undefined ? [] : [`neigh replace ${dst} lladdr ${lladdr} dev ${nic} nud stale`],
      ),
      ...this.#routes(nic),
    );
    this.#nic = nic;
    await sendAt(node, ofport, formatRarp(this.settings.mac));
  }

  /** Sends a frame, given in hexadecimal digits: what no program in the VM has to be started for. */
  async send(frame: string): Promise<void> {
    await sendAt(this.#node, await this.#ofportAt(this.#node), frame);
  }

  async #ofportAt(node: FabricNode): Promise<number> {
    return Number(await node.ovsVsctl('get', 'interface', this.tap, 'ofport'));
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

async function sendAt(node: FabricNode, ofport: number, frame: string): Promise<void> {
  const words = `in_port=${ofport} packet=${frame} actions=resubmit(,0)`;
  await node.ok(['ovs-ofctl', 'packet-out', 'br-int', words]);
}

function nodad(address: string): string {
  return address.includes(':') ? ' nodad' : '';
}

function anywhere(gateway: string): string {
  return gateway.includes(':') ? '::/0' : '0.0.0.0/0';
}
