/** What is left unsaid about the connections of a peer, and what cannot be said about them. */

import { type Issue, issue } from '../../../base/issue.ts';
import type { PeerSettings } from '../session/settings.ts';
import { maxPasswordLength } from './socket-options.ts';
import type { ConnectionSettings } from './transport.ts';

const maxHops = 255;

/** An internal peer is anywhere in the AS; others, and those whose distance is to be checked, are next to us unless said. */
export function connectionSettings(
  said: Partial<ConnectionSettings> = {},
  { local, remote }: PeerSettings,
): ConnectionSettings {
  const isInternal = remote === 'internal' || remote === local.asn;
  return { hops: isInternal && said.ttlSecurity !== true ? maxHops : 1, ...said };
}

export function checkConnection({ hops, password }: ConnectionSettings): readonly Issue[] {
  const issues: Issue[] = [];
  if (!Number.isInteger(hops) || hops < 1 || hops > maxHops) {
    issues.push(issue(`${hops} is not 1 to ${maxHops}`, 'connection.hops'));
  }
  const length = new TextEncoder().encode(password ?? '').length;
  if (password !== undefined && (length === 0 || length > maxPasswordLength)) {
    issues.push(issue(`not 1 to ${maxPasswordLength} octets`, 'connection.password'));
  }
  return issues;
}
