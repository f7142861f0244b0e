/** The state of an OVSDB client as the state of a source. */

import type { SourceState } from '../inventory/source.ts';
import type { DatabaseState } from '../protocols/ovsdb/index.ts';

export function sourceState(state: DatabaseState): SourceState {
  switch (state.name) {
    case 'synced':
      return { state: 'synced' };
    case 'down':
      return { state: 'down', reason: state.reason.message };
    case 'closed':
      return { state: 'down', reason: 'closed' };
    default:
      return { state: 'connecting' };
  }
}
