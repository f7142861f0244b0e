/**
 * A MAC-VRF: MACs with and without addresses, who wants frames for all, and who is at which segment. RFC 7432, RFC 8365.
 *
 * Where a MAC is, is decided of the MAC, not of each of its routes: here, when its user has said so and no router knows
 * better (RFC 7432 §15), or there. A local route is announced only while its MAC is here; it stays known, and is announced
 * again when nobody else claims the MAC any more. A MAC that is found at two places (§15.1) stays where it was.
 */

import { formatMac, type Mac } from '../../../../net/mac.ts';
import type { NextHop } from '../../wire/next-hop.ts';
import { DuplicateDetector, duplicateDefaults, type DuplicateSettings } from './duplicates.ts';
import type { Entry } from './entries.ts';
import type { IpVrf } from './ip-vrf.ts';
import { type MacKey, type MacVrfKey, macVrfKeyOf, type TableRoute } from './key.ts';
import {
  imetSaid,
  type LocalImet,
  type LocalMac,
  macSaid,
  type TableSettings,
} from './local-routes.ts';
import { MacPlace } from './mac-place.ts';
import type { TablePath } from './path.ts';
import { Table, type TableContext } from './table.ts';
import type { ImportTarget } from './targets.ts';

export interface MacVrfSettings extends TableSettings {
  readonly imports: readonly ImportTarget[];
  /** Symmetric IRB, RFC 9135 §5: where the addresses of its hosts are routed. */
  readonly ipVrf?: IpVrf;
  /** RFC 7432 §15.1; five moves in 180 seconds, and no second chance, unless said. */
  readonly duplicates?: DuplicateSettings;
}

/** A MAC that was found at two places, and stays as it was until it is cleared. */
export interface DuplicateMac {
  readonly tag: number;
  readonly mac: Mac;
  readonly moves: number;
  /** In milliseconds, as the timers tell them. */
  readonly at: number;
}

/** RFC 7432 §15.1: what the operator is to be told. */
export interface MacReport {
  readonly type: 'duplicate' | 'cleared';
  readonly tag: number;
  readonly mac: Mac;
}

/** Which local MAC, whatever was said of it. */
export type LocalMacKey = Pick<LocalMac, 'mac' | 'ip' | 'tag'>;

export class MacVrf extends Table<MacVrfKey> {
  readonly kind = 'mac-vrf';
  readonly #report: (report: MacReport) => void;
  readonly #duplicates: DuplicateDetector;
  #settings: MacVrfSettings;
  /** By tag and MAC. */
  readonly #places = new Map<string, MacPlace>();
  readonly #markedPlaces = new Set<MacPlace>();
  /** Of other keys than MACs. */
  readonly #marked = new Set<Entry<MacVrfKey>>();
  readonly #imets = new Map<Entry<MacVrfKey>, LocalImet>();

