declare const brand: unique symbol;

/** A `T` that only the parser of `Name` can make, so that a checked value and a raw one cannot be mixed up. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
