/** Whatever happens to a peer, in whatever order: some things never do. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';

import { assertNever } from '../../../../src/base/assert-never.ts';
import type { Event, Timer } from '../../../../src/protocols/bgp/session/machine.ts';
import {
  outgoingLink,
  type PeerAction,
  type PeerEvent,
  PeerMachine,
  type PeerTimer,
} from '../../../../src/protocols/bgp/session/peer-machine.ts';
import { formatReason, sent } from '../../../../src/protocols/bgp/session/reason.ts';
import { cease } from '../../../../src/protocols/bgp/wire/notification.ts';
import { openOfB, settingsOfA } from './settings.ts';

/** What the world around a machine is in: which connections there are, which timers run. */
class World {
  readonly machine: PeerMachine;
  readonly connections = new Set<number>();
  readonly timers = new Set<string>();
  isUp = false;
  #lastLink = outgoingLink;

  constructor(isPassive: boolean, isHelper: boolean, delayOpen: number) {
    const longLived = new Map([['l2vpn-evpn', 60]] as const);
    const restart = { time: 10, notification: true, preserved: [], restarted: false, longLived };
    const settings = { passive: isPassive, delayOpen, ...(isHelper ? { restart } : {}) };
    this.machine = new PeerMachine(settingsOfA(settings));
  }

  step(event: PeerEvent): void {
    if (event.type === 'timer') this.timers.delete(event.timer);
    for (const action of this.machine.step(event)) this.#perform(action);
    this.#check();
  }

  accept(): void {
    this.#lastLink += 1;
    this.connections.add(this.#lastLink);
    this.step({ type: 'accepted', link: this.#lastLink });
  }

  /** Some connection there is; the one that we make may have yet to stand. */
  link(which: number): number | undefined {
    const links = [...this.connections];
    return links[which % Math.max(1, links.length)];
  }

  #perform(action: PeerAction): void {
    switch (action.do) {
      case 'connect':
        assert.ok(!this.connections.has(outgoingLink), 'connects twice');
        this.connections.add(outgoingLink);
        return;
      case 'send':
      case 'agree':
        return assert.ok(this.connections.has(action.link), `${action.do} without a connection`);
      case 'close':
        assert.notEqual(formatReason(action.reason), '', 'a close without a reason');
        this.connections.delete(action.link);
        return;
      case 'start':
        this.timers.add(`${action.link} ${action.timer}`);
        return assert.ok(action.seconds > 0);
      case 'stop':
        this.timers.delete(`${action.link} ${action.timer}`);
        return;
      case 'start-peer-timer':
        this.timers.add(action.timer);
        return assert.ok(action.seconds > 0);
      case 'stop-peer-timer':
        this.timers.delete(action.timer);
        return;
      case 'up':
        assert.ok(!this.isUp, 'up twice');
        this.isUp = true;
        return;
      case 'down':
        assert.ok(this.isUp, 'down without up');
        this.isUp = false;
        return;
      case 'expired':
        return assert.ok(!this.isUp, 'routes expire while a session is up');
      default:
        assertNever(action);
    }
  }

  #check(): void {
    const { admin, state } = this.machine;
    const links = [...this.connections].map((link) => this.machine.stateOf(link).name);
    const isUp = state === 'Established';
    assert.equal(this.isUp, isUp, 'the handler and the state differ');
    assert.ok(links.filter((name) => name === 'Established').length <= 1, 'two sessions');
    assert.ok(links.filter((name) => name === 'OpenConfirm').length <= 1, 'an open collision');
    assert.ok(!links.includes('Idle'), 'a connection that nobody knows');
    for (const timer of this.timers) {
      const link = /^\d+/.exec(timer)?.[0];
      if (link !== undefined) {
        const { name } = this.machine.stateOf(Number(link));
        assert.notEqual(name, 'Idle', `${timer} runs in Idle`);
        if (timer.endsWith('delay-open')) assert.equal(name, 'OpenDelayed');
      }
    }
    if (admin === 'running') assert.notEqual(state, 'Idle', 'running, and nothing goes on');
    else assert.deepEqual([state, this.connections.size], ['Idle', 0], `${admin}, but not Idle`);
    if (admin === 'stopped') assert.deepEqual([...this.timers], []);
    if (admin === 'held') assert.ok(this.timers.has('idle-hold'), 'held for ever');
  }
}

const longLived = new Map([['l2vpn-evpn', 30]] as const);
const opens = [
  openOfB(),
  openOfB({ holdTime: 0 }),
  openOfB({
    restart: {
      time: 5,
      notification: true,
      preserved: ['l2vpn-evpn'],
      restarted: false,
      longLived,
    },
  }),
  openOfB({ families: [{ family: 'ipv6-unicast' }] }),
  { ...openOfB(), myAs: 64999, capabilities: [] },
];

const events: readonly Event[] = [
  { type: 'hold-expired' },
  { type: 'send-hold-expired' },
  { type: 'keepalive-expired' },
  { type: 'connected' },
  { type: 'disconnected', detail: 'reset' },
  ...opens.map((open): Event => ({ type: 'open', open })),
  {
    type: 'malformed',
    error: { code: 1, subcode: 1, data: new Uint8Array(0), reason: 'no marker', rfc: '' },
  },
  { type: 'notification', notification: cease(4) },
  { type: 'notification', notification: cease(7) },
  { type: 'keepalive' },
  { type: 'keepalive' },
  { type: 'update' },
  { type: 'refresh' },
];

type Happening =
  /** What brings the connection closer to a session; otherwise few histories would come to one. */
  | { readonly kind: 'advance'; readonly which: number; readonly open: Event }
  | { readonly kind: 'link'; readonly which: number; readonly event: Event }
  | { readonly kind: 'timer'; readonly which: number }
  | { readonly kind: 'accept' }
  | { readonly kind: 'peer'; readonly event: PeerEvent };

const reason = sent(cease(4));
const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('link' as const),
      which: fc.nat(3),
      event: fc.constantFrom(...events),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('timer' as const), which: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'accept' as const }) },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('advance' as const),
      which: fc.nat(3),
      open: fc.constantFrom(...opens.slice(0, 3)).map((open): Event => ({ type: 'open', open })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom<PeerEvent>(
        { type: 'start' },
        { type: 'stop', reason },
        { type: 'reset', reason },
        { type: 'bfd-down' },
      )
      .map((event) => ({ kind: 'peer' as const, event })),
  },
);

