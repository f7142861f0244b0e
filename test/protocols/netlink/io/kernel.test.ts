/** What is written is what a dump returns and what iproute2 shows, on the kernel this runs on. */

import { testInNamespace } from './namespace.ts';

testInNamespace('links on this kernel', './kernel-links.ts', import.meta.url);
testInNamespace(
  'addresses, routes and rules on this kernel',
  './kernel-routes.ts',
  import.meta.url,
);
testInNamespace('neighbours and bridges on this kernel', './kernel-neighbours.ts', import.meta.url);
testInNamespace('the socket and the monitor on this kernel', './kernel-socket.ts', import.meta.url);
