import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';

import {
  defaultSlicerLimits,
  type RowPlace,
  Slicer,
  type SlicedRow,
  type SlicerLimits,
} from '../../../../src/protocols/ovsdb/wire/slicer.ts';

interface Heard {
  readonly messages: { readonly json: unknown; readonly rows: readonly SlicedRow[] }[];
  readonly places: RowPlace[];
}

function listen(limits: SlicerLimits = defaultSlicerLimits) {
  const heard: Heard = { messages: [], places: [] };
  const slicer = new Slicer(
    {
      onRow: (place, _uuid, json) => {
        heard.places.push(place);
        return json;
      },
      onMessage: (json, rows) => heard.messages.push({ json, rows }),
    },
    limits,
  );
  return { heard, slicer };
}

const encoder = new TextEncoder();

/** The octets in pieces that end where the cuts say. */
function cut(octets: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const ends = [...new Set(cuts.map((at) => at % (octets.length + 1)))].sort((a, b) => a - b);
  return [...ends, octets.length].map((end, i) => octets.subarray(ends[i - 1] ?? 0, end));
}

/** The message as it was before its rows were taken out. */
function whole(json: unknown, rows: readonly SlicedRow[]): unknown {
  const message = structuredClone(json) as Record<string, unknown>;
  const member = message['result'] ?? message['params'];
  const tables = Array.isArray(member) ? member.findLast((one) => typeof one === 'object') : member;
  for (const { table, uuid, value } of rows) {
    (tables as Record<string, Record<string, unknown>>)[table]![uuid] = value;
  }
  return message;
}

const text = fc.string({ unit: 'binary', maxLength: 12 });
const awkward = fc.constantFrom(
  '"',
  '\\',
  '{"',
  ']}',
  '\\"',
  '\u00e9',
  '\u{1f600}',
  '\u0000',
  ',:',
);
const json = fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' });
const row = fc.dictionary(text, fc.oneof(json, awkward), { maxKeys: 4 });
const tables = fc.dictionary(
  fc.constantFrom('Port_Binding', 'Chassis', 'a"b'),
  fc.dictionary(fc.uuid(), fc.dictionary(fc.constantFrom('initial', 'modify'), row), {
    maxKeys: 5,
  }),
  { maxKeys: 3 },
);
const messages = fc.oneof(
  tables.map((of) => ({ id: 1, result: of, error: null })),
  tables.map((of) => ({ error: null, result: [true, 'txn', of], id: [1, 'x'] })),
  tables.map((of) => ({ method: 'update3', params: ['data', 'txn', of], id: null })),
  json.map((value) => ({ id: 2, result: [{ rows: value }, null, { count: 3 }], error: value })),
  json.map((value) => ({ id: 'echo', method: 'echo', params: [value] })),
);

