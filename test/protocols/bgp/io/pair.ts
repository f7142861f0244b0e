/** Two speakers of ours on loopback, A on 127.0.0.1 and B on 127.0.0.2 unless said, each with the other as its peer. */

import type { TestContext } from 'node:test';

import { unwrap } from '../../../../src/base/result.ts';
import { type Ip, parseIp } from '../../../../src/net/ip.ts';
import {
  type ConnectionSettings,
  type Peer,
  type PeerOptions,
  Speaker,
  type SpeakerOptions,
} from '../../../../src/protocols/bgp/index.ts';
import { settingsOfA, settingsOfB } from '../session/settings.ts';
import { Recorder } from './recorder.ts';

export const ip = (text: string): Ip => unwrap(parseIp(text));

export interface End {
  readonly speaker: Speaker;
  readonly peer: Peer;
  readonly handler: Recorder;
  readonly port: number;
}

export interface EndOptions {
  readonly address?: string;
  readonly settings?: Partial<PeerOptions>;
  readonly connection?: Partial<ConnectionSettings>;
  readonly speaker?: SpeakerOptions;
}

/** Neither has begun; both end with the test. */
export function makePair(
  t: TestContext,
  a: EndOptions = {},
  b: EndOptions = {},
): { a: End; b: End } {
  const addresses = [a.address ?? '127.0.0.1', b.address ?? '127.0.0.2'] as const;
  const speakers = [new Speaker(a.speaker), new Speaker(b.speaker)] as const;
  t.after(() => {
    for (const speaker of speakers) speaker.abandon();
  });
  const ports = speakers.map(
    (speaker, i) => unwrap(speaker.listen({ ip: ip(addresses[i] ?? ''), port: 0 })).port,
  );
  const end = (mine: 0 | 1): End => {
    const other = mine === 0 ? 1 : 0;
    const options = mine === 0 ? a : b;
    const handler = new Recorder();
    const peer = unwrap(
      speakers[mine].add({
        name: mine === 0 ? 'b' : 'a',
        remote: { ip: ip(addresses[other]) },
        settings: (mine === 0 ? settingsOfA : settingsOfB)(options.settings),
        connection: {
          port: ports[other] ?? 0,
          source: { ip: ip(addresses[mine]) },
          ...options.connection,
        },
        handler,
      }),
    );
    return { speaker: speakers[mine], peer, handler, port: ports[mine] ?? 0 };
  };
  return { a: end(0), b: end(1) };
}

export function startBoth({ a, b }: { readonly a: End; readonly b: End }): void {
  a.peer.start();
  b.peer.start();
}
