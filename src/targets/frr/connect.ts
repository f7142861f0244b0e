/** Finds FRR's daemons and opens the sessions that our stanzas go through. Asks what each takes; changes nothing. */

import type { Clock } from '../../base/ports.ts';
import { err, ok, type Result } from '../../base/result.ts';
import {
  findDaemons,
  findTaker,
  formatVtyError,
  openVty,
  type StanzaSessions,
  type VtyError,
  type VtySession,
  vtyPath,
} from '../../protocols/vty/index.ts';

/** All sessions, or none and why. mgmtd, where it runs, takes VRFs from 10.x on. */
export async function connectFrr(
  directory: string,
  clock: Clock,
): Promise<Result<StanzaSessions, string>> {
  const daemons = await findDaemons(directory);
  if (!daemons.ok) return err(formatAbsence(daemons.error));
  const names = ['zebra', 'bgpd', ...(daemons.value.includes('mgmtd') ? ['mgmtd'] : [])];
  const opened = await Promise.all(
    names.map((name) => openVty({ path: vtyPath(directory, name), clock })),
  );
  const sessions = opened.flatMap((each) => (each.ok ? [each.value] : []));
  const failure = opened.find((each) => !each.ok);
  const found = failure === undefined ? await assign(sessions) : err(formatAbsence(failure.error));
  if (found.ok) return found;
  for (const session of sessions) session.close();
  return found;
}

export function sessionsOf({ zebra, vrf, bgp }: StanzaSessions): ReadonlySet<VtySession> {
  return new Set([zebra, vrf, bgp]);
}

async function assign(sessions: readonly VtySession[]): Promise<Result<StanzaSessions, string>> {
  const [zebra, bgp, mgmtd] = sessions;
  if (zebra === undefined || bgp === undefined) return err(notRunning('zebra and bgpd are needed'));
  const candidates = mgmtd === undefined ? [zebra] : [mgmtd, zebra];
  const taker = await findTaker(candidates, 'vrf', 'vni');
  if (!taker.ok) return err(formatAbsence(taker.error));
  const vrf = taker.value;
  if (vrf === undefined)
    return err("FRR is of no use: no daemon takes 'vni' of a VRF; FRR 8.4 or later is needed");
  if (vrf === mgmtd && !(await hasZebra(mgmtd))) {
    return err(notRunning('zebra has not come to mgmtd yet'));
  }
  // 9.x has an mgmtd that does not take VNIs.
  if (mgmtd !== undefined && vrf !== mgmtd) mgmtd.close();
  return ok({ zebra, vrf, bgp });
}

/**
 * Until zebra has come to mgmtd that takes everything and tells nobody; and when zebra comes amid a commit, mgmtd of 10.3
 * lets go of that and never again of its lock.
 */
async function hasZebra(mgmtd: VtySession): Promise<boolean> {
  const shown = await mgmtd.ask('show mgmt backend-adapter all');
  // One that cannot be asked is not waited for.
  if (!shown.ok) return shown.error.kind === 'refused';
  return /Client:\s+zebra/.test(shown.value);
}

/** A daemon that does not let us in may well be running. */
function formatAbsence(error: VtyError): string {
  const text = formatVtyError(error);
  const isShut = error.kind === 'unreachable' && error.code === 'EACCES';
  return isShut ? `FRR is not open to us: ${text}` : notRunning(text);
}

function notRunning(reason: string): string {
  return `FRR is not running: ${reason}`;
}
