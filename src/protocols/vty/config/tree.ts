/**
 * FRR's running configuration as a tree of lines. A line is kept as FRR wrote it; what it means is not known here.
 * The tree is of one daemon: each prints only what it holds, so `vrf X` may stand in several (10.x: `vni` of it in
 * mgmtd, an empty one in bgpd).
 */

export interface ConfigNode {
  /** Without indentation: `router bgp 64999 vrf vrf-500`, `rd 10.0.0.1:500`. */
  readonly line: string;
  /** What stands inside of it, in FRR's order. Empty for most lines, and for a stanza that says nothing. */
  readonly body: readonly ConfigNode[];
  /** The line that closes it, `exit-vrf`; undefined when none is printed. */
  readonly exit: string | undefined;
}

/** Top level, in FRR's order. FRR's own header (`frr version 8.4.4`) and `end` are lines like others. */
export type Config = readonly ConfigNode[];

/** The lines from the top to a stanza: `['router bgp 1 vrf a', 'address-family l2vpn evpn']`. */
export type StanzaPath = readonly string[];

/**
 * Everything that stands in the stanza at `path`; undefined when there is no such stanza. FRR may print a stanza
 * in several pieces (zebra and staticd both write `vrf X` into an integrated frr.conf): they count as one.
 */
export function stanzaBody(config: Config, path: StanzaPath): readonly ConfigNode[] | undefined {
  let body: readonly ConfigNode[] = config;
  for (const line of path) {
    const pieces = body.filter((node) => node.line === line);
    if (pieces.length === 0) return undefined;
    body = pieces.flatMap((node) => node.body);
  }
  return body;
}

/** Whether a line is `words`, or begins with them and goes on: `vni 5` begins with `vni`, `vnix` does not. */
export function beginsWith(line: string, words: string): boolean {
  return line === words || line.startsWith(`${words} `);
}
