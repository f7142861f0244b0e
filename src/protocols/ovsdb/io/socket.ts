/**
 * Opens the stream to an endpoint: Unix socket, TCP or TLS. Knows nothing of what is said on it.
 */

import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';

import { err, ok, type Result } from '../../../base/result.ts';
import type { Endpoint } from '../../../net/endpoint.ts';
import { type Reason, reason, reasonOf } from './reason.ts';

/**
 * Files in PEM form. They are read for each connection, so that renewed ones are used without a
 * restart.
 */
export interface TlsFiles {
  readonly privateKey: string;
  readonly certificate: string;
  /** Who must have signed the server's certificate. */
  readonly caCertificate: string;
  /**
   * The name that the server's certificate must carry. Not checked by default, as in Open vSwitch:
   * the certificates of `ovs-pki` carry no host names, and the CA is private to the deployment.
   */
  readonly serverName?: string;
}

export interface SocketOptions {
  readonly tls: TlsFiles | undefined;
  /** Gives up the attempt. */
  readonly signal: AbortSignal;
}

/** An open stream. */
export interface Stream {
  readonly socket: Socket;
  /** Who is called with what comes, which is theirs only until they return. To be said before anything is asked for. */
  readonly hear: (listener: (octets: Uint8Array) => void) => void;
}

export async function openSocket(
  endpoint: Endpoint,
  options: SocketOptions,
): Promise<Result<Stream, Reason>> {
  const incoming = new Incoming();
  const socket = await openWith(endpoint, options, incoming);
  if (!socket.ok) return socket;
  return ok({ socket: socket.value, hear: (listener) => incoming.hear(listener) });
}

/** Octets that are read at once. */
const bufferBytes = 64 * 2 ** 10;

/**
 * One buffer for all that comes, in the place of one for each read and of what a stream does with them (`onread` of
 * `net.connect`): a message is in our hands sooner.
 */
class Incoming {
  readonly buffer = Buffer.allocUnsafeSlow(bufferBytes);
  #listener: (octets: Uint8Array) => void = () => {};

  hear(listener: (octets: Uint8Array) => void): void {
    this.#listener = listener;
  }

  readonly callback = (length: number): true => {
    this.#listener(this.buffer.subarray(0, length));
    return true;
  };
}

async function openWith(
  endpoint: Endpoint,
  options: SocketOptions,
  onread: Incoming,
): Promise<Result<Socket, Reason>> {
  if (endpoint.kind !== 'ssl') return openPlain(endpoint, options.signal, onread);
  if (options.tls === undefined) {
    return err(reason('unreachable', 'no key and certificates are configured for ssl'));
  }
  try {
    const secure = await tlsOptions(options.tls);
    // Most talk to a Unix socket, and need not load all that encrypts.
    const { connect: connectTls } = await import('node:tls');
    const settings = { host: endpoint.host, port: endpoint.port, onread, ...secure };
    const socket = connectTls(settings);
    return await ready(socket, 'secureConnect', options.signal);
  } catch (cause) {
    return err(reasonOf('unreachable', cause));
  }
}

function openPlain(
  endpoint: Endpoint,
  signal: AbortSignal,
  onread: Incoming,
): Promise<Result<Socket, Reason>> {
  const socket =
    endpoint.kind === 'unix'
      ? connect({ path: endpoint.path, onread })
      : connect({ host: endpoint.host, port: endpoint.port, noDelay: true, onread });
  return ready(socket, 'connect', signal);
}

async function tlsOptions(files: TlsFiles): Promise<ConnectionOptions> {
  const [key, cert, ca] = await Promise.all([
    readFile(files.privateKey),
    readFile(files.certificate),
    readFile(files.caCertificate),
  ]);
  const named =
    files.serverName === undefined
      ? { checkServerIdentity: () => undefined }
      : { servername: files.serverName };
  return { key, cert, ca, rejectUnauthorized: true, ...named };
}

/** Resolves when the stream may be used, or cannot be. */
function ready(
  socket: Socket | TLSSocket,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal,
): Promise<Result<Socket, Reason>> {
  return new Promise((resolve) => {
    const settle = (result: Result<Socket, Reason>) => {
      signal.removeEventListener('abort', abort);
      socket.removeAllListeners();
      // A socket without a listener for errors would end the process.
      if (!result.ok) socket.on('error', () => {}).destroy();
      resolve(result);
    };
    const abort = () => settle(err(reasonOf('unreachable', signal.reason)));
    socket.once(event, () => settle(ok(socket)));
    socket.once('error', (cause) => settle(err(unreachable(cause))));
    // A TLS server that refuses us may close without a word.
    socket.once('close', () => settle(err(reason('unreachable', 'the server closed at once'))));
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

/** In the system's words, with what to do about it where that is plain. */
function unreachable(cause: Error): Reason {
  const remedy = remedies.get('code' in cause ? String(cause.code) : '');
  const message = remedy === undefined ? cause.message : `${cause.message} (${remedy})`;
  return { code: 'unreachable', message, cause };
}

const remedies: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such socket; is the server running?'],
  ['ECONNREFUSED', 'nobody listens there; is the server running?'],
  ['EACCES', 'permission denied; join the group of the socket, openvswitch on Debian'],
]);
