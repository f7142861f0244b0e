/** The kernel target on the kernel this runs on, in a network namespace of its own. */

import { testInNamespace } from '../../protocols/netlink/io/namespace.ts';

testInNamespace('the kernel target', './cases.ts', import.meta.url);
