/** Which database of OVN an agent reads, where that is, and as whom: from the configuration and the node's Open vSwitch. */

import { hostname as hostnameOfSystem } from 'node:os';
import type { Clock, Log, Random } from '../base/ports.ts';
import type { Config } from '../config/index.ts';
import type { LocalOvs } from '../inventory/local-ovs.ts';
import type { CloudSource, SourceEvents } from '../inventory/source.ts';
import type { Endpoint } from '../net/endpoint.ts';
import type { TlsFiles } from '../protocols/ovsdb/index.ts';
import { openNorthboundSource } from '../sources/ovn-nb/index.ts';
import { openSouthboundSource } from '../sources/ovn-sb/index.ts';
import { memoryIn } from '../sources/ovn-sb/memory.ts';

/** All that another value of makes another cloud, or another node. */
export type CloudIdentity =
  | {
      readonly database: 'OVN_Southbound';
      readonly endpoints: readonly Endpoint[];
      readonly systemId: string;
    }
  | {
      readonly database: 'OVN_Northbound';
      readonly endpoints: readonly Endpoint[];
      /** Where the Southbound database of the same OVN is, if that is known. */
      readonly southbound: readonly Endpoint[];
      readonly systemId: string;
      readonly hostname: string;
    };

/** `undefined` as long as Open vSwitch does not say where the database is, or who we are. */
export function cloudIdentity(
  { mode, ovn, bgp }: Config,
  { systemId, hostname, ovnRemote, ovnNbRemote }: LocalOvs,
): CloudIdentity | undefined {
  if (systemId === undefined) return undefined;
  const southbound = ovn.southbound.length > 0 ? ovn.southbound : ovnRemote;
  if (mode !== 'bgp' || bgp.driver !== 'nb_ovn_bgp_driver') {
    const endpoints = southbound;
    return endpoints.length === 0 ? undefined : { database: 'OVN_Southbound', endpoints, systemId };
  }
  const endpoints = ovn.northbound.length > 0 ? ovn.northbound : ovnNbRemote;
  if (endpoints.length === 0) return undefined;
  // As ovn-controller(8) finds it, and Neutron's agents.
  const name = hostname ?? hostnameOfSystem();
  return { database: 'OVN_Northbound', endpoints, southbound, systemId, hostname: name };
}

export interface CloudPorts {
  readonly cacheDirectory: string | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

export function openCloudSource(
  { ovn }: Config,
  identity: CloudIdentity,
  ports: CloudPorts,
  events: SourceEvents,
): CloudSource {
  const { clock, random, log, cacheDirectory } = ports;
  const { endpoints, systemId } = identity;
  const common = { systemId, endpoints, inactivityProbe: ovn.inactivityProbe, clock, random, log };
  const { privateKey, certificate, caCert: caCertificate } = ovn;
  const ofSouthbound = { privateKey, certificate, caCertificate };
  if (identity.database === 'OVN_Southbound') {
    const tls = tlsFor(endpoints, ofSouthbound);
    const memory = memoryIn(cacheDirectory, log);
    return openSouthboundSource({ ...common, tls, memory }, events);
  }
  const tls = tlsFor(endpoints, {
    privateKey: ovn.northboundPrivateKey,
    certificate: ovn.northboundCertificate,
    caCertificate: ovn.northboundCaCert,
  });
  const { southbound, hostname } = identity;
  const below = { endpoints: southbound, tls: tlsFor(southbound, ofSouthbound) };
  return openNorthboundSource({ ...common, tls, southbound: below, hostname }, events);
}

function tlsFor(endpoints: readonly Endpoint[], files: TlsFiles): TlsFiles | undefined {
  return endpoints.some(({ kind }) => kind === 'ssl') ? files : undefined;
}
