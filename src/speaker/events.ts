/**
 * What changes in a speaker, as a stream: the best paths of routes, and the states of peers. A reader is told the last state
 * of what has changed since he last took something; nothing is queued for him but the names of peers.
 */

import type { BgpEvent } from '../api/contract/bgp.ts';
import { err, ok, type Result } from '../base/result.ts';
import {
  attributesToJson,
  type BestPath,
  type Change,
  familyNames,
  formatNextHop,
  formatReason,
  formatRd,
  type Peer,
  type Watch,
} from '../protocols/bgp/index.ts';
import type { SpeakerProcess } from './process.ts';

/** Events of one portion. */
const portion = 128;

/** NDJSON of `BgpEvent`; ends when `until` is aborted. */
export function eventPortions(
  of: SpeakerProcess,
  query: URLSearchParams,
  until: AbortSignal,
): Result<AsyncIterable<string>, string> {
  const held = [...of.routing.ribs.values()].map(({ family }) => family.name);
  const word = query.get('family');
  const family = familyNames.find((each) => each === word);
  if (word !== null && (family === undefined || !held.includes(family))) {
    return err(`'${word}' is no family that is held here; there are ${held.join(', ')}`);
  }
  const from = query.has('from-now') ? 'now' : 'beginning';
  return ok(new Events(of, family === undefined ? held : [family], from).portions(until));
}

class Events {
  readonly #of: SpeakerProcess;
  readonly #watches: readonly Watch[];
  /** Whose state is to be told. */
  readonly #peers: Set<Peer>;
  #isCurrent = false;
  #wake: () => void = () => {};

  constructor(
    of: SpeakerProcess,
    followed: readonly (typeof familyNames)[number][],
    from: 'beginning' | 'now',
  ) {
    this.#of = of;
    this.#watches = followed.flatMap((name) => of.routing.follow(name, from) ?? []);
    this.#peers = new Set(from === 'beginning' ? of.speaker.peers : []);
  }

  async *portions(until: AbortSignal): AsyncGenerator<string> {
    const { routing } = this.#of;
    const wake = (): void => this.#wake();
    const ends = [
      routing.onTurn(wake),
      this.#of.listen((peer) => {
        this.#peers.add(peer);
        wake();
      }),
    ];
    until.addEventListener('abort', wake, { once: true });
    try {
      while (!until.aborted) {
        const events = this.#take();
        if (events.length > 0) yield events.map((each) => `${JSON.stringify(each)}\n`).join('');
        else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      for (const end of ends) end();
      for (const watch of this.#watches) routing.unfollow(watch);
    }
  }

  #take(): readonly BgpEvent[] {
    const time = new Date().toISOString();
    const events: BgpEvent[] = [...this.#peers].slice(0, portion).map((peer) => {
      this.#peers.delete(peer);
      return peerEvent(time, peer);
    });
    for (const watch of this.#watches) {
      while (events.length < portion && watch.hasNews) {
        const change = watch.next();
        if (change !== undefined) events.push(this.#routeEvent(time, watch, change));
      }
    }
    if (!this.#isCurrent && this.#watches.every(({ isCurrent }) => isCurrent)) {
      this.#isCurrent = true;
      events.push({ event: 'current', time });
    }
    return events;
  }

  #routeEvent(time: string, { family }: Watch, { best, route, text }: Change): BgpEvent {
    const rd = family.nlri.rd?.(route);
    return {
      event: 'route',
      time,
      family: family.name,
      route: text,
      rd: rd === undefined ? undefined : formatRd(rd),
      best: best === undefined ? null : this.#best(best),
    };
  }

  #best({ attributes, from, nextHop }: BestPath) {
    return {
      from: this.#of.nameOf(from.id),
      nextHop: formatNextHop(nextHop),
      attributes: attributesToJson(attributes),
    };
  }
}

function peerEvent(time: string, { name, status }: Peer): BgpEvent {
  const { admin, lastReason, state } = status;
  return {
    event: 'peer',
    time,
    peer: name,
    state,
    admin,
    lastReason: lastReason === undefined ? undefined : formatReason(lastReason),
  };
}
