/**
 * Links a compiled program into one file, in place: its own modules become functions that run in the order of their
 * imports. Node takes half a millisecond for each module that it finds, reads and joins to others; with two hundred of
 * them that was most of the start of an agent. Packages and built-in modules stay imports. Knows the form in which tsc
 * writes modules, and fails on any other, on a circle of imports, and on `export let`.
 *
 *   node scripts/link.ts dist/cli/main.js dist/cli/run-agent.js dist/cli/run-bgp.js
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';

interface Module {
  readonly path: string;
  /** The function's name. */
  readonly id: string;
  /** Paths of our own modules that it imports. */
  readonly needs: readonly string[];
  readonly body: string;
  /** Exported name to the expression that it stands for. */
  readonly exports: readonly (readonly [name: string, value: string])[];
}

class Program {
  readonly #entry: string;
  readonly #modules = new Map<string, Module>();
  readonly #ids = new Map<string, string>();
  /** Package or built-in module to the name it has here. */
  readonly #outside = new Map<string, string>();
  readonly #order: Module[] = [];

  constructor(entry: string) {
    this.#entry = resolve(entry);
    this.#visit(this.#entry, []);
  }

  #visit(path: string, above: readonly string[]): void {
    if (above.includes(path))
      throw new Error(`a circle of imports: ${[...above, path].join(' → ')}`);
    if (this.#modules.has(path)) return;
    const module = this.#read(path);
    for (const need of module.needs) this.#visit(need, [...above, path]);
    this.#modules.set(path, module);
    this.#order.push(module);
  }

  #idOf(path: string): string {
    const id = this.#ids.get(path) ?? `m${this.#ids.size}`;
    this.#ids.set(path, id);
    return id;
  }

  /** The name under which an imported module is known, whichever kind it is of. */
  #nameOf(from: string, specifier: string, needs: string[]): string {
    if (specifier.startsWith('.')) {
      const path = resolve(dirname(from), specifier);
      needs.push(path);
      return this.#idOf(path);
    }
    const name = this.#outside.get(specifier) ?? `outside${this.#outside.size}`;
    this.#outside.set(specifier, name);
    return name;
  }

  #read(path: string): Module {
    const needs: string[] = [];
    const exports: [string, string][] = [];
    const nameOf = (specifier: string): string => this.#nameOf(path, specifier, needs);
    const body = readFileSync(path, 'utf8')
      .replace(/^#!.*\n/, '')
      .replace(/\n\/\/# sourceMappingURL=.*\s*$/, '\n')
      .replaceAll(/^export \{([^}]*)\} from '([^']+)';$/gm, (_, names: string, from: string) => {
        const module = nameOf(from);
        for (const [name, as] of namesIn(names)) exports.push([as, `${module}.${name}`]);
        return '';
      })
      .replaceAll(/^import \{([^}]*)\} from '([^']+)';$/gm, (_, names: string, from: string) => {
        const taken = namesIn(names).map(([name, as]) => (name === as ? name : `${name}: ${as}`));
        return `const { ${taken.join(', ')} } = ${nameOf(from)};`;
      })
      .replaceAll(
        /^export (async function\*?|function\*?|class|const) (\w+)/gm,
        (_, what: string, name: string) => {
          exports.push([name, name]);
          return `${what} ${name}`;
        },
      )
      .replaceAll(/^export \{([^}]*)\};$/gm, (_, names: string) => {
        for (const [name, as] of namesIn(names)) exports.push([as, name]);
        return '';
      })
      .replaceAll('import.meta.url', this.#urlOf(path));
    const strange = /^(import|export)\b.*|import\.meta.*/m.exec(body);
    if (strange !== null) throw new Error(`${path}: cannot link '${strange[0]}'`);
    return { path, id: this.#idOf(path), needs, body, exports };
  }

  /** Where the module was, seen from where the program is. */
  #urlOf(path: string): string {
    const place = relative(dirname(this.#entry), path);
    return `new URL(${JSON.stringify(`./${place}`)}, here).href`;
  }

  format(): string {
    const outside = [...this.#outside].map(([from, name]) => `import * as ${name} from '${from}';`);
    const modules = this.#order.map((module) => this.#formatModule(module));
    return ['#!/usr/bin/env node', ...outside, 'const here = import.meta.url;', ...modules].join(
      '\n',
    );
  }

  #formatModule({ path, id, body, exports }: Module): string {
    const title = `// ${relative(dirname(this.#entry), path)}`;
    const given = exports.map(([name, value]) => (name === value ? name : `${name}: ${value}`));
    if (path === this.#entry)
      return [title, body, `export { ${given.join(', ')} };`, ''].join('\n');
    return [title, `const ${id} = (() => {`, body, `return { ${given.join(', ')} };`, '})();'].join(
      '\n',
    );
  }
}

/** `a, b as c`, as pairs. */
function namesIn(text: string): readonly (readonly [name: string, as: string])[] {
  return text
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '')
    .map((each) => {
      const [name = '', as = name] = each.split(/\s+as\s+/);
      return [name, as] as const;
    });
}

// Every program is read before any is written: one may be a module of another.
const linked = process.argv.slice(2).map((path) => [path, new Program(path).format()] as const);
for (const [path, text] of linked) writeFileSync(path, text);
