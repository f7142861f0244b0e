/**
 * Makes what is installed: the libraries as modules with their types, and the program in a few files, packages included.
 * Node takes half a millisecond for each module that it finds, reads and joins to others; with two hundred of them that was
 * most of the start of an agent.
 *
 *   node scripts/build.ts [dist]
 */

import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';

const root = resolve(import.meta.dirname, '..');
const dist = resolve(process.argv[2] ?? join(root, 'dist'));
const tsc = join(root, 'node_modules/typescript/bin/tsc');

/**
 * Takes what is built into Node without `import`: that reads every property of a module, of which some load further modules
 * that nobody asked for, of `node:util` the threads of workers. Names that are not imported are left out.
 */
const builtins: Plugin = {
  name: 'builtins',
  setup(bundle) {
    bundle.onResolve({ filter: /^node:/ }, ({ path }) => ({
      path,
      namespace: 'builtin',
      sideEffects: false,
    }));
    bundle.onLoad({ filter: /.*/, namespace: 'builtin' }, async ({ path }) => {
      const names = Object.keys((await import(path)) as object).filter(
        (name) => name !== 'default',
      );
      const lines = [
        `const builtin = /* @__PURE__ */ process.getBuiltinModule('${path}');`,
        'const take = (name) => builtin[name];',
        'export default builtin;',
        ...names.map((name) => `export const ${name} = /* @__PURE__ */ take('${name}');`),
      ];
      return { contents: lines.join('\n') };
    });
  },
};

rmSync(dist, { recursive: true, force: true });
const libraries = [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', dist];
const { status } = spawnSync(process.execPath, libraries, { stdio: 'inherit' });
await build({
  absWorkingDir: root,
  entryPoints: ['src/cli/main.ts'],
  outdir: join(dist, 'cli'),
  bundle: true,
  // What a command does not need stays in a file of its own.
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node22',
  // Needed long after the start, and only where metrics are served.
  external: ['prom-client'],
  plugins: [builtins],
  logLevel: 'warning',
});
process.exitCode = status ?? 1;
