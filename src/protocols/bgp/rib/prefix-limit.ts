/**
 * How many routes a peer may announce: counted by what is held of it, so that one UPDATE is the most that is ever too many.
 * RFC 4271 §6.7, RFC 4486 §4. Ends no session itself: it returns the error that does.
 */

import { Writer } from '../../../base/bytes.ts';
import type { MessageError } from '../wire/error.ts';
import { type AddressFamily, families, type FamilyName } from '../wire/family.ts';
import { cease, hardReset } from '../wire/notification.ts';
import { CEASE } from '../wire/numbers.ts';
import type { Session } from '../session/handler.ts';

export interface PrefixLimit {
  /** Paths that are held of the peer at most. */
  readonly most: number;
  /** The number at which its operator is warned. */
  readonly warnAt: number;
  /** What becomes of a session with more: it ends, or its operator is told only. */
  readonly action: 'reset' | 'warn';
}

export interface LimitPorts {
  readonly limits: ReadonlyMap<FamilyName, PrefixLimit>;
  /** How many there are now. */
  readonly countOf: (family: AddressFamily) => number;
  readonly near: (family: FamilyName, count: number, limit: PrefixLimit) => void;
}

/** Of one session. */
export class PrefixLimits {
  readonly #ports: LimitPorts;
  readonly #session: Session;
  /** What was warned of: once on the way up, and once more beyond the limit. */
  readonly #warned = new Map<FamilyName, number>();

  constructor(session: Session, ports: LimitPorts) {
    this.#session = session;
    this.#ports = ports;
  }

  /** After each UPDATE: what ends the session, if anything does. */
  check(): MessageError | undefined {
    for (const [name, limit] of this.#ports.limits) {
      const family = families[name];
      const count = this.#ports.countOf(family);
      if (count > limit.most && limit.action === 'reset') return this.#exceeded(family, limit.most);
      this.#warn(name, count, limit);
    }
    return undefined;
  }

  #warn(name: FamilyName, count: number, limit: PrefixLimit): void {
    const level = count > limit.most ? 2 : count >= limit.warnAt ? 1 : 0;
    const before = this.#warned.get(name) ?? 0;
    this.#warned.set(name, level);
    if (level > before) this.#ports.near(name, count, limit);
  }

  /**
   * RFC 4486 §4: the data are the family and the limit. A hard reset where both sides would otherwise keep the routes over
   * it, RFC 8538 §3: they are what there is too much of.
   */
  #exceeded({ afi, safi, name }: AddressFamily, most: number): MessageError {
    const writer = new Writer();
    writer.u16(afi).u8(safi).u32(most);
    const plain = { ...cease(CEASE.maxPrefixes), data: writer.finish().slice() };
    const { local, remote } = this.#session.negotiated.restart;
    const isKept = local?.notification === true && remote?.notification === true;
    const { code, subcode, data } = isKept ? hardReset(plain) : plain;
    return {
      code,
      subcode,
      data,
      reason: `more than ${most} routes of ${name}; raise max_prefixes if they are wanted`,
      rfc: 'RFC 4486 §4',
    };
  }
}
