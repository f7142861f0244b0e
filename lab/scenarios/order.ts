/**
 * In which order scenarios are run: what takes longest first, so that guests which share them end at nearly the same time, and
 * next to each other those that stand on one tenant (`fabric/standing.ts`), which is made once; the others as they are named.
 * Those of mode evpn are before 60 to 68: FRR 8.4 of the spine and of the external router, on bookworm, can lose a router's MAC
 * when routes of type 5 change in place (docs/parity-bgp.md), of which mode bgp makes many, and VMs would not be reached afterwards.
 */

const first: readonly string[] = '50 51 63 68 30 20 40 45 35 10 15 66 64 60 61 65 62 67'.split(' ');

/** Names of files, in the order in which each guest asks for them. */
export function inOrder(names: readonly string[]): readonly string[] {
  const place = (name: string): number => {
    const index = first.findIndex((part) => name.startsWith(`${part}-`));
    return index === -1 ? first.length : index;
  };
  return names.toSorted((a, b) => place(a) - place(b) || (a < b ? -1 : 1));
}
