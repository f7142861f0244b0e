/**
 * What OVN answers for behind a port of a network, by the port where it is answered. A router may have thousands of
 * floating IPs and each of them concerns one virtual machine: no look-up, and no change of one, goes through all.
 */

import { equalData } from '../base/equal.ts';
import type { NatAddresses, PortBinding } from './port-binding.ts';

type ByResident = ReadonlyMap<string, readonly NatAddresses[]>;

/** Of the entries of a row as it was read, worked out once. */
const known = new WeakMap<PortBinding['nat'], ByResident>();

function byResident({ nat }: PortBinding): ByResident {
  const found = known.get(nat) ?? Map.groupBy(nat, ({ resident = '' }) => resident);
  known.set(nat, found);
  return found;
}

/** The entries that are answered where this logical port is. */
export function natAt(port: PortBinding, resident: string): readonly NatAddresses[] {
  return byResident(port).get(resident) ?? [];
}

/**
 * The logical ports whose entries are others than before, where nothing but entries has changed; `undefined` where
 * something has. An entry that is answered at no port in particular concerns none.
 */
export function residentsOfChange(
  before: PortBinding | undefined,
  after: PortBinding | undefined,
): ReadonlySet<string> | undefined {
  if (before === undefined || after === undefined || before.nat === after.nat) return undefined;
  if (before.nat.length + after.nat.length === 0) return undefined;
  if (!equalData(before, { ...after, nat: before.nat })) return undefined;
  const [old, now] = [byResident(before), byResident(after)];
  const changed = new Set<string>();
  for (const resident of new Set([...old.keys(), ...now.keys()])) {
    if (!equalData(old.get(resident), now.get(resident))) changed.add(resident);
  }
  return changed;
}
