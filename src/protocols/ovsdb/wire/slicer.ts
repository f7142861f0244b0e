/**
 * Finds the messages in a stream of octets, and the rows in a message, without ever holding a large
 * message as one string. RFC 7047 §4 puts JSON-RPC messages on the stream with nothing between
 * them, so that their ends are found by their brackets.
 *
 * A row is `"<uuid>": {…}` in a table in `result` or `params`, where monitor replies and updates
 * have them. Each is parsed as soon as its last octet has come and handed to `onRow`; what that
 * returns is kept instead. What stands around the rows is small, and is built as it comes. Octets
 * may be cut anywhere. No I/O.
 */

import { assertNever } from '../../../base/assert-never.ts';
import { type Issue, issue } from '../../../base/issue.ts';
import { isObject } from './schema.ts';
import { excerpt, Slice } from './slice.ts';
import { isUuid, type Uuid } from './uuid.ts';
import { isSpace, ValueScanner } from './value-scanner.ts';

export interface SlicerLimits {
  /** Brackets open at once. */
  readonly depth: number;
  /** Octets of one value: a row, or anything else that holds no rows. */
  readonly valueBytes: number;
  /** Octets of one message. */
  readonly messageBytes: number;
}

export const defaultSlicerLimits: SlicerLimits = {
  depth: 64,
  valueBytes: 64 * 2 ** 20,
  messageBytes: 2 ** 31,
};

/**
 * Fewer octets than this may be held as one string. It is what Node reads from a socket at once: after so many, more of the
 * message are to come.
 */
const wholeBytes = 64 * 2 ** 10;

/** Where a row stands in its message. */
export interface RowPlace {
  readonly member: string;
  /**
   * In an update the id of the monitor, RFC 7047 §4.1.6; nothing in a reply, whose id may come
   * after the rows.
   */
  readonly monitor: unknown;
  readonly table: string;
}

export interface SlicedRow {
  readonly table: string;
  readonly uuid: Uuid;
  /** What `onRow` returned. */
  readonly value: unknown;
}

export interface SlicerEvents {
  onRow(place: RowPlace, uuid: Uuid, json: unknown): unknown;
  /** `json` lacks the rows; they are listed in the order they came. */
  onMessage(json: unknown, rows: readonly SlicedRow[]): void;
}

/** A bracket that is open and may have rows inside. All others are skipped as parts of values. */
interface Frame {
  readonly kind: 'message' | 'list' | 'tables' | 'rows';
  readonly close: number;
  expect: 'first' | 'member' | 'colon' | 'value' | 'comma';
  key: string;
  readonly members: [string, unknown][];
}

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

export class Slicer {
  readonly #events: SlicerEvents;
  readonly #limits: SlicerLimits;
  readonly #scanner = new ValueScanner();
  readonly #slice = new Slice();
  readonly #frames: Frame[] = [];
  #role: 'none' | 'key' | 'value' = 'none';
  #place: RowPlace | undefined;
  #rows: SlicedRow[] = [];
  #messageBytes = 0;
  #failure: Issue | undefined;

  constructor(events: SlicerEvents, limits: SlicerLimits = defaultSlicerLimits) {
    this.#events = events;
    this.#limits = limits;
  }

