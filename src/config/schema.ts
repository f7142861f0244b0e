/**
 * Every option there is, with its type, its default and the reason for it. Reading, printing, the reference page
 * and the suggestion for a mistyped name all come from this one table. Durations are milliseconds inside.
 */

import { type Issue, issue } from '../base/issue.ts';
import { err, ok, type Result, unwrap } from '../base/result.ts';
import { parseEndpoint, parseSocketAddress } from '../net/endpoint.ts';
import { parseIfName } from '../net/if-name.ts';
import { parseTableId } from '../net/numbers.ts';
import { localOvn } from './local-ovn.ts';
import { option, optional, section, type Type, type ValuesOf } from './option.ts';
import {
  addressScope,
  asn,
  boolean,
  booleanOfText,
  cutIfName,
  endpoints,
  ifName,
  integer,
  ip4,
  listOf,
  listener,
  oneOf,
  path,
  prefixes,
  rowName,
  seconds,
  show,
  tableId,
  unicastIp,
} from './types.ts';

export type Config = ValuesOf<typeof schema>;

/** What the design has; what this version can are the first two. */
const laterModes = ['irb', 'vtep'];
const modes = ['evpn', 'bgp'] as const;

const mode: Type<(typeof modes)[number]> = {
  says: '`evpn` or `bgp`',
  parse: (value) => {
    const known = modes.find((name) => name === value);
    if (known !== undefined) return ok(known);
    const later = laterModes.find((name) => name === value);
    const reason = later === undefined ? 'is no mode' : 'is not available yet';
    return err(issue(`${show(value)} ${reason}; evpn and bgp are`));
  },
  format: (value) => value,
};

