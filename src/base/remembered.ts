/** What a function of a text gave before is given again, without working it out. */

/**
 * `work` must be pure. At least the last `most` texts are kept, and at most twice as many: of two generations the younger
 * takes what is asked for, and when it is full the other is forgotten.
 */
export function remembered<T>(most: number, work: (text: string) => T): (text: string) => T {
  let young = new Map<string, T>();
  let old = new Map<string, T>();
  return (text) => {
    // What is found may be `undefined`, or any other value.
    if (young.has(text)) return young.get(text) as T;
    const value = old.has(text) ? (old.get(text) as T) : work(text);
    if (young.size >= most) {
      old = young;
      young = new Map();
    }
    young.set(text, value);
    return value;
  };
}
