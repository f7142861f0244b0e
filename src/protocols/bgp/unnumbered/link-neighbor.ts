/**
 * Which router of a link is the neighbour: the first that is heard, as long as it is. A link of a fabric has one; where there
 * are several, whoever comes later does not take the place of a living one. Pure.
 */

import { equalIp, type Ip } from '../../../net/ip.ts';

export class LinkNeighbor {
  readonly #patience: number;
  #ip: Ip | undefined;
  #heardAt = 0;

  /** `patience`: milliseconds of silence after which another may be the neighbour. */
  constructor(patience: number) {
    this.#patience = patience;
  }

  get ip(): Ip | undefined {
    return this.#ip;
  }

  /** Takes in who was heard, and says what that means. */
  hear(ip: Ip, now: number): 'known' | 'new' | 'other' {
    const isKnown = this.#ip !== undefined && equalIp(this.#ip, ip);
    const isTaken = this.#ip !== undefined && now - this.#heardAt < this.#patience;
    if (!isKnown && isTaken) return 'other';
    this.#ip = ip;
    this.#heardAt = now;
    return isKnown ? 'known' : 'new';
  }
}