export const schema = {
  mode: option({
    type: mode,
    default: 'evpn',
    why: 'the one that is complete',
    about:
      'What this node offers to the fabric: tenant networks in VRFs, or provider networks in the underlay.',
  }),

  ovs: section('The Open vSwitch of this node.', {
    database: option({
      type: endpoints(1),
      default: [unwrap(parseEndpoint('unix:/run/openvswitch/db.sock'))],
      why: 'where the packages of Debian, Ubuntu and Red Hat put it',
      about: 'The Open_vSwitch database.',
      oslo: {
        option: 'DEFAULT.ovsdb_connection',
        default: [unwrap(parseEndpoint('unix:/usr/local/var/run/openvswitch/db.sock'))],
      },
    }),
  }),

  ovn: section('The OVN this node belongs to.', {
    southbound: option({
      type: endpoints(0),
      default: [],
      why: 'empty: taken from `external_ids:ovn-remote` of the Open_vSwitch database, as ovn-controller does',
      about: 'The members of the Southbound database cluster.',
      oslo: { option: 'ovn.ovn_sb_connection' },
    }),
    privateKey: option({
      type: path,
      default: '/etc/pki/tls/private/ovn_bgp_agent.key',
      why: 'that of ovn-bgp-agent; read only when an endpoint is `ssl:`',
      about: 'PEM file with the private key for `ssl:` endpoints.',
      oslo: { option: 'ovn.ovn_sb_private_key' },
    }),
    certificate: option({
      type: path,
      default: '/etc/pki/tls/certs/ovn_bgp_agent.crt',
      why: 'that of ovn-bgp-agent; read only when an endpoint is `ssl:`',
      about: 'PEM file with the certificate of that key.',
      oslo: { option: 'ovn.ovn_sb_certificate' },
    }),
    caCert: option({
      type: path,
      default: '/etc/ipa/ca.crt',
      why: 'that of ovn-bgp-agent; read only when an endpoint is `ssl:`',
      about: 'PEM file with the certificates that servers are checked against.',
      oslo: { option: 'ovn.ovn_sb_ca_cert' },
    }),
    northbound: option({
      type: endpoints(0),
      default: [],
      why: 'empty: taken from `external_ids:ovn-nb-remote` of the Open_vSwitch database, as ovn-bgp-agent does',
      about:
        'The members of the Northbound database cluster; read with `bgp.driver` nb_ovn_bgp_driver.',
      oslo: { option: 'ovn.ovn_nb_connection' },
    }),
    northboundPrivateKey: option({
      type: path,
      default: '/etc/pki/tls/private/ovn_bgp_agent.key',
      why: 'that of ovn-bgp-agent; read only when an endpoint is `ssl:`',
      about: 'As `private_key`, for the Northbound database.',
      oslo: { option: 'ovn.ovn_nb_private_key' },
    }),
    northboundCertificate: option({
      type: path,
      default: '/etc/pki/tls/certs/ovn_bgp_agent.crt',
      why: 'that of ovn-bgp-agent; read only when an endpoint is `ssl:`',
      about: 'As `certificate`, for the Northbound database.',
      oslo: { option: 'ovn.ovn_nb_certificate' },
    }),
    northboundCaCert: option({
      type: path,
      default: '/etc/ipa/ca.crt',
      why: 'that of ovn-bgp-agent; read only when an endpoint is `ssl:`',
      about: 'As `ca_cert`, for the Northbound database.',
      oslo: { option: 'ovn.ovn_nb_ca_cert' },
    }),
    inactivityProbe: option({
      type: seconds(0, 3600),
      default: 60_000,
      why: 'that of ovn-bgp-agent, long enough for a loaded server',
      about: 'After this silence a server is asked whether it is alive; 0 never asks.',
    }),
  }),

  frr: section('The FRR of this node.', {
    vtyDirectory: option({
      type: path,
      default: '/run/frr',
      why: 'where FRR makes its sockets unless told otherwise',
      about: 'Directory of the vty sockets (`zebra.vty`, `bgpd.vty`, …).',
    }),
    removalGrace: option({
      type: seconds(0, 3600),
      default: 10_000,
      why: 'FRR mishandles a VRF that goes and comes again at once; a gateway that moves back finds it in place',
      about: 'How long a VRF that nobody wants any more stays.',
    }),
  }),

  evpn: section('VRFs and VXLAN: of mode evpn, and of annotated networks in mode bgp.', {
    localIp: optional({
      type: unicastIp,
      why: 'the first address of `local_nic`; without that, the first host address on `lo` that is not loopback',
      about: 'The VTEP: VXLAN packets of this node come from here.',
      oslo: { option: 'DEFAULT.evpn_local_ip' },
    }),
    localNic: optional({
      type: ifName,
      why: 'not asked when `local_ip` is set',
      about: 'The device whose first address is the VTEP.',
      oslo: { option: 'DEFAULT.evpn_nic' },
    }),
    udpPort: option({
      type: integer(1, 65_535),
      default: 4789,
      why: 'assigned to VXLAN by IANA, RFC 7348 §8',
      about: 'UDP port of VXLAN.',
      oslo: { option: 'DEFAULT.evpn_udp_dstport' },
    }),
    underlayMtu: optional({
      // Below 1330 a tenant network could not have the 1280 that IPv6 demands, RFC 8200 §5.
      type: integer(1330, 65_535),
      why: 'the smallest MTU of the devices that lead to the fabric',
      about: 'MTU of the underlay; our devices get what is left after VXLAN.',
    }),
    flowCookie: option({
      type: integer(1, Number.MAX_SAFE_INTEGER),
      default: 0x3e6,
      why: '0x3e6, that of ovn-bgp-agent, so that flows it left are found',
      about: 'Cookie that marks our flows on provider bridges.',
    }),
    flowPriority: option({
      type: integer(1, 65_535),
      default: 1000,
      why: 'that of ovn-bgp-agent',
      about: 'Priority of our flows on provider bridges.',
    }),
    gatewayResponder: option({
      type: oneOf('auto', 'always', 'never'),
      default: 'auto',
      why: 'answers where the provider bridge has no uplink on which a gateway could answer',
      about:
        'Whether we answer the ARP requests and neighbour solicitations of OVN routers for their next hop.',
    }),
    standby: option({
      type: boolean,
      default: true,
      why: 'a failover is then a matter of addresses, not of devices and daemons',
      about:
        'Whether a node that OVN may move a gateway to has its VRF prepared, without announcing anything.',
    }),
    isolate: option({
      type: boolean,
      default: true,
      why: 'a tenant must not reach the underlay',
      about:
        'Routing rules that end look-ups in a VRF before they reach the tables of the underlay.',
    }),
  }),

  bgp: section('Mode bgp: provider networks and floating IPs, in the underlay or in VRFs.', {
    driver: option({
      type: oneOf('ovn_bgp_driver', 'nb_ovn_bgp_driver', 'ovn_stretched_l2_bgp_driver'),
      default: 'ovn_bgp_driver',
      why: 'that of ovn-bgp-agent; the Southbound database says where a port is, and not only where it is to be',
      about:
        'What is exposed, and where that is read: in the Southbound database of OVN, or in the Northbound one; the third ' +
        'announces only the subnets of tenants, on every node alike, with their router as next hop. The names are those ' +
        'of ovn-bgp-agent.',
    }),
    exposing: option({
      type: oneOf('underlay', 'vrf', 'l2vni', 'dynamic', 'ovn'),
      default: 'underlay',
      why: 'that of ovn-bgp-agent',
      about:
        'How provider networks are exposed: in the underlay; those annotated `neutron_bgpvpn:type=l3` in the VRF of ' +
        'their VNI; those with `l2` as a segment that the fabric extends; `dynamic` each by its annotation, and in the ' +
        'underlay without one; `ovn` by an OVN that the node has for itself, in Open vSwitch and not in the kernel.',
      oslo: { option: 'DEFAULT.exposing_method' },
    }),
    asn: optional({
      type: asn,
      why: 'that of `router bgp` in FRR; without one 64999, as for ovn-bgp-agent',
      about: 'The AS of this node.',
      oslo: { option: 'DEFAULT.bgp_AS' },
    }),
    routerId: optional({
      type: ip4,
      why: 'that of `router bgp` in FRR; where it has no such line the address that the node has in the underlay, as for the VTEP',
      about: 'The BGP identifier of the VRF.',
      oslo: { option: 'DEFAULT.bgp_router_id' },
    }),
    vrf: option({
      type: cutIfName,
      default: unwrap(parseIfName('bgp-vrf')),
      why: 'that of ovn-bgp-agent',
      about:
        'The VRF whose addresses are announced. Of a name of more than 15 characters, eight and a digest of the whole.',
      oslo: { option: 'DEFAULT.bgp_vrf' },
    }),
    table: option({
      type: tableId,
      default: unwrap(parseTableId(10)),
      why: 'that of ovn-bgp-agent',
      about: 'The routing table of that VRF.',
      oslo: { option: 'DEFAULT.bgp_vrf_table_id' },
    }),
    nic: option({
      type: ifName,
      default: unwrap(parseIfName('bgp-nic')),
      why: 'that of ovn-bgp-agent',
      about: 'The dummy device in that VRF that has the addresses.',
      oslo: { option: 'DEFAULT.bgp_nic' },
    }),
    tenantNetworks: option({
      type: boolean,
      default: false,
      why: 'addresses of tenants may overlap',
      about:
        'Whether tenant networks are exposed at the node that has the gateway of their router.',
      oslo: { option: 'DEFAULT.expose_tenant_networks' },
    }),
    tenantGlobalIpv6: option({
      type: boolean,
      default: false,
      why: 'that of ovn-bgp-agent; `tenant_networks` goes beyond it',
      about: 'Whether those with global IPv6 addresses are exposed, and only with these.',
      oslo: { option: 'DEFAULT.expose_ipv6_gua_tenant_networks' },
    }),
    nodes: option({
      type: oneOf('all', 'gateways', 'computes'),
      default: 'all',
      why: 'a node has what OVN has put on it, whatever its role',
      about:
        'Which nodes take part: those that `external_ids:ovn-cms-options` of Open_vSwitch offers for gateways ' +
        '(`enable-chassis-as-gw`), or the others. `selvedge:expose=true` or `false` in external_ids of the Chassis goes before it, or of Open_vSwitch where that says nothing.',
    }),
    bridges: option({
      type: listOf(ifName),
      default: [],
      why: 'empty: all bridges of `ovn-bridge-mappings`',
      about: 'The provider bridges whose networks are exposed.',
    }),
    excludeNetworks: option({
      type: listOf(rowName),
      default: [],
      why: 'what is on a provider network is meant to be reached',
      about:
        'Networks that are not exposed: UUIDs of Neutron, names of logical switches, localnet ports or physical networks.',
    }),
    excludePorts: option({
      type: listOf(rowName),
      default: [],
      why: 'as for networks',
      about:
        'Ports that are not exposed, with their floating IPs, by UUID or name in Neutron. A gateway port stands for all that is answered there.',
    }),
    excludePrefixes: option({
      type: prefixes,
      default: [],
      why: 'as for networks',
      about: 'Addresses that are not exposed, whatever they belong to.',
    }),
    exposeWhen: option({
      type: oneOf('up', 'bound'),
      default: 'up',
      why: 'as ovn-bgp-agent; before that packets would come to flows that are not there yet',
      about:
        'When the port of a VM is exposed: once OVN says that it is up, or as soon as a chassis has claimed it.',
    }),
    tenantAdvertisement: option({
      type: oneOf('host', 'subnet'),
      default: 'host',
      why: 'that of ovn-bgp-agent; nothing is drawn here that no port has',
      about: 'Whether each address on a tenant network is announced, or its subnets.',
      oslo: { option: 'DEFAULT.advertisement_method_tenant_networks' },
    }),
    addressScopes: option({
      type: listOf(addressScope),
      default: [],
      why: 'empty: whatever scope they are in, or none',
      about: 'The address scopes of Neutron whose tenant networks are exposed, and no others.',
      oslo: { option: 'DEFAULT.address_scopes' },
    }),
    tenantSnatDisabled: option({
      type: boolean,
      default: false,
      why: 'that of ovn-bgp-agent',
      about:
        'Whether tenant networks behind SNAT are left out. OVN_Southbound does not tell of SNAT: a condition says so.',
      oslo: { option: 'DEFAULT.require_snat_disabled_for_tenant_networks' },
    }),
    flowCookie: option({
      type: integer(1, Number.MAX_SAFE_INTEGER),
      default: 0x3e7,
      why: '0x3e7, that of ovn-bgp-agent, so that flows it left are found',
      about: 'Cookie that marks our flows on provider bridges.',
    }),
    flowPriority: option({
      type: integer(1, 65_535),
      default: 900,
      why: 'that of ovn-bgp-agent',
      about: 'Priority of our flows on provider bridges.',
    }),
    rulePriority: option({
      type: integer(1, 32_765),
      default: 32_000,
      why: 'that of ovn-bgp-agent; before the table main',
      about: 'Priority of the routing rules that send packets to the tables of provider bridges.',
    }),
    gatewayResponder: option({
      type: oneOf('auto', 'always', 'never'),
      default: 'auto',
      why: 'answers where the provider bridge has no uplink on which a gateway could answer',
      about: 'Whether neighbour solicitations on provider networks are answered for any address.',
    }),
  }),

  localOvn,

  adopt: section('Taking over a node from another agent.', {
    from: option({
      type: oneOf('none', 'ovn-bgp-agent'),
      default: 'none',
      why: 'what we have not marked is not ours unless the operator says so',
      about:
        'Whose objects count as ours when they are exactly as that agent leaves them: taken over where wanted, ' +
        'removed where not. With `none` they are in the way.',
      oslo: { default: 'ovn-bgp-agent' },
    }),
  }),

  reconcile: section('How often, and how patiently.', {
    resync: option({
      type: seconds(1, 86_400),
      default: 300_000,
      why: 'that of ovn-bgp-agent; a net below the watches, which see changes at once',
      about: 'Everything is read anew and compared this often.',
      oslo: { option: 'DEFAULT.reconcile_interval' },
    }),
    retryInitial: option({
      type: seconds(0.01, 60),
      default: 200,
      why: 'most refusals are races that are over in a moment',
      about: 'The wait after the first failure; it doubles with each further one.',
    }),
    retryMax: option({
      type: seconds(0.01, 3600),
      default: 30_000,
      why: 'a cause that was put right is noticed soon enough',
      about: 'The longest wait between attempts.',
    }),
  }),

  http: section('What the agent shows of itself.', {
    listen: option({
      type: listener,
      default: unwrap(parseSocketAddress('127.0.0.1:9798')),
      why: 'loopback: the pages tell much of the cloud to whoever can read them',
      about: 'Where `/metrics`, `/healthz` and `/readyz` are served.',
    }),
    allowRemote: option({
      type: boolean,
      default: false,
      why: 'there is neither encryption nor a password',
      about: 'Lets `listen` be an address other than loopback.',
    }),
    socket: option({
      type: path,
      default: '/run/selvedge/agent.sock',
      why: 'the RuntimeDirectory of the systemd unit',
      about: 'The socket that `selvedge status`, `why` and the other commands ask.',
    }),
  }),

  log: section('The log.', {
    level: option({
      type: oneOf('debug', 'info', 'warn', 'error'),
      default: 'info',
      why: 'one line per change of state',
      about: 'The least level that is written.',
      oslo: {
        option: 'DEFAULT.debug',
        read: (text) => mapBoolean(text, 'debug', 'info'),
      },
    }),
    format: option({
      type: oneOf('auto', 'human', 'json'),
      default: 'auto',
      why: 'for people on a terminal, for machines otherwise',
      about: 'How a line looks.',
      oslo: {
        option: 'DEFAULT.use_json',
        read: (text) => mapBoolean(text, 'json', 'auto'),
      },
    }),
    file: optional({
      type: path,
      why: 'standard error, which systemd keeps in the journal',
      about: 'The file the log is appended to.',
    }),
  }),
};

function mapBoolean<const T>(text: string, whenTrue: T, whenFalse: T): Result<T, Issue> {
  const flag = boolean.parse(booleanOfText(text));
  return flag.ok ? ok(flag.value ? whenTrue : whenFalse) : flag;
}
