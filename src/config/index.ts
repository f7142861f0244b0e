/** The configuration: one schema (schema.ts), two files to read it from, one way to print it. */

export { formatConfig, type PlainConfig } from './format.ts';
export {
  type OsloOptions,
  type OsloValue,
  type OvnBgpAgentConfig,
  ovnBgpAgentDefaults,
  parseOvnBgpAgent,
} from './ovn-bgp-agent.ts';
export { formatReferencePage } from './reference-page.ts';
export type { Config } from './schema.ts';
export { parseToml } from './toml.ts';
