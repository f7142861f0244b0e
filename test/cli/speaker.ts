/** `selvedge bgp` as its own process, as docs/bgp.md configures it, with two clients in this process that announce to it. */

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLog } from '../../src/base/ports.ts';
import { unwrap } from '../../src/base/result.ts';
import { linesOf, open } from '../../src/cli/call.ts';
import { parseBgpConfig } from '../../src/config/bgp/read.ts';
import { parseIp, parseRouteTarget, routeTargetOf } from '../../src/protocols/bgp/index.ts';
import { SpeakerProcess } from '../../src/speaker/process.ts';
import { evpnRoutes } from '../speaker/evpn-routes.ts';

export const root = join(import.meta.dirname, '../..');
const program = join(root, 'src/cli/main.ts');

/** A test, or a group of them. */
export interface Scope {
  after(end: () => void | Promise<void>): void;
}

export interface Said {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly directory: string;
  readonly socket: string;
  readonly config: string;
  readonly metricsPort: number;
  readonly pid: number;
  /** What it has logged until now. */
  log(): string;
  /** Runs `selvedge ARGS`, by a shell in its directory; the addresses of the document become those of this run. */
  type(command: string): Promise<Said>;
  /** What it answers to a question over its socket, without a process of its own for that. */
  ask(path: string): Promise<readonly unknown[]>;
}

/** Of this process: the test may run twice at a time. Above these are those of test/interop. */
const net = `127.${64 + ((process.pid >> 8) & 0x3f)}.${process.pid & 0xff}.`;

/** Of the documents, to those that no other test has. */
export function ours(text: string): string {
  return text.replaceAll('127.0.0.', net);
}

/** The blocks of a language in docs/bgp.md. */
export function blocks(language: string): readonly string[] {
  const text = readFileSync(join(root, 'docs/bgp.md'), 'utf8');
  return [...text.matchAll(new RegExp(`\`\`\`${language}\\n([^]*?)\`\`\``, 'g'))].map(
    ([, block = '']) => block,
  );
}

export async function startSpeaker(t: Scope): Promise<Running> {
  const directory = mkdtempSync(join(tmpdir(), 'selvedge-bgp-'));
  const socket = join(directory, 'bgp.sock');
  const config = join(directory, 'bgp.toml');
  const metricsPort = await freePort();
  const [reflector = '', ...others] = blocks('toml');
  const metrics = others.find((block) => block.startsWith('[metrics]')) ?? '';
  const text = ours(`${reflector}\n${metrics}`)
    .replace('/run/selvedge/bgp.sock', socket)
    .replace('9797', String(metricsPort));
  writeFileSync(config, text);
  let logged = '';
  const child = spawn(process.execPath, [program, 'bgp', '--config', config], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => (logged += chunk));
  }
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  t.after(async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(directory, { recursive: true, force: true });
  });
  const type = (command: string) => run(command, directory, socket);
  await until('the speaker answers', async () => {
    if (child.exitCode !== null) throw new Error(`the speaker has ended: ${logged}`);
    return (await open(socket, 'GET', '/summary')).ok;
  });
  const ask = async (path: string): Promise<readonly unknown[]> => {
    const answer = await open(socket, 'GET', ours(path));
    if (!answer.ok) throw new Error(answer.error.message);
    const views: unknown[] = [];
    for await (const line of linesOf(answer.value)) views.push(JSON.parse(line));
    return views;
  };
  const pid = child.pid ?? 0;
  return { directory, socket, config, metricsPort, pid, log: () => logged, type, ask };
}

/** A client of the speaker in this process. */
export function startClient(t: Scope, last: 2 | 3): SpeakerProcess {
  const client = new SpeakerProcess(
    unwrap(
      parseBgpConfig(
        ours(`
[global]
as = 65000
router_id = "192.0.2.${last}"
[[peer]]
address = "127.0.0.1"
source = "127.0.0.${last}"
port = 1790
as = "internal"
connect_retry = 1
[[listen]]
address = "127.0.0.${last}"
port = 1790`),
      ),
    ),
    silentLog,
  );
  unwrap(client.start());
  t.after(() => client.stop());
  return client;
}

const ip = (text: string) => unwrap(parseIp(text));
const target = routeTargetOf(unwrap(parseRouteTarget('65000:100')));

export function announceExamples(from: SpeakerProcess, nextHop: string): void {
  for (const route of evpnRoutes) {
    from.routing.originate('l2vpn-evpn', route, {
      attributes: { origin: 'igp', asPath: [], localPref: 100, extendedCommunities: [target] },
      nextHop: { ip: ip(nextHop) },
    });
  }
}

export async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** By a shell, so that what is written in a document runs as it stands. */
function run(command: string, cwd: string, socket: string): Promise<Said> {
  const words = ours(command).replaceAll(
    /\bselvedge bgp (show [a-z]+|[a-z]+)/g,
    (_, verb: string) => `"$NODE" "$SELVEDGE" bgp ${verb} --socket ${socket}`,
  );
  return shell(words, cwd);
}

/** `$SELVEDGE` is the program, `$NODE` what runs it. */
export function shell(words: string, cwd: string): Promise<Said> {
  const env = { ...process.env, NODE: process.execPath, SELVEDGE: program, NO_COLOR: '1' };
  const child = spawn('sh', ['-c', words], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err += chunk));
  const late = setTimeout(() => child.kill('SIGKILL'), 60_000);
  return new Promise((resolve) =>
    child.on('close', (status) => {
      clearTimeout(late);
      resolve({ status, out, err });
    }),
  );
}

/** One that nobody has now. */
function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
