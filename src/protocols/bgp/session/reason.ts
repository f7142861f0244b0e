/** Why a connection was closed. Every close has one; it decides what becomes of the routes, and operators read it. */

import { assertNever } from '../../../base/assert-never.ts';
import { formatErrorCode, type MessageError } from '../wire/error.ts';
import { formatNotification, type Notification, notificationOf } from '../wire/notification.ts';

export type Reason =
  /** We ended it, and told why. `detail` is empty where the notification says all. */
  | { readonly kind: 'sent'; readonly notification: Notification; readonly detail: string }
  /** The peer ended it, and told why. */
  | { readonly kind: 'received'; readonly notification: Notification }
  /** TCP ended, or could not be had. */
  | { readonly kind: 'lost'; readonly detail: string }
  /** The peer has restarted, and stands before the door again: RFC 4724 §5. */
  | { readonly kind: 'restarted' }
  /** We ended it without a word, so that the peer keeps our routes, or because nothing was said yet. */
  | { readonly kind: 'left'; readonly detail: string };

export function sent(notification: Notification, detail = ''): Reason {
  return { kind: 'sent', notification, detail };
}

export function sentFor(error: MessageError): Reason {
  return sent(notificationOf(error), `${error.reason} (${error.rfc})`);
}

/** `sent OPEN Message Error/Bad Peer AS: 65002 is not 65001`, for logs and lists. */
export function formatReason(reason: Reason): string {
  switch (reason.kind) {
    case 'sent': {
      const { code, subcode } = reason.notification;
      return reason.detail === ''
        ? `sent ${formatNotification(reason.notification)}`
        : `sent ${formatErrorCode(code, subcode)}: ${reason.detail}`;
    }
    case 'received':
      return `received ${formatNotification(reason.notification)}`;
    case 'lost':
      return `connection lost: ${reason.detail}`;
    case 'restarted':
      return 'the peer has restarted';
    case 'left':
      return reason.detail;
    default:
      return assertNever(reason);
  }
}
