/** Why a request failed, as a value: the kernel's errno by name, and its own words where it has any. */

import type { Answer } from './message.ts';

export interface NetlinkError {
  /** `EEXIST`, `ENODEV`, ... as the kernel names it, or one of the four of this library below. */
  readonly code: string;
  /** 0 for the codes of this library. */
  readonly errno: number;
  /** A sentence: what was asked, and the reason. */
  readonly message: string;
  /** The kernel's extended ACK, empty when it gave none. */
  readonly kernelText: string;
  /** Where in the request the refused attribute starts, in octets from the message header. */
  readonly attributeOffset?: number;
  /** The number of the attribute that is missing. */
  readonly missingAttribute?: number;
}

/** Failures that are not the kernel's refusal of a request. In each the outcome is unknown: dump and look. */
export const ownErrors = {
  TIMED_OUT: 'the kernel did not answer in time',
  DUMP_INTERRUPTED: 'the objects kept changing while they were dumped',
  MALFORMED: 'the kernel sent octets that do not add up',
  CLOSED: 'the socket is closed',
} as const;

/** asm-generic/errno.h, those that rtnetlink and sockets give. */
const errnoNames: { readonly [errno: number]: string | undefined } = {
  1: 'EPERM',
  2: 'ENOENT',
  3: 'ESRCH',
  4: 'EINTR',
  5: 'EIO',
  6: 'ENXIO',
  7: 'E2BIG',
  9: 'EBADF',
  11: 'EAGAIN',
  12: 'ENOMEM',
  13: 'EACCES',
  14: 'EFAULT',
  16: 'EBUSY',
  17: 'EEXIST',
  19: 'ENODEV',
  22: 'EINVAL',
  23: 'ENFILE',
  24: 'EMFILE',
  28: 'ENOSPC',
  33: 'EDOM',
  34: 'ERANGE',
  36: 'ENAMETOOLONG',
  40: 'ELOOP',
  61: 'ENODATA',
  75: 'EOVERFLOW',
  76: 'ENOTUNIQ',
  90: 'EMSGSIZE',
  92: 'ENOPROTOOPT',
  93: 'EPROTONOSUPPORT',
  95: 'EOPNOTSUPP',
  96: 'EPFNOSUPPORT',
  97: 'EAFNOSUPPORT',
  98: 'EADDRINUSE',
  99: 'EADDRNOTAVAIL',
  100: 'ENETDOWN',
  101: 'ENETUNREACH',
  105: 'ENOBUFS',
  106: 'EISCONN',
  107: 'ENOTCONN',
  110: 'ETIMEDOUT',
  113: 'EHOSTUNREACH',
  114: 'EALREADY',
};

export function errnoName(errno: number): string {
  return errnoNames[errno] ?? `E${errno}`;
}

/** `what` is the request in words, as `create link`. */
export function refused(what: string, answer: Answer): NetlinkError {
  const { errno, text, ...where } = answer;
  const code = errnoName(errno);
  const reason = text === '' ? code : `${code}, ${text}`;
  return { code, errno, message: `cannot ${what}: ${reason}`, kernelText: text, ...where };
}

export function failed(what: string, code: keyof typeof ownErrors): NetlinkError {
  const message = `cannot ${what}: ${ownErrors[code]}`;
  return { code, errno: 0, message, kernelText: '' };
}

export function formatNetlinkError(error: NetlinkError): string {
  const { attributeOffset: at, missingAttribute: missing } = error;
  const where = at === undefined ? '' : ` (attribute at octet ${at})`;
  const lacking = missing === undefined ? '' : ` (attribute ${missing} is missing)`;
  return `${error.message}${where}${lacking}`;
}
