/**
 * The composition of one agent: sources into the inventory, plans out of it, the core between plans and targets. One
 * loop; everything else is events that wake it. In a rehearsal nothing is ever applied.
 */

import type { Clock, Log, Random } from '../base/ports.ts';
import { equalData } from '../base/equal.ts';
import { formatIssue } from '../base/issue.ts';
import { Latch } from '../base/latch.ts';
import type { Config } from '../config/index.ts';
import type { FabricSettings } from '../fabric/settings.ts';
import { MutableInventory } from '../inventory/inventory.ts';
import type { LocalOvs } from '../inventory/local-ovs.ts';
import type { CloudSource, Source, SourceEvents, SourceState } from '../inventory/source.ts';
import { bgpMode, type TenantSettings } from '../modes/bgp/index.ts';
import { stretchedMode } from '../modes/bgp/stretched.ts';
import { evpnMode } from '../modes/evpn/index.ts';
import type { Mode } from '../modes/mode.ts';
import { openOvsDatabase, type OvsDatabase } from '../ovs/database.ts';
import type { MonitorListener } from '../protocols/netlink/index.ts';
import { Reconciler } from '../reconcile/reconciler.ts';
import { type Kinds, makeKinds } from '../resources/index.ts';
import type { Key } from '../resources/resource.ts';
import { absentTarget, type Observed, type Target, type TargetState } from '../resources/target.ts';
import { type HostSource, openHostSource } from '../sources/host/index.ts';
import { openOvsSource } from '../sources/ovs/index.ts';
import { openFrrTarget } from '../targets/frr/index.ts';
import { type KernelTarget, openKernelTarget } from '../targets/kernel/index.ts';
import { openNorthbound, openOvnTarget } from '../targets/ovn/index.ts';
import { openOvsTarget } from '../targets/ovs/index.ts';
import { type CloudIdentity, cloudIdentity, openCloudSource } from './cloud-source.ts';
import { logOperation, stateLog } from './log.ts';
import { Planner } from './planner.ts';

export interface AgentOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Where it may keep what makes its next start faster. */
  readonly cacheDirectory?: string;
  readonly onOperation?: (verb: string, target: string, isError: boolean) => void;
  /** Once, when the node is as it should be for the first time. */
  readonly onSettled?: () => void;
}

export interface PartState {
  readonly name: string;
  readonly state: SourceState['state'] | TargetState['state'];
  readonly reason: string | undefined;
}

/** Scopes that are planned in one turn of the event loop. */
const portion = 500;

export class Agent {
  readonly kinds: Kinds;
  readonly inventory = new MutableInventory();
  readonly reconciler: Reconciler;
  readonly mode: Mode;
  readonly settings: FabricSettings;
  readonly startedAt: number;
  readonly #options: AgentOptions;
  readonly #planner: Planner;
  readonly #kernel: KernelTarget;
  readonly #ovs: OvsDatabase;
  readonly #targets: readonly Target[];
  readonly #sources: Source[] = [];
  #host: HostSource | undefined;
  readonly #wake = new Latch();
  readonly #logState: ReturnType<typeof stateLog>;
  #alarm = new AbortController();
  #alarmAt = Number.POSITIVE_INFINITY;
  #cloud: CloudSource | undefined;
  #isDrained = false;
  #isRunning = false;
  #plannedScopes = 0;

