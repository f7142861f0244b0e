/**
 * Patterns of AS paths as operators write them: numbers, ranges, and what may repeat, over whole AS numbers and not over
 * their digits. Text to a tree; what matches is decided in src/protocols/bgp/policy/as-path-automaton.ts.
 *
 *   65010          this AS             64512-65534    any of these        .          any AS
 *   * + ?          any times, once or more, at most once, of what stands before       ( | )   one of several
 *   ^ at the beginning: from the nearest AS on        $ at the end: up to the AS of the origin
 *
 * A blank or `_` separates numbers. Without `^` and `$` it is enough that the path has such a part.
 */

import { type Issue, issue } from '../base/issue.ts';
import { err, ok, type Result } from '../base/result.ts';

export type AsPathNode =
  | { readonly is: 'as'; readonly least: number; readonly most: number }
  | { readonly is: 'sequence'; readonly of: readonly AsPathNode[] }
  | { readonly is: 'choice'; readonly of: readonly AsPathNode[] }
  | { readonly is: 'repeat'; readonly of: AsPathNode; readonly times: '*' | '+' | '?' };

export interface AsPathPattern {
  readonly fromStart: boolean;
  readonly toEnd: boolean;
  readonly node: AsPathNode;
}

/** So that a match is cheap, however long the path: words, and characters that mean something. */
const mostTokens = 200;
const mostAsn = 0xffff_ffff;

export function parseAsPathPattern(text: string): Result<AsPathPattern, Issue> {
  const tokens: string[] = [];
  let at = 0;
  for (const [token] of text.matchAll(/[0-9]+-[0-9]+|[0-9]+|[\s_]+|[^]/g)) {
    if (!/^([0-9]+(-[0-9]+)?|[\s_]+|[.*+?()|^$])$/.test(token)) {
      return refused(text, `'${token}' at character ${at + 1} means nothing here`);
    }
    at += token.length;
    if (!/^[\s_]/.test(token)) tokens.push(token);
  }
  if (tokens.length > mostTokens) {
    return refused(text, `it has more than ${mostTokens} parts; write several patterns`);
  }
  const fromStart = tokens[0] === '^';
  const toEnd = tokens.at(-1) === '$';
  const inner = tokens.slice(fromStart ? 1 : 0, toEnd ? -1 : undefined);
  const parser = new Parser(inner);
  const node = parser.choice();
  const wrong =
    parser.wrong ?? (parser.next === undefined ? undefined : `'${parser.next}' is out of place`);
  return wrong === undefined ? ok({ fromStart, toEnd, node }) : refused(text, wrong);
}

function refused(text: string, why: string): { readonly ok: false; readonly error: Issue } {
  return err(
    issue(
      `'${text}' is not a pattern of AS paths: ${why}; it is made of AS numbers, ranges as 64512-65534, and . * + ? ( | ) ^ $`,
    ),
  );
}

class Parser {
  readonly #tokens: readonly string[];
  #at = 0;
  wrong: string | undefined;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  get next(): string | undefined {
    return this.#tokens[this.#at];
  }

  choice(): AsPathNode {
    const of = [this.#sequence()];
    while (this.next === '|') {
      this.#at += 1;
      of.push(this.#sequence());
    }
    const [only] = of;
    return of.length === 1 && only !== undefined ? only : { is: 'choice', of };
  }

  #sequence(): AsPathNode {
    const of: AsPathNode[] = [];
    for (let atom = this.#atom(); atom !== undefined; atom = this.#atom()) {
      of.push(this.#repeated(atom));
    }
    const [only] = of;
    return of.length === 1 && only !== undefined ? only : { is: 'sequence', of };
  }

  #repeated(node: AsPathNode): AsPathNode {
    const times = this.next;
    if (times !== '*' && times !== '+' && times !== '?') return node;
    this.#at += 1;
    return this.#repeated({ is: 'repeat', of: node, times });
  }

  /** `undefined`: what follows is none. */
  #atom(): AsPathNode | undefined {
    const token = this.next;
    if (token === '(') return this.#group();
    if (token === '.') {
      this.#at += 1;
      return { is: 'as', least: 0, most: mostAsn };
    }
    if (token === undefined || !/^[0-9]/.test(token)) return undefined;
    this.#at += 1;
    const [least = 0, most = least] = token.split('-').map(Number);
    if (most > mostAsn) this.wrong ??= `${most} is above ${mostAsn}`;
    else if (most < least) this.wrong ??= `the range ${token} is empty`;
    return { is: 'as', least, most };
  }

  #group(): AsPathNode {
    this.#at += 1;
    const node = this.choice();
    if (this.next === ')') this.#at += 1;
    else this.wrong ??= "a '(' has no ')'";
    return node;
  }
}
