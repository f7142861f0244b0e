/** Asks a process of ours over its socket. */

import { request } from 'node:http';

import { err, ok, type Result } from '../base/result.ts';

/** Why a question over a socket has no answer. */
export interface Failure {
  readonly message: string;
  /** It was answered, and not done. */
  readonly isRefused: boolean;
  /** As of connect(2), or empty. */
  readonly code: string;
}

export function call(
  socketPath: string,
  method: string,
  path: string,
): Promise<Result<unknown, Failure>> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, method, path, timeout: 10_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        if (response.statusCode === 200) resolve(ok(JSON.parse(text)));
        else resolve(err({ message: text.trim(), isRefused: true, code: '' }));
      });
    });
    asked.on('timeout', () => asked.destroy(new Error('it does not answer')));
    asked.on('error', (cause) => {
      const code = 'code' in cause ? String(cause.code) : '';
      resolve(err({ message: cause.message, isRefused: false, code }));
    });
    asked.end();
  });
}
