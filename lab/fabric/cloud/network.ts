/** A network as Neutron writes it: a logical switch; for a provider network its localnet port besides. Makes VMs. */

import type { FabricNode } from '../node.ts';
import { type AddressScopes, formatPortIds, formatScopes } from './port-ids.ts';
import {
  type ExternalIds,
  macOf,
  type NbCommand,
  type Northbound,
  setIds,
  setOptions,
  uuidOf,
} from './northbound.ts';
import { VirtualAddress } from './virtual-address.ts';
import { Vm } from './vm.ts';

export interface NetworkSettings {
  /** Prefixes such as `10.1.0.0/24`; of each the first address is the gateway's. */
  readonly subnets: readonly string[];
  /** A provider network: on this physical network, untagged unless `vlan` is given. */
  readonly physnet?: string;
  readonly vlan?: number;
  /** UUIDs of the address scopes of its subnet pools. */
  readonly scopes?: AddressScopes;
}

/** Geneve's overhead on the default underlay of Neutron: what VMs of tenant networks are told. */
export const tenantMtu = 1442;
const providerMtu = 1500;

export class Network {
  readonly name: string;
  readonly id: string;
  readonly subnets: readonly string[];
  readonly physnet: string | undefined;
  readonly vlan: number | undefined;
  /** On each of its ports. */
  readonly #scopes: ExternalIds;
  readonly #northbound: Northbound;
  readonly #vms: Set<Vm>;

  constructor(name: string, settings: NetworkSettings, northbound: Northbound, vms: Set<Vm>) {
    this.name = name;
    this.id = uuidOf('network', name);
    this.subnets = settings.subnets;
    this.physnet = settings.physnet;
    this.vlan = settings.vlan;
    this.#scopes = formatScopes(settings.scopes ?? {});
    this.#northbound = northbound;
    this.#vms = vms;
  }

  /** The logical switch's name. */
  get switch(): string {
    return `neutron-${this.id}`;
  }

  /** `provnet-<segment id>`: agents find the provider network by this name. */
  get localnetPort(): string {
    return `provnet-${uuidOf('segment', this.name)}`;
  }

  get mtu(): number {
    return this.physnet === undefined ? tenantMtu : providerMtu;
  }

  /** Address number `host` of every subnet, with its length: 11 -> `10.1.0.11/24`, `fd00:1::11/64`. */
  addresses(host: number): readonly string[] {
    return this.subnets.map((subnet) => addressIn(subnet, host));
  }

  /** Whether an address is of one of its subnets. */
  has(address: string): boolean {
    return this.subnets.some((subnet) => address.startsWith(subnet.replace(/0?\/.*$/, '')));
  }

  createCommands(): readonly NbCommand[] {
    const ids = {
      'neutron:network_name': this.name,
      'neutron:mtu': String(this.mtu),
      'neutron:revision_number': '2',
    };
    const own = [['ls-add', this.switch], setIds('logical_switch', this.switch, ids)];
    if (this.physnet === undefined) return own;
    return [...own, ...this.#localnetCommands(this.physnet)];
  }

  #localnetCommands(physnet: string): readonly NbCommand[] {
    const port = this.localnetPort;
    const tag =
      this.vlan === undefined ? [] : [['set', 'logical_switch_port', port, `tag=${this.vlan}`]];
    return [
      ['lsp-add', this.switch, port],
      ['lsp-set-type', port, 'localnet'],
      ['lsp-set-addresses', port, 'unknown'],
      setOptions('logical_switch_port', port, { network_name: physnet, mcast_flood: 'false' }),
      ...tag,
    ];
  }

  /** Writes external_ids where the Southbound database sees them: on the localnet port of a provider network. */
  async annotate(ids: ExternalIds): Promise<void> {
    await this.#northbound.commit(setIds('logical_switch_port', this.localnetPort, ids));
  }

  async clearAnnotation(): Promise<void> {
    const words = ['logical_switch_port', this.localnetPort, 'external_ids'];
    await this.#northbound.commit(['clear', ...words]);
  }

