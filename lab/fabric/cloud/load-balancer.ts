/**
 * A load balancer as Octavia's OVN provider writes it: a row of Load_Balancer on the router and on tenant networks, and the
 * port that has its address; or as Neutron does to forward a port of a floating IP, on the router alone.
 */

import type { Network } from './network.ts';
import { type NbCommand, type Northbound, setIds, uuidOf } from './northbound.ts';
import type { Router } from './router.ts';
import type { Vm } from './vm.ts';

export interface LoadBalancerSettings {
  /** With the address of each family that it has. */
  readonly vips: readonly string[];
  readonly port: number;
  readonly members: readonly Vm[];
  readonly router: Router;
  /** Where its address is from; without a network it forwards ports of a floating IP. */
  readonly on?: Network;
  /** The networks of its members. */
  readonly switches?: readonly Network[];
}

export class LoadBalancer {
  readonly id: string;
  readonly #name: string;
  readonly #settings: LoadBalancerSettings;
  readonly #northbound: Northbound;

  constructor(name: string, settings: LoadBalancerSettings, northbound: Northbound) {
    this.id = uuidOf('balancer', name);
    this.#name = settings.on === undefined ? `pf-floatingip-${this.id}-tcp` : this.id;
    this.#settings = settings;
    this.#northbound = northbound;
  }

  get portId(): string {
    return uuidOf('vip', this.id);
  }

  /** All in one transaction. */
  async create(): Promise<void> {
    const { vips, port, members, router, on, switches = [] } = this.#settings;
    const name = this.#name;
    const rows = vips.map((vip) => {
      const isV6 = vip.includes(':');
      const backends = members.map((vm) => withPort(isV6 ? vm.v6 : vm.v4, port));
      return ['lb-add', name, withPort(vip, port), backends.join(','), 'tcp'];
    });
    const networks = new Set([...ownNetwork(on), ...switches]);
    await this.#northbound.commit(
      ...rows,
      ['lr-lb-add', router.logicalRouter, name],
      ...[...networks].map((network) => ['ls-lb-add', network.switch, name]),
      ...(on === undefined ? [] : this.#portCommands(on)),
    );
  }

  #portCommands(on: Network): readonly NbCommand[] {
    const { vips } = this.#settings;
    // A floating IP among them is not the port's own.
    const own = vips.filter((vip) => on.has(vip));
    const cidrs = own.map((vip) => `${vip}/${vip.includes(':') ? 64 : 24}`);
    const ids = {
      'neutron:cidrs': cidrs.join(' '),
      'neutron:device_owner': 'ovn-lb-vip',
      'neutron:network_name': on.switch,
      'neutron:port_name': `ovn-lb-vip-${this.id}`,
    };
    return [['lsp-add', on.switch, this.portId], setIds('logical_switch_port', this.portId, ids)];
  }

  /** As a cascade does: the row and the port at once, with everything that refers to it. */
  async delete(): Promise<void> {
    await this.#northbound.commit(
      ['--if-exists', 'lsp-del', this.portId],
      ['--if-exists', 'lb-del', this.#name],
    );
  }
}

/** Octavia leaves out a provider network; there OVN 23.03 would translate at its switch, and replies have the router's address. */
function ownNetwork(on: Network | undefined): readonly Network[] {
  return on === undefined || on.physnet !== undefined ? [] : [on];
}

function withPort(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
