/**
 * What the last octet of a reply says: the values of CMD_* in FRR's lib/command.h (the same in 8.4, 10.3 and 10.7).
 * Those that a daemon keeps for itself or for vtysh are listed too, so that a stray one is named in an error text.
 */

/** Only this one means that the line was carried out; there is no milder failure. */
export const success = 0;

interface StatusEntry {
  /** FRR's name without `CMD_`. */
  readonly name: string;
  /** What a person should understand by it. */
  readonly meaning: string;
}

/** Index = the octet. */
const statuses: readonly StatusEntry[] = [
  { name: 'SUCCESS', meaning: 'done' },
  // bgpd: `no rd 9:9` where the RD is another, `route-target import` of one that is there (10.x).
  { name: 'WARNING', meaning: 'not done, or done already' },
  // Also when a line of another node, or of another daemon, is meant.
  { name: 'ERR_NO_MATCH', meaning: 'unknown here' },
  { name: 'ERR_AMBIGUOUS', meaning: 'ambiguous' },
  { name: 'ERR_INCOMPLETE', meaning: 'incomplete' },
  { name: 'ERR_EXEED_ARGC_MAX', meaning: 'too many words' },
  { name: 'ERR_NOTHING_TODO', meaning: 'nothing to do' },
  { name: 'COMPLETE_FULL_MATCH', meaning: 'completion: full match' },
  { name: 'COMPLETE_MATCH', meaning: 'completion: match' },
  { name: 'COMPLETE_LIST_MATCH', meaning: 'completion: several matches' },
  { name: 'SUCCESS_DAEMON', meaning: 'done here, to be passed on to the daemons' },
  { name: 'ERR_NO_FILE', meaning: 'no configuration file' },
  { name: 'SUSPEND', meaning: 'suspended, the answer comes later' },
  // `router bgp 65001 vrf X` where X has another AS; a VNI that another VRF has.
  {
    name: 'WARNING_CONFIG_FAILED',
    meaning: 'refused: it does not fit the configuration or the system',
  },
  { name: 'NOT_MY_INSTANCE', meaning: 'meant for another instance of the daemon' },
  { name: 'NO_LEVEL_UP', meaning: 'not here, and not to be tried one level further out' },
  { name: 'ERR_NO_DAEMON', meaning: 'the daemon for it does not run' },
];

/** `WARNING_CONFIG_FAILED (13): refused: …`; numbers that FRR has not used yet are given as such. */
export function formatStatus(status: number): string {
  const entry = statuses[status];
  return entry === undefined ? `status ${status}` : `${entry.name} (${status}): ${entry.meaning}`;
}
