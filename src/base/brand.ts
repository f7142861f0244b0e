/** Brands: a `T` that only the parser of `Name` can make, so that a checked value and a raw one cannot be mixed up. */

declare const brand: unique symbol;

export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
