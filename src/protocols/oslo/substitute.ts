/** Replaces `$name` in values by the value of that option, as oslo.config does when a value is asked for. Pure. */

import { type Issue, issue } from '../../base/issue.ts';
import { groupName, type IniOptions, type IniValue, lastValue } from './ini.ts';

/** Values of options that no file sets, by `group.option`: `DEFAULT.bgp_nic`. */
export type IniDefaults = ReadonlyMap<string, string>;

/** `$$` or `\$` for a dollar sign, `$name`, `${name}`; any other dollar sign stands for itself. */
const reference = /\\\$|\$\$|\$([_a-z][._a-z0-9]*)|\$\{([_a-z][._a-z0-9]*)\}/gi;

export interface Substituted {
  readonly options: IniOptions;
  /** References that lead nowhere. They stay in the text as they are, and may be in an option that nobody reads. */
  readonly issues: readonly Issue[];
}

export function substitute(options: IniOptions, defaults: IniDefaults = new Map()): Substituted {
  const issues: Issue[] = [];
  const context: Context = { options, defaults, issues };
  const replaced = new Map(
    [...options].map(([group, names]) => [
      group,
      new Map(
        [...names].map(([name, values]) => [
          name,
          values.map((value) => substituteValue(context, value, { group, option: name })),
        ]),
      ),
    ]),
  );
  return { options: replaced, issues };
}

interface Context {
  readonly options: IniOptions;
  readonly defaults: IniDefaults;
  readonly issues: Issue[];
}

interface Place {
  readonly group: string;
  readonly option: string;
}

function substituteValue(context: Context, value: IniValue, place: Place): IniValue {
  const refuse = (match: string, reason: string) => {
    const message = `${place.option}: ${match} ${reason}`;
    context.issues.push(issue(message, `${value.file}:${value.line}:1`));
    return match;
  };
  /** `trail`: the options whose values are being replaced, outermost first. */
  const replace = (text: string, trail: readonly Place[]): string =>
    text.replace(reference, (match, bare?: string, braced?: string) => {
      const name = bare ?? braced;
      if (name === undefined) return '$';
      const found = findReferred(context, trail.at(-1)?.group ?? '', name);
      if (found === undefined) return refuse(match, 'names no option');
      if (trail.some((at) => isSamePlace(at, found))) {
        return refuse(match, 'leads back to itself');
      }
      return replace(found.text, [...trail, found]);
    });
  return { ...value, text: replace(value.text, [place]) };
}

/** `group.option`, or `option` of the group of the value that refers to it, or else of DEFAULT. */
function findReferred(
  { options, defaults }: Context,
  group: string,
  name: string,
): (Place & { readonly text: string }) | undefined {
  const dot = name.indexOf('.');
  const near =
    dot < 0
      ? { group, option: name }
      : { group: groupName(name.slice(0, dot)), option: name.slice(dot + 1) };
  for (const place of [near, { group: 'DEFAULT', option: name }]) {
    const fallback = defaults.get(`${place.group}.${place.option}`);
    const text = lastValue(options, place.group, place.option)?.text ?? fallback;
    if (text !== undefined) return { ...place, text };
  }
  return undefined;
}

function isSamePlace(a: Place, b: Place): boolean {
  return a.group === b.group && a.option === b.option;
}
