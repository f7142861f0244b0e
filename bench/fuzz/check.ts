/** What must hold of any octets that arrive: no decoder throws, both layers agree, and values can be printed and written. */

import assert from 'node:assert/strict';
import { equalData } from '../../src/base/equal.ts';
import {
  decodeMessage,
  encodeMessage,
  formatFinding,
  formatMessage,
  formatMessageError,
  Framer,
  longestMessage,
  maxKeyLength,
  messageToJson,
  NlriCursor,
  scanUpdate,
  type UpdateScan,
  UpdateWriter,
  copySpans,
  spansLength,
  type WireSession,
} from '../../src/protocols/bgp/index.ts';

const key = new Uint8Array(maxKeyLength);
const cursor = new NlriCursor();

export type Outcome = 'accept' | 'withdraw' | 'refuse';

/** `whole`: also what is slow, printing and writing again. Throws where something does not hold. */
export function checkMessage(octets: Uint8Array, session: WireSession, whole: boolean): Outcome {
  const decoded = decodeMessage(octets, session);
  if (!decoded.ok) {
    assert.notEqual(decoded.error.reason, '');
    if (whole) formatMessageError(decoded.error);
    return 'refuse';
  }
  const { value } = decoded;
  const findings = 'findings' in value ? value.findings : [];
  if ('findings' in value) checkScan(octets, session, value.verdict, findings.length);
  if (whole) {
    formatMessage(value.message);
    JSON.stringify(messageToJson(value.message));
    findings.forEach(formatFinding);
    if (findings.length === 0) checkAgain(octets, session);
  }
  return 'verdict' in value ? value.verdict : 'accept';
}

function checkScan(
  octets: Uint8Array,
  session: WireSession,
  verdict: string,
  findings: number,
): void {
  const scan = scanUpdate(octets, 0, octets.length, session);
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
  if (verdict === 'accept') checkPacked(scan, session);
}

/** What a RIB would pass on is accepted by whoever gets it. */
function checkPacked(scan: Exclude<UpdateScan, { verdict: 'reset' }>, session: WireSession): void {
  const { octets, attributes: spans } = scan;
  const attributes = new Uint8Array(spansLength(spans));
  copySpans(octets, spans, attributes, 0);
  for (const range of scan.announced) {
    const writer = new UpdateWriter(session, 4096);
    const nextHop = octets.subarray(range.nextHopStart, range.nextHopEnd);
    writer.announce(range.family, nextHop, attributes);
    cursor.open(octets, range);
    while (cursor.next()) {
      if (!writer.add(octets, cursor.start, cursor.end, cursor.pathId)) return;
    }
    checkStream(writer.take(), session);
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
function checkAgain(octets: Uint8Array, session: WireSession): void {
  if (!session.fourOctetAs) return;
  const { message } = must(decodeMessage(octets, session));
  const again = encodeMessage(message, session);
  if (!again.ok) return;
  const decoded = must(decodeMessage(again.value, session)).message;
  if (!equalData(decoded, message)) assert.deepEqual(decoded, message);
}

function must<T>(result: { ok: true; value: T } | { ok: false; error: unknown }): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}
