/** Messages octet by octet: both ways, as text, and what of them is refused with which NOTIFICATION. RFC 4271 §4, §6. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { unwrap } from '../../../../src/base/result.ts';
import { parseIp, type Ip4 } from '../../../../src/net/ip.ts';
import { parsePrefix } from '../../../../src/net/prefix.ts';
import {
  asnOf,
  capabilityToJson,
  capabilities as capabilityTable,
  type Capability,
  cease,
  CEASE,
  decodeMessage,
  encodeMessage,
  endOfRibOf,
  families,
  familyNames,
  formatCapability,
  formatErrorCode,
  formatMessage,
  hardReset,
  hardResetReason,
  type Message,
  messageToJson,
  type Notification,
  notificationOf,
  type Open,
  shutdownCommunication,
  splitUpdate,
  twoOctetAs,
  wireSession,
} from '../../../../src/protocols/bgp/index.ts';
import { hex, message, octets, updateMessage } from '../octets.ts';

const session = wireSession({ fourOctetAs: true, families: familyNames });
const ip4 = (text: string) => unwrap(parseIp(text)) as Ip4;

const open: Open = {
  type: 'open',
  myAs: 65000,
  holdTime: 90,
  id: ip4('192.0.2.1'),
  capabilities: [],
};

interface Vector {
  readonly octets: Uint8Array;
  readonly value: Message;
  readonly text: string;
}

const vectors: readonly Vector[] = [
  { octets: message('keepalive', ''), value: { type: 'keepalive' }, text: 'KEEPALIVE' },
  {
    octets: message('open', '04 fde8 005a c0000201 00'),
    value: open,
    text: 'OPEN AS 65000, hold time 90 s, identifier 192.0.2.1',
  },
  {
    octets: message(
      'open',
      '04 5ba0 00b4 c0000201 (parameters) 0e 02 0c 01 04 00190046 41 04 fa56ea00',
    ),
    value: {
      ...open,
      myAs: 23456,
      holdTime: 180,
      capabilities: [
        { kind: 'multiprotocol', afi: 25, safi: 70 },
        { kind: 'four-octet-as', asn: 4200000000 },
      ],
    },
    text: 'OPEN AS 4200000000, hold time 180 s, identifier 192.0.2.1; Multiprotocol l2vpn-evpn; Four-Octet AS 4200000000',
  },
  {
    octets: updateMessage({
      withdrawn: '10 c000',
      attributes: '40 01 01 00 40 02 00 40 03 04 0a000001 40 05 04 00000064',
      nlri: '18 0a0002 00',
    }),
    value: {
      type: 'update',
      withdrawn: [{ nlri: unwrap(parsePrefix('192.0.0.0/16')) }],
      attributes: { origin: 'igp', asPath: [], nextHop: ip4('10.0.0.1'), localPref: 100 },
      nlri: [
        { nlri: unwrap(parsePrefix('10.0.2.0/24')) },
        { nlri: unwrap(parsePrefix('0.0.0.0/0')) },
      ],
    },
    text: 'UPDATE withdrawn 192.0.0.0/16; ORIGIN IGP; AS_PATH ; NEXT_HOP 10.0.0.1; LOCAL_PREF 100; NLRI 10.0.2.0/24 0.0.0.0/0',
  },
  {
    octets: message('notification', '04 00'),
    value: { type: 'notification', code: 4, subcode: 0, data: octets('') },
    text: 'NOTIFICATION Hold Timer Expired',
  },
  {
    octets: message('notification', '02 02 fde9'),
    value: { type: 'notification', code: 2, subcode: 2, data: octets('fde9') },
    text: 'NOTIFICATION OPEN Message Error/Bad Peer AS 0xfde9',
  },
  {
    octets: message('notification', '06 02 04 6e6f6f6e'),
    value: { type: 'notification', code: 6, subcode: 2, data: octets('046e6f6f6e') },
    text: 'NOTIFICATION Cease/Administrative Shutdown "noon"',
  },
  {
    octets: message('notification', '06 09 06 04'),
    value: { type: 'notification', code: 6, subcode: 9, data: octets('0604') },
    text: 'NOTIFICATION Cease/Hard Reset: Cease/Administrative Reset',
  },
  {
    octets: message('notification', 'c8 07'),
    value: { type: 'notification', code: 200, subcode: 7, data: octets('') },
    text: 'NOTIFICATION error 200/subcode 7',
  },
  {
    octets: message('routeRefresh', '0019 00 46'),
    value: { type: 'route-refresh', afi: 25, safi: 70, subtype: 'request', filters: octets('') },
    text: 'ROUTE-REFRESH request l2vpn-evpn',
  },
  {
    octets: message('routeRefresh', '0001 02 01'),
    value: { type: 'route-refresh', afi: 1, safi: 1, subtype: 'end', filters: octets('') },
    text: 'ROUTE-REFRESH end ipv4-unicast',
  },
  {
    octets: message('routeRefresh', '4004 00 47 01 40 0001 80'),
    value: {
      type: 'route-refresh',
      afi: 16388,
      safi: 71,
      subtype: 'request',
      filters: octets('0140000180'),
    },
    text: 'ROUTE-REFRESH request AFI 16388 SAFI 71 filters 0x0140000180',
  },
  {
    octets: message('routeRefresh', '0001 09 01'),
    value: { type: 'route-refresh', afi: 1, safi: 1, subtype: 9, filters: octets('') },
    text: 'ROUTE-REFRESH 9 ipv4-unicast',
  },
];

describe('a message', () => {
  for (const { octets: wire, value, text } of vectors) {
    test(`${text}: octets, value and text`, () => {
      assert.deepEqual(unwrap(decodeMessage(wire, session)).message, value);
      assert.equal(hex(unwrap(encodeMessage(value, session))), hex(wire));
      assert.equal(formatMessage(value), text);
      assert.doesNotThrow(() => JSON.stringify(messageToJson(value)));
    });

    test(`${text}: cut anywhere it is refused`, () => {
      for (let length = 0; length < wire.length; length += 1) {
        assert.ok(!decodeMessage(wire.subarray(0, length), session).ok);
      }
    });
  }

  test('has a vector, whatever its type', () => {
    const types = new Set(vectors.map(({ value }) => value.type));
    const all = ['open', 'update', 'notification', 'keepalive', 'route-refresh'];
    assert.deepEqual(types, new Set(all));
  });

  test('of a family that was not agreed on can be written, without path identifiers', () => {
    const stranger = wireSession();
    const wire = unwrap(encodeMessage(endOfRibOf('l2vpn-evpn'), stranger));
    assert.equal(hex(wire.subarray(19)), '00000006800f03001946');
    assert.deepEqual(
      unwrap(encodeMessage(vectors[3]?.value ?? { type: 'keepalive' }, stranger)),
      vectors[3]?.octets,
    );
  });

  test('that is too long for the session is not written', () => {
    const long: Notification = {
      type: 'notification',
      code: 6,
      subcode: 4,
      data: new Uint8Array(4090),
    };
    const refused = encodeMessage(long, session);
    assert.ok(!refused.ok);
    assert.equal(refused.error.message, 'a message of 4111 octets is longer than 4096');
    const extended = wireSession({ extendedMessage: true });
    assert.equal(unwrap(encodeMessage(long, extended)).length, 4111);
  });
});

describe('a header', () => {
  const rows: readonly (readonly [what: string, octets: string, subcode: number, data: string])[] =
    [
      ['with a marker that is not all ones', `${'ff'.repeat(15)}fe 0013 04`, 1, ''],
      ['of 18 octets', `${'ff'.repeat(16)} 0012 04`, 2, '0012'],
      ['of 4097 octets', `${'ff'.repeat(16)} 1001 02`, 2, '1001'],
      ['of a KEEPALIVE with a body', `${'ff'.repeat(16)} 0014 04 00`, 2, '0014'],
      ['of an OPEN of 28 octets', `${'ff'.repeat(16)} 001c 01 000000000000000000`, 2, '001c'],
      ['of an UPDATE of 22 octets', `${'ff'.repeat(16)} 0016 02 000000`, 2, '0016'],
      ['of a NOTIFICATION of 20 octets', `${'ff'.repeat(16)} 0014 03 06`, 2, '0014'],
      ['of a type that does not exist', `${'ff'.repeat(16)} 0013 06`, 3, '06'],
      ['of a ROUTE-REFRESH of 4097 octets', `${'ff'.repeat(16)} 1001 05`, 2, '1001'],
      ['of type 0', `${'ff'.repeat(16)} 0013 00`, 3, '00'],
      [
        'of another length than there are octets',
        `${'ff'.repeat(16)} 0017 02 00000000 00`,
        2,
        '0017',
      ],
    ];
  for (const [what, text, subcode, data] of rows) {
    test(`${what} is a Message Header Error`, () => {
      const decoded = decodeMessage(octets(text), session);
      assert.ok(!decoded.ok);
      const { error } = decoded;
      assert.deepEqual([error.code, error.subcode, hex(error.data)], [1, subcode, data]);
    });
  }

  test('may say up to 65535 where that was agreed on, but not of an OPEN (RFC 8654 §4)', () => {
    const extended = wireSession({ extendedMessage: true, families: familyNames });
    const update = updateMessage({ nlri: '20 0a000001'.repeat(1000) });
    assert.ok(update.length > 4096);
    const short = decodeMessage(update, session);
    assert.ok(!short.ok);
    assert.equal(short.error.subcode, 2);
    assert.ok(decodeMessage(update, extended).ok);
    const tooLongOpen = decodeMessage(
      message('open', `04 fde8 005a c0000201 ${'00'.repeat(5000)}`),
      extended,
    );
    assert.ok(!tooLongOpen.ok);
    assert.equal(tooLongOpen.error.subcode, 2);
  });

  test('of a ROUTE-REFRESH that is too short is an error of its own (RFC 7313 §5)', () => {
    const decoded = decodeMessage(message('routeRefresh', '0001 00'), session);
    assert.ok(!decoded.ok);
    const { code, subcode, data } = decoded.error;
    assert.deepEqual([code, subcode, data.length], [7, 1, 22]);
  });

  test('so is that of a mark with filters behind it', () => {
    const wire = message('routeRefresh', '0001 01 01 00');
    const decoded = decodeMessage(wire, session);
    assert.ok(!decoded.ok);
    const { code, subcode, data } = decoded.error;
    assert.deepEqual([code, subcode, hex(data)], [7, 1, hex(wire)]);
  });
});

describe('an OPEN', () => {
  const rows: readonly (readonly [what: string, body: string, subcode: number, data?: string])[] = [
    ['of version 3', '03 fde8 005a c0000201 00', 1, '0004'],
    ['of AS 0', '04 0000 005a c0000201 00', 2],
    ['of AS 0 in four octets', '04 5ba0 005a c0000201 08 02 06 41 04 00000000', 2],
    ['of identifier 0.0.0.0', '04 fde8 005a 00000000 00', 3],
    ['with an authentication parameter', '04 fde8 005a c0000201 03 01 01 00', 4],
    ['with a hold time of one second', '04 fde8 0001 c0000201 00', 6],
    ['with a hold time of two seconds', '04 fde8 0002 c0000201 00', 6],
    ['with parameters that are longer than it', '04 fde8 005a c0000201 05 02 00', 0],
    ['with parameters that are shorter than it', '04 fde8 005a c0000201 00 02 00', 0],
    ['with a parameter that overruns', '04 fde8 005a c0000201 03 02 06 41', 0],
    ['with half a parameter', '04 fde8 005a c0000201 01 02', 0],
    ['with a capability that overruns', '04 fde8 005a c0000201 04 02 02 41 04', 0],
    ['with half a capability', '04 fde8 005a c0000201 03 02 01 41', 0],
    ['with extended parameters that are cut', '04 fde8 005a c0000201 ff ff 0005 02 0003 02', 0],
  ];
  for (const [what, body, subcode, data = ''] of rows) {
    test(`${what} is an OPEN Message Error`, () => {
      const decoded = decodeMessage(message('open', body), session);
      assert.ok(!decoded.ok);
      const { error } = decoded;
      assert.deepEqual([error.code, error.subcode, hex(error.data)], [2, subcode, data]);
      assert.notEqual(error.rfc, '');
    });
  }

  test('may have each capability in a parameter of its own', () => {
    const body = '04 fde8 005a c0000201 08 02 02 02 00 02 02 46 00';
    const { message: decoded } = unwrap(decodeMessage(message('open', body), session));
    assert.deepEqual((decoded as Open).capabilities, [
      { kind: 'route-refresh' },
      { kind: 'enhanced-route-refresh' },
    ]);
  });

  test('with more than 255 octets of capabilities uses the longer form (RFC 9072)', () => {
    const capabilities: readonly Capability[] = Array.from({ length: 3 }, (_, i) => ({
      kind: 'unknown',
      code: 128 + i,
      raw: new Uint8Array(100),
    }));
    const wire = unwrap(encodeMessage({ ...open, capabilities }, session));
    assert.equal(hex(wire.subarray(28, 35)), 'ffff0135020132');
    assert.deepEqual(unwrap(decodeMessage(wire, session)).message, { ...open, capabilities });
  });

  test('in the longer form may say any length but zero in the shorter one (RFC 9072 §2)', () => {
    const body = '04 fde8 005a c0000201 07 ff 0005 02 0002 02 00';
    const { message: decoded } = unwrap(decodeMessage(message('open', body), session));
    assert.deepEqual((decoded as Open).capabilities, [{ kind: 'route-refresh' }]);
  });

  test('names an AS of four octets in a capability', () => {
    assert.equal(asnOf(open), 65000);
    const capabilities: readonly Capability[] = [{ kind: 'four-octet-as', asn: 4200000000 }];
    assert.equal(asnOf({ ...open, myAs: twoOctetAs(4200000000), capabilities }), 4200000000);
    assert.deepEqual([twoOctetAs(65535), twoOctetAs(65536)], [65535, 23456]);
  });
});

describe('a capability', () => {
  const rows: readonly (readonly [octets: string, value: Capability, text: string])[] = [
    ['01 04 0001 00 01', { kind: 'multiprotocol', afi: 1, safi: 1 }, 'Multiprotocol ipv4-unicast'],
    ['02 00', { kind: 'route-refresh' }, 'Route Refresh'],
    [
      '05 06 0001 0001 0002',
      { kind: 'extended-next-hop', families: [{ afi: 1, safi: 1, nextHopAfi: 2 }] },
      'Extended Next Hop ipv4-unicast via IPv6',
    ],
    ['06 00', { kind: 'extended-message' }, 'Extended Message'],
    ['09 01 03', { kind: 'role', role: 'customer' }, 'Role customer'],
    [
      '40 06 c078 0019 46 80',
      {
        kind: 'graceful-restart',
        restarted: true,
        notification: true,
        time: 120,
        families: [{ afi: 25, safi: 70, forwarding: true }],
      },
      'Graceful Restart 120 s, restarted, notification, l2vpn-evpn (forwarding)',
    ],
    ['41 04 0000fde8', { kind: 'four-octet-as', asn: 65000 }, 'Four-Octet AS 65000'],
    [
      '45 0c 0001 01 01 0002 01 02 0019 46 03',
      {
        kind: 'add-path',
        families: [
          { afi: 1, safi: 1, receive: true, send: false },
          { afi: 2, safi: 1, receive: false, send: true },
          { afi: 25, safi: 70, receive: true, send: true },
        ],
      },
      'ADD-PATH ipv4-unicast receive, ipv6-unicast send, l2vpn-evpn both',
    ],
    ['46 00', { kind: 'enhanced-route-refresh' }, 'Enhanced Route Refresh'],
    [
      '47 07 0019 46 00 015180',
      {
        kind: 'long-lived-graceful-restart',
        families: [{ afi: 25, safi: 70, forwarding: false, time: 86400 }],
      },
      'Long-Lived Graceful Restart l2vpn-evpn 86400 s',
    ],
    [
      '49 0d 05 6c65616631 06 666162726963',
      { kind: 'hostname', host: 'leaf1', domain: 'fabric' },
      'Hostname leaf1.fabric',
    ],
    ['80 01 2a', { kind: 'unknown', code: 128, raw: octets('2a') }, 'capability 128 0x2a'],
  ];
  for (const [text, value, printed] of rows) {
    test(`${printed}: octets, value and text`, () => {
      const wire = octets(text);
      const parameters = `${(wire.length + 2).toString(16).padStart(2, '0')} 02 ${wire.length.toString(16).padStart(2, '0')} ${text}`;
      const whole = message('open', `04 fde8 005a c0000201 ${parameters}`);
      assert.deepEqual(unwrap(decodeMessage(whole, session)).message, {
        ...open,
        capabilities: [value],
      });
      assert.equal(
        hex(unwrap(encodeMessage({ ...open, capabilities: [value] }, session))),
        hex(whole),
      );
      assert.equal(formatCapability(value), printed);
      assert.ok(Object.hasOwn(capabilityToJson(value) as object, 'kind'));
    });
  }

  test('has a vector, whatever its kind', () => {
    const kinds = new Set(rows.map(([, { kind }]) => kind));
    assert.deepEqual(kinds, new Set([...Object.keys(capabilityTable), 'unknown']));
  });

  for (const [what, text] of [
    ['multiprotocol of three octets', '01 03 0001 01'],
    ['multiprotocol with a reserved octet', '01 04 0001 ff 01'],
    ['route refresh with a value', '02 01 00'],
    ['extended next hop of five octets', '05 05 0001 0001 00'],
    ['a role that is not defined', '09 01 05'],
    ['a role of two octets', '09 02 0000'],
    ['graceful restart of one octet', '40 01 00'],
    ['graceful restart with half a family', '40 04 0078 0019'],
    ['an AS of two octets', '41 02 fde8'],
    ['ADD-PATH with mode 4', '45 04 0001 01 04'],
    ['ADD-PATH with half a family', '45 03 0001 01'],
    ['long-lived graceful restart of six octets', '47 06 0019 46 00 0151'],
    ['a name that overruns', '49 03 05 6c 00'],
    ['a name without a domain', '49 02 01 6c'],
    ['a name that is no UTF-8', '49 03 01 ff 00'],
    ['a domain that is no UTF-8', '49 03 00 01 ff'],
  ] as const) {
    test(`${what} is kept as it came, and refuses nothing`, () => {
      const wire = octets(text);
      const length = wire.length.toString(16).padStart(2, '0');
      const all = (wire.length + 2).toString(16).padStart(2, '0');
      const whole = message('open', `04 fde8 005a c0000201 ${all} 02 ${length} ${text}`);
      const decoded = unwrap(decodeMessage(whole, session)).message as Open;
      assert.deepEqual(decoded.capabilities, [
        { kind: 'unknown', code: wire[0], raw: wire.slice(2) },
      ]);
      assert.equal(hex(unwrap(encodeMessage(decoded, session))), hex(whole));
    });
  }
});

describe('a NOTIFICATION', () => {
  test('has the words of the administrator (RFC 9003)', () => {
    const said = cease(CEASE.administrativeShutdown, 'zurück um 12');
    assert.equal(shutdownCommunication(said), 'zurück um 12');
    assert.deepEqual(cease(CEASE.administrativeReset).data, octets(''));
    assert.equal(shutdownCommunication(cease(CEASE.administrativeReset)), undefined);
  });

  test('has no more than 255 octets of them, and no half of a letter', () => {
    const said = cease(CEASE.administrativeShutdown, `${'x'.repeat(254)}üüü`);
    assert.equal(said.data.length, 255);
    assert.equal(shutdownCommunication(said), 'x'.repeat(254));
    const ascii = cease(CEASE.administrativeShutdown, 'x'.repeat(300));
    assert.equal(shutdownCommunication(ascii), 'x'.repeat(255));
  });

  for (const [what, subcode, data] of [
    ['under another subcode', 3, '026869'],
    ['with a length that overruns', 2, '056869'],
    ['that are no UTF-8', 2, '01ff'],
  ] as const) {
    test(`has no words ${what}`, () => {
      const said: Notification = { type: 'notification', code: 6, subcode, data: octets(data) };
      assert.equal(shutdownCommunication(said), undefined);
    });
  }

  test('shows what would steer a terminal as escapes', () => {
    const said = cease(CEASE.administrativeShutdown, 'a\u001b[2J');
    assert.equal(formatMessage(said), 'NOTIFICATION Cease/Administrative Shutdown "a\\u001b[2J"');
  });

  test('can be a hard reset around the reason (RFC 8538)', () => {
    const inner = cease(CEASE.administrativeShutdown, 'hi');
    assert.deepEqual(hardResetReason(hardReset(inner)), inner);
    assert.equal(hardResetReason(inner), undefined);
    const empty: Notification = { type: 'notification', code: 6, subcode: 9, data: octets('06') };
    assert.equal(hardResetReason(empty), undefined);
    assert.deepEqual(messageToJson(inner), {
      type: 'notification',
      code: 6,
      subcode: 2,
      text: 'Cease/Administrative Shutdown',
      data: '026869',
      words: 'hi',
    });
  });

  test('is made of an error, and has the names of the registry', () => {
    const decoded = decodeMessage(octets(''), session);
    assert.ok(!decoded.ok);
    assert.equal(
      formatMessage(notificationOf(decoded.error)),
      'NOTIFICATION Message Header Error/Bad Message Length',
    );
    assert.equal(
      formatErrorCode(5, 3),
      'Finite State Machine Error/Receive Unexpected Message in Established State',
    );
    assert.equal(formatErrorCode(8, 0), 'Send Hold Timer Expired');
  });
});

describe('End-of-RIB (RFC 4724 §2)', () => {
  for (const family of familyNames) {
    test(`of ${family} is written and known`, () => {
      const wire = unwrap(encodeMessage(endOfRibOf(family), session));
      assert.equal(splitUpdate(wire, 0, wire.length, session).endOfRib, families[family]);
    });
  }

  for (const [what, fields] of [
    ['with a route', { attributes: '80 0f 04 0001 01 00' }],
    ['with another attribute', { attributes: '80 0f 03 0019 46 c0 80 00' }],
    ['with a next hop', { attributes: '80 0f 03 0019 46 40 03 04 0a000001' }],
    ['with withdrawn routes of IPv4', { withdrawn: '00', attributes: '80 0f 03 0019 46' }],
    ['with routes of IPv4', { attributes: '80 0f 03 0019 46', nlri: '00' }],
    ['beside MP_REACH_NLRI', { attributes: '80 0f 03 0019 46 80 0e 09 0019 46 04 0a000001 00' }],
    ['of a family that was not agreed on', { attributes: '80 0f 03 0001 02' }],
  ] as const) {
    test(`is none ${what}`, () => {
      const wire = updateMessage(fields);
      assert.equal(splitUpdate(wire, 0, wire.length, session).endOfRib, undefined);
    });
  }
});
