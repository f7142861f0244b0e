/** What stands for a datapath where OVN_Northbound is read: the switch or the router by its name. */

const prefixes = { switch: 'Logical_Switch ', router: 'Logical_Router ' } as const;

export type DatapathKind = keyof typeof prefixes;

export function datapathOf(kind: DatapathKind, name: string): string {
  return `${prefixes[kind]}${name}`;
}

/** The names of those of a kind. */
export function namesOf(kind: DatapathKind, datapaths: Iterable<string>): readonly string[] {
  const prefix = prefixes[kind];
  return [...datapaths].flatMap((each) =>
    each.startsWith(prefix) ? each.slice(prefix.length) : [],
  );
}
