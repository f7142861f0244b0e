/**
 * The Debian package as a node gets it: installed by dpkg over this machine's own files, in an overlay that is gone
 * afterwards, and removed again. What docs/installing.md says of the files and the user is what is looked at.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly version: string;
};

/** Runs a script with an overlay over everything, `$root`; nothing of it stays. */
function inOverlay(script: string) {
  const prepare = `set -e
    mount -t tmpfs tmpfs "$0"; mkdir "$0"/upper "$0"/work "$0"/root; root="$0"/root
    mount -t overlay overlay -o lowerdir=/,upperdir="$0"/upper,workdir="$0"/work "$root"`;
  const directory = mkdtempSync(join(tmpdir(), 'selvedge-overlay-'));
  try {
    const argv = ['--mount', 'bash', '-c', `${prepare}\n${script}`, directory];
    return spawnSync('unshare', argv, { encoding: 'utf8' });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const overlay = inOverlay('true');
const skip = overlay.status === 0 ? false : `no overlay here: ${overlay.stderr.trim()}`;

describe('the Debian package', { skip, timeout: 280_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), 'selvedge-deb-'));
  after(() => rmSync(directory, { recursive: true, force: true }));
  const file = join(directory, `selvedge_${version}_amd64.deb`);

  before(() => {
    const argv = [join(root, 'scripts/deb.ts'), '--out', directory, '--compression', 'none'];
    const made = spawnSync(process.execPath, argv, { cwd: root, encoding: 'utf8' });
    assert.equal(made.status, 0, made.stderr);
  });

  /** What the script prints after the package was installed. */
  function whenInstalled(script: string): string {
    const install = `cp ${file} "$root"/selvedge.deb; chroot "$root" dpkg --force-depends -i /selvedge.deb >&2`;
    const { status, stdout, stderr } = inOverlay(`${install}\n${script}`);
    assert.equal(status, 0, stderr);
    return stdout.trim();
  }

  test('brings the program and the Node that it needs', () => {
    const printed = whenInstalled('chroot "$root" env -i /usr/bin/selvedge --version');
    assert.equal(printed, version);
  });

  test('brings the addon, which the speaker needs to listen', () => {
    const config = '[global]\nas = 65000\nrouter_id = "192.0.2.1"\nsocket = "/bgp.sock"\n';
    const listen = '[[listen]]\naddress = "127.0.0.1"\nport = 17900\n';
    const printed = whenInstalled(
      `printf '${`${config}${listen}`.replaceAll('\n', '\\n')}' > "$root"/bgp.toml
      chroot "$root" /usr/bin/selvedge bgp --config /bgp.toml > "$root"/log 2>&1 & pid=$!
      for wait in $(seq 600); do [ -S "$root"/bgp.sock ] && break; sleep 0.1; done
      kill $pid; wait $pid || true; cat "$root"/log`,
    );
    assert.match(printed, /speaks for AS 65000/);
  });

  test('brings units whose programs are there, and the user of both', () => {
    const printed = whenInstalled(
      `for unit in selvedge selvedge-bgp; do
        sed -n 's/^ExecStart=\\([^ ]*\\).*/\\1/p; s/^User=//p' "$root"/usr/lib/systemd/system/$unit.service
      done | sort -u
      cat "$root"/usr/lib/sysusers.d/selvedge.conf | grep -c '^u selvedge '`,
    );
    assert.deepEqual(printed.split('\n'), ['/usr/bin/selvedge', 'selvedge', '1']);
  });

  test('leaves nothing when it is removed', () => {
    const printed = whenInstalled(
      `chroot "$root" dpkg --remove selvedge >&2
      ls -d "$root"/usr/lib/selvedge "$root"/usr/bin/selvedge 2>/dev/null | wc -l`,
    );
    assert.equal(printed, '0');
  });
});
