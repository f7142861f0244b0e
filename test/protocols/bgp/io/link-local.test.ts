/** Unnumbered sessions, on a link of a network namespace of their own. */

import { testInNamespace } from '../../netlink/io/namespace.ts';

testInNamespace('sessions over link-local addresses', './link-local-cases.ts', import.meta.url);
