/** Network namespaces for tests that need interfaces of their own: link-local addresses, a kernel to learn from. */

import { execFileSync } from 'node:child_process';

function ip(...args: readonly string[]): void {
  execFileSync('ip', args, { stdio: 'pipe' });
}

export class Namespace {
  readonly name: string;

  /** Made with its loopback interface up. */
  constructor(name: string) {
    this.name = `selvedge-${process.pid}-${name}`;
    ip('netns', 'add', this.name);
    this.ip('link', 'set', 'lo', 'up');
    // Link-local addresses are usable at once: nobody else can have them.
    this.#set('net.ipv6.conf.all.accept_dad=0', 'net.ipv6.conf.default.accept_dad=0');
  }

  /** Runs `ip` inside. */
  ip(...args: readonly string[]): void {
    ip('-n', this.name, ...args);
  }

  /** Runs `bridge` inside. */
  bridge(...args: readonly string[]): void {
    execFileSync('bridge', ['-n', this.name, ...args], { stdio: 'pipe' });
  }

  #set(...settings: readonly string[]): void {
    const argv = ['netns', 'exec', this.name, 'sysctl', '-q', '-w', ...settings];
    execFileSync('ip', argv, { stdio: 'pipe' });
  }

  /** A cable to another namespace; at each end an interface that is named after the other, `to-b` and `to-a`. */
  connect(other: Namespace): { readonly here: string; readonly there: string } {
    const [here, there] = [`to-${suffixOf(other)}`, `to-${suffixOf(this)}`];
    const peer = ['peer', 'name', there, 'netns', other.name];
    this.ip('link', 'add', here, 'type', 'veth', ...peer);
    this.ip('link', 'set', here, 'up');
    other.ip('link', 'set', there, 'up');
    return { here, there };
  }

  remove(): void {
    ip('netns', 'del', this.name);
  }
}

function suffixOf(namespace: Namespace): string {
  return namespace.name.split('-').at(-1) ?? '';
}
