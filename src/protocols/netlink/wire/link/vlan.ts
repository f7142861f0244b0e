/** The settings of a VLAN device; the device below it is `Link.link`. */

import type { Writer } from '../../../../base/bytes.ts';
import type { VlanId } from '../../../../net/numbers.ts';
import { attribute, attributes, type HasOpaque, nested, type Payload } from '../attribute.ts';
import { IFLA_VLAN } from '../numbers.ts';
import { be16, vlanId } from '../payload.ts';

export interface VlanLink extends HasOpaque {
  readonly id?: VlanId;
  /** The EtherType of the tag: 0x8100 is 802.1Q, 0x88a8 is 802.1ad. */
  readonly protocol?: number;
  readonly flags?: VlanFlags;
}

/** struct ifla_vlan_flags: VLAN_FLAG bits, and which of them a request changes. */
export interface VlanFlags {
  readonly set: number;
  readonly mask: number;
}

const flags: Payload<VlanFlags> = {
  decode: (data, at, length) =>
    length === 8
      ? { set: data.getUint32(at, true), mask: data.getUint32(at + 4, true) }
      : undefined,
  encode: (writer: Writer, { set, mask }) => writer.u32(set).u32(mask),
};

export const vlanLink = nested(
  attributes<VlanLink>({
    protocol: attribute(IFLA_VLAN.protocol, be16),
    id: attribute(IFLA_VLAN.id, vlanId),
    flags: attribute(IFLA_VLAN.flags, flags),
  }),
);
