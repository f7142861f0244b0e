/**
 * Loaded before each file of tests: one whose tests are over, but that something keeps alive (a server which a failed test
 * has not stopped), says what, fails, and ends, rather than holding up all others for ever.
 */

import { after } from 'node:test';

const patienceMs = 10_000;

after(() => {
  const giveUp = () => {
    const left = process.getActiveResourcesInfo().join(', ');
    process.stderr.write(`its tests are over, but it does not end: ${left}\n`);
    process.exit(1);
  };
  setTimeout(giveUp, patienceMs).unref();
});