  /** One for all places: there are many. */
  readonly #say = (local: LocalMac, sequence: number): TablePath => {
    const { ipVrf } = this.#settings;
    return this.ownPath(macSaid(this.#settings, local, sequence, ipVrf?.settings));
  };

  constructor(
    settings: MacVrfSettings,
    context: TableContext,
    report: (report: MacReport) => void,
  ) {
    super(context);
    this.#settings = settings;
    this.#report = report;
    this.#duplicates = new DuplicateDetector(settings.duplicates ?? duplicateDefaults);
  }

  get settings(): MacVrfSettings {
    return this.#settings;
  }

  set settings(settings: MacVrfSettings) {
    const { exports, ipVrf } = this.#settings;
    this.#settings = settings;
    if (settings.exports !== exports || settings.ipVrf !== ipVrf) this.sayAgain();
  }

  /** Says all of its own routes again: something that is said in all of them has changed. */
  sayAgain(): void {
    for (const [entry, local] of this.#imets) this.#sayImet(entry, local);
    for (const place of this.#places.values()) {
      if (place.sayAgain()) this.#markPlace(place);
    }
  }

  keyOf(route: TableRoute, nextHop: NextHop): MacVrfKey | undefined {
    return macVrfKeyOf(route, nextHop.ip);
  }

  /**
   * A MAC was learned here, perhaps with an address, or what is to be said of it has changed. When it was somewhere else, it
   * has moved, and others are told so (RFC 7432 §15): each call while it is elsewhere is a move.
   */
  originate(local: LocalMac | LocalImet): void {
    if (local.type === 'imet') {
      const { tag = 0 } = local;
      const key = { type: 'imet', tag, originator: this.settings.vtep } as const;
      return this.#sayImet(this.entries.findOrAdd(key), local);
    }
    const key = macKeyOf(local);
    const entry = this.entries.findOrAdd(key);
    const place = this.#placeOf(key);
    place.entries.add(entry);
    place.learn(entry, local);
    this.#markPlace(place);
  }

  /** It is no longer here. */
  withdraw(
    local: ({ readonly type: 'mac' } & LocalMacKey) | Pick<LocalImet, 'type' | 'tag'>,
  ): void {
    const { vtep: originator } = this.settings;
    const { tag = 0 } = local;
    const entry = this.entries.find(
      local.type === 'mac' ? macKeyOf(local) : { type: 'imet', tag, originator },
    );
    if (entry === undefined) return;
    this.#imets.delete(entry);
    if (entry.key.type === 'mac') this.#placeOf(entry.key).unlearn(entry);
    entry.own = undefined;
    this.mark(entry);
  }

  /** RFC 7432 §15.1: those that are frozen. */
  get duplicates(): readonly DuplicateMac[] {
    return [...this.#duplicates.frozen].flatMap(([text, { at, moves }]) => {
      const place = this.#places.get(text);
      return place === undefined ? [] : [{ tag: place.tag, mac: place.mac, moves, at }];
    });
  }

  /** RFC 7432 §15.1: somebody has seen to it. Whether it was frozen. */
  clearDuplicate({ mac, tag = 0 }: Pick<LocalMac, 'mac' | 'tag'>): boolean {
    return this.#clear(placeText(tag, mac));
  }

  /** Gives those another chance whose time has come; when the next one's does. */
  clearDue(): number | undefined {
    for (const text of this.#duplicates.due(this.context.now())) this.#clear(text);
    return this.#duplicates.nextDue;
  }

  get nextDue(): number | undefined {
    return this.#duplicates.nextDue;
  }

  settle(most: number): boolean {
    let left = most;
    for (const place of this.#markedPlaces) {
      if (left <= 0) return true;
      // All routes of a MAC are decided at once.
      left -= place.entries.size;
      this.#markedPlaces.delete(place);
      this.#settlePlace(place);
    }
    for (const entry of this.#marked) {
      if (left <= 0) return true;
      left -= 1;
      this.#marked.delete(entry);
      this.decide(entry);
    }
    return false;
  }

  protected mark(entry: Entry<MacVrfKey>): void {
    if (entry.key.type === 'mac') {
      const place = this.#placeOf(entry.key);
      place.entries.add(entry);
      this.#markPlace(place);
      return;
    }
    this.#marked.add(entry);
    this.context.wake(this);
  }

  #settlePlace(place: MacPlace): void {
    this.decisions += place.entries.size;
    const text = placeText(place.tag, place.mac);
    const outcome = place.settle(this.#duplicates.frozen.has(text), (toHere) =>
      this.#duplicates.moved(text, toHere, this.context.now()),
    );
    for (const { entry, best, told } of outcome.entries) {
      this.announce(entry, told);
      this.entries.use(entry, best);
      if (best === undefined && entry.own === undefined && entry.others.size === 0) {
        place.entries.delete(entry);
      }
    }
    if (outcome.isNewDuplicate) {
      this.#report({ type: 'duplicate', tag: place.tag, mac: place.mac });
    }
    if (place.entries.size === 0 && !this.#duplicates.frozen.has(text)) this.#places.delete(text);
  }

  #clear(text: string): boolean {
    const wasFrozen = this.#duplicates.clear(text);
    const place = this.#places.get(text);
    if (!wasFrozen || place === undefined) return wasFrozen;
    this.#report({ type: 'cleared', tag: place.tag, mac: place.mac });
    this.#markPlace(place);
    return true;
  }

  #sayImet(entry: Entry<MacVrfKey>, local: LocalImet): void {
    this.#imets.set(entry, local);
    entry.own = this.ownPath(imetSaid(this.#settings, local));
    this.mark(entry);
  }

  #placeOf({ tag, mac }: Pick<MacKey, 'tag' | 'mac'>): MacPlace {
    const text = placeText(tag, mac);
    const known = this.#places.get(text);
    if (known !== undefined) return known;
    const place = new MacPlace(tag, mac, this.#say);
    this.#places.set(text, place);
    return place;
  }

  #markPlace(place: MacPlace): void {
    this.#markedPlaces.add(place);
    this.context.wake(this);
  }
}

function macKeyOf({ mac, ip, tag = 0 }: LocalMacKey): MacKey {
  return { type: 'mac', tag, mac, ...(ip === undefined ? {} : { ip }) };
}

function placeText(tag: number, mac: Mac): string {
  return `${tag} ${formatMac(mac)}`;
}
