/**
 * The text of `show running-config` (of a daemon, or of vtysh, or an frr.conf that FRR wrote) -> tree. Nesting is by
 * indentation, and by the words that close a stanza, since an empty one is told from a plain line only by its
 * `exit-vrf`. Nothing is rejected: a line that fits nowhere is kept where it stands.
 */

import type { Config, ConfigNode } from './tree.ts';

interface OpenNode {
  readonly indent: number;
  readonly line: string;
  readonly body: ConfigNode[];
  exit: string | undefined;
}

export function parseConfig(text: string): Config {
  const top: ConfigNode[] = [];
  /** Every line that the next one could stand in, outermost first; their indentation rises. */
  const open: OpenNode[] = [];
  const bodyAtEnd = (): ConfigNode[] => open.at(-1)?.body ?? top;
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (isSeparator(line)) continue;
    const indent = raw.length - raw.trimStart().length;
    const closes = isExit(line);
    // A closing word stands as deep as what it closes; any other line ends all that stand as deep or deeper.
    while (isDeeper(open.at(-1), closes ? indent : indent - 1)) open.pop();
    const closed = closes ? open.pop() : undefined;
    if (closed !== undefined) {
      closed.exit = line;
      continue;
    }
    const node: OpenNode = { indent, line, body: [], exit: undefined };
    bodyAtEnd().push(node);
    open.push(node);
  }
  return top.map(strip);
}

function isDeeper(node: OpenNode | undefined, than: number): boolean {
  return node !== undefined && node.indent > than;
}

/** FRR puts `!` between stanzas, at any depth, and leaves empty lines where a daemon had nothing to say. */
function isSeparator(line: string): boolean {
  return line === '' || line === '!';
}

/** `exit`, `exit-vrf`, `exit-address-family`, `exit-vni`, `exit-link-params`, … */
function isExit(line: string): boolean {
  return /^exit(-[a-z-]+)?$/.test(line);
}

function strip(node: ConfigNode): ConfigNode {
  return { line: node.line, body: node.body.map(strip), exit: node.exit };
}
