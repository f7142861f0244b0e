/**
 * Equality by value of plain data: primitives, arrays, octets, maps and sets with primitive keys, and objects with
 * string keys. 0 and -0 are equal, NaN equals itself, and a key whose value is `undefined` is the same as no key.
 */
export function equalData(a: unknown, b: unknown): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a)) return Array.isArray(b) && equalLists(a, b);
  if (a instanceof Uint8Array) return b instanceof Uint8Array && equalLists(a, b);
  if (a instanceof Map) return b instanceof Map && equalMaps(a, b);
  if (a instanceof Set) return b instanceof Set && equalSets(a, b);
  return !isCollection(b) && equalObjects(a as Fields, b as Fields);
}

type Fields = Readonly<Record<string, unknown>>;

function isCollection(value: object): boolean {
  return (
    Array.isArray(value) ||
    value instanceof Uint8Array ||
    value instanceof Map ||
    value instanceof Set
  );
}

function equalLists(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (!equalData(a[i], b[i])) return false;
  return true;
}

function equalMaps(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): boolean {
  if (a.size !== b.size) return false;
  for (const [key, value] of a) if (!b.has(key) || !equalData(value, b.get(key))) return false;
  return true;
}

function equalSets(a: ReadonlySet<unknown>, b: ReadonlySet<unknown>): boolean {
  if (a.size !== b.size) return false;
  for (const value of a) if (!b.has(value)) return false;
  return true;
}

function equalObjects(a: Fields, b: Fields): boolean {
  for (const key of Object.keys(a)) if (!equalData(a[key], b[key])) return false;
  for (const key of Object.keys(b)) if (b[key] !== undefined && a[key] === undefined) return false;
  return true;
}
