/** The OVN that a node has for itself, in memory: rows, and which of them last only as long as another. */

import { ovnRowKey, type OvnRowSpec, ovnTables } from '../../src/resources/ovn-row.ts';
import type { Key } from '../../src/resources/resource.ts';
import { done, failed, type Outcome, type Owner } from '../../src/resources/target.ts';
import type { Prefix } from '../../src/net/prefix.ts';
import { formatPrefix } from '../../src/net/prefix.ts';
import { type Real, type SimOperation, SimTarget } from './target.ts';

export class SimOvn extends SimTarget {
  readonly name = 'ovn';
  readonly #rows = new Map<Key, Real<OvnRowSpec>>();

  real(key: Key): Real | undefined {
    return this.#rows.get(key);
  }

  reals(): Iterable<Key> {
    return this.#rows.keys();
  }

  put(spec: OvnRowSpec, key: Key, owner: Owner): Outcome {
    return this.#set(key, spec, owner);
  }

  alter(key: Key, spec: OvnRowSpec): void {
    const real = this.#rows.get(key);
    if (real !== undefined) this.#rows.set(key, { ...real, spec });
    this.changed(key);
  }

  drop(key: Key): void {
    const spec = this.#rows.get(key)?.spec;
    if (spec === undefined) return;
    this.#rows.delete(key);
    this.changed(key);
    const name = spec.id['name'];
    for (const [other, { spec: each }] of this.#rows) {
      if (each.of === name && ovnTables[each.table].heldBy?.table === spec.table) this.drop(other);
    }
  }

  relabel(owner: Owner): void {
    for (const [key, row] of this.#rows) {
      if (row.owner === 'us') this.#rows.set(key, { ...row, owner });
    }
  }

  protected carryOut({ verb, key, spec }: SimOperation): Outcome {
    if (verb === 'remove') {
      this.drop(key);
      return done;
    }
    if (spec.kind !== 'ovn-row') return failed('no row');
    if (verb === 'replace') this.drop(key);
    return this.#set(key, spec, 'us');
  }

  /** A row that nothing refers to goes at the end of its transaction: RFC 7047 §3.2, `isRoot`. */
  #set(key: Key, spec: OvnRowSpec, owner: Owner): Outcome {
    const { heldBy } = ovnTables[spec.table];
    if (heldBy !== undefined && !this.#rows.has(ovnRowKey(heldBy.table, spec.of ?? ''))) {
      return failed(`no ${heldBy.table} ${spec.of}`);
    }
    this.#rows.set(key, { spec, owner });
    this.changed(key);
    return done;
  }

  /** Whether the router has a way to an address. */
  hasRoute(prefix: Prefix): boolean {
    return [...this.#rows.values()].some(
      ({ spec, owner }) =>
        owner === 'us' &&
        spec.table === 'Logical_Router_Static_Route' &&
        spec.id['ip_prefix'] === formatPrefix(prefix),
    );
  }

  *objects(): Iterable<readonly [Key, Real]> {
    yield* this.#rows;
  }
}
