/** Reading the JSON that daemons print: every field is checked for its kind, and what is absent is absent. */

export type Json = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object, or one without fields. */
export function objectIn(value: unknown): Json {
  return isObject(value) ? value : {};
}

export function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function objectsIn(value: unknown): readonly Json[] {
  return listIn(value).filter(isObject);
}

export function textIn(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A number or a text as text: daemons print identifiers as either. */
export function wordIn(value: unknown): string {
  return typeof value === 'number' ? String(value) : textIn(value);
}

export function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

export function textsIn(value: unknown): readonly string[] {
  return listIn(value).filter((each) => typeof each === 'string');
}

export function numbersIn(value: unknown): readonly number[] {
  return listIn(value).filter((each) => typeof each === 'number');
}

/** The fields that have a value: nothing is not an empty list. */
export function present<T extends object>(fields: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const entries = Object.entries(fields).filter(
    ([, value]) => value !== undefined && !(Array.isArray(value) && value.length === 0),
  );
  return Object.fromEntries(entries) as { [K in keyof T]?: NonNullable<T[K]> };
}
