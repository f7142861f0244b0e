/**
 * One transaction on a connection of its own, which does nothing else: its octets are ready before the clock starts, and
 * the answer stays in the kernel until it is asked for. The guest has one processor, and to read the answer while who is
 * measured still works would be counted as its time.
 */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Begins what is measured; what it returns waits until that is over. */
export type Act = () => () => Promise<unknown>;

/** `params` as RFC 7047 §4.1.3 has them: the database, and operations that are all answered without an error. */
export async function readyTransaction(path: string, params: readonly unknown[]): Promise<Act> {
  const message = Buffer.from(JSON.stringify({ method: 'transact', params, id: 0 }));
  const socket = connect({ path }).setEncoding('utf8');
  // Before it is open, or Node would begin to read.
  socket.pause();
  await once(socket, 'connect');
  return () => {
    socket.write(message);
    return () => accepted(socket, params.length - 1);
  };
}

/** From beginning to end, where nothing is measured. */
export async function carryOut(ready: Promise<Act>): Promise<void> {
  const act = await ready;
  await act()();
}

async function accepted(socket: Socket, operations: number): Promise<void> {
  const reply = await answer(socket);
  socket.destroy();
  // A refusal is one result more than there were operations, or none at all.
  const results = reply.result ?? [];
  if (results.length !== operations) throw new Error(`refused: ${JSON.stringify(reply)}`);
}

interface Reply {
  readonly result: readonly unknown[] | null;
}

/** The first message: the server asks for nothing itself in so short a time. */
function answer(socket: Socket): Promise<Reply> {
  let text = '';
  return new Promise((resolve, reject) => {
    socket.on('data', (chunk: string) => {
      text += chunk;
      const reply = parsed(text);
      if (reply !== undefined) resolve(reply);
    });
    socket.once('close', () =>
      reject(new Error(`the server closed the connection; it had said '${text}'`)),
    );
    socket.resume();
  });
}

function parsed(text: string): Reply | undefined {
  try {
    return JSON.parse(text) as Reply;
  } catch {
    // Not all of it has come.
    return undefined;
  }
}
