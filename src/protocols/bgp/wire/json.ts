/** What `JSON.stringify` writes without loss. Every value on the wire has a form made of these. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json };
