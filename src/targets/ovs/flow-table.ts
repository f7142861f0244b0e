/** The flows with our cookie and of our form on one bridge, as last dumped, kept up by a watch on the switch. */

import type { Clock, Log } from '../../base/ports.ts';
import { equalData } from '../../base/equal.ts';
import type { IfName } from '../../net/if-name.ts';
import { deviceOf, type FlowSpec, flowKey } from '../../resources/flow.ts';
import type { Key } from '../../resources/resource.ts';
import type { Observed, Operation, Outcome, Owner } from '../../resources/target.ts';
import { done, failed, waiting } from '../../resources/target.ts';
import {
  type DumpedFlow,
  formatFlow,
  formatMatch,
  isOfOurForm,
  type Numbering,
  parseDump,
  readDevice,
  readFlow,
} from './flow-text.ts';
import { changeFlows, dumpFlows, FlowWatch } from './ofctl.ts';

export interface FlowTablePorts {
  readonly bridge: IfName;
  readonly cookie: number;
  readonly numbering: Numbering;
  /** Whose a device is; `undefined` when there is none of that name. */
  readonly ownerOfDevice: (name: string) => Owner | undefined;
  readonly clock: Clock;
  readonly log: Log;
  changed(keys: Iterable<Key>): void;
}

interface Held {
  readonly observed: Observed<FlowSpec>;
  /** The dump it was read from; absent when we have put it there since. */
  readonly dumped: DumpedFlow | undefined;
}

/** What ovn-bgp-agent's EVPN driver has, `OVS_VRF_RULE_COOKIE`; by default ours as well. */
const predecessorCookie = 0x3e6;

/** Milliseconds between the word of a change and the dump, so that a burst costs one. */
const settleTime = 20;
/** Milliseconds before the switch is asked again after it went away. */
const returnTime = 200;

export class FlowTable {
  readonly #ports: FlowTablePorts;
  #flows: ReadonlyMap<Key, Held> = new Map();
  #dumped: readonly DumpedFlow[] = [];
  /** Matches of flows that are ours, as of the last dump. */
  #ours: ReadonlySet<string> = new Set();
  #watch: FlowWatch | undefined;
  #closed = false;
  #isStale = false;
  #busy: Promise<unknown> = Promise.resolve();

  constructor(ports: FlowTablePorts) {
    this.#ports = ports;
  }

  observe(key: Key): Observed<FlowSpec> | undefined {
    return this.#flows.get(key)?.observed;
  }

  *all(): Iterable<Observed<FlowSpec>> {
    for (const held of this.#flows.values()) yield held.observed;
  }

  /** Reads once; then follows the switch until closed, through its restarts. */
  async start(): Promise<void> {
    await this.#dump();
    void this.#follow();
  }

  close(): void {
    this.#closed = true;
    this.#watch?.close();
  }

  /** Reads the same dump again, because numbers or addresses mean something else now. */
  renumber(): void {
    const added = [...this.#flows.values()].filter(({ dumped }) => dumped === undefined);
    this.#take(
      this.#dumped,
      added.map(({ observed: { spec } }) => this.#holdAdded(spec)),
    );
  }

  /** Between a dump and a watch the switch may have come, or been another: so each watch is followed by a dump. */
  async #follow(): Promise<void> {
    while (!this.#closed) {
      this.#watch = new FlowWatch(this.#ports.bridge, () => void this.#stale());
      void this.#stale();
      await this.#watch.ended;
      if (this.#closed) return;
      await this.#ports.clock.sleep(returnTime);
    }
  }

  async #stale(after = settleTime): Promise<void> {
    if (this.#isStale) return;
    this.#isStale = true;
    await this.#ports.clock.sleep(after);
    this.#isStale = false;
    await this.#dump();
  }

  #dump(): Promise<void> {
    return this.#inTurn(async () => {
      const { bridge, cookie, log } = this.#ports;
      const text = await dumpFlows(bridge, cookie);
      if (this.#closed) return;
      // While the switch is down the last dump stands: what it held is in place until it comes back without it.
      if (text.ok) {
        this.#take(parseDump(text.value));
        return;
      }
      log('debug', `cannot read the flows of ${bridge}: ${text.error}`);
      void this.#stale(returnTime);
    });
  }

