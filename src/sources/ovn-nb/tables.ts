/** What is read of OVN_Northbound: tables, columns, and by what rows are found. NB_Global, which never rests, is not. */

import {
  type Changes,
  type Database,
  map,
  one,
  optional,
  required,
  type RowOf,
  set,
  table,
} from '../../protocols/ovsdb/index.ts';

const switchPortColumns = {
  name: required(one('string')),
  type: one('string'),
  addresses: set('string'),
  options: map('string', 'string'),
  external_ids: map('string', 'string'),
  tag: optional('integer'),
  up: optional('boolean'),
  dhcpv4_options: optional('uuid'),
  dhcpv6_options: optional('uuid'),
};

const routerPortColumns = {
  name: required(one('string')),
  mac: one('string'),
  networks: set('string'),
  gateway_chassis: set('uuid'),
  ha_chassis_group: optional('uuid'),
  external_ids: map('string', 'string'),
  /** Since OVN 23.09. */
  status: map('string', 'string'),
};

const natColumns = {
  type: one('string'),
  external_ip: one('string'),
  external_mac: optional('string'),
  logical_ip: one('string'),
  logical_port: optional('string'),
  gateway_port: optional('uuid'),
  external_ids: map('string', 'string'),
};

const routerColumns = {
  name: one('string'),
  ports: set('uuid'),
  nat: set('uuid'),
  load_balancer: set('uuid'),
};

const dhcpColumns = {
  cidr: one('string'),
  options: map('string', 'string'),
  external_ids: map('string', 'string'),
};

const balancerColumns = { name: one('string'), vips: map('string', 'string') };

export type SwitchPort = RowOf<typeof switchPortColumns>;
export type RouterPort = RowOf<typeof routerPortColumns>;
export type Nat = RowOf<typeof natColumns>;
export type Router = RowOf<typeof routerColumns>;

/** Not a row of any but localnet ports, until somebody asks. */
export const northboundTables = {
  // Not `ports`: it names every port of a network, wherever that is.
  Logical_Switch: table({
    columns: { name: one('string'), external_ids: map('string', 'string') },
    where: [],
    index: { name: 'name' },
  }),
  Logical_Switch_Port: table({
    columns: switchPortColumns,
    where: [['type', '==', 'localnet']],
    index: { name: 'name', routerPort: ({ options }) => options.get('router-port') },
  }),
  Logical_Router: table({
    columns: routerColumns,
    where: [],
    index: { name: 'name', ports: 'ports', nat: 'nat', load_balancer: 'load_balancer' },
  }),
  Logical_Router_Port: table({ columns: routerPortColumns, where: [], index: { name: 'name' } }),
  NAT: table({ columns: natColumns, where: [] }),
  Load_Balancer: table({ columns: balancerColumns, where: [] }),
  DHCP_Options: table({ columns: dhcpColumns, where: [] }),
};

export type NorthboundDatabase = Database<typeof northboundTables>;
export type NorthboundChanges = Changes<typeof northboundTables>;
/** Its content, as far as the join reads it. */
export type NorthboundTables = Pick<NorthboundDatabase, 'table'>;
