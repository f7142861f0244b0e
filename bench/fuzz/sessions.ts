/**
 * What messages are decoded under: the sessions of the generators, and absurd ones, in which any family may be missing and
 * path identifiers go one way only. The same list each time, so that an index names one.
 */

import fc from 'fast-check';
import {
  type FamilyOptions,
  familyNames,
  type SessionOptions,
  type WireSession,
  wireSession,
} from '../../src/protocols/bgp/index.ts';
import { sessions } from '../../test/protocols/bgp/values.ts';

export interface Ends {
  readonly session: WireSession;
  /** The same session as the other end has it. */
  readonly peer: WireSession;
}

const absurdCount = 50;

const anyFamily: fc.Arbitrary<FamilyOptions> = fc.record({
  family: fc.constantFrom(...familyNames),
  receivePathIds: fc.boolean(),
  sendPathIds: fc.boolean(),
  extendedNextHop: fc.boolean(),
});

const absurd: fc.Arbitrary<SessionOptions> = fc.record({
  peer: fc.constantFrom('internal', 'external', 'confederation'),
  fourOctetAs: fc.boolean(),
  extendedMessage: fc.boolean(),
  families: fc.uniqueArray(anyFamily, { selector: ({ family }) => family, maxLength: 6 }),
});

function otherEnd(session: WireSession): WireSession {
  const turned = [...session.families].map(
    ([number, { receivePathIds, sendPathIds, ...rest }]) =>
      [number, { ...rest, receivePathIds: sendPathIds, sendPathIds: receivePathIds }] as const,
  );
  return { ...session, families: new Map(turned) };
}

export const everySession: readonly Ends[] = [
  ...sessions,
  wireSession({ fourOctetAs: true }),
  // The first AS of a path, in two octets and in four: those of `directed.ts`.
  wireSession({ peer: 'external', firstAs: 0x11170 }),
  wireSession({ peer: 'external', firstAs: 0x5ba0, fourOctetAs: true }),
  ...fc.sample(absurd, { numRuns: absurdCount, seed: 1 }).map(wireSession),
].map((session) => ({ session, peer: otherEnd(session) }));
