/** The peers that are known by their link only: each is looked for there, and told about us. Decides nothing of sessions. */

import type { Log } from '../base/ports.ts';
import type { IfName } from '../net/if-name.ts';
import { type Peer, RouterDiscovery } from '../protocols/bgp/index.ts';

export class Unnumbered {
  readonly #log: Log;
  readonly #known = new Map<Peer, RouterDiscovery>();

  constructor(log: Log) {
    this.#log = log;
  }

  follow(peer: Peer, link: IfName): void {
    const discovery = new RouterDiscovery({
      link,
      log: this.#log,
      found: (ip) => peer.locate({ ip, link }),
    });
    this.#known.set(peer, discovery);
    discovery.start();
  }

  forget(peer: Peer): void {
    this.#known.get(peer)?.close();
    this.#known.delete(peer);
  }

  close(): void {
    for (const peer of this.#known.keys()) this.forget(peer);
  }
}
