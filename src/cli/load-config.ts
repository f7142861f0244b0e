/** Finds and reads the configuration: our TOML, or the files of ovn-bgp-agent. All that is wrong is told at once. */

import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

import { formatIssue } from '../base/issue.ts';
import { err, ok, type Result } from '../base/result.ts';
import { type Config, ovnBgpAgentDefaults, parseOvnBgpAgent, parseToml } from '../config/index.ts';
import { configDirOrder, parseIni, substitute } from '../protocols/oslo/index.ts';

export interface ConfigSources {
  /** Repeated `--config-file`; a `.toml` file is ours, any other is read as oslo.config INI. */
  readonly configFile: readonly string[];
  readonly configDir: readonly string[];
}

export interface Loaded {
  readonly config: Config;
  readonly warnings: readonly string[];
}

const defaultFile = '/etc/selvedge/selvedge.toml';

export function loadConfig(sources: ConfigSources): Result<Loaded, readonly string[]> {
  try {
    const files = [...sources.configFile, ...sources.configDir.flatMap(filesOf)];
    if (files.length === 0) return loadToml(readIfThere(defaultFile), defaultFile);
    const [first = ''] = files;
    if (files.length === 1 && extname(first) === '.toml') return loadToml(read(first), first);
    return loadIni(files);
  } catch (cause) {
    return err([`cannot read the configuration: ${cause instanceof Error ? cause.message : ''}`]);
  }
}

function filesOf(directory: string): readonly string[] {
  return configDirOrder(readdirSync(directory)).map((name) => join(directory, name));
}

/** The system's own words name the file mostly, but not always. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(reason.includes(path) ? reason : `${path}: ${reason}`, { cause });
  }
}

/** Without a file every default holds. */
function readIfThere(path: string): string {
  try {
    return read(path);
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return '';
    throw error;
  }
}

function loadToml(text: string, path: string): Result<Loaded, readonly string[]> {
  const config = parseToml(text);
  if (config.ok) return ok({ config: config.value, warnings: [] });
  return err(config.error.map((issue) => `${path}: ${formatIssue(issue)}`));
}

function loadIni(paths: readonly string[]): Result<Loaded, readonly string[]> {
  const ini = parseIni(paths.map((path) => ({ path, text: read(path) })));
  if (!ini.ok) return err(ini.error.map(formatIssue));
  const { options, issues } = substitute(ini.value, ovnBgpAgentDefaults);
  const parsed = parseOvnBgpAgent(options);
  if (!parsed.ok) return err(parsed.error.map(formatIssue));
  const warnings = [...issues, ...parsed.value.warnings].map(formatIssue);
  return ok({ config: parsed.value.config, warnings });
}
