/**
 * Records what iproute2 sends and what the kernel answers, as JSON lines on standard output: the vectors beside this
 * file. Needs root, strace, iproute2 and a kernel with VRF, dummy, VLAN and bridge VLAN filtering (the lab's guest):
 *
 *   unshare -n node test/protocols/netlink/golden/capture.ts > test/protocols/netlink/golden/RELEASE.jsonl
 */

import { spawnSync } from 'node:child_process';
import { release } from 'node:os';

/** Each is run in turn in one network namespace; those with a name are recorded. */
const commands: readonly (readonly [name: string, command: string])[] = [
  ['', 'ip link set lo up'],
  ['link-vrf', 'ip link add vrf-7 mtu 1450 type vrf table 100007'],
  [
    'link-bridge',
    'ip link add br-7 address 02:00:00:00:07:01 mtu 1450 type bridge stp_state 0 vlan_filtering 1 mcast_snooping 0',
  ],
  [
    'link-vxlan',
    'ip link add vxlan-7 mtu 1450 type vxlan id 7 local 10.255.1.1 dstport 4789 nolearning ttl 64 df set',
  ],
  ['link-vxlan6', 'ip link add vx6-7 type vxlan id 8 local fd00:255::1 dstport 4790 udp6zerocsumtx'],
  ['link-vxlan-external', 'ip link add vx-ext type vxlan dstport 4791 external vnifilter'],
  ['link-veth', 'ip link add veth-7 mtu 1450 type veth peer name peer-7 mtu 1450'],
  ['link-vlan', 'ip link add link peer-7 name vlan-7 type vlan id 7 protocol 802.1ad'],
  ['link-dummy', 'ip link add lo-7 type dummy'],
  ['link-master', 'ip link set vxlan-7 master br-7'],
  [
    'link-bridge-port',
    'ip link set vxlan-7 type bridge_slave learning off neigh_suppress on isolated off hairpin on',
  ],
  ['link-addrgenmode', 'ip link set br-7 addrgenmode none'],
  ['link-alias', 'ip link set br-7 alias selvedge:vpn-7'],
  ['link-up', 'ip link set br-7 up'],
  ['', 'ip link set vxlan-7 up'],
  ['', 'ip link set vx6-7 up'],
  ['', 'ip link set vx-ext up'],
  ['', 'ip link set veth-7 up'],
  ['', 'ip link set peer-7 up'],
  ['', 'ip link set vrf-7 up'],
  ['', 'ip link set br-7 master vrf-7'],
  ['address-4', 'ip address add 10.1.0.1/24 broadcast 10.1.0.255 dev br-7'],
  ['address-peer', 'ip address add 10.3.0.1 peer 10.3.0.2/31 dev veth-7'],
  ['address-6', 'ip address add fd00:1::1/64 dev br-7 nodad noprefixroute'],
  [
    'route-4',
    'ip route add 10.2.0.0/24 via 10.1.0.7 dev br-7 onlink table 100007 proto 99 metric 20 src 10.1.0.1',
  ],
  ['route-unreachable', 'ip route add unreachable default table 100007 metric 4278198272'],
  ['route-6', 'ip -6 route add fd00:2::/64 via fd00:1::7 dev br-7 table 100007 proto 99 onlink'],
  [
    'route-multipath',
    'ip route add 10.4.0.0/24 table 100007 nexthop via 10.1.0.8 dev br-7 onlink weight 2 nexthop via 10.1.0.9 dev br-7 onlink',
  ],
  ['route-via6', 'ip route add 10.5.0.0/24 via inet6 fd00:1::7 dev br-7 table 100007 onlink'],
  [
    'route-encap',
    'ip route add 10.6.0.0/24 encap ip id 7 dst 10.255.1.2 ttl 64 dev vx-ext table 100007',
  ],
  ['', 'ip nexthop add id 77 via 10.1.0.7 dev br-7 onlink'],
  ['route-nexthop', 'ip route add 10.7.0.0/24 nhid 77 table 100007'],
  ['rule-l3mdev', 'ip rule add priority 2000 l3mdev unreachable protocol 99'],
  [
    'rule-lookup',
    'ip rule add priority 2001 from 10.1.0.0/24 to 10.2.0.0/16 iif br-7 fwmark 0x1/0xff lookup 100007',
  ],
  ['rule-6', 'ip -6 rule add priority 2002 from fd00:1::/64 oif br-7 ipproto tcp dport 80-90 prohibit'],
  ['neigh-4', 'ip neigh add 10.1.0.7 lladdr 02:00:00:00:00:07 dev br-7 nud permanent protocol 99'],
  [
    'neigh-6',
    'ip neigh add fd00:1::7 lladdr 02:00:00:00:00:07 dev br-7 nud noarp extern_learn protocol 99',
  ],
  ['neigh-proxy', 'ip neigh add proxy 10.1.0.9 dev br-7 protocol 99'],
  ['fdb-self', 'bridge fdb append 00:00:00:00:00:00 dev vxlan-7 dst 10.255.1.2 self permanent'],
  ['fdb-self6', 'bridge fdb add 02:00:00:00:00:08 dev vx6-7 dst fd00:255::2 self permanent vni 9'],
  ['fdb-external', 'bridge fdb add 02:00:00:00:00:09 dev vx-ext dst 10.255.1.3 src_vni 9 self'],
  ['fdb-master', 'bridge fdb add 02:00:00:00:00:07 dev vxlan-7 vlan 1 master static sticky'],
  ['vlan-add', 'bridge vlan add dev vxlan-7 vid 10-20'],
  ['vlan-pvid', 'bridge vlan add dev vxlan-7 vid 30 pvid untagged'],
  ['vlan-self', 'bridge vlan add dev br-7 vid 10 self'],
  ['vlan-del', 'bridge vlan del dev vxlan-7 vid 12-13'],
  ['', 'ip link set vxlan-7 type bridge_slave vlan_tunnel on'],
  ['vlan-tunnel', 'bridge vlan add dev vxlan-7 vid 14-16 tunnel_info id 1014-1016'],
  ['dump-link', 'ip -details link show'],
  ['dump-address', 'ip address show'],
  ['dump-route-4', 'ip -4 route show table all'],
  ['dump-route-6', 'ip -6 route show table all'],
  ['dump-rule-4', 'ip -4 rule show'],
  ['dump-rule-6', 'ip -6 rule show'],
  ['dump-neigh', 'ip neigh show nud all'],
  ['dump-neigh-proxy', 'ip neigh show proxy'],
  ['dump-fdb', 'bridge fdb show'],
  ['dump-vlan', 'bridge -compressvlans vlan show'],
  ['dump-vlan-tunnel', 'bridge -compressvlans vlan tunnelshow'],
  ['dump-netconf-4', 'ip -4 netconf show'],
  ['dump-netconf-6', 'ip -6 netconf show'],
];

