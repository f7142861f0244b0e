/** The small numbers of the field, each with its range: VNI, ASN, VLAN id, routing table. */

import type { Brand } from '../base/brand.ts';
import { type Issue, issue } from '../base/issue.ts';
import { err, ok, type Result } from '../base/result.ts';

/** A VXLAN network identifier, RFC 7348 §5: 1 to 16777215. */
export type Vni = Brand<number, 'Vni'>;
/** An autonomous system number, RFC 6793: 1 to 4294967295. */
export type Asn = Brand<number, 'Asn'>;
/** An IEEE 802.1Q VLAN id: 1 to 4094. */
export type VlanId = Brand<number, 'VlanId'>;
/** A kernel routing table: 1 to 4294967295. */
export type TableId = Brand<number, 'TableId'>;

export const parseVni = inRange<Vni>('a VNI', 1, 0xffffff);
export const parseAsn = inRange<Asn>('an AS number', 1, 0xffffffff);
export const parseVlanId = inRange<VlanId>('a VLAN id', 1, 4094);
export const parseTableId = inRange<TableId>('a routing table', 1, 0xffffffff);

/** Tables that every kernel has and fills itself, linux/rtnetlink.h: no VRF can have one of them. */
const kernelTables: ReadonlyMap<number, string> = new Map([
  [253, 'default'],
  [254, 'main'],
  [255, 'local'],
]);

/** The kernel's own name of a table that is the kernel's own. */
export function kernelTableName(table: number): string | undefined {
  return kernelTables.get(table);
}

function inRange<T extends number>(what: string, min: number, max: number) {
  return (text: string | number): Result<T, Issue> => {
    const value = Number(text);
    const decimal = typeof text === 'number' ? Number.isInteger(text) : /^[0-9]{1,10}$/.test(text);
    if (!decimal || value < min || value > max) {
      return err(issue(`'${text}' is not ${what} (${min} to ${max})`));
    }
    return ok(value as T);
  };
}
