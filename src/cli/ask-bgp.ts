/** `selvedge bgp show`, `watch`, `dump`, `reset`, `shutdown`, `start`: asks a running speaker, and lays out what it says. */

import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { finished } from 'node:stream/promises';

import type { BgpLists, BgpOrderView, BgpViews } from '../api/contract/bgp.ts';
import { call, type Failure, linesOf, open } from './call.ts';
import { complain, endWithReader, print, printAll, write } from './output.ts';
import { renderEvent, renderNeighbor, renderSummary } from './render-bgp.ts';
import { RouteColumns, renderRoute } from './render-routes.ts';
import { Table } from './table.ts';

export interface Asking {
  readonly socket: string;
  readonly json?: true;
}

type Query = Readonly<Record<string, string | true | undefined>>;

/** Every function here returns the exit status. */
export async function showSummary({ json, socket }: Asking): Promise<number> {
  const answer = await call(socket, 'GET', '/summary');
  if (!answer.ok) return fail(socket, answer.error);
  // The speaker's own version of the contract: the two are installed together.
  const view = answer.value as BgpViews['/summary'];
  print(json === true ? JSON.stringify(view, null, 2) : renderSummary(view));
  return 0;
}

export function showNeighbors(peer: string | undefined, asking: Asking): Promise<number> {
  return readList(asking, '/neighbors', { peer }, async (views) => {
    let count = 0;
    for await (const view of views) {
      await printAll(renderNeighbor(view));
      count += 1;
    }
    if (count === 0) print('no peers are configured');
  });
}

export interface RouteOptions extends Asking {
  readonly peer?: string;
  readonly rd?: string;
  readonly vni?: string;
  readonly mac?: string;
  readonly prefix?: string;
  readonly best?: true;
  readonly detail?: true;
}

/** `type`: of EVPN routes, when only one is wanted. */
export function showRoutes(
  family: string,
  type: string | undefined,
  options: RouteOptions,
): Promise<number> {
  const { best, detail, mac, peer, prefix, rd, vni } = options;
  const isDetailed = detail === true && options.json === undefined;
  const lines = isDetailed ? true : undefined;
  const query: Query = { family, type, peer, rd, vni, mac, prefix, best, lines };
  return readList(options, '/rib', query, async (views) => {
    const columns = new RouteColumns(type ?? family);
    const table = new Table(columns.header);
    let [routes, paths] = [0, 0];
    for await (const view of views) {
      routes += 1;
      paths += view.paths.length;
      if (isDetailed) await printAll(renderRoute(view));
      else for (const row of columns.rows(view)) await table.add(row);
    }
    await table.end();
    const count = `${routes} ${routes === 1 ? 'route' : 'routes'}, ${paths} ${paths === 1 ? 'path' : 'paths'}`;
    print(routes === 0 ? 'no routes' : isDetailed ? count : `\n${count}`);
  });
}

export interface WatchOptions extends Asking {
  readonly fromNow?: true;
  /** Events after which it ends. */
  readonly count?: number;
}

export async function watch(
  family: string | undefined,
  { count = Number.POSITIVE_INFINITY, fromNow, json, socket }: WatchOptions,
): Promise<number> {
  endWithReader();
  const opened = await open(socket, 'GET', pathOf('/watch', { family, 'from-now': fromNow }));
  if (!opened.ok) return fail(socket, opened.error);
  return untilBroken(socket, async () => {
    let told = 0;
    for await (const line of linesOf(opened.value)) {
      await printAll(json === true ? line : renderEvent(JSON.parse(line) as BgpLists['/watch']));
      told += 1;
      if (told === count) return;
    }
    throw new Error('it has ended');
  });
}

/** Into a file that is there when it is whole, or for `-` to whoever reads us. */
export async function dump(
  file: string,
  { family, socket }: Asking & { readonly family?: string },
): Promise<number> {
  const opened = await open(socket, 'GET', pathOf('/dump', { family }));
  if (!opened.ok) return fail(socket, opened.error);
  if (file !== '-') return untilBroken(socket, () => save(opened.value, file));
  endWithReader();
  return untilBroken(socket, async () => {
    for await (const octets of opened.value) await write(octets as Uint8Array);
  });
}

async function save(octets: IncomingMessage, file: string): Promise<void> {
  const part = `${file}.part-${process.pid}`;
  try {
    await finished(octets.pipe(createWriteStream(part, { flags: 'wx' })));
    if (!octets.complete) throw new Error('the answer was cut short');
    await rename(part, file);
  } catch (cause) {
    await rm(part, { force: true });
    throw cause;
  }
}

export async function order(
  path: '/reset' | '/shutdown' | '/start',
  query: Query,
  { json, socket }: Asking,
): Promise<number> {
  const answer = await call(socket, 'POST', pathOf(path, query));
  if (!answer.ok) return fail(socket, answer.error);
  const view = answer.value as BgpOrderView;
  print(json === true ? JSON.stringify(view) : view.done);
  return 0;
}

/** Renders a list while it comes; `--json` makes one array of it, an element a line. */
async function readList<P extends keyof BgpLists>(
  { json, socket }: Asking,
  path: P,
  query: Query,
  render: (views: AsyncIterable<BgpLists[P]>) => Promise<void>,
): Promise<number> {
  endWithReader();
  const opened = await open(socket, 'GET', pathOf(path, query));
  if (!opened.ok) return fail(socket, opened.error);
  const lines = linesOf(opened.value);
  return untilBroken(socket, () => (json === true ? printArray(lines) : render(viewsIn(lines))));
}

async function* viewsIn<T>(lines: AsyncIterable<string>): AsyncGenerator<T> {
  for await (const line of lines) yield JSON.parse(line) as T;
}

async function printArray(lines: AsyncIterable<string>): Promise<void> {
  let before = '[';
  for await (const line of lines) {
    await write(`${before}\n${line}`);
    before = ',';
  }
  await printAll(before === '[' ? '[]' : '\n]');
}

/** What is cut short is no answer: the status says so. */
async function untilBroken(socket: string, read: () => Promise<void>): Promise<number> {
  try {
    await read();
    return 0;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    complain(`the answer of the speaker at ${socket} broke off: ${reason}`);
    return 1;
  }
}

function fail(socket: string, { code, isRefused, message }: Failure): number {
  if (isRefused) complain(message);
  else complain(`cannot ask the speaker at ${socket}: ${message}; ${remedies[code] ?? remedy}`);
  return 1;
}

const remedy = "start it with 'selvedge bgp', or name its socket with --socket";
const remedies: Readonly<Record<string, string>> = {
  EACCES: 'only root and the group of its socket may ask it',
};

function pathOf(path: string, query: Query): string {
  const told = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) told.set(name, value === true ? '' : value);
  }
  return told.size === 0 ? path : `${path}?${told.toString()}`;
}
