/**
 * The configuration of ovn-bgp-agent as a Config: its option names, its defaults. Text is read by protocols/oslo;
 * what comes here are options by group. Options we do not know or have no use for are warnings, values that cannot
 * be are issues. Options with a counterpart stand in schema.ts, those without in without-effect.ts.
 */

import { type Issue, issue } from '../base/issue.ts';
import { err, ok, type Result } from '../base/result.ts';
import { checkConfig, makeConfig, type Row, rows } from './rows.ts';
import type { Config } from './schema.ts';
import { nearest } from './suggest.ts';
import {
  effectless,
  effectlessGroups,
  effectlessInMode,
  effectlessWithDriver,
} from './without-effect.ts';
import { path } from './types.ts';

/** What a reader of oslo.config's INI dialect delivers: group, option, and its values in order. */
export type OsloOptions = ReadonlyMap<string, ReadonlyMap<string, readonly OsloValue[]>>;

export interface OsloValue {
  readonly text: string;
  readonly file: string;
  readonly line: number;
}

export interface OvnBgpAgentConfig {
  readonly config: Config;
  /** Options without effect or unknown, each with its place. */
  readonly warnings: readonly Issue[];
}

/** Defaults that a value may refer to as `$name`; those of options without a counterpart here among them. */
export const ovnBgpAgentDefaults: ReadonlyMap<string, string> = new Map([
  ['DEFAULT.bgp_AS', '64999'],
  ['DEFAULT.bgp_nic', 'bgp-nic'],
  ['DEFAULT.bgp_vrf', 'bgp-vrf'],
  ['DEFAULT.bgp_vrf_table_id', '10'],
  ['DEFAULT.evpn_udp_dstport', '4789'],
  ['DEFAULT.ovsdb_connection', 'unix:/usr/local/var/run/openvswitch/db.sock'],
]);

export function parseOvnBgpAgent(
  options: OsloOptions,
): Result<OvnBgpAgentConfig, readonly Issue[]> {
  const issues: Issue[] = [];
  const unread = effectlessWithDriver.get(driverOf(options));
  const config = makeConfig((row) => {
    if (unread?.has(row.option.oslo?.option ?? '') === true) return row.option.default;
    const read = readers.get(row.path)?.(options) ?? readRow(row, options);
    if (read.ok) return read.value ?? row.option.oslo?.default ?? row.option.default;
    issues.push(read.error);
    return row.option.default;
  });
  const checked = checkConfig(config);
  if (!checked.ok) issues.push(...checked.error);
  return issues.length === 0
    ? ok({ config, warnings: findWarnings(options, config.mode) })
    : err(issues);
}

/** The drivers of ovn-bgp-agent, and the modes that replace them. */
export const drivers: ReadonlyMap<string, Config['mode']> = new Map([
  ['ovn_evpn_driver', 'evpn'],
  ['ovn_bgp_driver', 'bgp'],
  ['nb_ovn_bgp_driver', 'bgp'],
  ['ovn_stretched_l2_bgp_driver', 'bgp'],
]);
const defaultDriver = 'ovn_bgp_driver';

function driverOf(options: OsloOptions): string {
  return lastValue(options, 'DEFAULT.driver')?.text ?? defaultDriver;
}

function readMode(options: OsloOptions): Result<Config['mode'], Issue> {
  const value = lastValue(options, 'DEFAULT.driver');
  const name = value?.text ?? defaultDriver;
  const mode = drivers.get(name);
  if (mode !== undefined) return ok(mode);
  const message = `'${name}' is none of ${[...drivers.keys()].join(', ')}`;
  return err(issue(message, value === undefined ? 'driver' : placeOf(value, 'driver')));
}

/** Which of the drivers of mode bgp; a name that is none is an issue of the mode's. */
function readBgpDriver(options: OsloOptions): Result<unknown, Issue> {
  const name = lastValue(options, 'DEFAULT.driver')?.text;
  return ok(name !== undefined && drivers.get(name) === 'bgp' ? name : undefined);
}

/** `undefined` where no file sets the option. */
function readRow({ option }: Row, options: OsloOptions): Result<unknown, Issue> {
  const { type, oslo } = option;
  if (oslo?.option === undefined) return ok(undefined);
  const value = lastValue(options, oslo.option);
  if (value === undefined) return ok(undefined);
  const parsed =
    oslo.read === undefined
      ? type.parse(type.fromText === undefined ? value.text : type.fromText(value.text))
      : oslo.read(value.text);
  return parsed.ok ? parsed : atPlace(value, nameOf(oslo.option), parsed.error);
}