  /** Takes the next octets. An issue means that the stream makes no sense any more; it is final. */
  push(chunk: Uint8Array): Issue | undefined {
    let at = 0;
    while (at < chunk.length && this.#failure === undefined) {
      const from = at;
      at = this.#role === 'none' ? this.#step(chunk, at) : this.#continueSlice(chunk, at);
      this.#messageBytes += at - from;
      if (this.#messageBytes > this.#limits.messageBytes) this.#fail(tooLong('a message'));
    }
    return this.#failure;
  }

  /** One octet of structure, or the first of a key or value. */
  #step(chunk: Uint8Array, at: number): number {
    const octet = chunk[at];
    if (isSpace(octet)) return at + 1;
    const frame = this.#frames.at(-1);
    if (frame === undefined) return this.#startMessage(chunk, at);
    if (octet === frame.close && (frame.expect === 'first' || frame.expect === 'comma')) {
      this.#closeFrame(frame);
      return at + 1;
    }
    switch (frame.expect) {
      case 'first':
      case 'member':
        if (frame.kind === 'list') return this.#startValue(frame, chunk, at);
        if (octet === quote) return this.#startSlice('key', chunk, at);
        break;
      case 'colon':
        if (octet !== colon) break;
        frame.expect = 'value';
        return at + 1;
      case 'value':
        return this.#startValue(frame, chunk, at);
      case 'comma':
        if (octet !== comma) break;
        frame.expect = 'member';
        return at + 1;
    }
    return this.#fail(issue(`not JSON at '${excerpt(chunk.subarray(at))}'`));
  }