describe('Slicer', () => {
  it('finds the same messages however the octets are cut', () => {
    fc.assert(
      fc.property(
        fc.array(messages, { minLength: 1, maxLength: 4 }),
        fc.array(fc.nat(), { maxLength: 30 }),
        fc.constantFrom('', '\n', '  '),
        (sent, cuts, gap) => {
          const { heard, slicer } = listen();
          const octets = encoder.encode(sent.map((one) => JSON.stringify(one)).join(gap));
          for (const chunk of cut(octets, cuts)) {
            // As a socket has it, which reads into the same Buffer again.
            const lent = Buffer.from(chunk);
            assert.equal(slicer.push(lent), undefined);
            lent.fill(0);
          }
          const got = heard.messages.map((one) => whole(one.json, one.rows));
          assert.deepEqual(got, JSON.parse(JSON.stringify(sent)));
        },
      ),
      { numRuns: 500 },
    );
  });

  it('finds them one octet at a time, in indented JSON too', () => {
    fc.assert(
      fc.property(messages, (sent) => {
        const { heard, slicer } = listen();
        for (const octet of encoder.encode(JSON.stringify(sent, null, 2))) {
          assert.equal(slicer.push(Uint8Array.of(octet)), undefined);
        }
        const [got] = heard.messages;
        assert.deepEqual(whole(got?.json, got?.rows ?? []), JSON.parse(JSON.stringify(sent)));
      }),
    );
  });

  it('takes rows out of replies and updates, and says where they stood', () => {
    const { heard, slicer } = listen();
    const uuid = '36bef046-7da7-43a5-905a-c17899216fcb';
    const sent = [
      { id: 1, result: { A: { [uuid]: { initial: {} } } }, error: null },
      { method: 'update2', params: [['m', 1], { B: { [uuid]: { delete: null } } }], id: null },
    ];
    slicer.push(encoder.encode(sent.map((one) => JSON.stringify(one)).join('')));
    assert.deepEqual(heard.places, [
      { member: 'result', monitor: undefined, table: 'A' },
      { member: 'params', monitor: ['m', 1], table: 'B' },
    ]);
    assert.deepEqual(heard.messages[1], {
      json: { method: 'update2', params: [['m', 1], { B: {} }], id: null },
      rows: [{ table: 'B', uuid, value: { delete: null } }],
    });
  });

  it('leaves what is no row where it is: a schema has tables of tables too', () => {
    const { heard, slicer } = listen();
    const schema = { id: 1, result: { tables: { Item: { columns: {} } } }, error: null };
    slicer.push(encoder.encode(JSON.stringify(schema)));
    assert.deepEqual(heard.messages, [{ json: schema, rows: [] }]);
  });

  const uuid = '36bef046-7da7-43a5-905a-c17899216fcb';
  const nonsense: readonly (readonly [string, string, string])[] = [
    ['a web server', 'HTTP/1.1 400 Bad', "not a JSON-RPC message: 'HTTP/1.1 400 Bad'"],
    ['an array', '[1]', "not a JSON-RPC message: '[1]'"],
    ['binary', '\u0016\u0003', "not a JSON-RPC message: '..'"],
    ['no colon', '{"id" 1}', "not JSON at '1}'"],
    ['a bare key', '{id:1}', "not JSON at 'id:1}'"],
    ['a comma too many', '{"id":1,}', "not JSON at '}'"],
    ['two values', '{"id":1 2}', "not JSON at '2}'"],
    ['the wrong bracket', '{"params":[1}', "not JSON at '}'"],
  ];
  for (const [what, octets, message] of nonsense) {
    it(`refuses ${what}`, () => {
      const { slicer } = listen();
      assert.equal(slicer.push(encoder.encode(octets))?.message, message);
      assert.equal(slicer.push(encoder.encode('{}'))?.message, message, 'and stays refused');
    });
  }

  it('refuses a value that is no JSON, in its own words', () => {
    for (const value of ['{"a":}', 'nul', '"\\q"', '[1}']) {
      const failure = listen().slicer.push(encoder.encode(`{"id":${value} }`));
      assert.match(failure?.message ?? '', /^not JSON: .* in '/);
    }
    const failure = listen().slicer.push(encoder.encode(`{"result":{"T":{"${uuid}":{"a":x}}}}`));
    assert.match(failure?.message ?? '', /^not JSON: .* in '\{"a":x\}'$/);
  });

  it('refuses octets that are no UTF-8', () => {
    const octets = Uint8Array.of(...encoder.encode('{"a":"'), 0xff, ...encoder.encode('"}'));
    assert.match(listen().slicer.push(octets)?.message ?? '', /not JSON/);
  });

  it('holds no more than its limits of a stream that never ends', () => {
    const limits = { depth: 8, valueBytes: 1000, messageBytes: 10_000 };
    const endless = (start: string, more: string) => {
      const { slicer } = listen(limits);
      let failure = slicer.push(encoder.encode(start));
      let pushed = 0;
      for (; failure === undefined && pushed < 50_000; pushed += more.length) {
        failure = slicer.push(encoder.encode(more));
      }
      assert.ok(pushed <= limits.messageBytes + more.length, `stopped after ${pushed} octets`);
      return failure?.message;
    };
    assert.equal(endless('{"a":"', 'x'.repeat(100)), 'a value is longer than the limit');
    assert.equal(endless('{"', 'x'.repeat(100)), 'a value is longer than the limit');
    assert.equal(endless('{"a":', '1'), 'a value is longer than the limit');
    assert.equal(endless('{"a":', '['), 'more than 8 brackets open at once');
    assert.equal(endless('{"a":1', ',"a":1'), 'a message is longer than the limit');
    assert.equal(endless('{"a":1', '          '), 'a message is longer than the limit');
  });

  it('keeps a name that JavaScript treats as special', () => {
    const { heard, slicer } = listen();
    slicer.push(encoder.encode('{"result":{"__proto__":{"polluted":1}},"id":1}'));
    const [got] = heard.messages;
    assert.equal(JSON.stringify(got?.json), '{"result":{"__proto__":{"polluted":1}},"id":1}');
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined);
  });
});
