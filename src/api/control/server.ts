/**
 * The local interface of an agent: views, drain and resync on a Unix socket that only its group may open; health and metrics,
 * which tell nothing of tenants, on a loopback port. Knows no agent: what it shows comes through a port.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';

import { err, ok, type Result } from '../../base/result.ts';
import type { ControlViews } from '../contract/control.ts';
import { close, listen, type Listening, send, serveOnSocket, serverOf, urlOf } from './http.ts';

/** What the pages on a loopback port show. */
export interface HealthPorts {
  isReady(): boolean;
  metrics(): Promise<string>;
}

export interface ControlPorts extends HealthPorts {
  view<P extends keyof ControlViews>(path: P, query: string): ControlViews[P];
  drain(): void;
  /** Resolves when everything was read anew and put right. */
  resync(): Promise<void>;
}

const paths: readonly (keyof ControlViews)[] = [
  '/status',
  '/plan',
  '/resources',
  '/why',
  '/journal',
];

/** Serves the whole interface on a Unix socket. */
export function serveSocket(path: string, ports: ControlPorts): Promise<Result<Listening, string>> {
  const remedy = 'see that its directory is there and open to us, or set http.socket';
  return serveOnSocket(path, remedy, (request, response) => answer(request, response, ports));
}

/** Serves `/metrics`, `/healthz` and `/readyz` only, of an agent or of a speaker. */
export async function serveHealth(
  address: { readonly host: string; readonly port: number },
  ports: HealthPorts,
): Promise<Result<Listening, string>> {
  const server = serverOf((request, response) => answerHealth(request, response, ports));
  const listening = await listen(server, address);
  if (!listening.ok) {
    return err(`cannot listen on ${address.host} port ${address.port}: ${listening.error}`);
  }
  return ok({ close: () => close(server) });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  ports: ControlPorts,
): Promise<void> {
  const url = urlOf(request);
  if (request.method === 'POST' && url?.pathname === '/drain') {
    ports.drain();
    send(response, 200, { drained: true });
    return;
  }
  if (request.method === 'POST' && url?.pathname === '/resync') {
    await ports.resync();
    send(response, 200, { resynced: true });
    return;
  }
  const path = paths.find((each) => each === url?.pathname);
  if (request.method !== 'GET' || url === undefined || path === undefined) {
    await answerHealth(request, response, ports);
    return;
  }
  send(response, 200, ports.view(path, url.searchParams.get('q') ?? ''));
}

async function answerHealth(
  request: IncomingMessage,
  response: ServerResponse,
  ports: HealthPorts,
): Promise<void> {
  const pathname = urlOf(request)?.pathname;
  if (request.method !== 'GET') send(response, 405, { error: 'only GET is answered here' });
  else if (pathname === undefined) send(response, 400, { error: 'that is no path' });
  else if (pathname === '/healthz') send(response, 200, { alive: true });
  else if (pathname === '/readyz') {
    const isReady = ports.isReady();
    send(response, isReady ? 200 : 503, { ready: isReady });
  } else if (pathname === '/metrics') {
    const text = await ports.metrics();
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(text);
  } else send(response, 404, { error: `there is nothing at ${pathname}` });
}
