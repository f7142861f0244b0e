/**
 * HTTP on a socket of this node, for the commands of `selvedge`: a Unix socket that only its group may open, and what keeps
 * a bad question from holding up who answers.
 */

import { chmod, rm } from 'node:fs/promises';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';

import { err, ok, type Result } from '../../base/result.ts';

// An `import` of it would run all its getters, and one of them loads a second HTTP client: half a second on a slow node.
const { createServer } = process.getBuiltinModule('node:http');

export interface Listening {
  close(): Promise<void>;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** An old socket file of a run that died is replaced. */
export async function serveOnSocket(
  path: string,
  remedy: string,
  answer: Answer,
): Promise<Result<Listening, string>> {
  const refuse = (reason: string): Result<Listening, string> =>
    err(`cannot listen on ${path}: ${reason}; ${remedy}`);
  const server = serverOf(answer);
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

/** Milliseconds: who asks is near and knows what to ask. */
const headersTimeout = 5_000;
const requestTimeout = 10_000;
/** How often it is looked for such that took longer: each look wakes an agent that has nothing else to do. */
const connectionsCheckingInterval = 20_000;
/** Octets of request line and headers, and connections at once. */
const maxHeaderSize = 8_192;
const maxConnections = 64;

/** Nothing that is asked, however it is asked, may end or hold up the agent. */
export function serverOf(answerTo: Answer): Server {
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

export function listen(
  server: Server,
  where: { readonly path: string } | { readonly host: string; readonly port: number },
): Promise<Result<void, string>> {
  return new Promise((resolve) => {
    server.once('error', (cause) => resolve(err(cause.message)));
    server.listen(where, () => resolve(ok(undefined)));
  });
}

export function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

/** `undefined` for what is no path, such as `//`. */
export function urlOf(request: IncomingMessage): URL | undefined {
  const url = request.url ?? '/';
  return URL.canParse(url, 'http://agent') ? new URL(url, 'http://agent') : undefined;
}

export function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}

export type Portion = string | Uint8Array;

/** Milliseconds for which a reader may take nothing: what it has not read keeps others from forgetting. */
const standstill = 60_000;

/**
 * Sends one portion after the other, the next one when the reader has taken most of what came before and others had their
 * turn. Ends the connection of a reader that stands still; then, and when the reader goes, no further portion is asked for.
 */
export async function sendPortions(
  response: ServerResponse,
  contentType: string,
  portions: AsyncIterable<Portion>,
  patience = standstill,
): Promise<void> {
  response.writeHead(200, { 'content-type': contentType });
  // So that the reader knows at once that it is heard, and not with the first change of a quiet table.
  response.flushHeaders();
  for await (const portion of portions) {
    if (!response.write(portion)) await drained(response, patience);
    else await new Promise((resolve) => setImmediate(resolve));
    if (response.destroyed) return;
  }
  response.end();
}

function drained(response: ServerResponse, patience: number): Promise<void> {
  return new Promise((resolve) => {
    if (response.destroyed) return resolve();
    const timer = setTimeout(() => response.destroy(), patience);
    const finish = (): void => {
      clearTimeout(timer);
      response.off('drain', finish).off('close', finish);
      resolve();
    };
    response.on('drain', finish).on('close', finish);
  });
}
