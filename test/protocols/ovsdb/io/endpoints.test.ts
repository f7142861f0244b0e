/**
 * The ways to reach a server: TCP over IPv4 and IPv6, and TLS with certificates that the test
 * makes.
 */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';

import { unwrap } from '../../../../src/base/result.ts';
import {
  type DatabaseState,
  parseEndpoints,
  type TlsFiles,
} from '../../../../src/protocols/ovsdb/index.ts';
import { openTest, testSchema } from '../support/items.ts';
import { type OvsdbServer, startServer, until } from '../support/server.ts';

let directory: string;
let server: OvsdbServer;
const ports: Record<string, number> = {};

/** A CA, and a key and certificate of each name signed by it; another CA that signs nobody. */
function makeCertificates(): void {
  const openssl = (...words: string[]) =>
    execFileSync('openssl', words, { cwd: directory, stdio: 'pipe' });
  for (const ca of ['ca', 'other-ca']) {
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      '-subj',
      `/CN=${ca}`,
      '-keyout',
      `${ca}.key`,
      '-out',
      `${ca}.pem`,
    );
  }
  for (const [name, ca] of [
    ['server', 'ca'],
    ['client', 'ca'],
    ['stranger', 'other-ca'],
  ] as const) {
    openssl(
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-addext',
      `subjectAltName=DNS:${name}.test`,
      '-CA',
      `${ca}.pem`,
      '-CAkey',
      `${ca}.key`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.pem`,
    );
  }
}

const file = (name: string) => join(directory, name);
const tlsOf = (name: string, ca = 'ca'): TlsFiles => ({
  privateKey: file(`${name}.key`),
  certificate: file(`${name}.pem`),
  caCertificate: file(`${ca}.pem`),
});

/** A remote with port 0 takes a free one; only the log says which. */
async function addRemote(kind: 'ptcp' | 'pssl', host: string): Promise<number> {
  const told = () => [...readFileSync(file('log'), 'utf8').matchAll(/listening on port (\d+)/g)];
  const known = told().length;
  server.control('ovsdb-server/add-remote', `${kind}:0:${host}`);
  await until('the server listens', () => told().length > known);
  return Number(told().at(-1)?.[1]);
}

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'selvedge-tls-'));
  makeCertificates();
  const args = ['private-key=server.key', 'certificate=server.pem', 'ca-cert=ca.pem'].map((arg) => {
    const [option, name] = arg.split('=');
    return `--${option}=${file(name ?? '')}`;
  });
  server = await startServer({
    schema: testSchema,
    args: () => [...args, `--log-file=${file('log')}`],
  });
  ports['tcp:127.0.0.1'] = await addRemote('ptcp', '127.0.0.1');
  ports['tcp:[::1]'] = await addRemote('ptcp', '[::1]');
  ports['ssl:127.0.0.1'] = await addRemote('pssl', '127.0.0.1');
});
after(async () => {
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
});

const at = (kind: string) => unwrap(parseEndpoints(`${kind}:${ports[kind]}`));

async function connects(kind: string, tls?: TlsFiles): Promise<void> {
  const db = openTest(at(kind), tls === undefined ? {} : { tls });
  unwrap(await db.whenSynced());
  unwrap(await db.transact([{ op: 'insert', table: 'Item', row: { name: kind } }]));
  await until('it is heard', () => db.table('Item').find('name', kind) !== undefined);
  await db.close();
}

async function refusal(tls?: TlsFiles): Promise<string> {
  const db = openTest(at('ssl:127.0.0.1'), tls === undefined ? {} : { tls });
  const down = await new Promise<DatabaseState & { name: 'down' }>((resolve) => {
    db.onState((state) => {
      if (state.name === 'down') resolve(state);
    });
  });
  await db.close();
  return down.reason.message;
}

describe('a server is reached', () => {
  it('by TCP over IPv4', () => connects('tcp:127.0.0.1'));

  it('by TCP over IPv6', () => connects('tcp:[::1]'));

  it('by TLS', () => connects('ssl:127.0.0.1', tlsOf('client')));

  it('by TLS with a name that its certificate carries', () =>
    connects('ssl:127.0.0.1', { ...tlsOf('client'), serverName: 'server.test' }));

  it('by whichever of several endpoints there is', async () => {
    const db = openTest(
      unwrap(parseEndpoints(`tcp:127.0.0.1:1,unix:/nonexistent,tcp:[::1]:${ports['tcp:[::1]']}`)),
    );
    unwrap(await db.whenSynced());
    assert.ok(db.state.name === 'synced' && db.state.endpoint.kind === 'tcp');
    await db.close();
  });
});

describe('a server is refused', () => {
  it('whose certificate another CA signed', async () => {
    assert.match(await refusal(tlsOf('client', 'other-ca')), /unable to (verify|get)|self.signed/);
  });

  it('whose certificate carries another name than demanded', async () => {
    const tls = { ...tlsOf('client'), serverName: 'else.test' };
    assert.match(await refusal(tls), /else\.test/);
  });

  it('that refuses our certificate', async () => {
    assert.match(await refusal(tlsOf('stranger', 'ca')), /closed|alert|unknown ca|reset/i);
  });

  it('when a file is not there, or none is named', async () => {
    assert.match(await refusal({ ...tlsOf('client'), privateKey: file('nothing') }), /ENOENT/);
    assert.equal(await refusal(), 'no key and certificates are configured for ssl');
  });
});

describe('certificates', () => {
  it('that were renewed are used without a restart', async () => {
    renameSync(file('client.pem'), file('client.pem.new'));
    const db = openTest(at('ssl:127.0.0.1'), { tls: tlsOf('client') });
    await until('it fails', () => db.state.name === 'down');
    renameSync(file('client.pem.new'), file('client.pem'));
    unwrap(await db.whenSynced());
    await db.close();
  });
});
