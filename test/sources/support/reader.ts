/** A node of mode bgp as far as its plans: one source of OVN, the inventory, and what a node would have of it. */

import { inspect } from 'node:util';
import { unwrap } from '../../../src/base/result.ts';
import { Planner } from '../../../src/agent/planner.ts';
import { emptyHost } from '../../../src/inventory/host.ts';
import { MutableInventory } from '../../../src/inventory/inventory.ts';
import type { LocalOvs } from '../../../src/inventory/local-ovs.ts';
import { emptyLocalOvs } from '../../../src/inventory/local-ovs.ts';
import type { CloudSource, InventoryUpdate, SourceEvents } from '../../../src/inventory/source.ts';
import { bgpMode, everythingUp } from '../../../src/modes/bgp/index.ts';
import { parseIfName } from '../../../src/net/if-name.ts';
import { parseIp } from '../../../src/net/ip.ts';
import { parseAsn } from '../../../src/net/numbers.ts';
import { makeKinds } from '../../../src/resources/index.ts';
import { bgpSettings as settings } from '../../fabric/settings.ts';

const mode = bgpMode({
  method: 'dynamic',
  asn: unwrap(parseAsn(64_999)),
  routerId: undefined,
  answerRouter: 'auto',
  choice: everythingUp,
  tenants: { families: 'all', advertise: 'host', addressScopes: new Set(), snat: 'exposed' },
});
const bridge = unwrap(parseIfName('br-ex'));
const ovs: Omit<LocalOvs, 'systemId'> = {
  ...emptyLocalOvs,
  bridgeMappings: new Map([['physnet1', bridge]]),
  bridges: new Map([[bridge, { name: bridge, uplinks: ['eth1'] }]]),
};

export class Reader {
  readonly source: CloudSource;
  readonly inventory = new MutableInventory();
  readonly #wanted = new Map<string, readonly string[]>();
  readonly #planner: Planner;
  /** How often the source said that something changed. */
  heard = 0;

  constructor(open: (events: SourceEvents) => CloudSource, systemId = 'c1') {
    this.#planner = new Planner({
      mode,
      kinds: makeKinds({ removal: 0 }),
      settings,
      inventory: this.inventory,
      setScope: (scope, planned) => {
        const specs = planned?.resources.map(({ key, spec }) => `${key}: ${text(spec)}`) ?? [];
        const said = planned?.conditions.map(({ message }) => message) ?? [];
        if (specs.length + said.length === 0) this.#wanted.delete(scope);
        else this.#wanted.set(scope, [...new Set([...specs, ...said])].sort());
      },
    });
    this.source = open({
      updated: (updates) => {
        this.heard += 1;
        this.#take(updates);
      },
      stateChanged: () => {},
    });
    this.#take([
      { of: 'ovs', value: { ...ovs, systemId } },
      {
        of: 'host',
        value: { ...emptyHost, vtep: unwrap(parseIp('10.255.0.1')), underlayMtu: 1500 },
      },
    ]);
  }

  #take(updates: readonly InventoryUpdate[]): void {
    this.#planner.apply(updates);
    this.#planner.plan();
    if (this.#planner.takeStaleInterest()) this.source?.setInterest(mode.interest(this.inventory));
  }

  get isSynced(): boolean {
    return this.source.state.state === 'synced';
  }

  /** What each scope wants, without the reasons. */
  get wanted(): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries([...this.#wanted].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}

function text(value: object): string {
  return inspect(value, { depth: null, breakLength: Number.POSITIVE_INFINITY, sorted: true });
}
