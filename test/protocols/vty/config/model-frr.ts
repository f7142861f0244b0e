/**
 * FRR as far as stanzas go, in memory: a tree, and lines that change it as the real one does, or are refused. Stricter
 * than FRR where FRR is lax: setting what stands, or taking back what does not, is refused, so that a diff that says
 * more than it must is found out.
 */

import {
  beginsWith,
  type Config,
  type ConfigNode,
  stanzaIdentity,
} from '../../../../src/protocols/vty/index.ts';

interface MutableNode {
  line: string;
  body: MutableNode[];
  exit: string | undefined;
}

/** The words of which a stanza holds one line, the second taking the place of the first. */
const overwrites = ['rd', 'advertise ipv4 unicast', 'advertise ipv6 unicast', 'bgp router-id'];

/** What is taken back without its arguments. */
const flags = ['advertise ipv4 unicast', 'advertise ipv6 unicast', 'redistribute connected'];

export class ModelFrr {
  readonly #top: MutableNode[];
  readonly #isActive: (vrf: string) => boolean;
  #stack: MutableNode[] = [];

  constructor(config: Config, isActive: (vrf: string) => boolean) {
    this.#top = structuredClone(config) as MutableNode[];
    this.#isActive = isActive;
  }

  /** The tree as FRR would print it: address families without lines are not shown. */
  get config(): Config {
    return this.#top.map(shown);
  }

  /** One `configure`: what was refused, or undefined. */
  configure(lines: readonly string[]): string | undefined {
    for (const line of lines) {
      const refused = this.#carryOut(line);
      if (refused !== undefined) return `${line}: ${refused}`;
    }
    return this.#stack.length === 0 ? undefined : 'the batch ends inside of a stanza';
  }

  #carryOut(line: string): string | undefined {
    if (line.startsWith('exit')) return this.#leave(line);
    if (/^(vrf|router bgp|address-family|interface) /.test(line)) return this.#enter(line);
    if (line.startsWith('no ')) return this.#clear(line.slice(3));
    return this.#set(line);
  }

  get #body(): MutableNode[] {
    return this.#stack.at(-1)?.body ?? this.#top;
  }

  #enter(line: string): string | undefined {
    const rival = this.#body.find(
      (node) => node.line !== line && stanzaIdentity(node.line) === stanzaIdentity(line),
    );
    if (rival !== undefined) return `13, ${rival.line}`;
    let node = this.#body.find((known) => known.line === line);
    if (node === undefined) {
      const first = line.split(' ')[0] ?? '';
      node = {
        line,
        body: [],
        exit: first === 'vrf' || first === 'address-family' ? `exit-${first}` : 'exit',
      };
      this.#body.push(node);
    }
    this.#stack.push(node);
    return undefined;
  }

  #leave(word: string): string | undefined {
    const node = this.#stack.pop();
    return node?.exit === word ? undefined : `2, in ${node?.line ?? 'no stanza'}`;
  }

  #clear(line: string): string | undefined {
    const byWords = flags.includes(line);
    const at = this.#body.findIndex((node) =>
      byWords ? beginsWith(node.line, line) : node.line === line,
    );
    if (at < 0) return '1, it is not there';
    const vrf = /^vrf (.*)/.exec(line)?.[1];
    if (vrf !== undefined && this.#isActive(vrf)) return '13, only inactive VRFs can be deleted';
    this.#body.splice(at, 1);
    return undefined;
  }

  #set(line: string): string | undefined {
    if (this.#body.some((node) => node.line === line)) return '1, it is there';
    if (line.startsWith('vni ') && this.#vniInTheWay(line)) return '13, the VNI is taken';
    if (
      line === 'redistribute connected' &&
      this.#body.some(({ line: is }) => beginsWith(is, line))
    ) {
      return undefined; // The route-map of the earlier line stays.
    }
    const words = overwrites.find((known) => beginsWith(line, known));
    const at = this.#body.findIndex((node) => words !== undefined && beginsWith(node.line, words));
    this.#body.splice(at < 0 ? this.#body.length : at, at < 0 ? 0 : 1, {
      line,
      body: [],
      exit: undefined,
    });
    return undefined;
  }

  /** 8.4: the VRF has one already; all versions: another VRF has this one. */
  #vniInTheWay(line: string): boolean {
    const hasOne = this.#body.some((node) => beginsWith(node.line, 'vni'));
    return hasOne || this.#top.some((vrf) => vrf.body.some((node) => node.line === line));
  }
}

function shown(node: ConfigNode): ConfigNode {
  const body = node.body.filter(
    (inner) => !inner.line.startsWith('address-family ') || inner.body.length > 0,
  );
  return { line: node.line, body: body.map(shown), exit: node.exit };
}
