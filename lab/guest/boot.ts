/** Starts and stops the guest: QEMU without KVM, one processor. Knows nothing of what runs inside. */

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { portCount, portPath } from './client.ts';
import type { GuestFiles } from './paths.ts';
import type { ProjectImages } from './project-image.ts';

export interface BootOptions {
  readonly files: GuestFiles;
  readonly images: ProjectImages;
  /** Sockets, console, pid: gone with the guest. */
  readonly runDir: string;
  /** `/out` in the guest. */
  readonly outDir: string;
  readonly memoryMiB: number;
  /** The guest outlives us. */
  readonly detached: boolean;
}

export interface Guest {
  readonly pid: number;
  /** Resolves when QEMU has ended. */
  readonly ended: Promise<void>;
}

export function bootGuest(options: BootOptions): Guest {
  mkdirSync(options.outDir, { recursive: true });
  const log = openSync(join(options.runDir, 'qemu.log'), 'w');
  // A guest that is not to stay ends with us, however we end.
  const wrapper = options.detached ? [] : ['setpriv', '--pdeathsig', 'KILL'];
  const [file = '', ...args] = [...wrapper, 'qemu-system-x86_64', ...qemuArguments(options)];
  const child = spawn(file, args, {
    stdio: ['ignore', log, log],
    detached: options.detached,
  });
  closeSync(log);
  const ended = new Promise<void>((resolve, reject) => {
    child.once('exit', () => resolve());
    child.once('error', reject);
  });
  if (options.detached) child.unref();
  const pid = pidOf(child);
  writeFileSync(join(options.runDir, 'pid'), String(pid));
  return { pid, ended };
}

function pidOf(child: ChildProcess): number {
  if (child.pid === undefined) throw new Error('cannot start qemu-system-x86_64: is it installed?');
  return child.pid;
}

/** Lets the guest power off by itself, then ends its QEMU, and no other, by pid. */
export async function stopGuest(guest: Guest, graceMs: number): Promise<void> {
  const gone = await Promise.race([guest.ended.then(() => true), sleep(graceMs).then(() => false)]);
  if (!gone) process.kill(guest.pid, 'SIGKILL');
  await guest.ended;
}

/**
 * KVM is never asked for: where it is offered but nested it hangs. Two virtual processors are slower than one when the
 * host has two: each change of a page table interrupts the other.
 */
function qemuArguments(options: BootOptions): readonly string[] {
  const { files, images, runDir, outDir } = options;
  const disk = (path: string) => [
    '-drive',
    `file=${escape(path)},format=raw,if=virtio,readonly=on`,
  ];
  const port = (index: number) => [
    ['-chardev', `socket,id=c${index},path=${escape(portPath(runDir, index))},server=on,wait=off`],
    ['-device', `virtserialport,chardev=c${index},name=lab${index}`],
  ];
  return [
    ['-accel', 'tcg,thread=multi,tb-size=512', '-cpu', processor, '-smp', '1'],
    ['-m', String(options.memoryMiB), '-display', 'none', '-monitor', 'none', '-no-reboot'],
    ['-nic', 'none', '-serial', `file:${join(runDir, 'console')}`],
    ['-kernel', files.kernel, '-initrd', files.initrd, '-append', kernelWords],
    ...[files.root, images.project, images.modules].map(disk),
    ['-virtfs', `local,path=${escape(outDir)},mount_tag=out,security_model=none`],
    ['-object', 'rng-random,id=rng,filename=/dev/urandom', '-device', 'virtio-rng-pci,rng=rng'],
    ['-device', 'virtio-serial-pci'],
    ...Array.from({ length: portCount }, (_, index) => port(index)).flat(),
  ].flat();
}

/**
 * Five-level page tables only lengthen the walk; what guards the kernel from its users is looked at with each access; vector
 * registers are copied with each change of process, by functions of QEMU; and a string instruction is a loop of its smallest step.
 */
const processor = [
  'max',
  ...'la57 smap smep umip pku erms xsave xsaveopt avx avx2 fma f16c vaes'.split(' '),
].join(',-');

/**
 * `norandmaps`: with address randomisation QEMU translates every library anew for each process, which doubles the time
 * of process start. Of a large page that changes QEMU forgets everything, and Debian clears each page twice.
 */
const kernelWords = [
  'console=ttyS0 quiet panic=-1 mitigations=off nokaslr norandmaps tsc=reliable',
  'init_on_alloc=0 transparent_hugepage=never clearcpuid=rep_good rcupdate.rcu_expedited=1',
].join(' ');

/** QEMU's option lists write a comma as two. */
function escape(path: string): string {
  return path.replaceAll(',', ',,');
}