  #startMessage(chunk: Uint8Array, at: number): number {
    if (chunk[at] !== openBrace) {
      return this.#fail(issue(`not a JSON-RPC message: '${excerpt(chunk.subarray(at))}'`));
    }
    this.#messageBytes = 0;
    const end = this.#takeWhole(chunk, at);
    if (end > at) return end;
    this.#open('message', closeBrace);
    return at + 1;
  }

  /**
   * A message that came in one piece, as most do that tell of a change: parsed at once. Returns its
   * end, or `at` when it has to be taken octet by octet, which then also finds what is wrong.
   */
  #takeWhole(chunk: Uint8Array, at: number): number {
    const { depth, valueBytes, messageBytes } = this.#limits;
    if (chunk.length - at >= Math.min(valueBytes, messageBytes, wholeBytes)) return at;
    // HOT: a message with few brackets, and nothing behind it, is not looked at octet by octet.
    if (chunk.at(-1) === closeBrace && hasFewer(chunk, at, depth)) {
      const alone = this.#slice.parse(chunk.subarray(at));
      if (alone.ok && isObject(alone.value)) {
        this.#keep(this.#withoutRows(alone.value));
        return chunk.length;
      }
    }
    this.#scanner.begin(openBrace);
    const end = this.#scanner.scan(chunk, at);
    if (end < 0 || this.#scanner.deepest > depth) return at;
    const parsed = this.#slice.parse(chunk.subarray(at, end));
    if (!parsed.ok || !isObject(parsed.value)) return at;
    this.#keep(this.#withoutRows(parsed.value));
    return end;
  }

  #withoutRows(message: Fields): Fields {
    return mapFields(message, (held, member) => {
      if (member !== 'result' && member !== 'params') return held;
      if (!Array.isArray(held)) return isObject(held) ? this.#takeTables(held, member) : held;
      const monitor: unknown = member === 'params' ? held[0] : undefined;
      return held.map((each: unknown) =>
        isObject(each) ? this.#takeTables(each, member, monitor) : each,
      );
    });
  }

  #takeTables(tables: Fields, member: string, monitor?: unknown): Fields {
    return mapFields(tables, (held, table) => {
      if (!isObject(held)) return held;
      const place: RowPlace = { member, monitor, table };
      const others = Object.entries(held).filter(([uuid, json]) => {
        if (!isUuid(uuid)) return true;
        this.#rows.push({ table, uuid, value: this.#events.onRow(place, uuid, json) });
        return false;
      });
      return Object.fromEntries(others);
    });
  }

  #startValue(frame: Frame, chunk: Uint8Array, at: number): number {
    const octet = chunk[at];
    const inner =
      octet === openBrace || octet === openBracket ? innerFrame(frame, octet) : undefined;
    if (inner === undefined) return this.#startSlice('value', chunk, at);
    if (inner === 'rows') this.#place = this.#placeOf(frame.key);
    this.#open(inner, octet === openBracket ? closeBracket : closeBrace);
    return at + 1;
  }

  #placeOf(table: string): RowPlace {
    const [message, list] = this.#frames;
    const member = message?.key ?? '';
    const monitor = member === 'params' ? list?.members[0]?.[1] : undefined;
    return { member, monitor, table };
  }

  #open(kind: Frame['kind'], close: number): void {
    this.#frames.push({ kind, close, expect: 'first', key: '', members: [] });
  }

  #closeFrame(frame: Frame): void {
    this.#frames.pop();
    const isList = frame.kind === 'list';
    this.#keep(
      isList ? frame.members.map(([, value]) => value) : Object.fromEntries(frame.members),
    );
  }

  #startSlice(role: 'key' | 'value', chunk: Uint8Array, at: number): number {
    this.#role = role;
    this.#scanner.begin(chunk[at]);
    return this.#continueSlice(chunk, at);
  }

  #continueSlice(chunk: Uint8Array, from: number): number {
    const end = this.#scanner.scan(chunk, from);
    const octets = chunk.subarray(from, end < 0 ? chunk.length : end);
    if (this.#slice.bytes + octets.length > this.#limits.valueBytes) {
      return this.#fail(tooLong('a value'));
    }
    if (this.#scanner.deepest + this.#frames.length > this.#limits.depth) {
      return this.#fail(issue(`more than ${this.#limits.depth} brackets open at once`));
    }
    if (end < 0) {
      this.#slice.append(octets);
      return chunk.length;
    }
    const parsed = this.#slice.parse(octets);
    if (!parsed.ok) return this.#fail(parsed.error);
    this.#finishSlice(parsed.value);
    return end;
  }

  #finishSlice(json: unknown): void {
    const frame = this.#frames.at(-1);
    const isKey = this.#role === 'key';
    this.#role = 'none';
    if (frame !== undefined && isKey) {
      frame.key = String(json);
      frame.expect = 'colon';
    } else if (frame?.kind === 'rows' && isUuid(frame.key) && this.#place !== undefined) {
      const value = this.#events.onRow(this.#place, frame.key, json);
      this.#rows.push({ table: this.#place.table, uuid: frame.key, value });
      frame.expect = 'comma';
    } else this.#keep(json);
  }

  /** A finished value goes to the bracket around it; the outermost is a message. */
  #keep(value: unknown): void {
    const frame = this.#frames.at(-1);
    if (frame !== undefined) {
      frame.members.push([frame.key, value]);
      frame.expect = 'comma';
      return;
    }
    const rows = this.#rows;
    this.#rows = [];
    this.#events.onMessage(value, rows);
  }

  #fail(failure: Issue): number {
    this.#failure = failure;
    return 0;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function mapFields(fields: Fields, change: (held: unknown, name: string) => unknown): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, held]) => [name, change(held, name)]),
  );
}

function tooLong(what: string): Issue {
  return issue(`${what} is longer than the limit`);
}

/**
 * The path to rows: `result` or `params`, then perhaps a list (update: id first;
 * monitor_cond_since: found and transaction id first), then tables by name, then rows by UUID.
 */
function innerFrame(outer: Frame, octet: number): Frame['kind'] | undefined {
  const isList = octet === openBracket;
  switch (outer.kind) {
    case 'message':
      if (outer.key !== 'result' && outer.key !== 'params') return undefined;
      return isList ? 'list' : 'tables';
    case 'list':
      return isList ? undefined : 'tables';
    case 'tables':
      return isList ? undefined : 'rows';
    case 'rows':
      return undefined;
    default:
      return assertNever(outer.kind);
  }
}

/** Whether fewer brackets than that are opened from `from` on, be it within texts: then no more are open at once. */
function hasFewer(chunk: Uint8Array, from: number, brackets: number): boolean {
  let count = 0;
  for (const bracket of [openBrace, openBracket]) {
    for (let at = chunk.indexOf(bracket, from); at >= 0; at = chunk.indexOf(bracket, at + 1)) {
      count += 1;
      if (count >= brackets) return false;
    }
  }
  return true;
}
