/**
 * The state machine of RFC 4271 §8 for one connection: (state, event) to next state and actions. No clock, no socket, no
 * memory besides the state. One function a state; the numbers beside the cases are those of the events in §8.1. What spans
 * two connections with one peer (collisions, how soon to try again) is peer-machine.ts.
 *
 * On purpose otherwise than the RFC:
 * - A connection on which our OPEN is delayed is in a state of its own, OpenDelayed, where the RFC has a timer within Connect
 *   and Active; operators see those. What goes wrong there the peer is told (SendNOTIFICATIONwithoutOPEN).
 * - An attempt to connect that fails leads to Active, not to Idle: Idle would refuse the peer, which may be about to connect
 *   to us. FRR and BIRD do the same.
 * - A passive machine never connects, so its ConnectRetryTimer does not run.
 */

import { assertNever } from '../../../base/assert-never.ts';
import { keepalive, type Message } from '../wire/message.ts';
import type { MessageError } from '../wire/error.ts';
import { cease, type Notification } from '../wire/notification.ts';
import { CEASE, ERROR, MESSAGE, STATE_MACHINE_ERROR } from '../wire/numbers.ts';
import type { Open } from '../wire/open.ts';
import { checkOpen } from './check-open.ts';
import { type Negotiated, negotiate } from './negotiate.ts';
import { offer } from './offer.ts';
import { type Reason, sent, sentFor } from './reason.ts';
import type { PeerSettings } from './settings.ts';

export type State =
  | { readonly name: 'Idle' }
  /** TCP is on its way. */
  | { readonly name: 'Connect' }
  /** Waits for the peer to connect, or for the next attempt. */
  | { readonly name: 'Active' }
  /** There is a connection; our OPEN is sent after that of the peer, or when it has been waited for long enough. */
  | { readonly name: 'OpenDelayed'; readonly ours: Open }
  | { readonly name: 'OpenSent'; readonly ours: Open }
  | { readonly name: 'OpenConfirm'; readonly negotiated: Negotiated }
  | { readonly name: 'Established'; readonly negotiated: Negotiated };

export type StateName = State['name'];

export type Event =
  /** 1, 3 to 7. */
  | { readonly type: 'start' }
  /** 2, 8, 23: ends whatever there is, for this reason. */
  | { readonly type: 'stop'; readonly reason: Reason }
  /** 9. */
  | { readonly type: 'connect-retry-expired' }
  /** 10. */
  | { readonly type: 'hold-expired' }
  /** 11. */
  | { readonly type: 'keepalive-expired' }
  /** 12. */
  | { readonly type: 'delay-open-expired' }
  /** 29, RFC 9687 §4.2. */
  | { readonly type: 'send-hold-expired' }
  /** 16, 17. */
  | { readonly type: 'connected' }
  /** 18. */
  | { readonly type: 'disconnected'; readonly detail: string }
  /** 19, 20, and 22 for an OPEN that is of another than the peer. */
  | { readonly type: 'open'; readonly open: Open }
  /** 21, 22, 28: octets that are no message, or none of this session. */
  | { readonly type: 'malformed'; readonly error: MessageError }
  /** 24, 25. */
  | { readonly type: 'notification'; readonly notification: Notification }
  /** 26. */
  | { readonly type: 'keepalive' }
  /** 27. */
  | { readonly type: 'update' }
  /** RFC 2918 §4: as an UPDATE, at home in Established only. */
  | { readonly type: 'refresh' };

export type Timer = 'connect-retry' | 'delay-open' | 'hold' | 'keepalive';

export type Action =
  | { readonly do: 'connect' }
  | { readonly do: 'send'; readonly message: Message }
  /** Drops the connection, or the attempt to make one. */
  | { readonly do: 'close'; readonly reason: Reason }
  /** Starts anew when it is running. */
  | { readonly do: 'start'; readonly timer: Timer; readonly seconds: number }
  | { readonly do: 'stop'; readonly timer: Timer }
  /** From now on messages are those of this session. */
  | { readonly do: 'agree'; readonly negotiated: Negotiated }
  | { readonly do: 'up'; readonly negotiated: Negotiated }
  | { readonly do: 'down'; readonly negotiated: Negotiated; readonly reason: Reason };

