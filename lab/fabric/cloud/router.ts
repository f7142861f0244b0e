/** A router as Neutron writes it: gateway port with its chassis, interfaces, NAT, floating IPs, and its BGPVPN keys. */

import type { FabricNode } from '../node.ts';
import { waitFor } from '../wait.ts';
import { addressIn, type Network } from './network.ts';
import {
  columnKey,
  type ExternalIds,
  macOf,
  type NbCommand,
  type Northbound,
  setIds,
  setOptions,
  uuidOf,
} from './northbound.ts';
import { VirtualAddress } from './virtual-address.ts';
import type { Vm } from './vm.ts';

export interface RouterSettings {
  /** The provider network it leaves by. */
  readonly gateway: Network;
  /** Which address of the provider network's subnets it has. */
  readonly host: number;
  /** Nodes that may hold the gateway, the preferred one first. */
  readonly on: readonly FabricNode[];
  /** Masquerades tenants' IPv4; false unless given. */
  readonly snat?: boolean;
}

export interface BgpvpnSettings {
  /** Text, so that a scenario can write what is no number. */
  readonly vni: number | string;
  readonly as: number | string;
}

const highestPriority = 20;

export class Router {
  readonly name: string;
  readonly id: string;
  readonly #settings: RouterSettings;
  readonly #northbound: Northbound;
  readonly #interfaces = new Map<Network, readonly string[]>();
  #hasSnat: boolean;

  constructor(name: string, settings: RouterSettings, northbound: Northbound) {
    this.name = name;
    this.id = uuidOf('router', name);
    this.#settings = settings;
    this.#hasSnat = settings.snat === true;
    this.#northbound = northbound;
  }

  get logicalRouter(): string {
    return `neutron-${this.id}`;
  }

  /** Port id of the gateway; `lrp-` and `cr-lrp-` before it name its other faces. */
  get gatewayPort(): string {
    return uuidOf('gateway', this.name);
  }

  get gatewayMac(): string {
    return macOf('gateway', this.name);
  }

  /** With prefix lengths, in the order of the provider network's subnets. */
  get gatewayAddresses(): readonly string[] {
    return this.#settings.gateway.addresses(this.#settings.host);
  }

  /** The port ids of its interface on a network: one for each subnet, as Neutron has it. */
  interfacePorts(network: Network): readonly string[] {
    return this.#interfaces.get(network) ?? [];
  }

  createCommands(): readonly NbCommand[] {
    const { gateway } = this.#settings;
    const lrp = `lrp-${this.gatewayPort}`;
    const ids = {
      'neutron:router_name': this.name,
      'neutron:gw_port_id': this.gatewayPort,
      'neutron:gw_network_id': gateway.id,
    };
    return [
      ['lr-add', this.logicalRouter],
      setIds('logical_router', this.logicalRouter, ids),
      setOptions('logical_router', this.logicalRouter, { dynamic_neigh_routers: 'true' }),
      ['lrp-add', this.logicalRouter, lrp, this.gatewayMac, ...this.gatewayAddresses],
      setIds('logical_router_port', lrp, this.#portIds(gateway)),
      ...this.#chassisCommands(this.#settings.on),
      ...gateway.routerPortCommands(this.id, this.gatewayPort, true, this.gatewayAddresses),
      ...gateway.subnets.map((subnet) => [
        'lr-route-add',
        this.logicalRouter,
        subnet.includes(':') ? '::/0' : '0.0.0.0/0',
        addressIn(subnet, 1).replace(/\/.*$/, ''),
        lrp,
      ]),
    ];
  }

  #portIds(network: Network): ExternalIds {
    return {
      'neutron:network_name': network.switch,
      // Here by its id; in a row of NAT by the name of the logical router.
      'neutron:router_name': this.id,
    };
  }

