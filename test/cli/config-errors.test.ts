/** What the program says of a configuration that it cannot use: all that is wrong, each with its place, and status 1. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

interface Case {
  /** Files by name; a name that ends in a slash is a directory. */
  readonly files: Readonly<Record<string, string>>;
  /** Arguments, in which `DIR` is the directory of the files. */
  readonly argv: readonly string[];
  /** Lines on standard error, likewise. */
  readonly says: readonly string[];
}

const toml = ['agent', '--config-file', 'DIR/a.toml'];
const ini = ['agent', '--config-dir', 'DIR/etc'];

const cases: Readonly<Record<string, Case>> = {
  'a file that is not there': {
    files: {},
    argv: toml,
    says: [
      "selvedge: cannot read the configuration: ENOENT: no such file or directory, open 'DIR/a.toml'",
    ],
  },
  'a directory that is not there': {
    files: {},
    argv: ini,
    says: [
      "selvedge: cannot read the configuration: ENOENT: no such file or directory, scandir 'DIR/etc'",
    ],
  },
  'a directory in the place of a file': {
    files: { 'a.toml/': '' },
    argv: toml,
    says: [
      'selvedge: cannot read the configuration: DIR/a.toml: EISDIR: illegal operation on a directory, read',
    ],
  },
  'text that is no TOML': {
    files: { 'a.toml': 'mode = \n' },
    argv: toml,
    says: ['selvedge: DIR/a.toml: line 1, column 8: invalid value'],
  },
  'several mistakes in TOML, all at once': {
    files: {
      'a.toml': '[evpn]\nudp_prt = 4789\nlocal_ip = "10.0.0"\n[http]\nlisten = "0.0.0.0:9"\n',
    },
    argv: toml,
    says: [
      'selvedge: DIR/a.toml: evpn.udp_prt: unknown; did you mean evpn.udp_port?',
      "selvedge: DIR/a.toml: evpn.local_ip: '10.0.0' is not an IP address",
      'selvedge: DIR/a.toml: http.listen: is no loopback address; http.allow_remote = true permits it',
    ],
  },
  'text that is no INI': {
    files: { 'etc/': '', 'etc/bgp-agent.conf': '[DEFAULT\ndriver = ovn_evpn_driver\n' },
    argv: ini,
    says: [
      "selvedge: DIR/etc/bgp-agent.conf:1:9: the section name has no ']'",
      "selvedge: DIR/etc/bgp-agent.conf:2:1: 'driver' stands in no section",
    ],
  },
  'a driver that there is not': {
    files: { 'etc/': '', 'etc/bgp-agent.conf': '[DEFAULT]\ndriver = nonsense\n' },
    argv: ini,
    says: [
      "selvedge: DIR/etc/bgp-agent.conf:2 driver: 'nonsense' is none of ovn_evpn_driver, ovn_bgp_driver, nb_ovn_bgp_driver, ovn_stretched_l2_bgp_driver",
    ],
  },
};

describe('a configuration is refused, with', () => {
  let directory: string;
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'selvedge-config-'));
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  for (const [what, { files, argv, says }] of Object.entries(cases)) {
    test(what, () => {
      const dir = mkdtempSync(join(directory, 'case-'));
      for (const [name, text] of Object.entries(files)) {
        if (name.endsWith('/')) mkdirSync(join(dir, name));
        else writeFileSync(join(dir, name), text);
      }
      const words = argv.map((word) => word.replace('DIR', dir));
      const run = spawnSync(process.execPath, [program, ...words], { encoding: 'utf8' });
      assert.deepEqual(run.stderr.replaceAll(dir, 'DIR').trimEnd().split('\n'), says);
      assert.equal(run.status, 1);
    });
  }
});
