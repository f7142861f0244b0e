/** What of OpenStack's oslo libraries other programs meet on the outside: for now the INI dialect of oslo.config. */

export {
  configDirOrder,
  type IniFile,
  type IniOptions,
  type IniValue,
  lastValue,
  parseIni,
} from './ini.ts';
export { type IniDefaults, type Substituted, substitute } from './substitute.ts';
