/** The side of the bench that starts `ask.ts` in a node's namespace and has it ask the kernel. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Namespace } from '../../lab/fabric/namespace.ts';
import { asUsual } from './machine.ts';

/** An address that nothing else has. */
export const askedFor = '203.0.113.9';

export class Asker {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('exit', (status) => {
      if (status !== 0) throw new Error('who asks the kernel has ended');
    });
  }

  /** The devices must be there. */
  static async start(node: Namespace): Promise<Asker> {
    const script = join(import.meta.dirname, `ask${import.meta.filename.slice(-3)}`);
    const enter = ['nsenter', `--net=/run/netns/${node.name}`, '--', process.execPath, script];
    const [first = '', ...words] = [...asUsual, ...enter];
    const child = spawn(first, words, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const asker = new Asker(child);
    await once(child, 'message');
    return asker;
  }

  /** The moment on the clock of `now()`. */
  async ask(): Promise<number> {
    const answered = once(this.#child, 'message');
    this.#child.send('ask');
    const [moment] = await answered;
    return Number(moment);
  }

  close(): void {
    this.#child.disconnect();
  }
}