export interface Step {
  readonly state: State;
  readonly actions: readonly Action[];
}

/** Which machine it is: that of the configured peer, or one for a connection that the peer has made. */
export type Side = 'outgoing' | 'incoming';

export const idle: State = Object.freeze({ name: 'Idle' });
const active: State = Object.freeze({ name: 'Active' });
const connect: State = Object.freeze({ name: 'Connect' });

export function step(state: State, event: Event, settings: PeerSettings, side: Side): Step {
  switch (state.name) {
    case 'Idle':
      return whenIdle(event, settings, side);
    case 'Connect':
      return whenConnect(event, settings);
    case 'Active':
      return whenActive(state, event, settings);
    case 'OpenDelayed':
      return whenOpenDelayed(state, event, settings, side);
    case 'OpenSent':
      return whenOpenSent(state, event, settings, side);
    case 'OpenConfirm':
      return whenOpenConfirm(state, event);
    case 'Established':
      return whenEstablished(state, event);
    default:
      return assertNever(state);
  }
}

/** RFC 4271 §8.2.2: only a start leads out of Idle; a connection is refused. */
function whenIdle(event: Event, settings: PeerSettings, side: Side): Step {
  if (event.type === 'connected') {
    return side === 'incoming'
      ? beginSession(settings)
      : { state: idle, actions: [close(refused)] };
  }
  if (event.type !== 'start') return stay(idle);
  return settings.passive ? { state: active, actions: [] } : beginConnect(settings);
}

const refused: Reason = { kind: 'left', detail: 'the peer is not wanted now' };

function whenConnect(event: Event, settings: PeerSettings): Step {
  switch (event.type) {
    case 'start':
      return stay(connect);
    case 'connect-retry-expired': {
      const late: Reason = { kind: 'lost', detail: 'no answer to the attempt to connect' };
      const { actions, state } = beginConnect(settings);
      return { state, actions: [close(late), ...actions] };
    }
    case 'connected':
      return beginSession(settings);
    case 'disconnected':
      return waitActive(settings, event.detail);
    case 'stop':
    case 'hold-expired':
    case 'send-hold-expired':
    case 'malformed':
    case 'notification':
      return toIdle(connect, endOf(event));
    case 'keepalive-expired':
    case 'delay-open-expired':
    case 'open':
    case 'keepalive':
    case 'update':
    case 'refresh':
      return toIdle(connect, stateMachineError(0, event));
    default:
      return assertNever(event);
  }
}

function whenActive(state: State, event: Event, settings: PeerSettings): Step {
  switch (event.type) {
    case 'start':
    // There is no connection that could be lost.
    case 'disconnected':
      return stay(state);
    case 'connect-retry-expired':
      return settings.passive ? stay(state) : beginConnect(settings);
    case 'connected':
      return beginSession(settings);
    case 'stop':
    case 'hold-expired':
    case 'send-hold-expired':
    case 'malformed':
    case 'notification':
      return toIdle(state, endOf(event));
    case 'keepalive-expired':
    case 'delay-open-expired':
    case 'open':
    case 'keepalive':
    case 'update':
    case 'refresh':
      return toIdle(state, stateMachineError(0, event));
    default:
      return assertNever(event);
  }
}

function whenOpenDelayed(
  state: Extract<State, { name: 'OpenDelayed' }>,
  event: Event,
  settings: PeerSettings,
  side: Side,
): Step {
  switch (event.type) {
    case 'start':
      return stay(state);
    case 'delay-open-expired':
      return sendOpen(state.ours, settings);
    case 'open': {
      const { actions, state: next } = receiveOpen(state, event.open, settings);
      if (next.name !== 'OpenConfirm') return { state: next, actions };
      return { state: next, actions: [stop('delay-open'), send(state.ours), ...actions] };
    }
    case 'disconnected':
      return loseUnopened(state, event.detail, settings, side);
    case 'stop':
    case 'hold-expired':
    case 'send-hold-expired':
    case 'malformed':
    case 'notification':
      return toIdle(state, endOf(event));
    case 'connect-retry-expired':
    case 'keepalive-expired':
    case 'connected':
    case 'keepalive':
    case 'update':
    case 'refresh':
      return toIdle(state, stateMachineError(0, event));
    default:
      return assertNever(event);
  }
}

