/** Ports that we add to bridges of Open vSwitch, marked by `external_ids:selvedge` of their Port row. */

import type { IfName } from '../net/if-name.ts';
import type { VlanId } from '../net/numbers.ts';
import { linkKey } from './link.ts';
import type { Comparison, Key, Kind, Verb } from './resource.ts';

export interface OvsPortSpec {
  readonly kind: 'ovs-port';
  readonly name: IfName;
  readonly bridge: IfName;
  /** `system`: an existing device; `internal`: Open vSwitch makes one. Table Interface, column `type`. */
  readonly type: 'system' | 'internal';
  /** Access VLAN; table Port, column `tag`. 0 are packets without a tag; without any, all that come are taken. */
  readonly tag?: VlanId | 0;
  /** Of an internal port, whose MTU Open vSwitch sets itself; table Interface, column `mtu_request`. */
  readonly mtu?: number;
}

export function ovsPortKey(name: IfName): Key {
  return `ovs-port ${name}` as Key;
}

export const ovsPort: Kind<OvsPortSpec> = {
  kind: 'ovs-port',
  target: 'ovs',
  marked: true,
  announces: false,
  key: (spec) => ovsPortKey(spec.name),
  needs: (spec) => (spec.type === 'system' ? [linkKey(spec.name)] : []),
  outlives: () => [],
  compare: compareOvsPorts,
  adoptable: () => false,
  grace: () => 0,
  rest: () => 0,
  print: printOvsPort,
};

function compareOvsPorts(wanted: OvsPortSpec, observed: OvsPortSpec): Comparison {
  if (wanted.bridge !== observed.bridge || wanted.type !== observed.type) return 'replace';
  return wanted.tag === observed.tag && wanted.mtu === observed.mtu ? 'same' : 'change';
}

function printOvsPort(verb: Verb, spec: OvsPortSpec): string {
  if (verb === 'remove') return `ovs-vsctl del-port ${spec.bridge} ${spec.name}`;
  if (verb === 'change' || verb === 'adopt') {
    return spec.tag === undefined
      ? `ovs-vsctl clear port ${spec.name} tag`
      : `ovs-vsctl set port ${spec.name} tag=${spec.tag}`;
  }
  const tag = spec.tag === undefined ? '' : ` tag=${spec.tag}`;
  const type = spec.type === 'internal' ? ` -- set interface ${spec.name} type=internal` : '';
  const first = verb === 'replace' ? `del-port ${spec.name} -- ` : '';
  return `ovs-vsctl ${first}add-port ${spec.bridge} ${spec.name}${tag}${type}`;
}
