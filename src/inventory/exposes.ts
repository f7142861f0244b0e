/**
 * What `external_ids:selvedge:expose` of a node's row says of the node as a whole, if anything. Only two words count: a node
 * that somebody misspelt is as its role says.
 */
export function exposesOf(externalIds: ReadonlyMap<string, string>): boolean | undefined {
  const text = externalIds.get('selvedge:expose');
  return text === 'true' ? true : text === 'false' ? false : undefined;
}
