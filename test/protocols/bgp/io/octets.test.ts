/** Whatever octets a peer sends, in whatever pieces: nothing throws, and what ends a connection is said. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';

import { unwrap } from '../../../../src/base/result.ts';
import {
  encodeMessage,
  keepalive,
  type Message,
  Speaker,
  wireSession,
} from '../../../../src/protocols/bgp/index.ts';
import { openOfB, settingsOfA } from '../session/settings.ts';
import { ip } from './pair.ts';
import { Recorder } from './recorder.ts';
import { FakeTransport, VirtualTimers } from './virtual-time.ts';

const octetsOf = (message: Message): Uint8Array => unwrap(encodeMessage(message, wireSession()));

/** A message of any type with any body, the header of which is right or nearly so. */
const nearMessage = fc
  .tuple(
    fc.integer({ min: 0, max: 6 }),
    fc.uint8Array({ maxLength: 60 }),
    fc.integer({ min: -1, max: 1 }),
  )
  .map(([type, body, slip]) => {
    const length = 19 + body.length + (slip === 0 ? 0 : slip);
    return Uint8Array.from([...Array.from({ length: 16 }, () => 0xff), 0, length, type, ...body]);
  });

const piece = fc.oneof(
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 100 }) },
  { weight: 3, arbitrary: nearMessage },
  { weight: 2, arbitrary: fc.constantFrom(octetsOf(keepalive), octetsOf(openOfB())) },
);

test('any octets, before the OPEN or after it', () => {
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.array(piece, { maxLength: 10 }),
      fc.nat(40),
      (isUp, pieces, cut) => {
        const [timers, transport, handler] = [
          new VirtualTimers(),
          new FakeTransport(),
          new Recorder(),
        ];
        const speaker = new Speaker({ timers, transport, random: () => 0 });
        const remote = { ip: ip('10.0.0.2') };
        const peer = unwrap(speaker.add({ remote, settings: settingsOfA(), handler }));
        peer.start();
        const stream = transport.last;
        stream.connect();
        if (isUp) stream.arrive(openOfB(), keepalive);
        const octets = Buffer.concat(pieces);
        stream.arriveOctets(octets.subarray(0, cut));
        if (!stream.isClosed) stream.arriveOctets(octets.subarray(cut));
        // A connection that was ended by us has said why.
        if (stream.isClosed && peer.status.lastReason?.kind === 'sent') {
          assert.match(stream.sent.at(-1) ?? '', /^NOTIFICATION /);
        }
        assert.equal(handler.session !== undefined, peer.status.state === 'Established');
        speaker.abandon();
        assert.equal(timers.running, 0);
      },
    ),
    { numRuns: 2000 },
  );
});
