/** The schema as a flat list of options with their paths, and a Config made from one value for each. */

import { type Issue, issue } from '../base/issue.ts';
import { deepFreeze } from '../base/freeze.ts';
import { err, ok, type Result } from '../base/result.ts';
import { isLoopback } from '../net/ip.ts';
import type { Option, Options } from './option.ts';
import { type Config, schema } from './schema.ts';

/** One option and where it stands. */
export interface Row {
  /** As in TOML: `evpn.udp_port`, or `mode` at the top. */
  readonly path: string;
  /** The section's name in TOML; `undefined` at the top. */
  readonly section: string | undefined;
  /** The option's name in TOML. */
  readonly key: string;
  /** The names of section and option in a Config. */
  readonly group: string | undefined;
  readonly field: string;
  readonly option: Option;
}

/** The names of all sections, and of what stands outside of them. */
export const topNames: readonly string[] = Object.keys(schema).map(nameInToml);

export const rows: readonly Row[] = Object.entries(schema).flatMap(([name, entry]) =>
  entry.is === 'option' ? [row(undefined, name, entry)] : rowsOf(name, entry.options),
);

function rowsOf(group: string, options: Options): readonly Row[] {
  return Object.entries(options).map(([field, option]) => row(group, field, option));
}

function row(group: string | undefined, field: string, option: Option): Row {
  const section = group === undefined ? undefined : nameInToml(group);
  const key = nameInToml(field);
  const path = section === undefined ? key : `${section}.${key}`;
  return { path, section, key, group, field, option };
}

export function nameInToml(field: string): string {
  return field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The value of an option in a Config. */
export function valueAt(config: Config, { group, field }: Row): unknown {
  const values = config as unknown as Readonly<Record<string, unknown>>;
  return group === undefined
    ? values[field]
    : (values[group] as Readonly<Record<string, unknown>>)[field];
}

/** Asks for the value of every option, and hands out a Config that nobody can alter. */
export function makeConfig(valueOf: (row: Row) => unknown): Config {
  const config: Record<string, unknown> = {};
  for (const each of rows) {
    const value = valueOf(each);
    if (each.group === undefined) config[each.field] = value;
    else ((config[each.group] ??= {}) as Record<string, unknown>)[each.field] = value;
  }
  // The one place where values that the rows' own types have made become the type derived from those rows.
  return deepFreeze(config) as unknown as Config;
}

/** What no option can say of itself. */
export function checkConfig(config: Config): Result<Config, readonly Issue[]> {
  const issues: Issue[] = [];
  const { listen, allowRemote } = config.http;
  if (listen !== 'off' && !isLoopback(listen.ip) && !allowRemote) {
    issues.push(
      issue('is no loopback address; http.allow_remote = true permits it', 'http.listen'),
    );
  }
  const { retryInitial, retryMax } = config.reconcile;
  if (retryInitial > retryMax) {
    issues.push(issue('is below reconcile.retry_initial', 'reconcile.retry_max'));
  }
  issues.push(...notYet(config), ...ofNoUse(config));
  return issues.length === 0 ? ok(config) : err(issues);
}

/** What would expose less or otherwise with another driver, and with this one would just be passed over. */
function ofNoUse({ mode, bgp }: Config): readonly Issue[] {
  if (mode !== 'bgp' || bgp.driver !== 'ovn_stretched_l2_bgp_driver') return [];
  const { exposing, bridges, exposeWhen, tenantGlobalIpv6, tenantSnatDisabled } = bgp;
  const found: readonly (readonly [boolean, string, string])[] = [
    [exposing !== 'underlay', 'exposing', 'it announces in the underlay'],
    [bridges.length > 0, 'bridges', 'it does not matter to it which bridge a network is on'],
    [exposeWhen !== 'up', 'expose_when', 'it exposes no ports of VMs'],
    [tenantGlobalIpv6, 'tenant_global_ipv6', 'it announces subnets of both families'],
    [tenantSnatDisabled, 'tenant_snat_disabled', 'it announces subnets behind SNAT too'],
  ];
  return found
    .filter(([isSet]) => isSet)
    .map(([, key, why]) =>
      issue(`has no effect with the driver ${bgp.driver}: ${why}; leave it out`, `bgp.${key}`),
    );
}

/** What mode bgp has a name for, and cannot do so far: said at once, and not passed over. */
function notYet({ mode, bgp }: Config): readonly Issue[] {
  if (mode !== 'bgp') return [];
  const { exposing } = bgp;
  const later = (path: string, what: string): Issue => issue(`${what} is not available yet`, path);
  const isElsewhere = ['l2vni', 'ovn'].includes(exposing);
  const ofTenants = bgp.tenantNetworks ? 'tenant_networks' : 'tenant_global_ipv6';
  const hasTenants = bgp.tenantNetworks || bgp.tenantGlobalIpv6;
  return hasTenants && isElsewhere
    ? [later(`bgp.${ofTenants}`, `true with the exposing method ${exposing}`)]
    : [];
}
