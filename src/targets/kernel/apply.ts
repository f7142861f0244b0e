/**
 * Carries out operations: sends their requests, says what came of each, and brings what is known up to date, so that
 * whoever looks right afterwards sees it done.
 */

import {
  formatNetlinkError,
  linkOf,
  maxMessages,
  type NetlinkError,
  type NetlinkSocket,
  objects,
  type Request,
  type Route,
  RTPROT,
} from '../../protocols/netlink/index.ts';
import type { Result } from '../../base/result.ts';
import type { IfName } from '../../net/if-name.ts';
import type { TableId } from '../../net/numbers.ts';
import { formatPrefix } from '../../net/prefix.ts';
import type { Spec } from '../../resources/index.ts';
import type { Key } from '../../resources/resource.ts';
import { done, failed, type Operation, type Outcome, waiting } from '../../resources/target.ts';
import { lowerOperation, type Step } from './lower.ts';
import { ourProtocol } from './mark.ts';
import { lastResortMetric } from './owner.ts';
import { notice, type Reading, readDevice, readRoutesIn, readTable, readVrfOf } from './read.ts';
import type { KernelState, Notice, Taken } from './state.ts';
import type { Sysctls } from './sysctls.ts';

/** What to do where the kernel lets nobody write. */
export const capabilityRemedy =
  'run the agent as root, or give it CAP_NET_ADMIN (AmbientCapabilities=CAP_NET_ADMIN in its systemd unit)';

/** An operation under way. */
interface Job {
  readonly operation: Operation<Spec>;
  readonly phases: readonly (readonly Step[])[];
  /** What it comes after. */
  readonly leaders: readonly Job[];
  isSent: boolean;
  outcome: Outcome | undefined;
  /** Something is there already; why the kernel said so. */
  taken: string | undefined;
}

export interface Applied {
  readonly outcomes: readonly Outcome[];
  /** Objects that are other than they were. */
  readonly changed: ReadonlySet<Key>;
  /** Whether the outcome of some is not known, so that all must be read again. */
  readonly isUnsure: boolean;
}

export class Application {
  readonly #netlink: NetlinkSocket;
  readonly #reading: Reading;
  readonly #state: KernelState;
  readonly #sysctls: Sysctls;
  readonly #changed = new Set<Key>();
  readonly #reread = new Set<number>();
  #isUnsure = false;

  constructor(netlink: NetlinkSocket, reading: Reading, state: KernelState, sysctls: Sysctls) {
    this.#netlink = netlink;
    this.#reading = reading;
    this.#state = state;
    this.#sysctls = sysctls;
  }

  async run(operations: readonly Operation<Spec>[]): Promise<Applied> {
    const jobs = this.#begin(operations);
    for (const job of jobs) {
      const vrf = vrfToMake(job.operation);
      // Nothing else waits before it is sent.
      if (vrf !== undefined) await this.#checkTable(job, vrf);
    }
    const last = Math.max(0, ...jobs.map(({ phases }) => phases.length));
    for (let phase = 0; phase < last; phase += 1) {
      for (const batch of batches(jobs, phase)) await this.#send(batch, phase);
    }
    await this.#takeBack(jobs);
    await this.#lookAtLinks(jobs);
    for (const job of jobs) if (job.taken !== undefined) await this.#lookAtTaken(job, job.taken);
    const outcomes = jobs.map(({ outcome }) => outcome ?? done);
    return { outcomes, changed: this.#changed, isUnsure: this.#isUnsure };
  }

  #begin(operations: readonly Operation<Spec>[]): readonly Job[] {
    const begun = new Map<Key, Job>();
    for (const operation of operations) {
      const leaders = (operation.after ?? []).flatMap((key) => begun.get(key) ?? []);
      const { phases = [], outcome } = this.#lower(operation);
      const job = { operation, phases, leaders, isSent: false, outcome, taken: undefined };
      begun.set(operation.key, job);
    }
    return [...begun.values()];
  }

