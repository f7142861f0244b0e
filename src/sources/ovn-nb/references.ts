/** Which rows of DHCP_Options the ports of each switch refer to, and which switches refer to a row: of the ports that are known. */

import type { Uuid } from '../../protocols/ovsdb/index.ts';
import { Counts } from './counts.ts';

interface Held {
  readonly switchName: string;
  readonly rows: readonly Uuid[];
}

export class References {
  readonly #held = new Map<Uuid, Held>();
  readonly #rows = new Map<string, Counts<Uuid>>();
  readonly #switches = new Map<Uuid, Counts>();

  /** Another number whenever a switch refers to other rows. */
  version = 0;

  /** What a port refers to now, nothing for one that is gone. Returns the switches that refer to other rows since. */
  put(port: Uuid, switchName: string | undefined, rows: readonly Uuid[]): readonly string[] {
    const before = this.#held.get(port);
    const after = switchName === undefined || rows.length === 0 ? undefined : { switchName, rows };
    const touched = new Set<string>();
    if (after !== undefined) this.#count('add', after, touched);
    if (before !== undefined) this.#count('remove', before, touched);
    if (after === undefined) this.#held.delete(port);
    else this.#held.set(port, after);
    if (touched.size > 0) this.version += 1;
    return [...touched];
  }

  rowsOf(switchName: string): Iterable<Uuid> {
    return this.#rows.get(switchName)?.keys() ?? [];
  }

  switchesOf(row: Uuid): Iterable<string> {
    return this.#switches.get(row)?.keys() ?? [];
  }

  #count(verb: 'add' | 'remove', { switchName, rows }: Held, touched: Set<string>): void {
    for (const row of rows) {
      if (counted(this.#rows, switchName, row, verb)) touched.add(switchName);
      counted(this.#switches, row, switchName, verb);
    }
  }
}

/** Whether that made the text come, or go. */
function counted<K, T extends string>(
  all: Map<K, Counts<T>>,
  of: K,
  text: T,
  verb: 'add' | 'remove',
): boolean {
  const counts = all.get(of) ?? new Counts<T>();
  const { version } = counts;
  counts[verb](text);
  if (counts.isEmpty) all.delete(of);
  else all.set(of, counts);
  return counts.version !== version;
}
