/**
 * Owned stanzas against real daemons: reads what the diff needs to know, and carries its batches out. It decides
 * nothing, and keeps nothing: whoever applies reads again afterwards, since FRR tells no one of a change.
 */

import { ok, type Result } from '../../../base/result.ts';
import type { Batch, StanzaFacts } from '../config/diff.ts';
import { parseConfig } from '../config/parse.ts';
import { isOfZebra, vrfOf } from '../config/stanza.ts';
import { parseVrfStates } from '../config/vrf-state.ts';
import type { Reply } from '../wire/reply.ts';
import type { VtyError, VtyRefused } from './error.ts';
import type { ConfigureError, VtySession } from './session.ts';

/** The sessions that stanzas go through. The README tells which daemon takes what in which version. */
export interface StanzaSessions {
  /** Knows the VRFs of the kernel. */
  readonly zebra: VtySession;
  /** Takes `vrf X` and `interface X`: mgmtd where it offers `vni` there, else zebra. `findTaker(…, 'vrf', 'vni')` finds it. */
  readonly vrf: VtySession;
  /** bgpd. */
  readonly bgp: VtySession;
}

/** The daemon of a stanza. Only VRFs, interfaces and what bgpd takes are known here. */
export function sessionFor(sessions: StanzaSessions, stanza: string): VtySession {
  return isOfZebra(stanza) ? sessions.vrf : sessions.bgp;
}

/** The running configuration of those daemons, and the VRFs of zebra, read at once. */
export async function readStanzaFacts(
  sessions: StanzaSessions,
): Promise<Result<StanzaFacts, VtyError | VtyRefused>> {
  const [vrf, bgp, states] = await Promise.all([
    sessions.vrf.ask('show running-config'),
    sessions.bgp.ask('show running-config'),
    sessions.zebra.ask('show vrf'),
  ]);
  if (!vrf.ok) return vrf;
  if (!bgp.ok) return bgp;
  if (!states.ok) return states;
  const configs = { vrf: parseConfig(vrf.value), bgp: parseConfig(bgp.value) };
  return ok({
    configOf: (stanza) => (isOfZebra(stanza) ? configs.vrf : configs.bgp),
    vrfs: parseVrfStates(states.value),
  });
}

/** Carries out one batch; where it stops, the lines before stand. */
export async function applyBatch(
  sessions: StanzaSessions,
  batch: Batch,
): Promise<Result<readonly Reply[], ConfigureError>> {
  const lines = batch.commands.map(({ text }) => text);
  const said = await sessionFor(sessions, batch.stanza).configure(lines);
  const removal = `no ${batch.stanza}`;
  if (said.ok && vrfOf(batch.stanza) !== undefined && lines.includes(removal)) {
    // vtysh tells every daemon of a VRF, and bgpd goes on showing it. It takes this also when it was never told.
    await sessions.bgp.configure([removal]);
  }
  return said;
}
