/** Rows of Port_Binding as Neutron and northd have them, by the number of a port. Pure. */

import type { WriteRow } from '../../src/protocols/ovsdb/index.ts';

/** Above those that northd has given out. */
const firstTunnelKey = 1000;

/** Not bound yet. */
export function portRow(name: string, number: number, ip: string): WriteRow {
  return {
    logical_port: `${name}-${String(number).padStart(6, '0')}`,
    tunnel_key: firstTunnelKey + number,
    mac: [`fa:16:3f:${lastOctetsOf(number)} ${ip}`],
    external_ids: new Map([
      ['neutron:cidrs', `${ip}/16`],
      ['neutron:device_owner', 'compute:nova'],
      ['neutron:port_name', `vm-${number}`],
      ['neutron:revision_number', '4'],
    ]),
  };
}

/** An entry of `nat_addresses` for a floating IP that is answered where its port is. */
export function natEntry(logicalPort: unknown, number: number, ip: string): string {
  return `fa:16:40:${lastOctetsOf(number)} ${ip} is_chassis_resident("${String(logicalPort)}")`;
}

function lastOctetsOf(number: number): string {
  return [number >> 16, (number >> 8) & 255, number & 255]
    .map((octet) => octet.toString(16).padStart(2, '0'))
    .join(':');
}

/** Address of a /16, of which the two first octets are given. Number 0 is 1.0, clear of the router's. */
export function ipIn(network: string, number: number): string {
  const host = 256 + number;
  return `${network}.${host >> 8}.${host & 255}`;
}

export function range(from: number, to: number): readonly number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
}

/** The same in portions of so many. */
export function* portions(from: number, to: number, size: number): Iterable<readonly number[]> {
  for (let at = from; at < to; at += size) yield range(at, Math.min(to, at + size));
}
