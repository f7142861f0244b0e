/**
 * The laws are worth what their generators are: these make every kind of everything that the tables know, short and long.
 * A kind that is added to a table and not to the generators fails here.
 */

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import fc from 'fast-check';
import { unwrap } from '../../../../src/base/result.ts';
import {
  attributes,
  capabilities,
  encodeMessage,
  evpnRouteTypes,
  extendedCommunities,
  familyNames,
  type Message,
  type Update,
} from '../../../../src/protocols/bgp/index.ts';
import { anyMessage, sessions } from '../values.ts';

const perSession = 400;
const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** How often each kind of each table was met. */
const met = new Map<string, number>();
const lengths: number[] = [];

function meet(what: string, kind: string): void {
  met.set(`${what} ${kind}`, (met.get(`${what} ${kind}`) ?? 0) + 1);
}

function look(message: Message): void {
  meet('message', message.type);
  if (message.type === 'open') {
    for (const { kind } of message.capabilities) meet('capability', kind);
  }
  if (message.type === 'update') lookAt(message);
}

function lookAt({ attributes: set, nlri, withdrawn }: Update): void {
  for (const name of Object.keys(set)) meet('attribute', name);
  for (const { kind } of set.extendedCommunities ?? []) meet('community', kind);
  for (const { type, asns } of set.asPath ?? []) {
    meet('segment', type);
    if (asns.length === 255) meet('segment', 'of 255');
  }
  if (nlri.length > 0 && withdrawn.length > 0) meet('update', 'of everything at once');
  for (const field of [set.mpReach, set.mpUnreach]) {
    if (field === undefined) continue;
    meet('family', field.family);
    if (field.routes.length === 0) meet('update', 'End-of-RIB');
    if (field.family !== 'l2vpn-evpn') continue;
    for (const route of field.routes) meet('route', route.nlri.type);
  }
}

describe(`the generators (seed ${seed})`, () => {
  before(() => {
    sessions.forEach((session, index) => {
      for (const one of fc.sample(anyMessage(session), {
        numRuns: perSession,
        seed: seed + index,
      })) {
        look(one);
        lengths.push(unwrap(encodeMessage(one, session)).length);
      }
    });
  });

  // AS4_PATH and AS4_AGGREGATOR are made by the encoder: no value has them.
  const made = Object.keys(attributes).filter((name) => !name.startsWith('as4'));
  const wanted: { readonly [what: string]: readonly string[] } = {
    message: ['open', 'update', 'notification', 'keepalive', 'route-refresh'],
    capability: [...Object.keys(capabilities), 'unknown'],
    attribute: [...made, 'unknown'],
    community: [...Object.keys(extendedCommunities), 'opaque'],
    segment: ['set', 'sequence', 'confed-sequence', 'confed-set', 'of 255'],
    family: familyNames,
    route: [...Object.keys(evpnRouteTypes), 'opaque'],
    update: ['of everything at once', 'End-of-RIB'],
  };
  for (const [what, kinds] of Object.entries(wanted)) {
    test(`make every ${what}`, (t) => {
      const counts = kinds.map((kind) => [kind, met.get(`${what} ${kind}`) ?? 0] as const);
      t.diagnostic(counts.map(([kind, count]) => `${kind} ${count}`).join(', '));
      assert.deepEqual(
        counts.filter(([, count]) => count === 0),
        [],
      );
    });
  }

  test('make messages of every length', () => {
    const beyond = (length: number) => lengths.filter((each) => each > length).length;
    assert.ok(beyond(4096) > 0 && beyond(1000) > 50 && beyond(100) > 500, String(beyond(4096)));
  });
});