  #lower(operation: Operation<Spec>): Partial<Pick<Job, 'phases' | 'outcome'>> {
    const { spec, key, verb } = operation;
    if (spec.kind !== 'sysctl') return lowerOperation(operation, this.#state);
    // Settings go with their device; nothing is put back.
    return { outcome: verb === 'remove' ? done : this.#sysctls.write(spec, key) };
  }

  /**
   * A VRF that is made over a table in use would route for its user, and be routed for by it; and of two VRF devices with
   * one table zebra makes an end of itself ("table id overlaps existing vrf, misconfiguration exiting").
   */
  async #checkTable(job: Job, { name, table }: Vrf): Promise<void> {
    const vrf = await readVrfOf(this.#netlink, table);
    if (!vrf.ok) {
      // Not made on the chance that nobody has it; it is tried again.
      job.outcome = failed(withRemedy(vrf.error));
      return;
    }
    if (vrf.value !== undefined && vrf.value !== name) {
      job.outcome = failed(`table ${table} is that of the VRF device ${vrf.value}; ${tableRemedy}`);
      return;
    }
    // The VRF that takes the place of another had the routes of its table.
    if (job.operation.verb === 'replace') return;
    const read = await readRoutesIn(this.#netlink, table);
    const other = read.ok ? read.value.find(isForeign) : undefined;
    if (other === undefined) return;
    const route = `${formatPrefix(other.destination)} of protocol ${other.protocol}`;
    job.outcome = failed(`table ${table} has routes that are not ours (${route}); ${tableRemedy}`);
  }

  /** Of what came after something that was refused nothing stays. */
  async #takeBack(jobs: readonly Job[]): Promise<void> {
    const back: Job[] = [];
    for (const job of jobs) {
      const leader = job.leaders.find(isRefused);
      if (leader === undefined || isRefused(job)) continue;
      job.outcome = waiting(leader.operation.key);
      if (job.isSent) back.unshift(this.#undoing(job));
    }
    if (back.length === 0) return;
    await this.#send(back, 0);
    this.#isUnsure ||= back.some(isRefused);
  }

  #undoing({ operation }: Job): Job {
    const undoing = { ...operation, verb: 'remove', observed: operation.spec } as const;
    const { phases = [], outcome } = this.#lower(undoing);
    return { operation: undoing, phases, leaders: [], isSent: false, outcome, taken: undefined };
  }

  async #send(jobs: readonly Job[], phase: number): Promise<void> {
    const requests = jobs.flatMap((job) => requestsOf(job, phase));
    const results = await this.#netlink.batch(requests);
    let at = 0;
    for (const job of jobs) {
      job.isSent = true;
      const steps = job.phases[phase] ?? [];
      this.#settle(job, steps, results.slice(at, at + steps.length));
      at += steps.length;
    }
  }

