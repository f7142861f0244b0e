/** Sessions with a real bgpd: the FRR of this machine, and those of SELVEDGE_FRR_ROOTS. */

import { testInNamespace } from '../../netlink/io/namespace.ts';

testInNamespace('sessions with FRR', './frr-cases.ts', import.meta.url);
