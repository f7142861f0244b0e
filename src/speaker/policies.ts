/**
 * Policies as the file names them, made ready for the routes of peers. A list of policies that means the same in two files,
 * or for two peers, is the same value: what compares them compares these.
 */

import { equalData } from '../base/equal.ts';
import type { BgpConfig, SessionConfig } from '../config/bgp/read.ts';
import { type Policies, type Policy, PolicyChain } from '../protocols/bgp/index.ts';

export class PolicyBook {
  /** By the names in their order. */
  #chains: ReadonlyMap<string, PolicyChain> = new Map();

  /** Those of another file. */
  read({ peers, policies, ranges }: Pick<BgpConfig, 'peers' | 'policies' | 'ranges'>): void {
    const chains = new Map<string, PolicyChain>();
    for (const { import: imports, export: exports } of [...peers, ...ranges]) {
      for (const names of [imports, exports]) {
        if (names === undefined || chains.has(names.join(' '))) continue;
        const wanted = names.flatMap((name): readonly Policy[] => {
          const found = policies.get(name);
          return found === undefined ? [] : [found];
        });
        const known = this.#chains.get(names.join(' '));
        const isSame = known !== undefined && equalData(known.policies, wanted);
        chains.set(names.join(' '), isSame ? known : new PolicyChain(wanted));
      }
    }
    this.#chains = chains;
  }

  of({ import: imports, export: exports }: Pick<SessionConfig, 'import' | 'export'>): Policies {
    return { import: this.#chainOf(imports), export: this.#chainOf(exports) };
  }

  #chainOf(names: readonly string[] | undefined): PolicyChain | undefined {
    return names === undefined ? undefined : this.#chains.get(names.join(' '));
  }
}

/** RFC 8212 §2: what of an external peer waits for a policy, in the words of the log. */
export function blockedWords(
  { ebgpRequiresPolicy }: BgpConfig['global'],
  { isOutside, import: imports, export: exports }: SessionConfig,
): string | undefined {
  if (!ebgpRequiresPolicy || !isOutside) return undefined;
  const blocked = [
    ...(imports === undefined ? ['nothing is taken from it, as it has no `import`'] : []),
    ...(exports === undefined ? ['it is told nothing, as it has no `export`'] : []),
  ];
  if (blocked.length === 0) return undefined;
  return `${blocked.join('; ')} (RFC 8212); name policies, or set ebgp_requires_policy = false in [global]`;
}
