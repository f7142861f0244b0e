/** One thing wrong with an input: where it stands (a path in the operator's words), and what is wrong with it. */
export interface Issue {
  /** For example `bgp.peers[2].asn`, or `Port_Binding lrp-1 external_ids:neutron_bgpvpn:vni`; empty at the top. */
  readonly path: string;
  /** A sentence without the path: `4294967296 is above 4294967295`. */
  readonly message: string;
}

export function issue(message: string, path = ''): Issue {
  return { path, message };
}

/** The same issue seen from one level further out. */
export function issueAt(path: string, inner: Issue): Issue {
  const joint = inner.path === '' || inner.path.startsWith('[') ? '' : '.';
  return { path: `${path}${joint}${inner.path}`, message: inner.message };
}

export function formatIssue(of: Issue): string {
  return of.path === '' ? of.message : `${of.path}: ${of.message}`;
}
