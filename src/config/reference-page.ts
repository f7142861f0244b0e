/** docs/configuration.md, written from the schema; a test holds the file to this. Pure. */

import type { Plain } from './option.ts';
import { drivers } from './ovn-bgp-agent.ts';
import { formatValue } from './format.ts';
import { nameInToml, type Row, rows } from './rows.ts';
import { schema } from './schema.ts';
import {
  effectless,
  effectlessGroups,
  effectlessInMode,
  effectlessWithDriver,
} from './without-effect.ts';

const head = `# Configuration

<!-- Written from src/config/schema.ts. To alter it, alter that, then UPDATE=1 node --test test/config/reference-page.test.ts -->

\`selvedge agent --config FILE\` reads TOML. Without a file the defaults below hold, and on most nodes they are enough.
Every mistake is told at once, with its path; an unknown option is a mistake.

\`\`\`toml
[evpn]
local_ip = "10.255.0.1"

[log]
level = "debug"
\`\`\`
`;

const ini = `## In place of ovn-bgp-agent

\`selvedge agent --config-file FILE\` and \`--config-dir DIRECTORY\`, each as often as needed, read the INI of
ovn-bgp-agent: the same option names, the same defaults, the same rules of what overrides what (files of a directory in
the order of their names). Options that are not listed keep the defaults above. An option that is unknown or without
effect is a warning in the log and nothing more.
`;

export function formatReferencePage(): string {
  const sections = Object.entries(schema).flatMap(([name, entry]) =>
    entry.is === 'section' ? [formatSection(nameInToml(name), entry.about)] : [],
  );
  const top = formatTable(rows.filter(({ section }) => section === undefined));
  return [head, top, ...sections, ini, formatCounterparts(), formatEffectless()].join('\n');
}

function formatSection(name: string, about: string): string {
  return `## [${name}]\n\n${about}\n\n${formatTable(rows.filter(({ section }) => section === name))}`;
}

function formatTable(of: readonly Row[]): string {
  const lines = of.map((row) => {
    const { about, type, why } = row.option;
    return `| \`${row.key}\` | ${about} | ${type.says} | ${formatDefault(row, row.option.default)} | ${why} |`;
  });
  return table(['option', 'meaning', 'type', 'default', 'why'], lines);
}

function formatDefault(row: Row, value: unknown): string {
  const plain = formatValue(row, value);
  return plain === null ? 'none' : `\`${formatToml(plain)}\``;
}

/** JSON and TOML agree on how strings, numbers, booleans and lists of strings are written. */
function formatToml(value: Plain): string {
  return typeof value === 'object'
    ? `[${value.map(formatToml).join(', ')}]`
    : JSON.stringify(value);
}

function formatCounterparts(): string {
  const modes = [...drivers].map(([driver, mode]) => `\`${driver}\` (${mode})`).join(', ');
  const lines = rows.flatMap((row) => {
    const { oslo } = row.option;
    if (oslo === undefined) return [];
    const name = oslo.option === undefined ? 'nothing' : formatOption(oslo.option);
    return [
      `| ${name} | \`${row.path}\` | ${formatDefault(row, oslo.default ?? row.option.default)} |`,
    ];
  });
  return table(
    ['of ovn-bgp-agent', 'here', 'default'],
    [
      `| \`driver\` | \`mode\`: ${modes} | \`"ovn_bgp_driver"\` |`,
      ...lines,
      '| `log_file`, `log_dir` | `log.file` | none |',
    ],
  );
}

function formatEffectless(): string {
  const groups = [...effectlessGroups].map(([name, why]) => `| all of \`[${name}]\` | ${why} |`);
  const ofModes = Object.entries(effectlessInMode).map(
    ([mode, options]) => `In mode ${mode} besides:\n\n${reasons(options, [])}`,
  );
  const ofDrivers = [...effectlessWithDriver].map(
    ([driver, options]) => `With the driver \`${driver}\` besides:\n\n${reasons(options, [])}`,
  );
  return [`Without effect:\n\n${reasons(effectless, groups)}`, ...ofModes, ...ofDrivers].join('\n');
}

function reasons(options: ReadonlyMap<string, string>, more: readonly string[]): string {
  const byReason = Map.groupBy(options, ([, reason]) => reason);
  const lines = [...byReason].map(
    ([reason, same]) => `| ${same.map(([id]) => formatOption(id)).join(', ')} | ${reason} |`,
  );
  return table(['option', 'because'], [...lines, ...more]);
}

/** `DEFAULT` is where an option stands when nothing else is said. */
function formatOption(id: string): string {
  const [group = '', name = ''] = id.split('.');
  return group === 'DEFAULT' ? `\`${name}\`` : `\`[${group}] ${name}\``;
}

function table(columns: readonly string[], lines: readonly string[]): string {
  return [`| ${columns.join(' | ')} |`, `|${' --- |'.repeat(columns.length)}`, ...lines, ''].join(
    '\n',
  );
}
