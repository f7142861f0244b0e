/** The state of an OVSDB client as the state of a source. */

import { assertNever } from '../base/assert-never.ts';
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
    case 'connecting':
    case 'syncing':
      return { state: 'connecting' };
    default:
      return assertNever(state);
  }
}
