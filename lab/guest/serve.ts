/** The command server of the guest: on each virtio port, runs what the host asks and streams what it prints. */

import { type ChildProcess, spawn } from 'node:child_process';
import { close, constants, open, readdirSync, read as readFd, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { FrameReader, formatFrame, type Reply, type Request } from './frames.ts';

const ports = '/dev/virtio-ports';
/** How often a port whose host side is closed is looked at again: rarely, since the guest measures idle programs. */
const closedPauseMs = 1000;
const chunkSize = 65536;

const openAsync = promisify(open);
const readAsync = promisify(readFd);

class Port {
  readonly #fd: number;
  readonly #requests = new FrameReader<Request>();
  #child: ChildProcess | undefined;

  constructor(fd: number) {
    this.#fd = fd;
  }

  async serve(): Promise<never> {
    const buffer = Buffer.alloc(chunkSize);
    for (;;) {
      const { bytesRead } = await readAsync(this.#fd, buffer, 0, chunkSize, null).catch(readAgain);
      if (bytesRead === 0) {
        // Nobody holds the other end. A command started from there has lost its person.
        this.#child?.kill('SIGHUP');
        await sleep(closedPauseMs);
        continue;
      }
      for (const request of this.#requests.read(buffer.toString('utf8', 0, bytesRead))) {
        this.#serveRequest(request);
      }
    }
  }

  #serveRequest(request: Request): void {
    switch (request.op) {
      case 'hello':
        return this.#reply({ op: 'ready' });
      case 'start':
        return this.#start(request);
      case 'input':
        this.#child?.stdin?.write(Buffer.from(request.data, 'base64'));
        return;
      case 'inputEnd':
        this.#child?.stdin?.end();
        return;
      case 'kill':
        this.#child?.kill('SIGTERM');
        return;
      case 'powerOff':
        process.exit(0);
    }
  }

  #start(request: Request & { op: 'start' }): void {
    // script(1) is the pseudo-terminal that Node lacks.
    const argv = request.terminal
      ? ['script', '-qefc', request.argv.map(quoteWord).join(' '), '/dev/null']
      : request.argv;
    const [file = '', ...args] = argv;
    const child = spawn(file, args, {
      cwd: request.cwd,
      env: { ...process.env, ...request.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child = child;
    const forward = (to: 'stdout' | 'stderr') => (data: Buffer) =>
      this.#reply({ op: 'output', to, data: data.toString('base64') });
    child.stdout.on('data', forward('stdout'));
    child.stderr.on('data', forward('stderr'));
    child.stdin.on('error', () => {});
    child.once('error', (error) => {
      forward('stderr')(Buffer.from(`${error.message}\n`));
      this.#reply({ op: 'exit', code: 127 });
    });
    // 'exit', not 'close': a daemon that the command left behind may hold its output open.
    child.once('exit', (code, signal) => {
      this.#child = undefined;
      setImmediate(() => this.#reply({ op: 'exit', code: signal === null ? (code ?? 0) : 128 }));
    });
  }

  #reply(reply: Reply): void {
    const data = Buffer.from(formatFrame(reply));
    for (let at = 0; at < data.length; ) at += writeSync(this.#fd, data, at);
  }
}

function quoteWord(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** A port whose host side hangs up says so with an error on some kernels: the same as the end of the stream. */
function readAgain(): { bytesRead: number } {
  return { bytesRead: 0 };
}

async function serveAll(): Promise<void> {
  const names = readdirSync(ports).filter((name) => name.startsWith('lab'));
  const serving = names.map(async (name) => {
    const fd = await openAsync(`${ports}/${name}`, constants.O_RDWR);
    await new Port(fd).serve().finally(() => close(fd));
  });
  await Promise.all(serving);
}

await serveAll();
