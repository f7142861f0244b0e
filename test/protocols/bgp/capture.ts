/** Messages as a capture file (pcap, with bare IPv4 packets), for programs that dissect what others send. */

const LINKTYPE_RAW = 101;
const ipLength = 20;
const tcpLength = 20;
const bgpPort = 179;

/** One packet a message, all of one connection to port 179. A message must fit into a packet. */
export function captureOf(messages: readonly Uint8Array[]): Uint8Array {
  const file: Uint8Array[] = [fileHeader()];
  let sequence = 1;
  for (const [index, payload] of messages.entries()) {
    const packet = packetOf(payload, sequence);
    file.push(recordHeader(index, packet.length), packet);
    sequence += payload.length;
  }
  return new Uint8Array(Buffer.concat(file));
}

function fileHeader(): Uint8Array {
  const view = new DataView(new ArrayBuffer(24));
  view.setUint32(0, 0xa1b2c3d4);
  view.setUint16(4, 2);
  view.setUint16(6, 4);
  view.setUint32(16, 0x40000);
  view.setUint32(20, LINKTYPE_RAW);
  return new Uint8Array(view.buffer);
}

function recordHeader(seconds: number, length: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(16));
  view.setUint32(0, seconds);
  view.setUint32(8, length);
  view.setUint32(12, length);
  return new Uint8Array(view.buffer);
}

/** RFC 791, RFC 9293. Checksums are left zero; no one looks at them by default. */
function packetOf(payload: Uint8Array, sequence: number): Uint8Array {
  const packet = new Uint8Array(ipLength + tcpLength + payload.length);
  const view = new DataView(packet.buffer);
  view.setUint8(0, 0x45);
  view.setUint16(2, packet.length);
  view.setUint8(8, 255);
  view.setUint8(9, 6);
  view.setUint32(12, 0xc0000201);
  view.setUint32(16, 0xc0000202);
  view.setUint16(ipLength, 40000);
  view.setUint16(ipLength + 2, bgpPort);
  view.setUint32(ipLength + 4, sequence);
  view.setUint8(ipLength + 12, (tcpLength / 4) << 4);
  view.setUint8(ipLength + 13, 0x18);
  view.setUint16(ipLength + 14, 0xffff);
  packet.set(payload, ipLength + tcpLength);
  return packet;
}
