/**
 * One value for all peers that ask for the same route targets, so that they are told in the same octets. It costs as many
 * steps as a peer has memberships, at a turn in which these have changed and something is to be told; none at any other.
 */

/** Known by identity. */
export interface Alike {
  readonly text: string;
}

interface Entry extends Alike {
  peers: number;
}

export class AskedAlike {
  readonly #byText = new Map<string, Entry>();

  /** How many there are. */
  get count(): number {
    return this.#byText.size;
  }

  /** That of all who ask for what this text says; until `release`. */
  take(text: string): Alike {
    const entry = this.#byText.get(text) ?? { text, peers: 0 };
    this.#byText.set(text, entry);
    entry.peers += 1;
    return entry;
  }

  release({ text }: Alike): void {
    const entry = this.#byText.get(text);
    if (entry === undefined) return;
    entry.peers -= 1;
    if (entry.peers === 0) this.#byText.delete(text);
  }
}
