/**
 * The cloud of one scenario: writes into OVN's Northbound database what Neutron would write, with its names, plugs VMs,
 * and takes all of it away at the end. Nothing here knows of any agent.
 */

import type { FabricNode } from '../node.ts';
import type { Fabric } from '../topology.ts';
import { LoadBalancer, type LoadBalancerSettings } from './load-balancer.ts';
import { Network, type NetworkSettings } from './network.ts';
import { Northbound } from './northbound.ts';
import { Router, type RouterSettings } from './router.ts';
import type { Vm } from './vm.ts';

export class Cloud {
  readonly northbound: Northbound;
  readonly #central: FabricNode;
  readonly #networks: Network[] = [];
  readonly #routers: Router[] = [];
  readonly #balancers: LoadBalancer[] = [];
  readonly #vms = new Set<Vm>();

  constructor(fabric: Fabric) {
    this.#central = fabric.central;
    this.northbound = new Northbound(fabric.central);
  }

  /** A tenant network, or with `physnet` a provider network. */
  async network(name: string, settings: NetworkSettings): Promise<Network> {
    const network = new Network(name, settings, this.northbound, this.#vms);
    await this.northbound.commit(...network.createCommands());
    this.#networks.push(network);
    return network;
  }

  /** Resolves when the preferred node holds the gateway. */
  async router(name: string, settings: RouterSettings): Promise<Router> {
    const router = new Router(name, settings, this.northbound);
    await this.northbound.commit(...router.createCommands());
    this.#routers.push(router);
    const [preferred] = settings.on;
    if (preferred !== undefined) await router.waitForGatewayOn(preferred, this.#central);
    return router;
  }

  async loadBalancer(name: string, settings: LoadBalancerSettings): Promise<LoadBalancer> {
    const balancer = new LoadBalancer(name, settings, this.northbound);
    this.#balancers.push(balancer);
    await balancer.create();
    return balancer;
  }

  /** Waits until every hypervisor has what was written. */
  sync(): Promise<void> {
    return this.northbound.sync();
  }

  /** Takes everything away: VMs, then routers and networks, and waits until the Southbound database has none of it. */
  async clear(): Promise<void> {
    for (const vm of this.#vms) await vm.unplug().catch(() => {});
    for (const balancer of this.#balancers) await balancer.delete();
    await this.northbound.commit(
      ...this.#routers.flatMap((router) => router.deleteCommands()),
      ...this.#networks.map((network) => ['--if-exists', 'ls-del', network.switch]),
    );
    await this.northbound.syncSouthbound();
    this.#vms.clear();
    this.#routers.length = 0;
    this.#balancers.length = 0;
    this.#networks.length = 0;
  }
}
