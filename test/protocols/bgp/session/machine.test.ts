/** The state machine of one connection, RFC 4271 §8.2.2: what each event does in each state. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { assertNever } from '../../../../src/base/assert-never.ts';
import { formatReason, negotiate, offer } from '../../../../src/protocols/bgp/index.ts';
import {
  type Action,
  type Event,
  type Side,
  type State,
  type StateName,
  step,
} from '../../../../src/protocols/bgp/session/machine.ts';
import { cease } from '../../../../src/protocols/bgp/wire/notification.ts';
import { formatMessage } from '../../../../src/protocols/bgp/wire/message.ts';
import { openOfB, settingsOfA } from './settings.ts';

const settings = settingsOfA();
const ours = offer(settings);
const negotiated = negotiate(ours, openOfB());

const states: { readonly [N in StateName]: State } = {
  Idle: { name: 'Idle' },
  Connect: { name: 'Connect' },
  Active: { name: 'Active' },
  OpenDelayed: { name: 'OpenDelayed', ours },
  OpenSent: { name: 'OpenSent', ours },
  OpenConfirm: { name: 'OpenConfirm', negotiated },
  Established: { name: 'Established', negotiated },
};

const events: { readonly [T in Event['type']]: Extract<Event, { type: T }> } = {
  start: { type: 'start' },
  stop: { type: 'stop', reason: { kind: 'sent', notification: cease(2), detail: '' } },
  'connect-retry-expired': { type: 'connect-retry-expired' },
  'delay-open-expired': { type: 'delay-open-expired' },
  'hold-expired': { type: 'hold-expired' },
  'keepalive-expired': { type: 'keepalive-expired' },
  'send-hold-expired': { type: 'send-hold-expired' },
  connected: { type: 'connected' },
  disconnected: { type: 'disconnected', detail: 'reset by peer' },
  open: { type: 'open', open: openOfB() },
  malformed: {
    type: 'malformed',
    error: { code: 1, subcode: 1, data: new Uint8Array(0), reason: 'no marker', rfc: 'RFC' },
  },
  notification: { type: 'notification', notification: cease(4) },
  keepalive: { type: 'keepalive' },
  update: { type: 'update' },
  refresh: { type: 'refresh' },
};

/** One word an action; timers by `+` and `-`. */
function short(action: Action): string {
  switch (action.do) {
    case 'start':
      return `+${action.timer}`;
    case 'stop':
      return `-${action.timer}`;
    case 'send': {
      const [type = '', detail = ''] = formatMessage(action.message).split(/ (.*)/);
      return type === 'NOTIFICATION' ? `"${detail}"` : type;
    }
    case 'close':
      return `close(${action.reason.kind})`;
    case 'connect':
    case 'agree':
    case 'up':
    case 'down':
      return action.do;
    default:
      return assertNever(action);
  }
}

const timers = /(-delay-open )?-connect-retry -hold -keepalive/;

/** `·`: nothing happens. Timers that every end stops are left out. */
function cell(name: StateName, event: Event, side: Side = 'outgoing', of = settings): string {
  const { actions, state } = step(states[name], event, of, side);
  const words = actions.map(short).join(' ').replace(timers, '').trim();
  if (state.name === name && words === '') return '·';
  return `${state.name === name ? '' : `→ ${state.name}`} ${words}`.trim();
}

type Row = { readonly [N in StateName]: string };
const end = (subcode: string) => `→ Idle "Finite State Machine Error${subcode}" close(sent)`;
const [inOpenSent, inOpenConfirm, inEstablished] = ['OpenSent', 'OpenConfirm', 'Established'].map(
  (name) => `/Receive Unexpected Message in ${name} State`,
);
/** A message that a state does not expect; `type` is that of the message, RFC 6608 §4. */
const unexpected = (type = '') => ({
  OpenDelayed: end(`/Unspecified Error${type}`),
  OpenSent: end(`${inOpenSent}${type}`),
  OpenConfirm: end(`${inOpenConfirm}${type}`),
  Established: `${end(`${inEstablished}${type}`)} down`,
});
const endedBy = (words: string) => ({
  OpenDelayed: `→ Idle ${words}`,
  OpenSent: `→ Idle ${words}`,
  OpenConfirm: `→ Idle ${words}`,
  Established: `→ Idle ${words} down`,
});
/** Nothing of a connection can happen where there is none; were it to, the machine gives up. */
const impossible = { Idle: '·', Connect: '→ Idle close(sent)', Active: '→ Idle' };