function whenOpenSent(
  state: Extract<State, { name: 'OpenSent' }>,
  event: Event,
  settings: PeerSettings,
  side: Side,
): Step {
  switch (event.type) {
    case 'start':
      return stay(state);
    case 'open':
      return receiveOpen(state, event.open, settings);
    case 'disconnected':
      return loseUnopened(state, event.detail, settings, side);
    case 'stop':
    case 'hold-expired':
    case 'send-hold-expired':
    case 'malformed':
    case 'notification':
      return toIdle(state, endOf(event));
    case 'connect-retry-expired':
    case 'delay-open-expired':
    case 'keepalive-expired':
    case 'connected':
    case 'keepalive':
    case 'update':
    case 'refresh':
      return toIdle(state, stateMachineError(STATE_MACHINE_ERROR.openSent, event));
    default:
      return assertNever(event);
  }
}

function whenOpenConfirm(state: Extract<State, { name: 'OpenConfirm' }>, event: Event): Step {
  const { negotiated } = state;
  switch (event.type) {
    case 'start':
      return stay(state);
    case 'keepalive-expired':
      return { state, actions: sendKeepalive(negotiated) };
    case 'keepalive': {
      const actions: Action[] = [...restartHold(negotiated), { do: 'up', negotiated }];
      return { state: { name: 'Established', negotiated }, actions };
    }
    case 'stop':
    case 'hold-expired':
    case 'send-hold-expired':
    case 'disconnected':
    case 'malformed':
    case 'notification':
      return toIdle(state, endOf(event));
    case 'connect-retry-expired':
    case 'delay-open-expired':
    case 'connected':
    case 'open':
    case 'update':
    case 'refresh':
      return toIdle(state, stateMachineError(STATE_MACHINE_ERROR.openConfirm, event));
    default:
      return assertNever(event);
  }
}

function whenEstablished(state: Extract<State, { name: 'Established' }>, event: Event): Step {
  const { negotiated } = state;
  switch (event.type) {
    case 'start':
      return stay(state);
    case 'keepalive-expired':
      return { state, actions: sendKeepalive(negotiated) };
    case 'keepalive':
    case 'update':
    case 'refresh':
      return { state, actions: restartHold(negotiated) };
    case 'stop':
    case 'hold-expired':
    case 'send-hold-expired':
    case 'disconnected':
    case 'malformed':
    case 'notification':
      return toIdle(state, endOf(event));
    case 'connect-retry-expired':
    case 'delay-open-expired':
    case 'connected':
    case 'open':
      return toIdle(state, stateMachineError(STATE_MACHINE_ERROR.established, event));
    default:
      return assertNever(event);
  }
}

/** Events that end a connection wherever they occur; the others do so where they are not to be expected. */
type End = Extract<
  Event,
  {
    type:
      | 'stop'
      | 'hold-expired'
      | 'send-hold-expired'
      | 'disconnected'
      | 'malformed'
      | 'notification';
  }
>;

function endOf(event: End): Reason {
  switch (event.type) {
    case 'stop':
      return event.reason;
    case 'hold-expired':
      return sent(notification(ERROR.holdTimerExpired), 'nothing was heard in the hold time');
    case 'send-hold-expired':
      return sent(notification(ERROR.sendHoldTimerExpired), 'the peer takes nothing any more');
    case 'disconnected':
      return { kind: 'lost', detail: event.detail };
    case 'malformed':
      return sentFor(event.error);
    case 'notification':
      return { kind: 'received', notification: event.notification };
    default:
      return assertNever(event);
  }
}

/** RFC 6608 §4: the subcode names the state, the data the type of the message that was unexpected. */
function stateMachineError(subcode: number, event: Event): Reason {
  const code = messageCodes.get(event.type);
  const data = code === undefined ? [] : [code];
  const detail = `${event.type} was not to be expected`;
  return sent(notification(ERROR.stateMachine, subcode, data), detail);
}

const messageCodes: ReadonlyMap<Event['type'], number> = new Map([
  ['open', MESSAGE.open],
  ['keepalive', MESSAGE.keepalive],
  ['update', MESSAGE.update],
  ['refresh', MESSAGE.routeRefresh],
]);