  #take(dumped: readonly DumpedFlow[], added: Iterable<readonly [Key, Held]> = []): void {
    this.#dumped = dumped;
    const before = this.#flows;
    const own = dumped.filter(isOfOurForm);
    const after = new Map([...own.map((flow) => this.#hold(flow)), ...added]);
    this.#flows = after;
    this.#ours = new Set([...after.values()].flatMap(strictMatchOfOurs));
    const changed = new Set<Key>();
    for (const [key, held] of before) {
      if (!equalData(held.observed, after.get(key)?.observed)) changed.add(key);
    }
    for (const key of after.keys()) if (!before.has(key)) changed.add(key);
    if (changed.size > 0) this.#ports.changed(changed);
  }

  #hold(flow: DumpedFlow): readonly [Key, Held] {
    const { bridge, numbering } = this.#ports;
    const spec = readFlow(bridge, flow, numbering) ?? this.#stray(flow);
    const isStray = spec.inPort === strayPort;
    const key = isStray ? (`flow ${bridge} ${flow.strictMatch}` as Key) : flowKey(spec);
    return [key, { observed: { key, spec, owner: this.#ownerOf(flow) }, dumped: flow }];
  }

  /** As it is until the next dump: what we have put there is ours, unless the device is by now somebody else's. */
  #holdAdded(spec: FlowSpec): readonly [Key, Held] {
    const key = flowKey(spec);
    const device = spec.cookie === predecessorCookie ? deviceOf(spec.action) : undefined;
    const owner = device === undefined ? undefined : this.#ports.ownerOfDevice(device);
    return [key, { observed: { key, spec, owner: owner ?? 'us' }, dumped: undefined }];
  }

  /**
   * Another cookie than that of ovn-bgp-agent is only ours; with that one the device tells it leads to. A flow that
   * leads to none any more stays ours if it was in this run.
   */
  #ownerOf(flow: DumpedFlow): Owner {
    if (flow.cookie !== predecessorCookie) return 'us';
    const device = readDevice(flow, this.#ports.numbering);
    const owner = device === undefined ? undefined : this.#ports.ownerOfDevice(device);
    if (owner !== undefined) return owner;
    return this.#ours.has(flow.strictMatch) ? 'us' : 'predecessor';
  }

  /** A flow whose port has gone: only fit to be removed. */
  #stray({ cookie, priority }: DumpedFlow): FlowSpec {
    const device = '?' as IfName;
    return {
      kind: 'flow',
      bridge: this.#ports.bridge,
      cookie,
      priority,
      inPort: strayPort,
      match: { type: 'resolution', family: 4 },
      action: { type: 'answer', macOf: device },
    };
  }

  /** One bundle for all; when the switch refuses it, one for each, so that a bad one stands alone. */
  async apply(operations: readonly Operation<FlowSpec>[]): Promise<readonly Outcome[]> {
    return this.#inTurn(async () => {
      const lines = operations.map((operation) => this.#line(operation));
      const sendable = lines.flatMap((line) => ('text' in line ? [line.text] : []));
      const all =
        sendable.length === 0 ? undefined : await changeFlows(this.#ports.bridge, sendable);
      const outcomes: Outcome[] = [];
      for (const [index, line] of lines.entries()) {
        const operation = operations[index];
        if (operation === undefined) continue;
        const outcome = await this.#outcome(line, all?.ok ?? true, sendable.length);
        if (outcome.done) this.#remember(operation);
        outcomes.push(outcome);
      }
      return outcomes;
    });
  }

  async #outcome(line: Line, isAllDone: boolean, count: number): Promise<Outcome> {
    if ('missing' in line) return waiting(line.missing);
    if (isAllDone) return done;
    const alone = await changeFlows(this.#ports.bridge, [line.text]);
    return alone.ok ? done : failed(count > 1 ? `${line.text}: ${alone.error}` : alone.error);
  }

  #line({ verb, key, spec }: Operation<FlowSpec>): Line {
    if (verb !== 'remove') {
      const flow = formatFlow(spec, this.#ports.numbering);
      return 'text' in flow ? { text: `add ${flow.text}` } : flow;
    }
    const dumped = this.#flows.get(key)?.dumped;
    const match = dumped === undefined ? formatMatch(spec, this.#ports.numbering) : undefined;
    if (match !== undefined && 'missing' in match) return match;
    return { text: `delete_strict ${dumped?.strictMatch ?? match?.text ?? ''}` };
  }

  #remember({ verb, key, spec }: Operation<FlowSpec>): void {
    const flows = new Map(this.#flows);
    const before = flows.get(key)?.dumped;
    this.#dumped = this.#dumped.filter((flow) => flow !== before);
    if (verb === 'remove') flows.delete(key);
    else flows.set(key, { observed: { key, spec, owner: 'us' }, dumped: undefined });
    this.#flows = flows;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#busy.then(work);
    this.#busy = turn.catch(() => {});
    return turn;
  }
}

function strictMatchOfOurs({ observed, dumped }: Held): readonly string[] {
  return observed.owner === 'us' && dumped !== undefined ? [dumped.strictMatch] : [];
}

type Line = { readonly text: string } | { readonly missing: string };

const strayPort = '?';
