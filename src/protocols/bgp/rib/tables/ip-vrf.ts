/**
 * An IP-VRF: prefixes, of EVPN routes of type 5 (RFC 9136), of type 2 with an address and a second label (symmetric IRB, RFC
 * 9135 §5), and of VPN-IPv4 and VPN-IPv6 (RFC 4364); and prefixes of its own, announced as type 5.
 */

import type { NextHop } from '../../wire/next-hop.ts';
import type { Entry } from './entries.ts';
import { ipVrfKeyOf, type PrefixKey, type TableRoute } from './key.ts';
import { type LocalPrefix, prefixKeyOf, prefixSaid, type Routed } from './local-routes.ts';
import { Table, type TableContext } from './table.ts';
import type { ImportTarget } from './targets.ts';

export interface IpVrfSettings extends Routed {
  readonly imports: readonly ImportTarget[];
}

export class IpVrf extends Table<PrefixKey> {
  readonly kind = 'ip-vrf';
  #settings: IpVrfSettings;
  readonly #marked = new Set<Entry<PrefixKey>>();
  readonly #said = new Map<Entry<PrefixKey>, LocalPrefix>();

  constructor(settings: IpVrfSettings, context: TableContext) {
    super(context);
    this.#settings = settings;
  }

  get settings(): IpVrfSettings {
    return this.#settings;
  }

  set settings(settings: IpVrfSettings) {
    const { exports } = this.#settings;
    this.#settings = settings;
    if (settings.exports === exports) return;
    for (const [entry, local] of this.#said) this.#say(entry, local);
  }

  keyOf(route: TableRoute, _nextHop: NextHop): PrefixKey | undefined {
    return ipVrfKeyOf(route);
  }

  /** Announces a prefix, or says something else of it. */
  originate(local: LocalPrefix): void {
    const entry = this.entries.findOrAdd(prefixKeyOf(local));
    this.#said.set(entry, local);
    this.#say(entry, local);
  }

  /** Announces it no longer. */
  withdraw(local: Pick<LocalPrefix, 'prefix'>): void {
    const entry = this.entries.find(prefixKeyOf(local));
    if (entry === undefined) return;
    this.#said.delete(entry);
    entry.own = undefined;
    this.mark(entry);
  }

  settle(most: number): boolean {
    let left = most;
    for (const entry of this.#marked) {
      if (left === 0) return true;
      left -= 1;
      this.#marked.delete(entry);
      this.decide(entry);
    }
    return false;
  }

  protected mark(entry: Entry<PrefixKey>): void {
    this.#marked.add(entry);
    this.context.wake(this);
  }

  #say(entry: Entry<PrefixKey>, local: LocalPrefix): void {
    entry.own = this.ownPath(prefixSaid(this.#settings, local));
    this.mark(entry);
  }
}
