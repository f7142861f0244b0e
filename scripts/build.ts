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

/** Leaves what is loaded when it is needed in a file of its own, and notes that file. */
const apart: Plugin = {
  name: 'apart',
  setup(bundle) {
    bundle.onResolve({ filter: /^\.\/.*\.ts$/ }, ({ path, kind }) => {
      if (kind !== 'dynamic-import') return undefined;
      files.add(path);
      return { path: path.replace(/ts$/, 'js'), external: true };
    });
  },
};

rmSync(dist, { recursive: true, force: true });
const libraries = [tsc, '-p', join(root, 'tsconfig.build.json'), '--outDir', dist];
const { status } = spawnSync(process.execPath, libraries, { stdio: 'inherit' });
const files = new Set(['./main.ts']);
// Those that are noted meanwhile come in their turn. Whole each: files that share others cost more to find than to read.
for (const file of files) {
  await build({
    absWorkingDir: join(root, 'src/cli'),
    entryPoints: [file],
    outdir: join(dist, 'cli'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node22',
    // Needed long after the start, and only where metrics are served.
    external: ['prom-client'],
    plugins: [builtins, apart],
    logLevel: 'warning',
  });
}
process.exitCode = status ?? 1;
