/** The objects of all targets as one: what is known of a key, and whose it is. Remembers nothing itself. */

import type { AnySpec, Key, Kind, Resource, TargetName } from '../resources/resource.ts';
import type { Observed, Operation, Target } from '../resources/target.ts';
import { isOurs } from './decide.ts';
import type { Entries } from './entries.ts';

export interface ViewPorts {
  readonly kinds: Readonly<Record<string, Kind>>;
  readonly targets: Readonly<Record<TargetName, Target>>;
  /** What a replaced agent left behind is as good as ours. */
  readonly inheritLeftovers: boolean;
}

export class View {
  readonly #ports: ViewPorts;
  readonly #entries: Entries;

  constructor(ports: ViewPorts, entries: Entries) {
    this.#ports = ports;
    this.#entries = entries;
  }

  kind(name: string): Kind {
    const kind = this.#ports.kinds[name];
    if (kind === undefined) throw new Error(`no such kind of resource: ${name}`);
    return kind;
  }

  observe(key: Key): Observed | undefined {
    const target = this.#entries.get(key)?.target;
    if (target !== undefined) return this.#ports.targets[target].observe(key);
    for (const each of Object.values(this.#ports.targets)) {
      const observed = each.observe(key);
      if (observed !== undefined) return observed;
    }
    return undefined;
  }

  exists(key: Key): boolean {
    return this.observe(key) !== undefined;
  }

  /** The object, if it is ours to remove. */
  observeOurs(key: Key): Observed | undefined {
    const observed = this.observe(key);
    return observed !== undefined && isOurs(observed, this.#ports) ? observed : undefined;
  }

  /** What it lacks of somebody else's before it can be made. */
  lacks({ target }: Kind, { key, spec }: Pick<Resource, 'key' | 'spec'>): string | undefined {
    return this.#ports.targets[target].lacks?.(key, spec);
  }

  /** Whether its target takes along what is made on it. */
  leads(operation: Operation): boolean {
    return this.#ports.targets[operation.target].leads?.(operation) ?? false;
  }

  /** Whether it stands on something by its kind, and all of that carries our mark. */
  standsOnOurs(kind: Kind, spec: AnySpec): boolean {
    const needs = kind.needs(spec);
    return needs.length > 0 && needs.every((need) => this.observe(need)?.owner === 'us');
  }

  isReady(target: TargetName): boolean {
    return this.#ports.targets[target].state.state === 'ready';
  }

  *keys(): Iterable<Key> {
    for (const target of Object.values(this.#ports.targets)) {
      for (const { key } of target.all()) yield key;
    }
  }
}
