/**
 * What `selvedge bgp` asks a running speaker, on a Unix socket that only its group may open: views and lists by GET, orders
 * by POST. Knows no speaker: what it shows comes through ports.
 */

import type { ServerResponse } from 'node:http';

import type { Result } from '../../base/result.ts';
import type { BgpLists, BgpOrderView, BgpViews } from '../contract/bgp.ts';
import { type Listening, type Portion, send, sendPortions, serveOnSocket, urlOf } from './http.ts';

/** What is sent piece by piece: the pieces are asked for as fast as the reader takes them. */
export type BgpStream = (
  query: URLSearchParams,
  until: AbortSignal,
) => Result<AsyncIterable<Portion>, string>;
export type BgpOrder = (query: URLSearchParams) => Result<BgpOrderView, string>;

export interface BgpPorts {
  readonly views: { readonly [P in keyof BgpViews]: () => BgpViews[P] };
  readonly lists: Readonly<Record<keyof BgpLists, BgpStream>>;
  readonly dump: BgpStream;
  readonly orders: Readonly<Record<'/reset' | '/shutdown' | '/start', BgpOrder>>;
}

/** Streams at once: each has a portion in memory, and readers that stand still must leave room for others. */
const maxStreams = 32;

export function serveBgp(path: string, ports: BgpPorts): Promise<Result<Listening, string>> {
  const remedy = 'see that its directory is there and open to us, or set global.socket';
  const streams = new Streams();
  return serveOnSocket(path, remedy, async (request, response) => {
    const url = urlOf(request);
    const pathname = url?.pathname ?? '';
    const query = url?.searchParams ?? new URLSearchParams();
    const view = own(ports.views, pathname);
    const list = own(ports.lists, pathname);
    const order = own(ports.orders, pathname);
    const wanted = order === undefined ? 'GET' : 'POST';
    const isKnown = (view ?? list ?? order) !== undefined || pathname === '/dump';
    if (!isKnown) send(response, 404, { error: `there is nothing at ${pathname}` });
    else if (request.method !== wanted)
      send(response, 405, { error: `${pathname} wants ${wanted}` });
    else if (view !== undefined) send(response, 200, view());
    else if (order !== undefined) sendResult(response, order(query));
    else if (list !== undefined)
      await streams.answer(response, list, query, 'application/x-ndjson');
    else await streams.answer(response, ports.dump, query, 'application/octet-stream');
  });
}

class Streams {
  #count = 0;

  async answer(
    response: ServerResponse,
    open: BgpStream,
    query: URLSearchParams,
    contentType: string,
  ): Promise<void> {
    if (this.#count >= maxStreams) {
      return send(response, 503, { error: `${maxStreams} streams are open; end one of them` });
    }
    const end = new AbortController();
    response.on('close', () => end.abort());
    const opened = open(query, end.signal);
    if (!opened.ok) return send(response, 400, { error: opened.error });
    this.#count += 1;
    try {
      await sendPortions(response, contentType, opened.value);
    } finally {
      this.#count -= 1;
      end.abort();
    }
  }
}

function sendResult(response: ServerResponse, result: Result<unknown, string>): void {
  if (result.ok) send(response, 200, result.value);
  else send(response, 400, { error: result.error });
}

/** What a table has under a name that came from outside. */
function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
