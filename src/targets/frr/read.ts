/** How what FRR prints is read back: the values of its lines, and what of a stanza is otherwise than ours. Pure. */

import { err, ok, type Result } from '../../base/result.ts';
import { type Ip4, parseIp } from '../../net/ip.ts';
import {
  beginsWith,
  type ConfigNode,
  diffStanzas,
  type OwnedStanza,
  type StanzaFacts,
} from '../../protocols/vty/index.ts';

/** The lines that would have to be said to have the stanza so. */
export function deviationsFrom(facts: StanzaFacts, stanza: OwnedStanza): readonly string[] {
  return diffStanzas(facts, [stanza], []).batches.flatMap(({ commands }) =>
    commands.flatMap(({ does, text }) => (does === 'set' || does === 'clear' ? text : [])),
  );
}

export function valuesOf(body: readonly ConfigNode[], words: string): readonly string[] {
  return body.flatMap(({ line }) => valueOf(line, words) ?? []);
}

function valueOf(line: string, words: string): string | undefined {
  return beginsWith(line, words) ? line.slice(words.length + 1) : undefined;
}

export function parsed<T>(
  texts: readonly string[],
  parse: (text: string) => { readonly ok: true; readonly value: T } | { readonly ok: false },
): readonly T[] {
  return texts.flatMap((text) => {
    const result = parse(text);
    return result.ok ? [result.value] : [];
  });
}

export function routerIdIn(body: readonly ConfigNode[]): Ip4 | undefined {
  return parsed(valuesOf(body, 'bgp router-id'), parseIp4)[0];
}

function parseIp4(text: string): Result<Ip4, string> {
  const ip = parseIp(text);
  return ip.ok && ip.value.family === 4 ? ok(ip.value) : err(text);
}
