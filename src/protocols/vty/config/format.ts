/** Tree -> text as FRR prints it: one blank a level, closing words, and `!` after what closes. For people and tests. */

import type { Config, ConfigNode } from './tree.ts';

/** Holds every line of the tree, in order; `parseConfig` of it gives the same tree. */
export function formatConfig(config: Config): string {
  const lines: string[] = [];
  for (const node of config) pushNode(lines, node, '');
  return lines.join('\n');
}

function pushNode(lines: string[], node: ConfigNode, indent: string): void {
  lines.push(indent + node.line);
  for (const inner of node.body) pushNode(lines, inner, `${indent} `);
  if (node.exit === undefined) return;
  lines.push(indent + node.exit, `${indent}!`);
}
