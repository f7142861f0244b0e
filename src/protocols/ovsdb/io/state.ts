/**
 * How it stands with the connection, as a value: each state carries what belongs to it and nothing
 * else.
 */

import type { Endpoint } from '../../../net/endpoint.ts';
import type { Reading } from './content.ts';
import type { Reason } from './reason.ts';
import type { ServerRole } from './server-database.ts';

/** `since` is a time of the clock that the client was given, in milliseconds. */
export type DatabaseState =
  | { readonly name: 'connecting'; readonly since: number; readonly endpoint: Endpoint }
  /** Connected to a suitable server; the content is being read. */
  | { readonly name: 'syncing'; readonly since: number; readonly endpoint: Endpoint }
  /** The content is the server's, and follows it. */
  | {
      readonly name: 'synced';
      readonly since: number;
      readonly endpoint: Endpoint;
      readonly reading: Reading;
      /** Nothing where the server does not tell (Open vSwitch before 2.9). */
      readonly role: ServerRole | undefined;
    }
  /** The content is the last one heard. The next attempt is made at `retryAt`. */
  | {
      readonly name: 'down';
      readonly since: number;
      readonly reason: Reason;
      readonly retryAt: number;
    }
  | { readonly name: 'closed'; readonly since: number };
