/** What must hold of any octets that arrive: no decoder throws, both layers agree, and values can be printed and written. */

import assert from 'node:assert/strict';
import { equalData } from '../../src/base/equal.ts';
import {
  copySpans,
  type DecodedMessage,
  decodeMessage,
  encodeMessage,
  formatFinding,
  formatMessage,
  formatMessageError,
  formatNotification,
  Framer,
  longestMessage,
  maxKeyLength,
  messageToJson,
  NlriCursor,
  notificationOf,
  resetFor,
  scanUpdate,
  setPartial,
  spansLength,
  type UpdateScan,
  UpdateWriter,
  type WireSession,
} from '../../src/protocols/bgp/index.ts';
import { checkMeaning, checkStreamOf } from './laws.ts';
import type { Ends } from './sessions.ts';

const key = new Uint8Array(maxKeyLength);
const cursor = new NlriCursor();

export type Outcome = 'accept' | 'withdraw' | 'refuse';

/** How much is tried: what a RIB does; also values, printed and written again; also all that can be done with these. */
export type Depth = 'octets' | 'values' | 'laws';

/** Throws where something does not hold. */
export function checkMessage(octets: Uint8Array, ends: Ends, depth: Depth): Outcome {
  const { session } = ends;
  const decoded = decodeMessage(octets, session);
  if (depth === 'laws') checkStreamOf(octets, session, decoded.ok);
  if (!decoded.ok) {
    assert.notEqual(decoded.error.reason, '');
    if (depth !== 'octets') formatNotification(notificationOf(decoded.error));
    if (depth !== 'octets') formatMessageError(decoded.error);
    return 'refuse';
  }
  const { value } = decoded;
  if ('findings' in value) checkScan(octets, ends, value.verdict, value.findings.length);
  if (depth !== 'octets') checkValue(octets, ends, value);
  if (depth === 'laws') checkMeaning(octets, value, ends);
  return 'verdict' in value ? value.verdict : 'accept';
}

function checkValue(octets: Uint8Array, ends: Ends, value: DecodedMessage): void {
  const findings = 'findings' in value ? value.findings : [];
  formatMessage(value.message);
  JSON.stringify(messageToJson(value.message));
  for (const each of findings) {
    formatFinding(each);
    formatMessageError(resetFor(each));
  }
  if (findings.length === 0) checkAgain(octets, ends);
}

function checkScan(octets: Uint8Array, ends: Ends, verdict: string, findings: number): void {
  const scan = scanUpdate(octets, 0, octets.length, ends.session);
  assert.equal(scan.verdict, verdict);
  assert.equal(scan.findings.length, findings);
  if (scan.verdict === 'reset') return;
  for (const range of [...scan.announced, ...scan.withdrawn]) {
    cursor.open(octets, range);
    let end = range.start;
    while (cursor.next()) {
      const keyEnd = range.family.nlri.writeKey(octets, cursor.start, cursor.end, key, 0);
      assert.ok(keyEnd > 0 && keyEnd <= maxKeyLength);
      end = cursor.end;
    }
    assert.equal(end, range.end);
  }
  if (verdict === 'accept') checkPacked(scan, ends);
}

/** What a RIB would pass on is accepted by whoever gets it. */
function checkPacked(scan: Exclude<UpdateScan, { verdict: 'reset' }>, ends: Ends): void {
  const { octets, attributes: spans } = scan;
  const attributes = new Uint8Array(spansLength(spans));
  copySpans(octets, spans, attributes, 0);
  if (scan.hasUnknown) setPartial(attributes, 0, attributes.length);
  for (const range of scan.announced) {
    const writer = new UpdateWriter(ends.peer, 4096);
    const nextHop = octets.subarray(range.nextHopStart, range.nextHopEnd);
    writer.announce(range.family, nextHop, attributes);
    cursor.open(octets, range);
    while (cursor.next()) {
      if (!writer.add(octets, cursor.start, cursor.end, cursor.pathId)) return;
    }
    checkStream(writer.take(), ends.session);
  }
}

function checkStream(octets: Uint8Array, session: WireSession): void {
  const framer = new Framer();
  framer.longest = longestMessage(session);
  framer.push(octets);
  while (framer.next()) {
    const scan = scanUpdate(framer.octets, framer.start, framer.end, session);
    assert.equal(scan.verdict, 'accept');
    assert.deepEqual(scan.findings, []);
  }
  assert.equal(framer.error, undefined);
}

/**
 * A value that nothing was wrong with comes back when it is written and read. Not over AS numbers of two octets: AS4_PATH has
 * no place for a confederation behind other ASes (RFC 6793 §4.2.2), which is none that could be but which octets can say.
 */
function checkAgain(octets: Uint8Array, { session, peer }: Ends): void {
  if (!session.fourOctetAs) return;
  const { message } = must(decodeMessage(octets, session));
  const again = encodeMessage(message, peer);
  if (!again.ok) return;
  const decoded = must(decodeMessage(again.value, session)).message;
  if (!equalData(decoded, message)) assert.deepEqual(decoded, message);
}

function must<T>(result: { ok: true; value: T } | { ok: false; error: unknown }): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}
