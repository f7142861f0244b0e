/**
 * Every option there is, with its type, its default and the reason for it. Reading, printing, the reference page
 * and the suggestion for a mistyped name all come from this one table. Durations are milliseconds inside.
 */

import { type Issue, issue } from '../base/issue.ts';
import { err, ok, type Result, unwrap } from '../base/result.ts';
import { parseEndpoint, parseSocketAddress } from '../net/endpoint.ts';
import { option, optional, section, type Type, type ValuesOf } from './option.ts';
import {
  boolean,
  booleanOfText,
  endpoints,
  ifName,
  integer,
  listener,
  oneOf,
  path,
  seconds,
  show,
  unicastIp,
} from './types.ts';

export type Config = ValuesOf<typeof schema>;

/** What the design has; what this version can is the first. */
const laterModes = ['bgp', 'irb', 'vtep'];

const mode: Type<'evpn'> = {
  says: '`evpn`',
  parse: (value) => {
    if (value === 'evpn') return ok(value);
    const later = laterModes.find((name) => name === value);
    const reason = later === undefined ? 'is no mode' : 'is not available yet';
    return err(issue(`${show(value)} ${reason}; evpn is`));
  },
  format: (value) => value,
};

export const schema = {
  mode: option({
    type: mode,
    default: 'evpn',
    why: 'the only one so far',
    about: 'What this node offers to the fabric.',
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

  evpn: section('Mode evpn: tenant networks in a VRF per VNI, announced as EVPN type 5.', {
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
