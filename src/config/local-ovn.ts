/** The options of the exposing method `ovn`, those of the group `local_ovn_cluster` of ovn-bgp-agent. */

import { unwrap } from '../base/result.ts';
import { parseEndpoint } from '../net/endpoint.ts';
import { parsePrefix } from '../net/prefix.ts';
import { option, section } from './option.ts';
import { boolean, endpoints, ifName, listOf, prefixes, rowName, unicastIps } from './types.ts';

export const localOvn = section(
  'Exposing method `ovn`: the OVN that this node has for itself alone, which routes between provider networks and the fabric.',
  {
    northbound: option({
      type: endpoints(1),
      default: [unwrap(parseEndpoint('unix:/var/run/ovn/ovnnb_db.sock'))],
      why: 'that of ovn-bgp-agent',
      about: 'Its Northbound database, in which the rows of this node are made.',
      oslo: { option: 'local_ovn_cluster.ovn_nb_connection' },
    }),
    chassis: option({
      type: rowName,
      default: 'bgp',
      why: 'that of ovn-bgp-agent',
      about:
        'What its ovn-controller is called (`ovn-controller -n`): its chassis, and the suffix of its keys in ' +
        '`external_ids` of Open_vSwitch, such as `ovn-bridge-mappings-bgp`.',
      oslo: { option: 'local_ovn_cluster.bgp_chassis_id' },
    }),
    externalNics: option({
      type: listOf(ifName),
      default: [],
      why: 'empty: whatever leads out of a bridge of the fabric',
      about: 'The ports of its bridges that lead to the fabric.',
      oslo: { option: 'local_ovn_cluster.external_nics' },
    }),
    peers: option({
      type: unicastIps,
      default: [],
      why: 'nothing tells them',
      about:
        'The addresses of the routers of the fabric that this node is connected to; each belongs to the bridge that has an ' +
        'address in its network. What leaves the node goes to all of them in turn.',
      oslo: { option: 'local_ovn_cluster.peer_ips' },
    }),
    prefixes: option({
      type: prefixes,
      default: [unwrap(parsePrefix('192.168.0.0/16'))],
      why: 'that of ovn-bgp-agent',
      about:
        'What the provider networks have: packets from the fabric to these go to OVN, and it answers ARP and ' +
        'neighbour solicitations for them on provider networks. Other addresses are not exposed.',
      oslo: { option: 'local_ovn_cluster.provider_networks_pool_prefixes' },
    }),
    bfd: option({
      type: boolean,
      default: true,
      why: 'as ovn-bgp-agent; what a router of the fabric does not take must not be sent to it',
      about:
        'Whether OVN watches its peers by BFD (RFC 5881), and uses those that answer. They have to watch it too: with BFD ' +
        'for their BGP session to this node, that lasts as long as packets get through OVN.',
    }),
  },
);
