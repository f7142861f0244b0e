/** Options of ovn-bgp-agent, of oslo.log and of oslo.privsep that change nothing here, each with the reason. A table. */

const all = 'mode evpn exposes the tenant networks of every router that carries a VNI';
const notNorthbound = 'OVN_Northbound is not read in mode evpn';
const vrfPerVni = 'mode evpn makes a VRF and a dummy device for each VNI, named after it';
const localCluster = 'belongs to the exposing method ovn, which this driver does not have';
const noHelper = 'the agent has the capabilities it needs and starts no helper';
const lineFormat = 'the form of a line is chosen by log.format';
const notRotated = 'the agent does not rotate its log; logrotate can';
const journal = 'the log goes to standard error, which systemd keeps in the journal';
const oneLevel = 'the level is one for the whole agent';

/** By `group.option`: what the schema has, and the mode has no use for, or what has a reason of its own there. */
export const effectlessInMode: Readonly<Record<'evpn' | 'bgp', ReadonlyMap<string, string>>> = {
  evpn: new Map([
    ['DEFAULT.exposing_method', 'the EVPN driver has but one'],
    ['local_ovn_cluster.ovn_nb_connection', localCluster],
    ['local_ovn_cluster.external_nics', localCluster],
    ['local_ovn_cluster.peer_ips', localCluster],
    ['local_ovn_cluster.provider_networks_pool_prefixes', localCluster],
    ['local_ovn_cluster.bgp_chassis_id', localCluster],
    ['ovn.ovn_nb_connection', notNorthbound],
    ['ovn.ovn_nb_private_key', notNorthbound],
    ['ovn.ovn_nb_certificate', notNorthbound],
    ['ovn.ovn_nb_ca_cert', notNorthbound],
    ['DEFAULT.expose_tenant_networks', all],
    ['DEFAULT.expose_ipv6_gua_tenant_networks', all],
    ['DEFAULT.advertisement_method_tenant_networks', `${all}, host by host and as a subnet`],
    ['DEFAULT.require_snat_disabled_for_tenant_networks', all],
    ['DEFAULT.address_scopes', all],
    ['DEFAULT.bgp_AS', 'the AS number is that of `neutron_bgpvpn:as` of each port'],
    ['DEFAULT.bgp_router_id', 'no router id is written in this mode; FRR has its own'],
    ['DEFAULT.bgp_nic', vrfPerVni],
    ['DEFAULT.bgp_vrf', vrfPerVni],
    ['DEFAULT.bgp_vrf_table_id', `${vrfPerVni}; its table is the VNI`],
    [
      'DEFAULT.delete_vrf_on_disconnect',
      'a VRF goes when nobody wants it, after frr.removal_grace',
    ],
  ]),
  bgp: new Map([
    ['DEFAULT.delete_vrf_on_disconnect', 'a VRF stays while its network has an annotation'],
  ]),
};

const subnetsOnly = 'it announces the subnets of tenants, of both families, and nothing else';

/** By `group.option`, with one driver: what that of ovn-bgp-agent does not read, and so is not read here. */
export const effectlessWithDriver: ReadonlyMap<string, ReadonlyMap<string, string>> = new Map([
  [
    'ovn_stretched_l2_bgp_driver',
    new Map([
      ['DEFAULT.exposing_method', 'the driver has but one'],
      ['DEFAULT.expose_tenant_networks', subnetsOnly],
      ['DEFAULT.expose_ipv6_gua_tenant_networks', subnetsOnly],
      ['DEFAULT.advertisement_method_tenant_networks', subnetsOnly],
      ['DEFAULT.require_snat_disabled_for_tenant_networks', 'the driver does not look at NAT'],
      ['local_ovn_cluster.ovn_nb_connection', localCluster],
      ['local_ovn_cluster.external_nics', localCluster],
      ['local_ovn_cluster.peer_ips', localCluster],
      ['local_ovn_cluster.provider_networks_pool_prefixes', localCluster],
      ['local_ovn_cluster.bgp_chassis_id', localCluster],
    ]),
  ],
]);

/** By `group.option`, in every mode. */
export const effectless: ReadonlyMap<string, string> = new Map([
  ['DEFAULT.frr_reconcile_interval', 'FRR is watched, and repaired at once'],
  ['DEFAULT.ovsdb_connection_timeout', 'a connection is probed, and made again when it is lost'],
  [
    'DEFAULT.clear_vrf_routes_on_startup',
    'our routes that should not be there go at every start, and those of the agent before us; what is somebody else’s stays',
  ],
  ['agent.root_helper', noHelper],
  ['agent.root_helper_daemon', noHelper],
  ['agent.use_helper_for_ns_read', noHelper],
  ['DEFAULT.use_stderr', 'without a log file the log goes to standard error'],
  ['DEFAULT.use_syslog', journal],
  ['DEFAULT.syslog_log_facility', journal],
  ['DEFAULT.use_journal', journal],
  ['DEFAULT.use_eventlog', journal],
  ['DEFAULT.log_config_append', 'it is a configuration of Python’s logging'],
  ['DEFAULT.log_config', 'it is a configuration of Python’s logging'],
  ['DEFAULT.log_date_format', lineFormat],
  ['DEFAULT.log_color', lineFormat],
  ['DEFAULT.logging_context_format_string', lineFormat],
  ['DEFAULT.logging_default_format_string', lineFormat],
  ['DEFAULT.logging_debug_format_suffix', lineFormat],
  ['DEFAULT.logging_exception_prefix', lineFormat],
  ['DEFAULT.logging_user_identity_format', lineFormat],
  ['DEFAULT.instance_format', lineFormat],
  ['DEFAULT.instance_uuid_format', lineFormat],
  ['DEFAULT.default_log_levels', oneLevel],
  ['DEFAULT.rate_limit_interval', 'the log has one line per change of state'],
  ['DEFAULT.rate_limit_burst', 'the log has one line per change of state'],
  ['DEFAULT.rate_limit_except_level', 'the log has one line per change of state'],
  ['DEFAULT.publish_errors', 'the agent sends no notifications'],
  ['DEFAULT.fatal_deprecations', 'nothing is deprecated'],
  ['DEFAULT.watch_log_file', 'the log is appended to the file that has the name'],
  ['DEFAULT.log_rotate_interval', notRotated],
  ['DEFAULT.log_rotate_interval_type', notRotated],
  ['DEFAULT.max_logfile_count', notRotated],
  ['DEFAULT.max_logfile_size_mb', notRotated],
  ['DEFAULT.log_rotation_type', notRotated],
]);

/** Groups none of whose options mean anything here. */
export const effectlessGroups: ReadonlyMap<string, string> = new Map([
  ['privsep', noHelper],
  ['privsep_ovs_vsctl', noHelper],
  ['privsep_vtysh', noHelper],
  ['oslo_concurrency', 'the agent takes no lock files'],
]);
