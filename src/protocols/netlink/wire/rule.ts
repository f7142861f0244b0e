/** Routing policy rules: RTM_NEWRULE with struct fib_rule_hdr. In a removal, what is absent matches anything. */

import type { IfName } from '../../../net/if-name.ts';
import { type Family, ipBits } from '../../../net/ip.ts';
import type { TableId } from '../../../net/numbers.ts';
import { defaultPrefix, type Prefix } from '../../../net/prefix.ts';
import { attribute, attributes, type HasOpaque, type Payload } from './attribute.ts';
import { FRA, RT_TABLE, RTM, ruleActions } from './numbers.ts';
import { familyCode, familyOf, type ObjectCodec, objectCodec } from './object.ts';
import { bool, i32, ifName, type Named, names, tableId, u8, u16, u32 } from './payload.ts';
import { prefixAttribute } from './prefix.ts';

export interface Rule extends HasOpaque {
  readonly family: Family;
  readonly action: Named<keyof typeof ruleActions>;
  /** FIB_RULE bits. */
  readonly flags: number;
  readonly tos: number;
  /** Smaller is asked first. The kernel chooses one below the others when a request says none. */
  readonly priority?: number;
  /** For `lookup`, unless `l3mdev` names it. The kernel says 0 for others (kept opaque). */
  readonly table?: TableId;
  readonly source?: Prefix;
  readonly destination?: Prefix;
  readonly iif?: IfName;
  readonly oif?: IfName;
  readonly mark?: number;
  readonly mask?: number;
  /** Only packets of a VRF; with `lookup`, in that VRF's table. */
  readonly l3mdev?: boolean;
  /** RTPROT_*: who made it. Kernel 4.17. */
  readonly protocol?: number;
  /** The priority to go on at, for `goto`. */
  readonly goto?: number;
  /** IPPROTO_*, as 6 for TCP. */
  readonly ipProtocol?: number;
  readonly sourcePorts?: Range;
  readonly destinationPorts?: Range;
  readonly users?: Range;
  /** Routes with a prefix of this length or shorter do not count (no such limit is kept opaque). */
  readonly suppressPrefixLength?: number;
}

/** Both ends belong to it. */
export interface Range {
  readonly first: number;
  readonly last: number;
}

export interface RuleFilter {
  readonly family?: Family;
}

const action = names(ruleActions);

function range(half: Payload<number>, size: number): Payload<Range> {
  return {
    decode: (data, at, length) => {
      if (length !== size * 2) return undefined;
      const first = half.decode(data, at, size);
      const last = half.decode(data, at + size, size);
      return first === undefined || last === undefined ? undefined : { first, last };
    },
    encode: (writer, { first, last }) => {
      half.encode(writer, first);
      half.encode(writer, last);
    },
  };
}

/** The kernel says -1 for no limit. */
const prefixLimit: Payload<number> = {
  decode: (data, at, length) => {
    const value = i32.decode(data, at, length);
    return value !== undefined && value >= 0 ? value : undefined;
  },
  encode: i32.encode,
};

export function ruleOf(fields: Pick<Rule, 'family'> & Partial<Rule>): Rule {
  return { action: 'lookup', flags: 0, tos: 0, ...fields };
}

export const rule: ObjectCodec<Rule, RuleFilter> = objectCodec<Rule, RuleFilter>({
  name: 'rule',
  type: RTM.rule,
  header: {
    size: 12,
    decode: (data, at) => {
      const family = familyOf(data.getUint8(at));
      if (family === undefined) return undefined;
      const [to, from, table] = [
        data.getUint8(at + 1),
        data.getUint8(at + 2),
        data.getUint8(at + 4),
      ];
      if (to > ipBits(family) || from > ipBits(family)) return undefined;
      const { ip: zero } = defaultPrefix(family);
      return {
        family,
        action: action.nameOf(data.getUint8(at + 7)),
        flags: data.getUint32(at + 8, true),
        tos: data.getUint8(at + 3),
        ...(to === 0 ? {} : { destination: { ip: zero, length: to } }),
        ...(from === 0 ? {} : { source: { ip: zero, length: from } }),
        // Only for a sender that gives no FRA_TABLE: every kernel of the last fifteen years does.
        ...(table === 0 ? {} : { table: table as TableId }),
      };
    },
    encode: (writer, of) =>
      writer
        .u8(familyCode(of.family))
        .u8(of.destination?.length ?? 0)
        .u8(of.source?.length ?? 0)
        .u8(of.tos)
        .u8((of.table ?? 0) > 255 ? RT_TABLE.compat : (of.table ?? 0))
        .zeros(2)
        .u8(action.codeOf(of.action))
        .u32(of.flags),
  },
  attributes: attributes<Rule>({
    table: attribute(FRA.table, tableId),
    suppressPrefixLength: attribute(FRA.suppressPrefixLength, prefixLimit),
    protocol: attribute(FRA.protocol, u8),
    iif: attribute(FRA.iif, ifName),
    oif: attribute(FRA.oif, ifName),
    goto: attribute(FRA.goto, u32),
    priority: attribute(FRA.priority, u32),
    mark: attribute(FRA.mark, u32),
    mask: attribute(FRA.mask, u32),
    l3mdev: attribute(FRA.l3mdev, bool),
    users: attribute(FRA.uidRange, range(u32, 4)),
    ipProtocol: attribute(FRA.ipProtocol, u8),
    sourcePorts: attribute(FRA.sourcePorts, range(u16, 2)),
    destinationPorts: attribute(FRA.destinationPorts, range(u16, 2)),
    destination: prefixAttribute(FRA.destination, 'destination'),
    source: prefixAttribute(FRA.source, 'source'),
  }),
  encodeFilter: (writer, { family }) => writer.u8(familyCode(family)).zeros(11),
});
