/**
 * Settings of devices under /proc/sys/net: those that are wanted, read again when the kernel or a device says so.
 * It tells of forwarding, rp_filter and proxying; the others are only seen when everything is read again.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { parseIfName } from '../../net/if-name.ts';
import type { Key } from '../../resources/resource.ts';
import { type SysctlSpec, sysctlNames, sysctlPath } from '../../resources/sysctl.ts';
import { done, failed, type Outcome, waiting } from '../../resources/target.ts';

export class Sysctls {
  readonly #known = new Map<Key, SysctlSpec>();
  readonly #byLink = new Map<string, Map<Key, SysctlSpec>>();

  get(key: Key): SysctlSpec | undefined {
    return this.#known.get(key);
  }

  keys(): Iterable<Key> {
    return this.#known.keys();
  }

  /** From now on it is looked at. */
  want(key: Key): void {
    const spec = parseSysctlKey(key);
    if (spec === undefined) return;
    const ofLink = this.#byLink.get(spec.link);
    if (ofLink === undefined) this.#byLink.set(spec.link, new Map([[key, spec]]));
    else ofLink.set(key, spec);
    this.#read(key, spec);
  }

  /** Reads the settings of one device, or of all; returns those that differ from what was known. */
  refresh(link?: string): readonly Key[] {
    const wanted = link === undefined ? [...this.#byLink.values()] : [this.#byLink.get(link)];
    return wanted.flatMap((keys) =>
      [...(keys ?? [])].filter(([key, spec]) => this.#read(key, spec)).map(([key]) => key),
    );
  }

  write(spec: SysctlSpec, key: Key): Outcome {
    const path = sysctlPath(spec);
    try {
      writeFileSync(`/proc/sys/${path}`, `${spec.value}\n`);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (isMissing(error)) return waiting(`the kernel has no ${path} yet`);
      return failed(`cannot set ${path}: ${reason}`);
    }
    this.#read(key, spec);
    return done;
  }

  /** Whether it is other than it was. */
  #read(key: Key, spec: SysctlSpec): boolean {
    const before = this.#known.get(key)?.value;
    const value = readValue(spec);
    if (value === undefined) this.#known.delete(key);
    else if (value !== before) this.#known.set(key, { ...spec, value });
    return value !== before;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function readValue(spec: SysctlSpec): number | undefined {
  try {
    return Number(readFileSync(`/proc/sys/${sysctlPath(spec)}`, 'utf8'));
  } catch {
    // Gone with its device, or never there.
    return undefined;
  }
}

function parseSysctlKey(key: Key): SysctlSpec | undefined {
  const match = /^sysctl net\/ipv([46])\/conf\/([^/]+)\/([^/]+)$/.exec(key);
  const link = parseIfName(match?.[2] ?? '');
  const name = sysctlNames.find((known) => known === match?.[3]);
  if (!link.ok || name === undefined) return undefined;
  const family = match?.[1] === '4' ? 4 : 6;
  return { kind: 'sysctl', family, link: link.value, name, value: 0 };
}
