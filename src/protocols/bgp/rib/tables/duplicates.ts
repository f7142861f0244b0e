/**
 * Which MACs are at two places at once, told by how often they move: RFC 7432 §15.1. Time comes in as milliseconds; nothing
 * here waits. What follows from it, that such a MAC stays as it is until somebody clears it, is mac-vrf.ts's business.
 */

export interface DuplicateSettings {
  /** So many moves (RFC: N), … */
  readonly moves: number;
  /** … within so many seconds (RFC: M) are too many. */
  readonly seconds: number;
  /** Seconds until such a MAC is given another chance; left out: until it is cleared by hand. */
  readonly recovery?: number;
}

/** RFC 7432 §15.1. */
export const duplicateDefaults: DuplicateSettings = { moves: 5, seconds: 180 };

interface Count {
  readonly since: number;
  moves: number;
}

export interface Frozen {
  readonly at: number;
  readonly moves: number;
}

export class DuplicateDetector {
  readonly #settings: DuplicateSettings;
  readonly #counts = new Map<string, Count>();
  readonly #frozen = new Map<string, Frozen>();

  constructor(settings: DuplicateSettings) {
    this.#settings = settings;
  }

  get frozen(): ReadonlyMap<string, Frozen> {
    return this.#frozen;
  }

  /** A MAC has moved, here or away. True when that was once too often. */
  moved(mac: string, toHere: boolean, now: number): boolean {
    const { moves, seconds } = this.#settings;
    this.#forget(now - seconds * 1000);
    const known = this.#counts.get(mac);
    // RFC 7432 §15.1: the time begins with a move "via local learning".
    if (known === undefined && !toHere) return false;
    const count = known ?? { since: now, moves: 0 };
    count.moves += 1;
    this.#counts.set(mac, count);
    if (count.moves < moves) return false;
    this.#counts.delete(mac);
    this.#frozen.set(mac, { at: now, moves: count.moves });
    return true;
  }

  /** Whether it was frozen. */
  clear(mac: string): boolean {
    this.#counts.delete(mac);
    return this.#frozen.delete(mac);
  }

  /** Those that are to have another chance. */
  due(now: number): readonly string[] {
    const { recovery } = this.#settings;
    if (recovery === undefined) return [];
    return [...this.#frozen]
      .filter(([, { at }]) => at + recovery * 1000 <= now)
      .map(([mac]) => mac);
  }

  /** When the next one is; `undefined` when there is none. */
  get nextDue(): number | undefined {
    const { recovery } = this.#settings;
    // They are in the order in which they were frozen.
    const [first] = this.#frozen.values();
    return recovery === undefined || first === undefined ? undefined : first.at + recovery * 1000;
  }

  /** What began before that counts no more. In the order of their beginnings, so that only what goes is looked at. */
  #forget(before: number): void {
    for (const [mac, { since }] of this.#counts) {
      if (since > before) break;
      this.#counts.delete(mac);
    }
  }
}
