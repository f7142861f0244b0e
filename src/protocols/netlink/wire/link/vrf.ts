/** The settings of a VRF device: the routing table it stands for. */

import type { TableId } from '../../../../net/numbers.ts';
import { attribute, attributes, type HasOpaque, nested } from '../attribute.ts';
import { IFLA_VRF } from '../numbers.ts';
import { tableId } from '../payload.ts';

export interface VrfLink extends HasOpaque {
  readonly table?: TableId;
}

export const vrfLink = nested(attributes<VrfLink>({ table: attribute(IFLA_VRF.table, tableId) }));