  /** Writes external_ids where Neutron's BGPVPN driver does: on the logical switch, of which only OVN_Northbound knows. */
  async annotateSwitch(ids: ExternalIds): Promise<void> {
    await this.#northbound.commit(setIds('logical_switch', this.switch, ids));
  }

  /** Takes these keys from there. */
  async clearSwitchAnnotation(...keys: readonly string[]): Promise<void> {
    const quoted = keys.map((key) => `"${key}"`);
    await this.#northbound.commit([
      'remove',
      'logical_switch',
      this.switch,
      'external_ids',
      ...quoted,
    ]);
  }

  /**
   * Creates a VM's port and plugs the VM; resolves when OVN says that the port is up. `first` is done when the port is
   * there and nothing is plugged into it.
   */
  async vm(
    name: string,
    place: { readonly on: FabricNode; readonly host: number },
    first: (vm: Vm) => Promise<void> = async () => {},
  ): Promise<Vm> {
    const vm = this.#describeVm(name, place);
    await this.#northbound.commit(...vm.createCommands());
    this.#vms.add(vm);
    await first(vm);
    await vm.plug();
    await vm.waitUntilUp();
    return vm;
  }

  /** Several at once: one transaction for all ports. `name` gives each its name. */
  async vms(
    places: Readonly<Record<string, { readonly on: FabricNode; readonly host: number }>>,
  ): Promise<readonly Vm[]> {
    const vms = Object.entries(places).map(([name, place]) => this.#describeVm(name, place));
    await this.#northbound.commit(...vms.flatMap((vm) => vm.createCommands()));
    for (const vm of vms) this.#vms.add(vm);
    for (const vm of vms) await vm.plug();
    for (const vm of vms) await vm.waitUntilUp();
    return vms;
  }

  /** An address number `host` of one family that these VMs share; nobody has it yet. */
  async virtualAddress(
    name: string,
    place: { readonly family: 4 | 6; readonly host: number; readonly parents: readonly Vm[] },
  ): Promise<VirtualAddress> {
    const isWanted = (text: string) => text.includes(':') === (place.family === 6);
    const virtual = new VirtualAddress(
      {
        portId: uuidOf('virtual', this.name, name),
        mac: macOf('virtual', this.name, name),
        switchName: this.switch,
        address: this.addresses(place.host).find(isWanted) ?? '',
        parents: place.parents,
      },
      this.#northbound,
    );
    await this.#northbound.commit(...virtual.createCommands());
    return virtual;
  }

  #describeVm(name: string, place: { readonly on: FabricNode; readonly host: number }): Vm {
    return new Vm(
      {
        name,
        portId: uuidOf('port', this.name, name),
        mac: macOf('vm', this.name, name),
        switchName: this.switch,
        addresses: this.addresses(place.host),
        gateways: this.addresses(1).map((address) => address.replace(/\/.*$/, '')),
        mtu: this.mtu,
        scopes: this.#scopes,
      },
      place.on,
      this.#northbound,
    );
  }

  /** The port of a router on this network, by the router's id: the switch's side of it. */
  routerPortCommands(
    router: string,
    portId: string,
    gateway: boolean,
    addresses: readonly string[],
  ): readonly NbCommand[] {
    const owner = gateway ? 'network:router_gateway' : 'network:router_interface';
    const options = { 'router-port': `lrp-${portId}` };
    const more = { 'nat-addresses': 'router', 'exclude-lb-vips-from-garp': 'true' };
    const ids = {
      ...formatPortIds(owner, this.switch, addresses),
      ...this.#scopes,
      'neutron:device_id': router,
    };
    return [
      ['lsp-add', this.switch, portId],
      ['lsp-set-type', portId, 'router'],
      ['lsp-set-addresses', portId, 'router'],
      setOptions('logical_switch_port', portId, gateway ? { ...options, ...more } : options),
      setIds('logical_switch_port', portId, ids),
    ];
  }
}

/** Address number `host` of a prefix, length kept. IPv6 takes the decimal digits as they are, so 11 is `::11`. */
export function addressIn(subnet: string, host: number): string {
  const [network = '', length = ''] = subnet.split('/');
  if (network.includes(':')) return `${network}${host}/${length}`;
  return `${network.replace(/\.[0-9]+$/, '')}.${host}/${length}`;
}
