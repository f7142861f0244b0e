/** Asks a process of ours over its socket: for one answer, or for one that comes piece by piece. */

import type { IncomingMessage } from 'node:http';

import { err, ok, type Result } from '../base/result.ts';

// An import of it would load what implements WebSocket too, half the start of a command.
const { request } = process.getBuiltinModule('node:http');

/** Why a question over a socket has no answer. */
export interface Failure {
  readonly message: string;
  /** It was answered, and not done. */
  readonly isRefused: boolean;
  /** As of connect(2), or empty. */
  readonly code: string;
}

/** Milliseconds until an answer begins. */
const patience = 10_000;

export async function call(
  socketPath: string,
  method: string,
  path: string,
): Promise<Result<unknown, Failure>> {
  const answer = await open(socketPath, method, path);
  return answer.ok ? readJson(answer.value) : answer;
}

async function readJson(response: IncomingMessage): Promise<Result<unknown, Failure>> {
  try {
    return ok(JSON.parse(await textOf(response)));
  } catch (cause) {
    return err(failureOf(cause));
  }
}

/** The answer as it comes; nothing is read ahead of whoever reads it. One that is cut short throws. */
export function open(
  socketPath: string,
  method: string,
  path: string,
): Promise<Result<IncomingMessage, Failure>> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, method, path, timeout: patience }, (response) => {
      asked.setTimeout(0);
      if (response.statusCode === 200) return resolve(ok(response));
      textOf(response).then(
        (text) => resolve(err({ message: reasonIn(text), isRefused: true, code: '' })),
        (cause: unknown) => resolve(err(failureOf(cause))),
      );
    });
    asked.on('timeout', () => asked.destroy(new Error('it does not answer')));
    asked.on('error', (cause) => resolve(err(failureOf(cause))));
    asked.end();
  });
}

/** Each line of an answer, without its end. */
export async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  response.setEncoding('utf8');
  let rest = '';
  for await (const chunk of response) {
    const lines = `${rest}${String(chunk)}`.split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (rest !== '') yield rest;
}

async function textOf(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return text;
}

function failureOf(cause: unknown): Failure {
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return { message, isRefused: false, code };
}

/** Of a refusal in the form of `send` in api/control/http.ts; anything else as it is. */
function reasonIn(text: string): string {
  const found = /^\{"error":(".*")\}$/.exec(text.trim())?.[1];
  try {
    return found === undefined ? text.trim() : String(JSON.parse(found));
  } catch {
    return text.trim();
  }
}
