/** The words the schema is written in: an option, a section of options. What options there are stands in schema.ts. */

import type { Issue } from '../base/issue.ts';
import type { Result } from '../base/result.ts';

/** A value as TOML, JSON and the reference page show it. */
export type Plain = string | number | boolean | readonly string[];

/** How a value is read from what TOML holds, and shown again. */
export interface Type<T> {
  /** For the reference page: `whole number, 1 to 65535`. */
  readonly says: string;
  parse(value: unknown): Result<T, Issue>;
  format(value: T): Plain;
  /** What TOML would hold for this text of an INI file; the text itself where absent. */
  fromText?(text: string): unknown;
}

/** The option of ovn-bgp-agent that says the same. */
export interface OsloOption<T> {
  /** `group.option`. */
  readonly option?: string;
  /** Its default, where that is not ours. */
  readonly default?: T;
  /** Reads its text, where that is not a text of ours. */
  read?(text: string): Result<T, Issue>;
}

/** One setting. `D` is the type of its default: `undefined` where the value is found on the node when none is set. */
export interface Option<T = unknown, D = T> {
  readonly is: 'option';
  readonly type: Type<T>;
  readonly default: D;
  /** Why this default and no other; for `undefined`, what happens then. */
  readonly why: string;
  readonly about: string;
  /** The value is never printed. */
  readonly secret?: true;
  readonly oslo?: OsloOption<T>;
}

export interface Section<O extends Options = Options> {
  readonly is: 'section';
  readonly about: string;
  readonly options: O;
}

export type Options = Readonly<Record<string, Option>>;
export type Schema = Readonly<Record<string, Option | Section>>;

/** `type` alone says what `T` is; a default or a counterpart that does not fit it does not compile. */
interface Row<T> extends Pick<Option<T>, 'type' | 'why' | 'about' | 'secret'> {
  readonly oslo?: OsloOption<NoInfer<T>>;
}

export function option<T>(row: Row<T> & { readonly default: NoInfer<T> }): Option<T> {
  return { is: 'option', ...row };
}

/** An option without a default of its own. */
export function optional<T>(row: Row<T>): Option<T, undefined> {
  return { is: 'option', default: undefined, ...row };
}

export function section<O extends Options>(about: string, options: O): Section<O> {
  return { is: 'section', about, options };
}

/** The value an option, a section or a schema describes. */
export type ValueOf<S> =
  S extends Option<infer T, infer D> ? T | D : S extends Section<infer O> ? ValuesOf<O> : never;
export type ValuesOf<S> = { readonly [K in keyof S]: ValueOf<S[K]> };
