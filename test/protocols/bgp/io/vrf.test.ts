/** Sessions in VRFs, in a network namespace of their own. Where this kernel has none, the lab shows it (`05-kernel`). */

import { testInNamespace } from '../../netlink/io/namespace.ts';

testInNamespace('sessions in VRFs', './vrf-cases.ts', import.meta.url);
