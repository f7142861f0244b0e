/**
 * FRR's vty: the map of this library. It speaks to the daemons' own sockets, as vtysh does, without vtysh: a session
 * with one daemon, its running configuration as a tree, and the least that must be said to make stanzas so. It knows
 * nothing of what the stanzas are for. README.md: examples, and what FRR does in which version.
 */

export type { Command } from './wire/command.ts';
export { encodeCommand, maxCommandLength, parseCommand } from './wire/command.ts';
export type { Reply } from './wire/reply.ts';
export { formatReply, isSuccess, maxReplyLength, ReplyDecoder } from './wire/reply.ts';
export { formatStatus, success } from './wire/status.ts';

export type { Config, ConfigNode, StanzaPath } from './config/tree.ts';
export { beginsWith, stanzaBody } from './config/tree.ts';
export {
  advertisedPrefixSlot,
  advertiseSlot,
  advertisingSlot,
  configFlagSlot,
  dnsServerSlot,
  importVrfSlot,
  rdSlot,
  redistributeSlot,
  routerIdSlot,
  routeTargetSlot,
  vniSlot,
} from './config/known-slots.ts';
export type { ManySlot, OneSlot, Slot, SlotChange } from './config/slot.ts';
export { emptied, flag, value, values } from './config/slot.ts';
export type { OwnedStanza } from './config/stanza.ts';
export { foreignLines, linesInSlot, ownedStanza, stanzaIdentity } from './config/stanza.ts';
export type { Batch, ConfigCommand, Obstacle, StanzaDiff, StanzaFacts } from './config/diff.ts';
export { diffStanzas, orderBatches } from './config/diff.ts';
export { formatConfig } from './config/format.ts';
export { parseConfig } from './config/parse.ts';
export type { VrfState } from './config/vrf-state.ts';
export { parseVrfStates } from './config/vrf-state.ts';

export {
  defaultVtyDirectory,
  findDaemons,
  findTaker,
  offersCommand,
  vtyPath,
} from './io/discover.ts';
export type { VtyClosed, VtyError, VtyRefused } from './io/error.ts';
export { formatVtyError } from './io/error.ts';
export type { ConfigureError, RunOptions, VtyOptions } from './io/session.ts';
export { openVty, VtySession } from './io/session.ts';
export type { StanzaSessions } from './io/stanzas.ts';
export { applyBatch, readStanzaFacts, sessionFor } from './io/stanzas.ts';