  constructor(options: AgentOptions) {
    const { config, clock, random, log } = options;
    this.#options = options;
    this.startedAt = clock.now();
    this.#logState = stateLog(log);
    this.kinds = makeKinds({ removal: config.frr.removalGrace });
    this.settings = fabricSettings(config);
    this.mode = modeOf(config);
    const { underlay } = this.settings;
    const tables = () => this.inventory.host.tables;
    const bgpDriver = config.mode === 'bgp' ? { ...underlay, tables } : undefined;
    const kernel = openKernelTarget({ clock, random, log, bgpDriver });
    this.#kernel = kernel;
    const { links } = kernel;
    const heard = this.#events('frr');
    const frr = openFrrTarget({
      vtyDirectory: config.frr.vtyDirectory,
      onOwnInstance: ({ asn, routerId }) =>
        heard.updated([{ of: 'frr', value: { asn, routerId } }]),
      links,
      clock,
      random,
      log,
    });
    const database = openOvsDatabase({ endpoints: config.ovs.database, clock, random, log });
    this.#ovs = database;
    const ovs = openOvsTarget({
      database,
      cookie: this.settings.flowCookie,
      links,
      clock,
      log,
    });
    const ovn = openLocalOvn(options);
    this.#targets = [kernel, ovs, frr, ...(ovn === undefined ? [] : [ovn])];
    this.reconciler = new Reconciler({
      kinds: this.kinds,
      targets: { kernel, ovs, frr, ovn: ovn ?? absentTarget('ovn') },
      clock,
      random,
      retry: { initial: config.reconcile.retryInitial, max: config.reconcile.retryMax },
      inheritLeftovers: config.adopt.from === 'ovn-bgp-agent',
      onOperation: (entry) => {
        logOperation(log, entry);
        options.onOperation?.(entry.verb, entry.target, entry.error !== undefined);
        this.#wake.set();
      },
    });
    this.#planner = new Planner({
      mode: this.mode,
      kinds: this.kinds,
      settings: this.settings,
      inventory: this.inventory,
      setScope: (scope, planned) => {
        this.#plannedScopes += 1;
        this.reconciler.setScope(scope, this.#isDrained ? undefined : planned);
      },
    });
  }

  /** Opens sources and targets. Resolves when every target has been read once or found absent. */
  async start(): Promise<void> {
    const { config, clock, log } = this.#options;
    const { localIp, localNic, underlayMtu } = config.evpn;
    const started = Promise.all(
      this.#targets.map((target) =>
        target.start({
          changed: (keys) => {
            this.reconciler.observedChange(keys);
            this.#wake.set();
          },
          stateChanged: () => {
            this.#logState(target.name, target.state);
            if (target.state.state === 'ready') this.reconciler.markAll();
            this.#wake.set();
          },
        }),
      ),
    );
    // After the kernel's own target, which listens for both: what changes from here on is heard.
    const watch = (listener: MonitorListener) => this.#kernel.watch(listener);
    const faces = () => facesOf(this.inventory.ovs, config);
    const host = { localIp, localNic, underlayMtu, watch, faces, clock, log };
    this.#sources.push(openOvsSource(this.#ovs, this.#events('Open_vSwitch')));
    this.#host = openHostSource(host, this.#events('host'));
    this.#sources.push(this.#host);
    await started;
  }

  #events(name: string): SourceEvents {
    return {
      updated: (updates) => {
        this.#planner.apply(updates);
        for (const update of updates) {
          if (update.of !== 'ovs') continue;
          this.#useOvs(update.value);
          if (facesOf(update.value, this.#options.config).size > 0) this.#host?.facesChanged();
        }
        this.#plan();
        // At once: what a row asks for does not wait for the loop to come around.
        if (this.#isRunning) this.reconciler.advance();
        this.#wake.set();
      },
      stateChanged: () => {
        const source = this.#sources.find((each) => each.name === name);
        if (source !== undefined) this.#logState(source.name, source.state);
        this.#wake.set();
      },
    };
  }

  #cloudIs: CloudIdentity | undefined;

  /** Opens a database of OVN as soon as it is known where that is and who we are. */
  #useOvs(ovs: LocalOvs): void {
    const { config, clock, random, log, cacheDirectory } = this.#options;
    for (const issue of ovs.issues) log('warn', `Open_vSwitch ${formatIssue(issue)}; correct it`);
    const identity = cloudIdentity(config, ovs);
    if (identity === undefined) return;
    if (this.#cloud !== undefined) {
      if (equalData(identity, this.#cloudIs)) return;
      // Another cloud, or another identity: nothing of what is known holds any more.
      log('warn', 'the identity of this node or of its OVN in Open_vSwitch changed; starting anew');
      this.#mustRestart = true;
      return;
    }
    this.#cloudIs = identity;
    const ports = { cacheDirectory, clock, random, log };
    this.#cloud = openCloudSource(config, identity, ports, this.#events(identity.database));
    this.#sources.push(this.#cloud);
  }

  #mustRestart = false;
  #isPlanning = false;

  /** Plans what is due, in portions, so that peers get their answers meanwhile. */
  #plan(): void {
    this.#planner.plan(portion);
    // At start all waits for the rows that are still to come.
    if (this.#cloud?.state.state !== 'synced') this.#ask();
    const isAsking = this.#cloud !== undefined && this.#planner.hasStaleInterest;
    if (this.#isPlanning || !(this.#planner.hasWork || isAsking)) return;
    this.#isPlanning = true;
    setImmediate(() => {
      this.#isPlanning = false;
      this.#ask();
      this.#plan();
      this.#wake.set();
    });
  }

  /** For the rows that matter now. It takes a look at all networks that are here, so no change of a row waits for it. */
  #ask(): void {
    if (this.#cloud === undefined || !this.#planner.takeStaleInterest()) return;
    this.#cloud.setInterest(this.mode.interest(this.inventory));
  }

  /** Whether everything that this node needs to know has been heard at least once. */
  get isInformed(): boolean {
    const isSynced = this.#sources.every((source) => source.state.state === 'synced');
    const { hasWork, hasStaleInterest } = this.#planner;
    return this.#cloud !== undefined && isSynced && !hasWork && !hasStaleInterest;
  }

  /** Whether nothing is left to do: the node is as it should be, as far as is known. */
  get isSettled(): boolean {
    return this.isInformed && this.reconciler.isSettled;
  }

  /** Reads anew also what comes without a notice, proxies and most sysctls; resolves when all is put right. */
  async resync(): Promise<void> {
    await this.#kernel.resync();
    this.reconciler.markAll();
    await this.reconciler.round();
  }

  /** Runs until told to stop, or until it must start anew; leaves everything in place. */
  async run(signal: AbortSignal): Promise<'stopped' | 'restart'> {
    const { clock, config, log, onSettled } = this.#options;
    signal.addEventListener('abort', () => this.#wake.set(), { once: true });
    let resyncAt = clock.now() + config.reconcile.resync;
    let wasSettled = false;
    this.#isRunning = true;
    while (!signal.aborted && !this.#mustRestart) {
      if (this.isInformed) this.reconciler.allowRemoval();
      if (clock.now() >= resyncAt) {
        void this.resync();
        resyncAt = clock.now() + config.reconcile.resync;
      }
      this.reconciler.advance();
      if (!wasSettled && this.isSettled) {
        wasSettled = true;
        log('info', 'the node is as it should be');
        onSettled?.();
      }
      await this.#rest(Math.min(this.reconciler.nextDue ?? Number.POSITIVE_INFINITY, resyncAt));
    }
    return this.#mustRestart ? 'restart' : 'stopped';
  }

  /** Until something happens, or it is `due`. */
  #rest(due: number): Promise<void> {
    const { clock } = this.#options;
    // One timer, which may go off too early: that costs a look, and arming one anew for each event costs more.
    if (due < this.#alarmAt) {
      this.#alarmAt = due;
      this.#alarm.abort();
      this.#alarm = new AbortController();
      clock.sleep(Math.max(1, due - clock.now()), this.#alarm.signal).then(
        () => {
          this.#alarmAt = Number.POSITIVE_INFINITY;
          this.#wake.set();
        },
        () => {},
      );
    }
    return this.#wake.wait();
  }

  /** Reads and plans, and applies nothing, until nothing more is to be learnt or the time is up. */
  async rehearse(patience: number): Promise<boolean> {
    const { clock } = this.#options;
    const deadline = clock.now() + patience;
    await this.start();
    while (clock.now() < deadline) {
      if (this.isInformed) {
        this.reconciler.allowRemoval();
        return true;
      }
      await this.#rest(deadline);
    }
    return false;
  }

  /** Withdraws everything this node offers and keeps it so. */
  drain(): void {
    this.#isDrained = true;
    // Whatever the sources have yet to say, nothing is wanted.
    this.reconciler.allowRemoval();
    for (const scope of Array.from(this.reconciler.claims.scopes())) {
      this.reconciler.setScope(scope, undefined);
    }
    this.#wake.set();
  }

  /** Whether nothing is left of what is ours, as far as the targets can be asked. */
  get hasNothing(): boolean {
    const isWorking = this.reconciler.hasWork || this.reconciler.nextDue !== undefined;
    return !isWorking && this.reconciler.troubled().length === 0;
  }

  get isDrained(): boolean {
    return this.#isDrained;
  }

  /** Whether what is planned is carried out; a rehearsal only reads. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  get plannedScopes(): number {
    return this.#plannedScopes;
  }

  observe(key: Key): Observed | undefined {
    for (const target of this.#targets) {
      const observed = target.observe(key);
      if (observed !== undefined) return observed;
    }
    return undefined;
  }

  /** As `CloudSource` has it. */
  get ovnExchangesRoutes(): boolean | undefined {
    return this.#cloud?.exchangesRoutes;
  }

  parts(): readonly PartState[] {
    return [...this.#sources, ...this.#targets].map(({ name, state }) => ({
      name,
      state: state.state,
      reason: 'reason' in state ? state.reason : undefined,
    }));
  }

  async close(): Promise<void> {
    this.#alarm.abort();
    await Promise.all([...this.#sources, ...this.#targets].map((part) => part.close()));
    await this.#ovs.close();
  }
}

/** The devices whose addresses the node's own OVN shares. */
function facesOf({ localOvns }: LocalOvs, { mode, bgp, localOvn }: Config): ReadonlySet<string> {
  if (mode !== 'bgp' || bgp.exposing !== 'ovn') return new Set();
  return new Set(localOvns.get(localOvn.chassis)?.bridgeMappings.values() ?? []);
}

/** The OVN that this node has for itself, where packets are routed by it. */
function openLocalOvn({ config, clock, random, log }: AgentOptions): Target | undefined {
  if (config.mode !== 'bgp' || config.bgp.exposing !== 'ovn') return undefined;
  const { northbound: endpoints } = config.localOvn;
  return openOvnTarget(openNorthbound({ endpoints, clock, random, log }), clock);
}

function modeOf({ mode, evpn, bgp, localOvn }: Config): Mode {
  if (mode === 'evpn') {
    return evpnMode({ answerRouter: evpn.gatewayResponder, standby: evpn.standby });
  }
  const { asn, routerId, gatewayResponder: answerRouter, exposing } = bgp;
  const choice = {
    nodes: bgp.nodes,
    bridges: new Set<string>(bgp.bridges),
    networks: new Set(bgp.excludeNetworks),
    ports: new Set(bgp.excludePorts),
    prefixes: bgp.excludePrefixes,
    when: bgp.exposeWhen,
  };
  const tenants = tenantSettings(bgp);
  if (bgp.driver === 'ovn_stretched_l2_bgp_driver') {
    return stretchedMode({ asn, routerId, choice, addressScopes: new Set(bgp.addressScopes) });
  }
  return bgpMode({ method: exposing, asn, routerId, answerRouter, choice, tenants, localOvn });
}

function tenantSettings(bgp: Config['bgp']): TenantSettings | undefined {
  const { tenantNetworks, tenantGlobalIpv6, tenantAdvertisement, addressScopes } = bgp;
  if (!tenantNetworks && !tenantGlobalIpv6) return undefined;
  return {
    families: tenantNetworks ? 'all' : 'global-ipv6',
    advertise: tenantAdvertisement,
    addressScopes: new Set(addressScopes),
    snat: snatSettings(bgp),
  };
}

/** Of NAT only OVN_Northbound tells. */
function snatSettings({ tenantSnatDisabled, driver }: Config['bgp']): TenantSettings['snat'] {
  if (!tenantSnatDisabled) return 'exposed';
  return driver === 'nb_ovn_bgp_driver' ? 'left-out' : 'untold';
}

function fabricSettings({ mode, evpn, bgp }: Config): FabricSettings {
  const { flowCookie, flowPriority } = mode === 'evpn' ? evpn : bgp;
  const { vrf, table, nic, rulePriority } = bgp;
  return {
    vxlanPort: evpn.udpPort,
    flowCookie,
    flowPriority,
    underlay: { vrf, table, nic, rulePriority },
    isolate: evpn.isolate,
  };
}
