/** What a session does when the other side is no FRR, or none that answers: a plain socket server, scripted. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { unwrap } from '../../../../src/base/result.ts';
import {
  findDaemons,
  formatVtyError,
  openVty,
  type VtySession,
} from '../../../../src/protocols/vty/index.ts';
import { realClock } from '../frr-daemons.ts';

const directory = mkdtempSync(join(tmpdir(), 'selvedge-vty-'));
after(() => rmSync(directory, { recursive: true }));

const done = '\0\0\0\0';
/** Milliseconds of silence that a busy machine still answers `enable` in. */
const short = 1_000;

/** A session with a server that answers each command as `answer` says; undefined: not at all. */
async function converse(
  t: { after(fn: () => void): void; name: string },
  answer: (command: string, socket: Socket) => string | undefined,
  silence = 20_000,
): Promise<VtySession> {
  const path = join(directory, `${t.name.replaceAll(/\W+/g, '-').slice(0, 40)}.vty`);
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      for (const command of chunk.toString().split('\0').slice(0, -1)) {
        const reply = command === 'enable' ? done : answer(command, socket);
        if (reply !== undefined && !socket.destroyed) socket.write(reply);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.after(() => void server.close());
  return unwrap(await openVty({ path, clock: realClock, silence }));
}

test('a daemon that does not answer ends the session, and everything under way with it', async (t) => {
  const session = await converse(t, () => undefined, short);
  const replies = await Promise.all([session.run('show a'), session.run('show b')]);
  for (const reply of replies) {
    assert.equal(
      reply.ok || formatVtyError(reply.error),
      `lost ${session.path}: no answer to 'show a' in ${short} ms`,
    );
  }
  assert.equal((await session.closed).cause, 'silent');
  assert.equal(session.isOpen, false);
});

test('a command that is answered in its own longer time is', async (t) => {
  const answer = (_: string, socket: Socket) => {
    setTimeout(() => socket.write(`late${done}`), short * 1.5);
    return undefined;
  };
  const session = await converse(t, answer, short);
  assert.equal(unwrap(await session.run('show slow', { silence: 20_000 })).text, 'late');
  session.close();
});

test('a reply to nothing ends the session', async (t) => {
  const session = await converse(t, () => done + done);
  unwrap(await session.run('show a'));
  assert.equal((await session.closed).cause, 'garbled');
});

test('a session that ends within a reply answers with that, and a configuration says where it stood', async (t) => {
  const session = await converse(t, (command, socket) => {
    if (command !== 'vni 5') return done;
    socket.end('half a rep');
    return undefined;
  });
  const stopped = await session.configure(['vrf a', 'vni 5', 'exit-vrf']);
  assert.equal(stopped.ok, false);
  if (stopped.ok) return;
  assert.equal(stopped.error.at, 1);
  assert.equal(stopped.error.reason.kind, 'closed');
  assert.equal((await session.closed).cause, 'ended');
});

test('a configuration with a line that cannot be sent is not begun', async (t) => {
  const heard: string[] = [];
  const session = await converse(t, (command) => {
    heard.push(command);
    return done;
  });
  const stopped = await session.configure(['vrf a', 'description x\nno router bgp']);
  assert.equal(stopped.ok || stopped.error.reason.kind, 'unsendable');
  const command = await session.run('show\0x');
  assert.equal(command.ok || command.error.kind, 'unsendable');
  assert.deepEqual(heard, []);
  session.close();
  assert.equal((await session.closed).cause, 'asked');
});

test('a configuration is left again whatever happens in it', async (t) => {
  const heard: string[] = [];
  const session = await converse(t, (command) => {
    heard.push(command);
    return command === 'vni 5' ? 'taken\0\0\0\r' : done;
  });
  const shown = [
    session.configure(['vrf a', 'vni 5', 'exit-vrf']),
    session.run('show vrf'),
  ] as const;
  assert.equal((await shown[0]).ok, false);
  unwrap(await shown[1]);
  assert.deepEqual(heard, ['end', 'configure terminal', 'vrf a', 'vni 5', 'end', 'show vrf']);
  session.close();
});

test('where there is no daemon, the reason tells what to do', async () => {
  const path = join(directory, 'none.vty');
  const opened = await openVty({ path, clock: realClock });
  assert.equal(
    opened.ok || formatVtyError(opened.error),
    `cannot reach ${path}: there is no such socket; is the daemon enabled in /etc/frr/daemons and running?`,
  );
  const found = await findDaemons(join(directory, 'none'));
  assert.equal(found.ok || found.error.kind, 'unreachable');
});
