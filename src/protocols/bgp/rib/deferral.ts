/**
 * After a restart of ours: of each family, who has yet to say all that he has before anybody is told anything. Peers keep what
 * they were told before the restart, and what is told too early would take it away. RFC 4724 §4.1. Knows no routes.
 */

export class Deferral {
  /** By family: the peers that are waited for. */
  readonly #awaited: ReadonlyMap<number, Set<number>>;
  readonly #over: () => void;
  readonly #stopTimer: () => void;
  #isOver = false;

  /** `over` is called once: when all have spoken, or after the time that `after` is given. */
  constructor(
    families: Iterable<number>,
    after: (callback: () => void) => () => void,
    over: () => void,
  ) {
    this.#awaited = new Map([...families].map((family) => [family, new Set()]));
    this.#over = over;
    this.#stopTimer = after(() => this.#end());
  }

  /** Nobody is told of this family yet. */
  holds(family: number): boolean {
    return !this.#isOver && (this.#awaited.get(family)?.size ?? 0) > 0;
  }

  expect(peer: number, families: Iterable<number>): void {
    for (const family of families) this.#awaited.get(family)?.add(peer);
  }

  /** Of these families the peer has said all, or there is nothing to wait for. */
  heard(peer: number, families: Iterable<number>): void {
    if (this.#isOver) return;
    for (const family of families) this.#awaited.get(family)?.delete(peer);
    if ([...this.#awaited.values()].every(({ size }) => size === 0)) this.#end();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stopTimer();
    this.#over();
  }
}
