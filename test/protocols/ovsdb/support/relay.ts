/**
 * A server that stands between client and ovsdb-server, and may keep, change or drop what passes;
 * or talk nonsense.
 */

import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';

import type { Endpoint } from '../../../../src/net/endpoint.ts';

export interface Relay {
  readonly endpoint: Endpoint;
  /** How many connections there were. */
  readonly accepted: number;
  /** Everything from the server is kept back from now on. */
  mute(): void;
  /** Ends all connections. */
  cut(): void;
  stop(): Promise<void>;
}

/** What becomes of a client: the default relays it to a server. */
export type Accept = (client: Socket) => void;

export async function startRelay(accept: (relay: { isMute: boolean }) => Accept): Promise<Relay> {
  const directory = mkdtempSync(join(tmpdir(), 'selvedge-relay-'));
  const path = join(directory, 'sock');
  const state = { isMute: false };
  const clients = new Set<Socket>();
  let accepted = 0;
  const server: Server = createServer((client) => {
    accepted += 1;
    clients.add(client);
    client.on('error', () => {}).on('close', () => clients.delete(client));
    accept(state)(client);
  });
  server.listen(path);
  await once(server, 'listening');
  const cut = () => {
    for (const client of clients) client.destroy();
  };
  return {
    endpoint: { kind: 'unix', path },
    get accepted() {
      return accepted;
    },
    mute: () => {
      state.isMute = true;
    },
    cut,
    stop: async () => {
      cut();
      server.close();
      await once(server, 'close');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/**
 * Relays to a server. A request of one of these methods never reaches it: it is answered as
 * unknown.
 */
export function relayTo(server: Endpoint, unknownMethods: readonly string[] = []) {
  if (server.kind !== 'unix') throw new RangeError('tests relay to Unix sockets');
  return (state: { isMute: boolean }): Accept =>
    (client) => {
      const upstream = connect(server.path);
      upstream.on('error', () => client.destroy()).on('close', () => client.destroy());
      client.on('close', () => upstream.destroy());
      upstream.on('data', (octets) => {
        if (!state.isMute) client.write(octets);
      });
      // The client writes whole messages, one a write; a test that needs more should use the
      // slicer.
      client.on('data', (octets) => {
        const method = unknownMethods.find((one) => octets.includes(`"method":"${one}"`));
        if (method === undefined) upstream.write(octets);
        else
          client.write(JSON.stringify({ ...idOf(octets), result: null, error: 'unknown method' }));
      });
    };
}

function idOf(octets: Buffer): { id: unknown } {
  const message: unknown = JSON.parse(octets.toString());
  return { id: (message as { id: unknown }).id };
}
