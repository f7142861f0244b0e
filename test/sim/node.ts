/** One node: a world, and the agent's planner and core over it, on a clock that only the test moves. */

import type { Clock, Random } from '../../src/base/ports.ts';
import { Planner } from '../../src/agent/planner.ts';
import { MutableInventory } from '../../src/inventory/inventory.ts';
import { Reconciler } from '../../src/reconcile/reconciler.ts';
import type { IfName } from '../../src/net/if-name.ts';
import { parseIp } from '../../src/net/ip.ts';
import type { TableId } from '../../src/net/numbers.ts';
import { parsePrefix } from '../../src/net/prefix.ts';
import { parseRouteDistinguisher } from '../../src/net/route-distinguisher.ts';
import { unwrap } from '../../src/base/result.ts';
import { segmentDevice } from '../../src/resources/frr-segment.ts';
import { resourceOf, type Spec } from '../../src/resources/index.ts';
import type { TargetEvents } from '../../src/resources/target.ts';
import type { Cloud } from './cloud.ts';
import { CloudFeed } from './cloud-feed.ts';
import { ownAsn, ownSegment } from './frr.ts';
import { type ModeName, modes, settingsOf } from './modes.ts';
import { World } from './world.ts';

const bgpVrf = 'bgp-vrf' as IfName;
const leg = 'vp7.100' as IfName;

export const retry = { initial: 500, max: 30_000 } as const;

/**
 * A VRF with what takes its routes into FRR's own instance, a segment with what that says of it, and a device with router
 * advertisements. No mode has them planned in this simulation.
 */
const leak: readonly Spec[] = [
  { kind: 'link', name: bgpVrf, is: { type: 'vrf', table: 10 as TableId }, mtu: 1500 },
  { kind: 'link', name: 'bgp-nic' as IfName, is: { type: 'dummy' }, master: bgpVrf, mtu: 1500 },
  { kind: 'frr-device', vrf: bgpVrf },
  {
    kind: 'frr-bgp',
    vrf: bgpVrf,
    asn: ownAsn,
    redistribute: ['connected', 'kernel'],
    evpn: undefined,
  },
  { kind: 'frr-import', vrf: bgpVrf, asn: ownAsn },
  {
    kind: 'link',
    name: segmentDevice(ownSegment),
    is: { type: 'vxlan', vni: ownSegment, local: unwrap(parseIp('192.0.2.1')), port: 4789 },
    mtu: 1450,
  },
  {
    kind: 'frr-segment',
    vni: ownSegment,
    asn: ownAsn,
    rd: unwrap(parseRouteDistinguisher('192.0.2.1:7')),
    importTargets: [],
    exportTargets: [],
  },
  { kind: 'link', name: leg, is: { type: 'dummy' }, mtu: 1500 },
  { kind: 'frr-interface', link: leg },
  {
    kind: 'frr-advertisement',
    link: leg,
    prefixes: [{ prefix: unwrap(parsePrefix('2001:db8:7::/64')), autonomous: false }],
    dnsServers: [],
    managed: true,
    other: false,
  },
];

/** Rounds of hearing and doing in which a node must have come to rest. */
const restless = 400;

export class VirtualClock implements Clock {
  #now = 0;

  now(): number {
    return this.#now;
  }

  moveTo(time: number): void {
    this.#now = Math.max(this.#now, time);
  }

  sleep(): Promise<void> {
    throw new Error('nothing sleeps on a virtual clock');
  }
}

interface Agent {
  readonly planner: Planner;
  readonly reconciler: Reconciler;
  readonly feed: CloudFeed;
  readonly inventory: MutableInventory;
}

export class SimNode {
  readonly clock = new VirtualClock();
  readonly world: World;
  readonly #random: Random;
  readonly #inheritLeftovers: boolean;
  readonly #modeName: ModeName;
  #agent: Agent | undefined;
  #cloud: Cloud;
  #isLeaking = false;
  #death: Promise<void> = new Promise(() => {});

  constructor(cloud: Cloud, random: Random, inheritLeftovers = true, modeName: ModeName = 'evpn') {
    this.#modeName = modeName;
    this.#random = random;
    this.#cloud = cloud;
    this.#inheritLeftovers = inheritLeftovers;
    this.world = new World(random);
    this.world.setCloud(cloud);
  }

  get cloud(): Cloud {
    return this.#cloud;
  }

  get reconciler(): Reconciler | undefined {
    return this.#agent?.reconciler;
  }

  /** Whether the VRF whose routes FRR's own instance takes in is wanted. */
  get isLeaking(): boolean {
    return this.#isLeaking;
  }

