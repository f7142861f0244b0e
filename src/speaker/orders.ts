/** What an operator may have done to a peer of a running speaker. Holds until it is restarted, or the peer's file changes. */

import type { BgpOrderView } from '../api/contract/bgp.ts';
import { err, ok, type Result } from '../base/result.ts';
import type { Peer } from '../protocols/bgp/index.ts';
import { findPeer } from './peers.ts';
import type { SpeakerProcess } from './process.ts';

type Order = (
  of: SpeakerProcess,
  peer: Peer,
  query: URLSearchParams,
) => Result<BgpOrderView, string>;

/** To the peer that `peer` names. */
function toPeer(order: Order) {
  return (of: SpeakerProcess, query: URLSearchParams): Result<BgpOrderView, string> => {
    const found = findPeer(of, query.get('peer') ?? '');
    return found.ok ? order(of, found.value, query) : found;
  };
}

/** Ends the session and begins anew; `soft=in` asks for the peer's routes again, `soft=out` tells it ours. */
export const resetPeer = toPeer((of, peer, query) => {
  const soft = query.get('soft');
  if (soft !== null) return refreshPeer(of, peer, soft);
  const words = wordsIn(query);
  if (!words.ok) return words;
  peer.reset({ words: words.value });
  return ok({ done: `${peer.name} is reset` });
});

function refreshPeer(of: SpeakerProcess, peer: Peer, soft: string): Result<BgpOrderView, string> {
  const routes = of.routesOf(peer);
  if (soft !== 'in' && soft !== 'out') return err(`soft is 'in' or 'out', not '${soft}'`);
  if (peer.status.negotiated === undefined || routes === undefined) {
    return err(`${peer.name} has no session; it is ${peer.status.state}`);
  }
  if (soft === 'out') {
    routes.tellAgain();
    return ok({ done: `${peer.name} is told all routes again` });
  }
  if (routes.askAgain()) return ok({ done: `${peer.name} is asked for all its routes again` });
  return err(`${peer.name} cannot be asked (no Route Refresh, RFC 2918); reset it without --soft`);
}

export const shutdownPeer = toPeer((of, peer, query) => {
  if (of.isGuest(peer)) {
    return err(
      `${peer.name} has come from a range and would be back at once; give it a [[peer]] with shutdown = true`,
    );
  }
  const words = wordsIn(query);
  if (!words.ok) return words;
  peer.stop(words.value);
  return ok({ done: `${peer.name} is shut down, until 'selvedge bgp start ${peer.name}'` });
});

export const startPeer = toPeer((_of, peer) => {
  peer.start();
  return ok({ done: `${peer.name} is started` });
});

/** RFC 9003 §2: the length of the words is told in one octet. */
const mostWords = 255;

/** To the administrator of the peer. */
function wordsIn(query: URLSearchParams): Result<string, string> {
  const words = query.get('message') ?? '';
  const length = new TextEncoder().encode(words).length;
  if (length <= mostWords) return ok(words);
  return err(`the message has ${length} octets; RFC 9003 has room for ${mostWords}`);
}