const table: { readonly [T in Event['type']]: Row } = {
  start: {
    Idle: '→ Connect +connect-retry connect',
    Connect: '·',
    Active: '·',
    OpenDelayed: '·',
    OpenSent: '·',
    OpenConfirm: '·',
    Established: '·',
  },
  stop: {
    Idle: '·',
    Connect: '→ Idle close(sent)',
    Active: '→ Idle',
    ...endedBy('"Cease/Administrative Shutdown" close(sent)'),
  },
  'connect-retry-expired': {
    Idle: '·',
    Connect: 'close(lost) +connect-retry connect',
    Active: '→ Connect +connect-retry connect',
    ...unexpected(),
  },
  'delay-open-expired': {
    ...impossible,
    ...unexpected(),
    OpenDelayed: '→ OpenSent OPEN +hold',
  },
  'hold-expired': { ...impossible, ...endedBy('"Hold Timer Expired" close(sent)') },
  'keepalive-expired': {
    ...impossible,
    ...unexpected(),
    OpenConfirm: 'KEEPALIVE +keepalive',
    Established: 'KEEPALIVE +keepalive',
  },
  'send-hold-expired': { ...impossible, ...endedBy('"Send Hold Timer Expired" close(sent)') },
  connected: {
    Idle: 'close(left)',
    Connect: '→ OpenSent -connect-retry OPEN +hold',
    Active: '→ OpenSent -connect-retry OPEN +hold',
    ...unexpected(),
  },
  disconnected: {
    Idle: '·',
    Connect: '→ Active -hold +connect-retry close(lost)',
    Active: '·',
    OpenDelayed: '→ Active -delay-open -hold +connect-retry close(lost)',
    OpenSent: '→ Active -hold +connect-retry close(lost)',
    OpenConfirm: '→ Idle close(lost)',
    Established: '→ Idle close(lost) down',
  },
  open: {
    ...impossible,
    ...unexpected(' 0x01'),
    OpenDelayed: '→ OpenConfirm -delay-open OPEN agree +hold KEEPALIVE +keepalive',
    OpenSent: '→ OpenConfirm agree +hold KEEPALIVE +keepalive',
  },
  malformed: {
    ...impossible,
    ...endedBy('"Message Header Error/Connection Not Synchronized" close(sent)'),
  },
  notification: {
    Idle: '·',
    Connect: '→ Idle close(received)',
    Active: '→ Idle',
    ...endedBy('close(received)'),
  },
  keepalive: {
    ...impossible,
    ...unexpected(' 0x04'),
    OpenConfirm: '→ Established +hold up',
    Established: '+hold',
  },
  update: { ...impossible, ...unexpected(' 0x02'), Established: '+hold' },
  refresh: { ...impossible, ...unexpected(' 0x05'), Established: '+hold' },
};

describe('state × event', () => {
  for (const type of Object.keys(events) as Event['type'][]) {
    test(type, () => {
      const row = Object.keys(states).map((name) => [name, cell(name as StateName, events[type])]);
      assert.deepEqual(Object.fromEntries(row), table[type]);
    });
  }
});

describe('a passive machine', () => {
  const passive = settingsOfA({ passive: true });
  test('waits instead of connecting', () => {
    assert.equal(cell('Idle', events.start, 'outgoing', passive), '→ Active');
    assert.equal(cell('Active', events['connect-retry-expired'], 'outgoing', passive), '·');
  });
  test('runs no timer for it', () => {
    assert.equal(
      cell('OpenSent', events.disconnected, 'outgoing', passive),
      '→ Active -hold close(lost)',
    );
  });
});