/** NLMSG numbers below this are netlink's own. */
const firstObjectType = 16;

console.log(JSON.stringify({ kernel: release(), iproute2: version() }));
for (const [name, command] of commands) record(name, command);

function version(): string {
  return spawnSync('ip', ['-Version'], { encoding: 'utf8' }).stdout.trim();
}

/** Requests are what is sent by a command that changes something, answers what is received by one that shows. */
function record(name: string, command: string): void {
  const [program = '', ...args] = command.split(' ');
  const options = ['-e', 'trace=sendto,sendmsg,recvmsg', '-e', 'read=3', '-e', 'write=3'];
  const run = spawnSync('strace', [...options, program, ...args], { encoding: 'utf8' });
  if (run.status !== 0) console.error(`${command}: ${lastLine(run.stderr)}`);
  if (name === '') return;
  const direction = name.startsWith('dump-') ? 'recvmsg' : 'send';
  // The answer to a dump may begin with an answer to what iproute2 asked before: the kind is in the name.
  const seen = new Set<string>();
  for (const datagram of datagrams(run.stderr, direction)) {
    for (const message of messages(datagram)) {
      if (direction === 'send' && isPreparation(message)) continue;
      const hex = message.toString('hex');
      if (seen.has(hex)) continue;
      seen.add(hex);
      console.log(JSON.stringify({ name, command, hex }));
    }
  }
}

/** What iproute2 asks besides: a look-up by name, and an empty RTM_NEWLINK to find out what the kernel can. */
function isPreparation(message: Buffer): boolean {
  const isGet = message.readUInt16LE(4) % 4 === 2;
  const isProbe = message.length === 32 && message.readInt32LE(20) === 0;
  return isGet || isProbe;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-2) ?? '';
}

/** The hexadecimal dumps that strace prints below a call. */
function datagrams(trace: string, call: string): Buffer[] {
  const found: Buffer[] = [];
  let wanted = false;
  let hex = '';
  for (const line of [...trace.split('\n'), 'end']) {
    const dump = /^ \| [0-9a-f]+ {2}((?:[0-9a-f]{2} {1,2})+)/.exec(line);
    if (dump !== null) {
      hex += (dump[1] ?? '').replaceAll(' ', '');
      continue;
    }
    if (line.startsWith(' *')) continue;
    if (wanted && hex !== '') found.push(Buffer.from(hex, 'hex'));
    hex = '';
    // A look at the length only (MSG_PEEK) brings nothing.
    wanted = line.startsWith(call) && !line.includes('MSG_PEEK');
  }
  return found;
}

function messages(datagram: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = 0; at + 16 <= datagram.length; ) {
    const length = datagram.readUInt32LE(at);
    if (length < 16) break;
    if (datagram.readUInt16LE(at + 4) >= firstObjectType) {
      found.push(datagram.subarray(at, at + length));
    }
    at += (length + 3) & ~3;
  }
  return found;
}