function notification(code: number, subcode = 0, data: readonly number[] = []): Notification {
  return { type: 'notification', code, subcode, data: Uint8Array.from(data) };
}

export function collision(): Reason {
  return sent(cease(CEASE.connectionCollision));
}

function receiveOpen(
  state: Extract<State, { name: 'OpenDelayed' | 'OpenSent' }>,
  open: Open,
  settings: PeerSettings,
): Step {
  const error = checkOpen(state.ours, open, settings);
  if (error !== undefined) return toIdle(state, sentFor(error));
  const negotiated = negotiate(state.ours, open, settings);
  return {
    state: { name: 'OpenConfirm', negotiated },
    actions: [
      { do: 'agree', negotiated },
      ...(negotiated.holdTime === 0 ? [stop('hold')] : restartHold(negotiated)),
      ...sendKeepalive(negotiated),
    ],
  };
}

function stay(state: State): Step {
  return { state, actions: [] };
}

function beginConnect({ connectRetry }: PeerSettings): Step {
  return {
    state: connect,
    actions: [start('connect-retry', connectRetry), { do: 'connect' }],
  };
}

/** The connection ends before the peer has sent its OPEN. */
function loseUnopened(state: State, detail: string, settings: PeerSettings, side: Side): Step {
  if (side === 'incoming') return toIdle(state, { kind: 'lost', detail });
  const { actions, state: next } = waitActive(settings, detail);
  return { state: next, actions: [...delayOver(state), ...actions] };
}

/** The connection is gone; the next attempt is made when the timer says so, or the peer connects. */
function waitActive({ connectRetry, passive }: PeerSettings, detail: string): Step {
  const timers = [stop('hold'), ...(passive ? [] : [start('connect-retry', connectRetry)])];
  return { state: active, actions: [...timers, close({ kind: 'lost', detail })] };
}

/** There is a connection. */
function beginSession(settings: PeerSettings): Step {
  const { delayOpen } = settings;
  const ours = offer(settings);
  const { actions, state }: Step =
    delayOpen === 0
      ? sendOpen(ours, settings)
      : { state: { name: 'OpenDelayed', ours }, actions: [start('delay-open', delayOpen)] };
  return { state, actions: [stop('connect-retry'), ...actions] };
}

function sendOpen(ours: Open, { openHoldTime }: PeerSettings): Step {
  return { state: { name: 'OpenSent', ours }, actions: [send(ours), start('hold', openHoldTime)] };
}

/** What ends with OpenDelayed. */
function delayOver({ name }: State): Action[] {
  return name === 'OpenDelayed' ? [stop('delay-open')] : [];
}

/** What every end has in common. `down` comes last, when nothing of the session is left. */
function toIdle(state: State, reason: Reason): Step {
  const hasConnection = state.name !== 'Connect' && state.name !== 'Active';
  const actions: Action[] = [
    ...delayOver(state),
    stop('connect-retry'),
    stop('hold'),
    stop('keepalive'),
  ];
  if (hasConnection && reason.kind === 'sent') actions.push(send(reason.notification));
  if (state.name !== 'Active') actions.push(close(reason));
  if (state.name === 'Established') {
    actions.push({ do: 'down', negotiated: state.negotiated, reason });
  }
  return { state: idle, actions };
}

const sendOne: Action = Object.freeze(send(keepalive));

function sendKeepalive({ keepaliveTime }: Negotiated): Action[] {
  return keepaliveTime === 0 ? [sendOne] : [sendOne, start('keepalive', keepaliveTime)];
}

/** RFC 4271 §4.2: with a hold time of zero there are neither keepalives nor an end for want of them. */
function restartHold({ holdTime }: Negotiated): Action[] {
  return holdTime === 0 ? [] : [start('hold', holdTime)];
}

function send(message: Message): Action {
  return { do: 'send', message };
}

function close(reason: Reason): Action {
  return { do: 'close', reason };
}

function start(timer: Timer, seconds: number): Action {
  return { do: 'start', timer, seconds };
}

function stop(timer: Timer): Action {
  return { do: 'stop', timer };
}