describe('a machine whose OPEN is delayed', () => {
  const delayed = settingsOfA({ delayOpen: 5 });
  for (const [name, side] of [
    ['Connect', 'outgoing'],
    ['Active', 'outgoing'],
    ['Idle', 'incoming'],
  ] as const) {
    test(`says nothing at first on a connection that it gets in ${name}`, () => {
      assert.equal(
        cell(name, events.connected, side, delayed),
        '→ OpenDelayed -connect-retry +delay-open',
      );
    });
  }
  test('takes the peer that closes a connection of its own for one that has never been', () => {
    assert.equal(cell('OpenDelayed', events.disconnected, 'incoming'), '→ Idle close(lost)');
  });
  test('tells a peer that it does not want why, without an OPEN of its own', () => {
    const stranger = { ...events.open, open: { ...openOfB(), myAs: 64_999, capabilities: [] } };
    assert.equal(
      cell('OpenDelayed', stranger),
      '→ Idle "OPEN Message Error/Bad Peer AS" close(sent)',
    );
  });
});

describe('a machine for a connection that the peer has made', () => {
  test('begins with our OPEN', () => {
    assert.equal(
      cell('Idle', events.connected, 'incoming'),
      '→ OpenSent -connect-retry OPEN +hold',
    );
  });
  test('ends with its connection', () => {
    assert.equal(cell('OpenSent', events.disconnected, 'incoming'), '→ Idle close(lost)');
  });
});

describe('timers', () => {
  test('while the OPEN is awaited, the hold time is a large one', () => {
    const { actions } = step(states.Connect, events.connected, settings, 'outgoing');
    assert.deepEqual(actions.at(-1), { do: 'start', timer: 'hold', seconds: 240 });
  });

  test('then it is the lesser of both, and keepalives go three times as often', () => {
    const open = openOfB({ holdTime: 9 });
    const { actions } = step(states.OpenSent, { type: 'open', open }, settings, 'outgoing');
    const started = actions.filter((action) => action.do === 'start');
    assert.deepEqual(
      started.map(({ timer, seconds }) => [timer, seconds]),
      [
        ['hold', 9],
        ['keepalive', 3],
      ],
    );
  });

  test('with a hold time of zero there are none, but the OPEN is confirmed', () => {
    const open = openOfB({ holdTime: 0 });
    const opened = step(states.OpenSent, { type: 'open', open }, settings, 'outgoing');
    assert.deepEqual(opened.actions.map(short), ['agree', '-hold', 'KEEPALIVE']);
    const up = step(opened.state, events.keepalive, settings, 'outgoing');
    assert.deepEqual(up.actions.map(short), ['up']);
  });
});

test('a close tells why in a sentence', () => {
  const told = Object.values(events).flatMap((event) =>
    step(states.Established, event, settings, 'outgoing').actions.flatMap((action) =>
      action.do === 'close' ? [formatReason(action.reason)] : [],
    ),
  );
  assert.deepEqual(told, [
    'sent Cease/Administrative Shutdown',
    'sent Finite State Machine Error/Receive Unexpected Message in Established State: connect-retry-expired was not to be expected',
    'sent Finite State Machine Error/Receive Unexpected Message in Established State: delay-open-expired was not to be expected',
    'sent Hold Timer Expired: nothing was heard in the hold time',
    'sent Send Hold Timer Expired: the peer takes nothing any more',
    'sent Finite State Machine Error/Receive Unexpected Message in Established State: connected was not to be expected',
    'connection lost: reset by peer',
    'sent Finite State Machine Error/Receive Unexpected Message in Established State: open was not to be expected',
    'sent Message Header Error/Connection Not Synchronized: no marker (RFC)',
    'received Cease/Administrative Reset',
  ]);
});
