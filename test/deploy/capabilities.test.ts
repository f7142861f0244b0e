/** With the one capability of its unit the speaker does all that its file may ask for. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { freeAddress } from '../interop/harness/fixture.ts';
import { Program } from '../interop/harness/program.ts';
import { until } from '../interop/harness/until.ts';

const directory = mkdtempSync(join(tmpdir(), 'selvedge-capabilities-'));
after(() => rmSync(directory, { recursive: true }));

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));
const isRoot = process.getuid?.() === 0;
const hasSetpriv = spawnSync('setpriv', ['--version']).error === undefined;
const skip = isRoot && hasSetpriv ? false : 'needs root and setpriv';

/** CAP_DAC_OVERRIDE only because the sources may belong to anybody here. */
const limited = ['--bounding-set', '-all,+net_bind_service,+dac_override', '--inh-caps', '-all'];

test('port 179, TCP-MD5 and GTSM need no more than CAP_NET_BIND_SERVICE', { skip }, async (t) => {
  const addresses = [freeAddress(), freeAddress()] as const;
  const socketOf = (address: string): string => join(directory, `${address}.sock`);
  for (const [at, own] of addresses.entries()) {
    const config = join(directory, `${own}.toml`);
    writeFileSync(
      config,
      `[global]
as = 65000
router_id = "192.0.2.${at + 1}"
socket = "${socketOf(own)}"
[[listen]]
address = "${own}"
[[peer]]
address = "${addresses[1 - at]}"
as = "internal"
source = "${own}"
password = "selvage"
ttl_security = true
`,
    );
    const argv = ['setpriv', ...limited, process.execPath, main, 'bgp', '--config', config];
    const program = new Program(argv, { log: join(directory, `${own}.log`) });
    t.after(() => program.stop());
  }
  await until('one session', () => {
    const words = ['bgp', 'show', 'summary', '--json', '--socket', socketOf(addresses[0])];
    const { stdout } = spawnSync(process.execPath, [main, ...words], { encoding: 'utf8' });
    return stdout.includes('"Established"');
  });
});