function happen(world: World, one: Happening): void {
  if (one.kind === 'peer') return world.step(one.event);
  if (one.kind === 'accept') return world.accept();
  if (one.kind === 'link') return tellLink(world, one.which, one.event);
  if (one.kind === 'advance') return advance(world, one.which, one.open);
  const timer = [...world.timers][one.which % Math.max(1, world.timers.size)];
  if (timer !== undefined) ring(world, timer);
}

function advance(world: World, which: number, open: Event): void {
  const name = world.machine.stateOf(world.link(which) ?? -1).name;
  if (name === 'Connect') tellLink(world, which, { type: 'connected' });
  else
    tellLink(
      world,
      which,
      name === 'OpenDelayed' || name === 'OpenSent' ? open : { type: 'keepalive' },
    );
}

/** A stream tells only what it can: that it stands, or does not, before anything else. */
function tellLink(world: World, which: number, event: Event): void {
  const link = world.link(which);
  if (link === undefined) return;
  const isConnecting = world.machine.stateOf(link).name === 'Connect';
  const isPossible = isConnecting
    ? event.type === 'connected' || event.type === 'disconnected'
    : event.type !== 'connected';
  if (isPossible) world.step({ type: 'link', link, event });
}

function ring(world: World, timer: string): void {
  world.timers.delete(timer);
  const [link = '', name] = timer.split(' ');
  if (name === undefined) return world.step({ type: 'timer', timer: timer as PeerTimer });
  const event: Event = { type: `${name as Timer}-expired` };
  world.step({ type: 'link', link: Number(link), event });
}

test('at most one session, no timer of a connection that is gone, no close without a reason', () => {
  fc.assert(
    fc.property(
      fc.boolean(),
      fc.boolean(),
      fc.constantFrom(0, 5),
      fc.array(happening, { maxLength: 150, size: 'max' }),
      (isPassive, isHelper, delayOpen, happenings) => {
        const world = new World(isPassive, isHelper, delayOpen);
        world.step({ type: 'start' });
        for (const one of happenings) happen(world, one);
        world.step({ type: 'stop', reason });
        assert.deepEqual([...world.connections], []);
      },
    ),
    { numRuns: 1000 },
  );
});
