/** What a packaged ovn-bgp-agent with a BGP driver leaves in the kernel is known for that, and taken over in place. */

import { testInNamespace } from '../../protocols/netlink/io/namespace.ts';

testInNamespace('what the BGP driver leaves', './bgp-driver-cases.ts', import.meta.url);