  #chassisCommands(nodes: readonly FabricNode[]): readonly NbCommand[] {
    const lrp = `lrp-${this.gatewayPort}`;
    return nodes.map((node, index) => {
      return ['lrp-set-gateway-chassis', lrp, node.name, String(highestPriority - index)];
    });
  }

  /** Attaches a network: one interface for each of its subnets. */
  async attach(network: Network): Promise<void> {
    const ports = network.subnets.map((subnet) =>
      uuidOf('interface', this.name, subnet, network.name),
    );
    const commands = network.subnets.flatMap((subnet, index) =>
      this.#interfaceCommands(network, subnet, ports[index] ?? ''),
    );
    await this.#northbound.commit(...commands);
    this.#interfaces.set(network, ports);
  }

  #interfaceCommands(network: Network, subnet: string, port: string): readonly NbCommand[] {
    const address = addressIn(subnet, 1);
    const mac = macOf('interface', port);
    const isV4 = !subnet.includes(':');
    const gateway4 = this.gatewayAddresses.find((a) => !a.includes(':'))?.replace(/\/.*$/, '');
    const snat = this.#hasSnat && isV4 && gateway4 !== undefined;
    return [
      ['lrp-add', this.logicalRouter, `lrp-${port}`, mac, address],
      setIds('logical_router_port', `lrp-${port}`, this.#portIds(network)),
      ...network.routerPortCommands(this.id, port, false, [address]),
      ...(snat ? [['lr-nat-add', this.logicalRouter, 'snat', gateway4, subnet]] : []),
    ];
  }

  async detach(network: Network): Promise<void> {
    const ports = this.interfacePorts(network);
    const snats = this.#hasSnat ? network.subnets.filter((s) => !s.includes(':')) : [];
    await this.#northbound.commit(
      ...ports.flatMap((port) => [
        ['lsp-del', port],
        ['lrp-del', `lrp-${port}`],
      ]),
      ...snats.map((subnet) => ['lr-nat-del', this.logicalRouter, 'snat', subnet]),
    );
    this.#interfaces.delete(network);
  }

  /** Tenants leave with their own addresses from now on, as after `openstack router set --disable-snat`. */
  async disableSnat(): Promise<void> {
    await this.#northbound.commit(['lr-nat-del', this.logicalRouter, 'snat']);
    this.#hasSnat = false;
  }

  /** Writes the VNI and AS as a BGPVPN of this router would: on the gateway's and every interface's switch port. */
  async setBgpvpn(vpn: BgpvpnSettings): Promise<void> {
    const ids = { 'neutron_bgpvpn:vni': String(vpn.vni), 'neutron_bgpvpn:as': String(vpn.as) };
    const ports = [this.gatewayPort, ...[...this.#interfaces.values()].flat()];
    await this.#northbound.commit(...ports.map((port) => setIds('logical_switch_port', port, ids)));
  }

  /** The keys on one network's interfaces only; `setBgpvpnOnGateway` is the other half. */
  async setBgpvpnOn(network: Network, vpn: BgpvpnSettings): Promise<void> {
    const ids = { 'neutron_bgpvpn:vni': String(vpn.vni), 'neutron_bgpvpn:as': String(vpn.as) };
    const ports = this.interfacePorts(network);
    await this.#northbound.commit(...ports.map((port) => setIds('logical_switch_port', port, ids)));
  }

  async setBgpvpnOnGateway(vpn: BgpvpnSettings): Promise<void> {
    const ids = { 'neutron_bgpvpn:vni': String(vpn.vni), 'neutron_bgpvpn:as': String(vpn.as) };
    await this.#northbound.commit(setIds('logical_switch_port', this.gatewayPort, ids));
  }

  /** Removes the keys everywhere. */
  clearBgpvpn(): Promise<void> {
    return this.#clear([this.gatewayPort, ...[...this.#interfaces.values()].flat()]);
  }

  /** Removes the keys from one network's interfaces only. */
  clearBgpvpnOn(network: Network): Promise<void> {
    return this.#clear(this.interfacePorts(network));
  }

  async #clear(ports: readonly string[]): Promise<void> {
    const keys = ['"neutron_bgpvpn:vni"', '"neutron_bgpvpn:as"'];
    await this.#northbound.commit(
      ...ports.map((port) => ['remove', 'logical_switch_port', port, 'external_ids', ...keys]),
    );
  }

  /** Gives the gateway to these nodes, the preferred one first: a failover by priority. */
  async moveGateway(to: readonly FabricNode[]): Promise<void> {
    await this.#northbound.commit(
      ['clear', 'logical_router_port', `lrp-${this.gatewayPort}`, 'gateway_chassis'],
      ...this.#chassisCommands(to),
    );
  }

  /** Name of the node that holds the gateway now, '' when none does. */
  async gatewayNode(central: FabricNode): Promise<string> {
    const read = (column: string, ...words: readonly string[]) =>
      central.ok(['ovn-sbctl', '--bare', `--columns=${column}`, ...words]);
    const port = `logical_port=cr-lrp-${this.gatewayPort}`;
    const chassis = (await read('chassis', 'find', 'port_binding', port)).trim();
    return chassis === '' ? '' : (await read('name', 'list', 'chassis', chassis)).trim();
  }

  async waitForGatewayOn(node: FabricNode, central: FabricNode): Promise<void> {
    await waitFor(`the gateway of ${this.name} on ${node.name}`, async () => {
      return (await this.gatewayNode(central)) === node.name;
    });
  }

  /** A floating IP: `distributed` is answered on the VM's own node, else on the gateway's. */
  async addFloatingIp(
    address: string,
    to: Vm | VirtualAddress,
    distributed: boolean,
  ): Promise<void> {
    const { portId } = to.settings;
    const own = address.includes(':') ? 'v6' : 'v4';
    const logicalIp = to instanceof VirtualAddress ? to.address : to[own];
    const columns = [
      'type=dnat_and_snat',
      `external_ip="${address}"`,
      `logical_ip="${logicalIp}"`,
      `logical_port="${portId}"`,
      columnKey('external_ids', 'neutron:router_name', this.logicalRouter),
      columnKey('external_ids', 'neutron:fip_network_id', this.#settings.gateway.id),
      columnKey('external_ids', 'neutron:fip_port_id', portId),
      ...(distributed ? [externalMac(address)] : []),
    ];
    await this.#northbound.commit(
      ['--id=@fip', 'create', 'nat', ...columns],
      ['add', 'logical_router', this.logicalRouter, 'nat', '@fip'],
      setIds('logical_switch_port', portId, { 'neutron:port_fip': address }),
    );
  }

  /**
   * Has it answered on the VM's own node, or at the gateway again, as Neutron rewrites the row when an operator switches
   * `enable_distributed_floating_ip`: the row stays, and so does the port in it.
   */
  async distributeFloatingIp(address: string, distributed: boolean): Promise<void> {
    const find = ['--columns=_uuid', 'find', 'nat', `external_ip="${address}"`];
    const nat = (await this.#northbound.commit(find)).replace(/^_uuid *: /, '').trim();
    await this.#northbound.commit(
      distributed
        ? ['set', 'nat', nat, externalMac(address)]
        : ['clear', 'nat', nat, 'external_mac'],
    );
  }

  async deleteFloatingIp(address: string, vm: Vm): Promise<void> {
    const key = '"neutron:port_fip"';
    await this.#northbound.commit(
      ['lr-nat-del', this.logicalRouter, 'dnat_and_snat', address],
      ['remove', 'logical_switch_port', vm.settings.portId, 'external_ids', key],
    );
  }

  deleteCommands(): readonly NbCommand[] {
    const interfaces = [...this.#interfaces.values()].flat();
    return [
      ...[this.gatewayPort, ...interfaces].map((port) => ['--if-exists', 'lsp-del', port]),
      ['--if-exists', 'lr-del', this.logicalRouter],
    ];
  }
}

/** That of the floating IP's own port. */
function externalMac(address: string): string {
  return `external_mac="${macOf('fip', address)}"`;
}
