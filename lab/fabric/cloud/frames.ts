/** Frames by which a VM or its hypervisor announces an address, in hexadecimal digits as ovs-ofctl(8) takes them. Pure. */

/** As QEMU announces a VM that has come: a reverse request for itself, RFC 903. */
export function formatRarp(mac: string): string {
  const own = digits(mac);
  return padded(`${everybody}${own}8035${arpHead}0003${own}${noAddress}${own}${noAddress}`);
}

/** As a VRRP router announces that an IPv4 address is at it by now: a gratuitous reply, RFC 5227 §3. */
export function formatGratuitousArp(mac: string, address: string): string {
  const own = digits(mac);
  const ip = octets4(address);
  return padded(`${everybody}${own}0806${arpHead}0002${own}${ip}${everybody}${ip}`);
}

/** The same for IPv6: an unsolicited advertisement to all nodes that overrides what they know, RFC 4861 §7.2.6. */
export function formatAdvertisement(mac: string, address: string): string {
  const own = digits(mac);
  const ip = octets6(address);
  const toAll = 'ff020000000000000000000000000001';
  const override = '20000000';
  const targetLinkLayer = `0201${own}`;
  const body = `${override}${ip}${targetLinkLayer}`;
  const length = 4 + body.length / 2;
  // RFC 8200 §8.1: what is summed up besides the message itself.
  const pseudo = `${ip}${toAll}${hex(length, 8)}0000003a`;
  const checksum = hex(internetChecksum(`${pseudo}88000000${body}`), 4);
  const header = `60000000${hex(length, 4)}3aff${ip}${toAll}`;
  return `333300000001${own}86dd${header}8800${checksum}${body}`;
}

const everybody = 'ffffffffffff';
const noAddress = '00000000';
/** Ethernet, IPv4, and the lengths of their addresses. */
const arpHead = '000108000604';

/** The least that Ethernet carries, without the checksum: 60 octets. */
function padded(frame: string): string {
  return frame.padEnd(120, '0');
}

function digits(mac: string): string {
  return mac.replaceAll(':', '');
}

function octets4(address: string): string {
  return address
    .split('.')
    .map((octet) => hex(Number(octet), 2))
    .join('');
}

function octets6(address: string): string {
  const [head = '', tail] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':'));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const between = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...between, ...after].map((group) => group.padStart(4, '0')).join('');
}

/** RFC 1071. */
function internetChecksum(message: string): number {
  let sum = 0;
  for (const [word] of message.matchAll(/..../g)) sum += Number.parseInt(word, 16);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

function hex(value: number, length: number): string {
  return value.toString(16).padStart(length, '0');
}
