/**
 * The local interface of an agent: views, drain and resync on a Unix socket that only its group may open; health and metrics,
 * which tell nothing of tenants, on a loopback port. Knows no agent: what it shows comes through a port.
 */

import { chmod, rm } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

import { err, ok, type Result } from '../../base/result.ts';
import type { ControlViews } from '../contract/control.ts';

export interface ControlPorts {
  view<P extends keyof ControlViews>(path: P, query: string): ControlViews[P];
  drain(): void;
  /** Resolves when everything was read anew and put right. */
  resync(): Promise<void>;
  isReady(): boolean;
  metrics(): Promise<string>;
}

// An `import` of it would run all its getters, and one of them loads a second HTTP client: half a second on a slow node.
const { createServer } = process.getBuiltinModule('node:http');

const paths: readonly (keyof ControlViews)[] = [
  '/status',
  '/plan',
  '/resources',
  '/why',
  '/journal',
];

export interface Listening {
  close(): Promise<void>;
}

/** Serves the whole interface on a Unix socket; an old socket file of a run that died is replaced. */
export async function serveSocket(
  path: string,
  ports: ControlPorts,
): Promise<Result<Listening, string>> {
  const refuse = (reason: string): Result<Listening, string> =>
    err(
      `cannot listen on ${path}: ${reason}; see that its directory is there and open to us, or set http.socket`,
    );
  const server = serverOf((request, response) => answer(request, response, ports));
  try {
    await rm(path, { force: true });
    const listening = await listen(server, { path });
    if (!listening.ok) return refuse(listening.error);
    await chmod(path, 0o660);
    return ok({ close: () => close(server) });
  } catch (cause) {
    return refuse(cause instanceof Error ? cause.message : String(cause));
  }
}

/** Serves `/metrics`, `/healthz` and `/readyz` only. */
export async function serveHealth(
  address: { readonly host: string; readonly port: number },
  ports: ControlPorts,
): Promise<Result<Listening, string>> {
  const server = serverOf((request, response) => answerHealth(request, response, ports));
  const listening = await listen(server, address);
  if (!listening.ok) {
    return err(`cannot listen on ${address.host} port ${address.port}: ${listening.error}`);
  }
  return ok({ close: () => close(server) });
}

/** Milliseconds: who asks is near and knows what to ask. */
const headersTimeout = 5_000;
const requestTimeout = 10_000;
/** How often it is looked for such that took longer: each look wakes an agent that has nothing else to do. */
const connectionsCheckingInterval = 20_000;
/** Octets of request line and headers, and connections at once. */
const maxHeaderSize = 8_192;
const maxConnections = 64;

/** Nothing that is asked, however it is asked, may end or hold up the agent. */
function serverOf(
  answerTo: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Server {
  const options = {
    headersTimeout,
    requestTimeout,
    maxHeaderSize,
    connectionsCheckingInterval,
  };
  const server = createServer(options, (request, response) => {
    response.on('error', () => {});
    answerTo(request, response).catch((cause: unknown) => {
      const reason = cause instanceof Error ? cause.message : String(cause);
      if (response.headersSent) response.destroy();
      else send(response, 500, { error: `cannot answer: ${reason}` });
    });
  });
  server.maxConnections = maxConnections;
  return server;
}

function listen(
  server: Server,
  where: { readonly path: string } | { readonly host: string; readonly port: number },
): Promise<Result<void, string>> {
  return new Promise((resolve) => {
    server.once('error', (cause) => resolve(err(cause.message)));
    server.listen(where, () => resolve(ok(undefined)));
  });
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
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

/** `undefined` for what is no path, such as `//`. */
function urlOf(request: IncomingMessage): URL | undefined {
  const url = request.url ?? '/';
  return URL.canParse(url, 'http://agent') ? new URL(url, 'http://agent') : undefined;
}

async function answerHealth(
  request: IncomingMessage,
  response: ServerResponse,
  ports: ControlPorts,
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

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
