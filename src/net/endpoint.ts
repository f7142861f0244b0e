/**
 * Where a server listens: `unix:/path`, `tcp:host:port`, `ssl:host:port` as Open vSwitch writes them (ovsdb(7)),
 * lists of those, and `address:port` of a listener of our own. Text to value and back; nothing is resolved or opened.
 */

import { type Issue, issue, issueAt } from '../base/issue.ts';
import { err, ok, type Result } from '../base/result.ts';
import { formatIp, type Ip, parseIp } from './ip.ts';

export type Endpoint =
  | { readonly kind: 'unix'; readonly path: string }
  /** `host` is an IP address in canonical text, without brackets, or a DNS name. */
  | { readonly kind: 'tcp' | 'ssl'; readonly host: string; readonly port: number };

/** An address and a port to listen on. */
export interface SocketAddress {
  readonly ip: Ip;
  readonly port: number;
}

/** The port of OVSDB at IANA, which Open vSwitch takes where a text names none. */
const ovsdbPort = 6640;

const endpointForm = 'unix:/path, tcp:host:port or ssl:host:port';

export function parseEndpoint(text: string): Result<Endpoint, Issue> {
  const colon = text.indexOf(':');
  const kind = text.slice(0, Math.max(colon, 0));
  const rest = text.slice(colon + 1);
  if (kind === 'unix') return parseUnix(text, rest);
  if (kind === 'tcp' || kind === 'ssl') return parseInternet(text, kind, rest);
  return err(issue(`'${text}' is not an OVSDB endpoint (${endpointForm})`));
}

function parseUnix(text: string, path: string): Result<Endpoint, Issue> {
  // A relative path would depend on where the agent was started.
  return path.startsWith('/') && !hasControl(path)
    ? ok({ kind: 'unix', path })
    : err(issue(`'${text}' names no absolute path`));
}

function parseInternet(text: string, kind: 'tcp' | 'ssl', rest: string): Result<Endpoint, Issue> {
  const { host, port } = splitHostPort(rest);
  const name = parseHost(host);
  if (name === undefined) return err(issue(`'${text}' names no host (${kind}:host:port)`));
  const number = port === undefined ? ovsdbPort : parsePort(port);
  if (number === undefined) return err(issue(`'${text}' has no port of 1 to 65535`));
  return ok({ kind, host: name, port: number });
}

/** Comma-separated endpoints, as `external_ids:ovn-remote` holds them. An issue says which of them it is of. */
export function parseEndpoints(text: string): Result<readonly Endpoint[], Issue> {
  const endpoints: Endpoint[] = [];
  const words = text.split(',').map((word) => word.trim());
  for (const [index, word] of words.entries()) {
    const parsed = parseEndpoint(word);
    if (!parsed.ok) {
      return words.length === 1 ? parsed : err(issueAt(`[${index}]`, parsed.error));
    }
    endpoints.push(parsed.value);
  }
  return ok(endpoints);
}

export function formatEndpoint(endpoint: Endpoint): string {
  if (endpoint.kind === 'unix') return `unix:${endpoint.path}`;
  return `${endpoint.kind}:${bracketed(endpoint.host)}:${endpoint.port}`;
}

/** `127.0.0.1:9798` or `[::1]:9798`; a name would need a resolver, so only addresses. */
export function parseSocketAddress(text: string): Result<SocketAddress, Issue> {
  const { host, port } = splitHostPort(text);
  const ip = parseIp(host);
  const number = parsePort(port ?? '');
  return ip.ok && number !== undefined
    ? ok({ ip: ip.value, port: number })
    : err(issue(`'${text}' is not an address and a port (127.0.0.1:9798 or [::1]:9798)`));
}

export function formatSocketAddress({ ip, port }: SocketAddress): string {
  return `${bracketed(formatIp(ip))}:${port}`;
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Splits `host:port`, `[v6]:port` or a lone host. An IPv6 address without brackets keeps all its colons. */
function splitHostPort(text: string): { host: string; port: string | undefined } {
  const match = /^(?:\[([^\]]*:[^\]]*)\]|([^:[\]]*))(?::(.*))?$/.exec(text);
  if (match === null) return { host: text, port: undefined };
  return { host: match[1] ?? match[2] ?? '', port: match[3] };
}

/** An address in canonical text, or a DNS name in the letters of RFC 1123 §2.1. */
function parseHost(text: string): string | undefined {
  const ip = parseIp(text);
  if (ip.ok) return formatIp(ip.value);
  const label = '[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?';
  // A name that ends in a number is a mistyped address, RFC 1123 §2.1: `10.0.0.256`, `10.0.0`.
  const isName = new RegExp(`^(${label}\\.)*${label}$`).test(text) && !/(^|\.)[0-9]+$/.test(text);
  return isName && text.length <= 253 ? text : undefined;
}

function parsePort(text: string): number | undefined {
  const port = Number(text);
  return /^[0-9]{1,5}$/.test(text) && port >= 1 && port <= 65535 ? port : undefined;
}

function hasControl(text: string): boolean {
  return /\p{Cc}/u.test(text);
}