  /** The first refusal that is not tolerated is what came of it. */
  #settle(job: Job, steps: readonly Step[], results: readonly Result<void, NetlinkError>[]): void {
    for (const [at, { tolerated, effect }] of steps.entries()) {
      const result = results[at];
      if (result === undefined) continue;
      if (result.ok || tolerated.includes(result.error.code)) {
        if (effect !== undefined) this.#take(effect);
        continue;
      }
      const { error } = result;
      const text = withRemedy(error);
      this.#isUnsure ||= error.errno === 0 || error.code === 'ENOBUFS';
      if (error.code === 'EEXIST') job.taken = text;
      else job.outcome = failed(text);
      return;
    }
  }

  #take(known: Notice): void {
    this.#follow(this.#state.take(known));
  }

  #follow({ changed, reread }: Taken): void {
    for (const key of changed) this.#changed.add(key);
    for (const index of reread) this.#reread.add(index);
  }

  /** Reads the devices that were touched, and what stands on those that were moved. */
  async #lookAtLinks(jobs: readonly Job[]): Promise<void> {
    const names = new Set<IfName>();
    for (const { operation, phases } of jobs) {
      const { spec, observed } = operation;
      if (spec.kind === 'link-up') names.add(spec.link);
      if (spec.kind !== 'link' || phases.length === 0) continue;
      names.add(spec.name);
      for (const one of [spec, observed]) {
        if (one?.kind === 'link' && one.is.type === 'veth') names.add(one.is.peer);
      }
    }
    for (const name of names) await this.#lookAtLink(name);
    for (const index of this.#reread) await this.#lookAtDevice(index);
  }

  async #lookAtLink(name: IfName): Promise<void> {
    const found = await this.#netlink.get(objects.link, linkOf({ name }));
    const known = this.#state.devices.named(name);
    const isOther = found.ok && known !== undefined && known.index !== found.value.index;
    if (known !== undefined && (isOther || (!found.ok && found.error.code === 'ENODEV'))) {
      this.#take(notice('gone', 'link', linkOf({ index: known.index })));
    }
    if (found.ok) this.#take(notice('new', 'link', found.value));
  }

  async #lookAtDevice(index: number): Promise<void> {
    const read = await this.#reading((netlink) => readDevice(netlink, index));
    if (!read.ok) this.#isUnsure = true;
    else for (const key of this.#state.replaceOn(index, read.value)) this.#changed.add(key);
  }

  /** What is there is read, and then the core decides about it; if nothing is, it was refused. */
  async #lookAtTaken(job: Job, refusal: string): Promise<void> {
    const { spec, key } = job.operation;
    if (spec.kind === 'route') {
      const read = await this.#reading((netlink) =>
        readTable(netlink, spec.table, spec.destination),
      );
      if (read.ok) for (const one of read.value) this.#take(one);
    } else if (spec.kind === 'address') {
      const device = this.#state.devices.named(spec.link);
      if (device !== undefined) await this.#lookAtDevice(device.index);
    } else if (spec.kind === 'rule') {
      const rules = await this.#netlink.dump(objects.rule, { family: spec.family });
      if (rules.ok) for (const one of rules.value) this.#take(notice('new', 'rule', one));
    }
    job.outcome = this.#state.observe(key) === undefined ? failed(refusal) : done;
  }
}

interface Vrf {
  readonly name: IfName;
  readonly table: TableId;
}

function vrfToMake({ verb, spec }: Operation<Spec>): Vrf | undefined {
  const isMade = verb === 'create' || verb === 'replace';
  if (!isMade || spec.kind !== 'link' || spec.is.type !== 'vrf') return undefined;
  return { name: spec.name, table: spec.is.table };
}

const tableRemedy = 'let that have another table, or use another VNI';

/** Routes that FRR, or an agent that ended in the middle, left in the table of a VRF that is gone do no harm. */
function isForeign({ protocol, metric, type }: Route): boolean {
  const isOfFrr = protocol === RTPROT.zebra || (protocol >= RTPROT.bgp && protocol <= 199);
  const isLastResort = type === 'unreachable' && metric === lastResortMetric;
  return protocol !== ourProtocol && protocol !== RTPROT.kernel && !isOfFrr && !isLastResort;
}

function withRemedy(error: NetlinkError): string {
  const text = formatNetlinkError(error);
  return error.code === 'EPERM' ? `${text}; ${capabilityRemedy}` : text;
}

/** It is not as it should be; whether it is there all the same may have to be looked at. */
function isRefused({ outcome, taken }: Job): boolean {
  return taken !== undefined || (outcome !== undefined && !outcome.done);
}

function isDue(job: Job, phase: number): boolean {
  const isOpen = job.outcome === undefined && job.taken === undefined;
  return isOpen && job.phases[phase] !== undefined && !job.leaders.some(isRefused);
}

function requestsOf(job: Job, phase: number): readonly Request[] {
  return (job.phases[phase] ?? []).map(({ request }) => request);
}

/** Those that are due, as many as fit into one datagram: no job is in two, so that none is carried out by half. */
function* batches(jobs: readonly Job[], phase: number): Iterable<readonly Job[]> {
  let batch: Job[] = [];
  let size = 0;
  for (const job of jobs) {
    if (!isDue(job, phase)) continue;
    const { length } = job.phases[phase] ?? [];
    if (size + length > maxMessages && batch.length > 0) {
      yield batch;
      batch = [];
      size = 0;
    }
    batch.push(job);
    size += length;
  }
  if (batch.length > 0) yield batch;
}
