/** Why a conversation with a daemon came to nothing, and, apart from it, that the daemon refused a line. */

import { assertNever } from '../../../base/assert-never.ts';
import { formatIssue, type Issue } from '../../../base/issue.ts';
import { formatReply, type Reply } from '../wire/reply.ts';

/** How a session ended. */
export interface VtyClosed {
  readonly cause:
    | 'asked' // by `close()`
    | 'ended' // the daemon closed it: it stops, crashed or restarts
    | 'silent' // a command was not answered in time
    | 'garbled' // what came was no reply
    | 'failed'; // the socket reported an error
  readonly detail: string;
}

export type VtyError =
  /** The line cannot be sent, nothing was. */
  | { readonly kind: 'unsendable'; readonly command: string; readonly issue: Issue }
  /** No connection. `code` as of connect(2): ENOENT or ECONNREFUSED: not running, EACCES: not in group frrvty. */
  | { readonly kind: 'unreachable'; readonly path: string; readonly code: string }
  /** The session is over. Whether the daemon carried the command out is unknown. */
  | { readonly kind: 'closed'; readonly path: string; readonly why: VtyClosed };

/** A line that the daemon answered and did not carry out. */
export interface VtyRefused {
  readonly kind: 'refused';
  readonly path: string;
  readonly command: string;
  readonly reply: Reply;
}

export function formatVtyError(error: VtyError | VtyRefused): string {
  switch (error.kind) {
    case 'unsendable':
      return `cannot send '${error.command}': ${formatIssue(error.issue)}`;
    case 'unreachable':
      return `cannot reach ${error.path}: ${formatConnectCode(error.code)}`;
    case 'closed':
      return `lost ${error.path}: ${error.why.detail}`;
    case 'refused':
      return `${error.path} refused '${error.command}': ${formatReply(error.reply)}`;
    default:
      return assertNever(error);
  }
}

function formatConnectCode(code: string): string {
  switch (code) {
    case 'ENOENT':
      return 'there is no such socket; is the daemon enabled in /etc/frr/daemons and running?';
    case 'ECONNREFUSED':
      return 'nobody listens; the daemon is not running';
    case 'EACCES':
      return 'permission denied; join group frrvty';
    default:
      return code;
  }
}