/** oslo.log: `log_file` stands in `log_dir`; with `log_dir` alone the file is named after the program. */
function readLogFile(options: OsloOptions): Result<string | undefined, Issue> {
  const file = lastValue(options, 'DEFAULT.log_file') ?? lastValue(options, 'DEFAULT.logfile');
  const directory = lastValue(options, 'DEFAULT.log_dir') ?? lastValue(options, 'DEFAULT.logdir');
  const value = file ?? directory;
  if (value === undefined) return ok(undefined);
  const name = file?.text ?? 'ovn-bgp-agent.log';
  const isWhole = directory === undefined || name.startsWith('/');
  const parsed = path.parse(isWhole ? name : `${directory.text.replace(/\/+$/, '')}/${name}`);
  return parsed.ok
    ? parsed
    : atPlace(value, file === undefined ? 'log_dir' : 'log_file', parsed.error);
}

/** Rows that no single option says. */
const readers: ReadonlyMap<string, (options: OsloOptions) => Result<unknown, Issue>> = new Map<
  string,
  (options: OsloOptions) => Result<unknown, Issue>
>([
  ['mode', readMode],
  ['bgp.driver', readBgpDriver],
  ['log.file', readLogFile],
]);

/** Options that this file reads itself. */
const readHere = [
  'DEFAULT.driver',
  'DEFAULT.log_file',
  'DEFAULT.logfile',
  'DEFAULT.log_dir',
  'DEFAULT.logdir',
];
const readBySchema = rows.flatMap(({ option }) => option.oslo?.option ?? []);
const known = new Set([...readHere, ...readBySchema, ...effectless.keys()]);

function findWarnings(options: OsloOptions, mode: Config['mode']): readonly Issue[] {
  const warnings: Issue[] = [];
  const driver = driverOf(options);
  for (const [group, names] of options) {
    for (const [name, values] of names) {
      const last = values.at(-1);
      const message = warn(`${group}.${canonicalName(name)}`, mode, driver);
      if (last !== undefined && message !== undefined) {
        warnings.push(issue(message, placeOf(last, name)));
      }
    }
  }
  return warnings;
}

function warn(option: string, mode: Config['mode'], driver: string): string | undefined {
  if (readHere.includes(option)) return undefined;
  const ofMode = effectlessInMode[mode];
  const reasonOfMode =
    effectlessWithDriver.get(driver)?.get(option) ??
    ofMode.get(option) ??
    ofMode.get(currentId(option));
  const isRead = readBySchema.some((id) => id === option || id === currentId(option));
  if (isRead && reasonOfMode === undefined) return undefined;
  const group = option.slice(0, option.indexOf('.'));
  const reason =
    reasonOfMode ??
    effectless.get(option) ??
    effectless.get(currentId(option)) ??
    effectlessGroups.get(group);
  if (reason !== undefined) return `has no effect: ${reason}`;
  const similar = nearest(option, known);
  if (similar === undefined) return 'unknown, and passed over';
  return `unknown, and passed over; did you mean ${formatOption(similar)}?`;
}

/** The last value of an option that is not empty. What moved to [ovn] is also found where it was before. */
function lastValue(options: OsloOptions, option: string): OsloValue | undefined {
  const name = nameOf(option);
  const found = (group: string) => {
    const names = [...(options.get(group) ?? [])];
    return names.flatMap(([key, values]) => (canonicalName(key) === name ? values : [])).at(-1);
  };
  const value = found(option.slice(0, option.indexOf('.')));
  const wanted = value ?? (option.startsWith('ovn.') ? found('DEFAULT') : undefined);
  // Templates leave `evpn_nic =` behind; the original takes that for none.
  return wanted?.text === '' ? undefined : wanted;
}

/** `deprecated_group` of the original: the options of [ovn] once stood in [DEFAULT]. */
function currentId(option: string): string {
  return /^DEFAULT\.ovn_[ns]b_/.test(option) ? `ovn.${nameOf(option)}` : option;
}

/** oslo.config takes `log-file` for `log_file`. */
function canonicalName(name: string): string {
  return name.replaceAll('-', '_');
}

function nameOf(option: string): string {
  return option.slice(option.indexOf('.') + 1);
}

function formatOption(option: string): string {
  return option.startsWith('DEFAULT.') ? nameOf(option) : option.replace(/^(\w+)\./, '[$1] ');
}

function atPlace(value: OsloValue, name: string, { path: inner, message }: Issue) {
  return err(issue(message, placeOf(value, `${name}${inner}`)));
}

/** `/etc/ovn-bgp-agent/bgp-agent.conf:12 evpn_nic`. */
function placeOf(value: OsloValue, name: string): string {
  return `${value.file}:${value.line} ${name}`;
}