  setLeaking(isLeaking: boolean): void {
    // Modes that have such a VRF have it their own way.
    this.#isLeaking = isLeaking && this.#modeName === 'evpn';
    this.#planLeak();
  }

  #planLeak(): void {
    const kinds = this.world.kinds;
    const resources = leak.map((spec) => resourceOf(kinds, spec, []));
    const planned = this.#isLeaking ? { resources, conditions: [] } : undefined;
    this.#agent?.reconciler.setScope('leak', planned);
  }

  /** The cloud becomes another; the agent, when there is one, gets to hear of it. */
  setCloud(cloud: Cloud): void {
    this.#cloud = cloud;
    this.world.setCloud(cloud);
    this.#deliver();
  }

  #deliver(): void {
    if (this.#agent === undefined) return;
    const { planner, feed, inventory } = this.#agent;
    const mode = modes[this.#modeName];
    do planner.apply(feed.updates(this.#cloud, mode.interest(inventory), this.#random));
    while (planner.takeStaleInterest());
  }

  /** A new agent, which knows nothing. Removing comes when it has heard all; until then it may already work. */
  async startAgent(): Promise<void> {
    const { world } = this;
    world.mayRemove = false;
    world.operationsToLive = Number.POSITIVE_INFINITY;
    const [kernel, ovs, frr, ovn] = world.targets;
    const reconciler = new Reconciler({
      kinds: world.kinds,
      targets: { kernel, ovs, frr, ovn },
      clock: this.clock,
      random: this.#random,
      retry,
      inheritLeftovers: this.#inheritLeftovers,
    });
    world.isWanted = (key) => reconciler.claims.wanted(key) !== undefined;
    const inventory = new MutableInventory();
    const planner = new Planner({
      mode: modes[this.#modeName],
      kinds: world.kinds,
      settings: settingsOf(this.#modeName),
      inventory,
      setScope: (scope, planned) => reconciler.setScope(scope, planned),
    });
    const events: TargetEvents = {
      changed: (keys) => reconciler.observedChange(keys),
      stateChanged: () => reconciler.markAll(),
    };
    for (const target of world.targets) await target.start(events);
    this.#agent = { planner, reconciler, inventory, feed: new CloudFeed() };
    this.#planLeak();
    this.#deliver();
    if (this.#random() < 0.5) await this.run();
    world.mayRemove = true;
    this.#agent?.planner.plan();
    this.#agent?.reconciler.allowRemoval();
  }

  /** The agent ends without a word, at once or in the middle of what it does next. */
  async killAgent(afterOperations: number): Promise<void> {
    this.#death = this.world.dieAfter(afterOperations);
    if (afterOperations > 0) await this.run();
    this.#agent = undefined;
    for (const target of this.world.targets) await target.close();
    this.#death = new Promise(() => {});
  }

  /** Lets the agent do what it finds to do now; `isPatient` until all events have arrived as well. */
  async run(isPatient = false): Promise<void> {
    for (let turn = 0; turn < restless; turn += 1) {
      if (this.#agent === undefined) return;
      const { planner, reconciler } = this.#agent;
      planner.plan();
      if (await this.#diesIn(reconciler.round())) return;
      this.world.checkForeign();
      for (const target of this.world.targets) target.hear(isPatient ? undefined : this.#random);
      const isAtRest = !planner.hasWork && !reconciler.hasWork;
      if (isAtRest && (!isPatient || !this.world.hasUnheard())) return;
    }
    throw new Error('the node does not come to rest');
  }

  async #diesIn(round: Promise<void>): Promise<boolean> {
    const died = await Promise.race([round.then(() => false), this.#death.then(() => true)]);
    if (died) this.#agent = undefined;
    return died;
  }

  /** Faults have stopped: lets time pass until nothing is due, or all that can end has ended. */
  async settle(duration = 600_000): Promise<void> {
    const end = this.clock.now() + duration;
    this.world.faultRate = 0;
    this.world.frr.comeBack();
    await this.run(true);
    for (;;) {
      const due = this.#agent?.reconciler.nextDue;
      if (due === undefined || due > end) return;
      this.clock.moveTo(due);
      await this.run(true);
    }
  }

  /** Time passes, and what falls due in it happens. */
  async pass(duration: number): Promise<void> {
    const end = this.clock.now() + duration;
    for (;;) {
      const due = this.#agent?.reconciler.nextDue;
      if (due === undefined || due > end) break;
      this.clock.moveTo(due);
      await this.run();
    }
    this.clock.moveTo(end);
  }
}
