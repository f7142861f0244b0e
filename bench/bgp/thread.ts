/** A client's thread as its owner sees it. */

import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { ClientOptions, FromClient, ToClient } from './client.ts';

type Kind = FromClient['is'];

/** What is waited for did not come in time, or cannot come any more. */
export class Unreached extends Error {}

export class Client {
  readonly #worker: Worker;
  readonly #said: FromClient[] = [];
  #wake: () => void = () => {};

  constructor(options: ClientOptions) {
    this.#worker = new Worker(join(import.meta.dirname, 'client.ts'), { workerData: options });
    this.#worker.on('message', (message: FromClient) => {
      this.#said.push(message);
      this.#wake();
    });
    this.#worker.on('error', (error) => {
      this.#said.push({ is: 'down', why: error.message });
      this.#wake();
    });
  }

  tell(message: ToClient): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.#worker.postMessage(message);
  }

  /** The next word of this kind; each is given out once. */
  async hear<K extends Kind>(kind: K, patience = 60_000): Promise<FromClient & { is: K }> {
    const deadline = performance.now() + patience;
    for (;;) {
      const found = this.#said.find((each): each is FromClient & { is: K } => each.is === kind);
      if (found !== undefined) {
        this.#said.splice(this.#said.indexOf(found), 1);
        return found;
      }
      const end = this.#said.find((each) => each.is === 'down');
      if (end !== undefined) throw new Unreached(end.why);
      const left = deadline - performance.now();
      if (left <= 0) throw new Unreached(`no '${kind}' in ${patience / 1000} s`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  async close(): Promise<void> {
    this.tell({ do: 'close' });
    await new Promise((resolve) => {
      this.#worker.once('exit', resolve);
      setTimeout(() => void this.#worker.terminate(), 2000).unref();
    });
  }
}
