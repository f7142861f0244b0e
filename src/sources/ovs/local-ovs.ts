/** From rows of Open_vSwitch to what the inventory holds of it. Pure. */

import { type Issue, issueAt } from '../../base/issue.ts';
import { exposesOf } from '../../inventory/exposes.ts';
import type { LocalOvs, LocalOvn, ProviderBridge } from '../../inventory/local-ovs.ts';
import { type Endpoint, parseEndpoints } from '../../net/endpoint.ts';
import { type IfName, parseIfName } from '../../net/if-name.ts';
import { integrationBridge } from '../../ovs/database.ts';

/** A port of a bridge, as far as it matters here. */
export interface BridgePort {
  readonly name: string;
  /** Column `type` of its interfaces. */
  readonly types: readonly string[];
  /** Whether `external_ids:selvedge` is set. */
  readonly isOurs: boolean;
}

/** Ports that ovn-bgp-agent adds to a provider bridge; they lead into the node, not out of it. */
const predecessorPort = /^(veth-ovs|ve-ovs|vlan)-?\d+$/;

export function readLocalOvs(
  externalIds: ReadonlyMap<string, string>,
  bridges: Iterable<{ readonly name: string; readonly ports: readonly BridgePort[] }>,
): LocalOvs {
  const issues: Issue[] = [];
  return {
    systemId: externalIds.get('system-id'),
    hostname: externalIds.get('hostname'),
    ovnRemote: readRemote('ovn-remote', externalIds, issues),
    ovnNbRemote: readRemote('ovn-nb-remote', externalIds, issues),
    bridgeMappings: readMappings('ovn-bridge-mappings', externalIds, issues),
    integrationBridge: integrationBridge(externalIds),
    isGateway: /(^|,)\s*enable-chassis-as-gw\s*(,|$)/.test(
      externalIds.get('ovn-cms-options') ?? '',
    ),
    exposes: exposesOf(externalIds),
    localOvns: readLocalOvns(externalIds, issues),
    bridges: new Map([...bridges].flatMap(readBridge)),
    issues,
  };
}

function readRemote(
  key: string,
  externalIds: ReadonlyMap<string, string>,
  issues: Issue[],
): readonly Endpoint[] {
  const text = externalIds.get(key);
  if (text === undefined) return [];
  const endpoints = parseEndpoints(text);
  if (endpoints.ok) return endpoints.value;
  issues.push(issueAt(`external_ids:${key}`, endpoints.error));
  return [];
}

/** `physnet1:br-ex,physnet2:br-data`. A malformed pair is an issue, and the others count. */
function readMappings(
  key: string,
  externalIds: ReadonlyMap<string, string>,
  issues: Issue[],
): ReadonlyMap<string, IfName> {
  const text = externalIds.get(key) ?? '';
  const mappings = new Map<string, IfName>();
  for (const pair of text.split(',').filter((each) => each.trim() !== '')) {
    const [network = '', bridge = '', ...more] = pair.trim().split(':');
    const name = parseIfName(bridge);
    if (network !== '' && name.ok && more.length === 0) mappings.set(network, name.value);
    else {
      const message = `'${pair.trim()}' is not NETWORK:BRIDGE`;
      issues.push({ path: `external_ids:${key}`, message });
    }
  }
  return mappings;
}

/** Of an ovn-controller that has a name, ovn-controller(8): each of its keys ends with that. */
function readLocalOvns(
  externalIds: ReadonlyMap<string, string>,
  issues: Issue[],
): ReadonlyMap<string, LocalOvn> {
  const found = new Map<string, LocalOvn>();
  for (const key of externalIds.keys()) {
    const [, name] = /^ovn-bridge-mappings-(.+)$/.exec(key) ?? [];
    if (name === undefined) continue;
    const bridgeMappings = readMappings(key, externalIds, issues);
    const bridge = externalIds.get(`ovn-bridge-${name}`);
    found.set(name, {
      bridgeMappings,
      integrationBridge: bridge ?? integrationBridge(externalIds),
    });
  }
  return found;
}

function readBridge(bridge: {
  readonly name: string;
  readonly ports: readonly BridgePort[];
}): readonly (readonly [string, ProviderBridge])[] {
  const name = parseIfName(bridge.name);
  if (!name.ok) return [];
  const uplinks = bridge.ports
    .filter((port) => port.name !== bridge.name && leadsOut(port))
    .map((port) => port.name);
  return [[bridge.name, { name: name.value, uplinks }]];
}

function leadsOut({ name, types, isOurs }: BridgePort): boolean {
  return (
    !isOurs &&
    !predecessorPort.test(name) &&
    types.some((type) => type !== 'patch' && type !== 'internal')
  );
}
