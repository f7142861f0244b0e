/** The three kinds of JSON-RPC 1.0 message, RFC 7047 §4: told apart, nothing more. */

import type { SlicedRow } from './slicer.ts';
import { isObject } from './schema.ts';

export type RpcMessage =
  | {
      readonly kind: 'request';
      readonly id: unknown;
      readonly method: string;
      readonly params: unknown;
    }
  | {
      readonly kind: 'notification';
      readonly method: string;
      readonly params: readonly unknown[];
      readonly rows: readonly SlicedRow[];
    }
  | { readonly kind: 'reply'; readonly id: unknown; readonly reply: RpcReply };

/** `error` is null in success; anything else is the server's word for what is wrong. */
export interface RpcReply {
  readonly result: unknown;
  readonly error: unknown;
  readonly rows: readonly SlicedRow[];
}

/** Nothing for JSON that is none of the three. */
export function readMessage(json: unknown, rows: readonly SlicedRow[]): RpcMessage | undefined {
  if (!isObject(json)) return undefined;
  const { method, params, id, result, error } = json;
  if (typeof method === 'string') {
    if (id !== null && id !== undefined) return { kind: 'request', id, method, params };
    return { kind: 'notification', method, params: Array.isArray(params) ? params : [], rows };
  }
  if (id === undefined || id === null) return undefined;
  return { kind: 'reply', id, reply: { result, error: error ?? null, rows } };
}

/** The error of a reply as text: servers send a string, or an object with `error` and `details`. */
export function formatRpcError(error: unknown): string {
  if (typeof error === 'string') return error;
  if (!isObject(error)) return JSON.stringify(error) ?? 'unknown';
  const parts = [error['error'], error['details']].filter((part) => typeof part === 'string');
  return parts.length > 0 ? parts.join(': ') : JSON.stringify(error);
}
