/** A number for every family, or one for each that is named: an integer in TOML, or a table. */

import { type Issue, issue, issueAt } from '../../base/issue.ts';
import { err, ok, type Result } from '../../base/result.ts';
import type { Type } from '../option.ts';
import { isTable } from '../toml.ts';
import { integer } from '../types.ts';
import { type FamilyWord, familyWords } from './families.ts';

/** What is not named has none. */
export type PerFamily = Readonly<Partial<Record<FamilyWord, number>>>;

export function perFamily(min: number, max: number): Type<PerFamily> {
  const number = integer(min, max);
  return {
    says: `${number.says}, or a table with one for each family`,
    parse: (value) => {
      if (isTable(value)) return parseTable(value, number);
      const all = number.parse(value);
      if (!all.ok) return all;
      return ok(Object.fromEntries(familyWords.map((name) => [name, all.value])));
    },
    format: (value) => Object.entries(value).map(([name, each]) => `${name} = ${each}`),
  };
}

function parseTable(
  table: Readonly<Record<string, unknown>>,
  number: Type<number>,
): Result<PerFamily, Issue> {
  const found: Partial<Record<FamilyWord, number>> = {};
  for (const [key, value] of Object.entries(table)) {
    const name = familyWords.find((word) => word === key);
    if (name === undefined) {
      return err(issue(`'${key}' is none of ${familyWords.join(', ')}`));
    }
    const parsed = number.parse(value);
    if (!parsed.ok) return err(issueAt(key, parsed.error));
    found[name] = parsed.value;
  }
  return ok(found);
}
