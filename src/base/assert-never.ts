/** Ends a `switch` over a union: does not compile while a member is missing, throws if the type was lied to. */
export function assertNever(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
