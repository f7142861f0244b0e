/** Equality by value of plain data: primitives, arrays, byte arrays and objects with string keys. */
export function equalData(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (isList(a) || isList(b)) return isList(a) && isList(b) && equalLists(a, b);
  return equalObjects(a as Record<string, unknown>, b as Record<string, unknown>);
}

type List = readonly unknown[] | Uint8Array;

function isList(value: object): value is List {
  return Array.isArray(value) || value instanceof Uint8Array;
}

function equalLists(a: List, b: List): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (!equalData(a[i], b[i])) return false;
  return true;
}

/** A key whose value is `undefined` is the same as no key. */
function equalObjects(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  for (const key of Object.keys(a)) if (!equalData(a[key], b[key])) return false;
  for (const key of Object.keys(b)) if (b[key] !== undefined && a[key] === undefined) return false;
  return true;
}
