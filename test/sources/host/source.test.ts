/** The source of host facts on the kernel this runs on, in a network namespace of its own. */

import { testInNamespace } from '../../protocols/netlink/io/namespace.ts';

testInNamespace('the host source', './cases.ts', import.meta.url);
