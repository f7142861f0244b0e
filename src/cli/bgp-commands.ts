/** The commands of `selvedge bgp`: what there is to type, with examples. Each loads what it needs when it is typed. */

import { type Command, InvalidArgumentError, Option } from 'commander';

import type { Asking, RouteOptions, WatchOptions } from './ask-bgp.ts';

const defaultSocket = '/run/selvedge/bgp.sock';

export function addBgp(program: Command): void {
  const bgp = examples(
    program
      .command('bgp')
      .description('speak BGP: a speaker of its own, a route reflector for EVPN')
      .option('--config <path>', 'what to speak with whom', '/etc/selvedge/bgp.toml')
      .option(
        '--graceful-restart',
        'this start is a restart: tell peers when all have spoken',
        false,
      ),
    ['selvedge bgp --config /etc/selvedge/bgp.toml', 'selvedge bgp show summary'],
  ).action(async (options: { readonly config: string; readonly gracefulRestart: boolean }) => {
    const { runBgp } = await import('./run-bgp.ts');
    process.exitCode = await runBgp(options.config, options.gracefulRestart);
  });
  addShow(bgp);
  addStreams(bgp);
  addOrders(bgp);
}

function examples(command: Command, lines: readonly string[]): Command {
  return command.addHelpText(
    'after',
    `\nExamples:\n${lines.map((each) => `  $ ${each}`).join('\n')}`,
  );
}

/** What every command takes that asks a running speaker. */
function asking(parent: Command, name: string, about: string, lines: readonly string[]): Command {
  const command = parent
    .command(name)
    .description(about)
    .option('--socket <path>', 'where the speaker answers', defaultSocket)
    .option('--json', 'as JSON');
  return examples(command, lines);
}

function addShow(bgp: Command): void {
  const show = bgp.command('show').description('what a running speaker holds');
  asking(show, 'summary', 'the peers, a line each, and what is held', [
    'selvedge bgp show summary',
    'selvedge bgp show summary --json | jq .peers[].state',
  ]).action(async (options: Asking) => {
    const { showSummary } = await import('./ask-bgp.ts');
    process.exitCode = await showSummary(options);
  });
  asking(show, 'neighbors', 'all there is to know of a peer, or of every one', [
    'selvedge bgp show neighbors',
    'selvedge bgp show neighbors 192.0.2.2',
  ])
    .argument('[peer]', 'its name or address')
    .action(async (peer: string | undefined, options: Asking) => {
      const { showNeighbors } = await import('./ask-bgp.ts');
      process.exitCode = await showNeighbors(peer, options);
    });
  routeOptions(
    asking(show, 'rib', 'the routes of a family', [
      'selvedge bgp show rib ipv4-unicast',
      'selvedge bgp show rib ipv4-unicast 10.0.0.0/24',
      'selvedge bgp show rib l2vpn-evpn --peer 192.0.2.2 --best',
    ]),
  )
    .argument('<family>', 'as l2vpn-evpn')
    .argument(
      '[prefix]',
      'the route to this prefix, or all to this address; with all there is of it',
    )
    .action(async (family: string, prefix: string | undefined, options: RouteOptions) => {
      const { showRoutes } = await import('./ask-bgp.ts');
      const one = prefix === undefined ? options : { ...options, prefix, detail: true as const };
      process.exitCode = await showRoutes(family, undefined, one);
    });
  addEvpn(show);
}

function addEvpn(show: Command): void {
  routeOptions(
    asking(show, 'evpn', 'EVPN routes, of one type in columns of its own', [
      'selvedge bgp show evpn',
      'selvedge bgp show evpn mac --vni 100',
      'selvedge bgp show evpn mac --mac 02:00:00:00:00:01 --detail',
      'selvedge bgp show evpn prefix --prefix 10.1.0.0/24',
      'selvedge bgp show evpn imet --rd 192.0.2.2:1 --json',
    ]),
  )
    .argument('[type]', 'mac, imet, prefix, es or ad')
    .option('--rd <rd>', 'of this route distinguisher')
    .option('--vni <vni>', 'with this VNI or label')
    .option('--mac <mac>', 'of this MAC address')
    .option('--prefix <prefix>', 'to this prefix, or to this address')
    .action(async (type: string | undefined, options: RouteOptions) => {
      const { showRoutes } = await import('./ask-bgp.ts');
      process.exitCode = await showRoutes('l2vpn-evpn', type, options);
    });
}

function routeOptions(command: Command): Command {
  return command
    .option('--peer <peer>', 'only paths that this peer has announced')
    .option('--best', 'only the best path of each')
    .option('--detail', 'all attributes, and why the best path is the best');
}

function numberOf(text: string): number {
  if (/^[1-9][0-9]{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a number, 1 or more');
}

function addStreams(bgp: Command): void {
  asking(bgp, 'watch', 'best paths and peers as they change, until stopped', [
    'selvedge bgp watch',
    'selvedge bgp watch l2vpn-evpn --from-now',
    'selvedge bgp watch --json | jq -c "select(.event == \\"peer\\")"',
  ])
    .argument('[family]', 'as l2vpn-evpn; all unless said')
    .option('--from-now', 'without what is held already')
    .option('--count <events>', 'end after so many', numberOf)
    .action(async (family: string | undefined, options: WatchOptions) => {
      const { watch } = await import('./ask-bgp.ts');
      process.exitCode = await watch(family, options);
    });
  examples(
    bgp
      .command('dump')
      .description('everything that is held, as a file in the format of MRT (RFC 6396)')
      .argument('<file>', 'or - for standard output')
      .option('--socket <path>', 'where the speaker answers', defaultSocket)
      .option('--family <family>', 'only this one, as l2vpn-evpn'),
    ['selvedge bgp dump table.mrt', 'selvedge bgp dump - --family ipv4-unicast | bgpdump -m -'],
  ).action(async (file: string, options: Asking & { readonly family?: string }) => {
    const { dump } = await import('./ask-bgp.ts');
    process.exitCode = await dump(file, options);
  });
}

interface OrderOptions extends Asking {
  readonly soft?: string;
  readonly message?: string;
}

function addOrders(bgp: Command): void {
  const act =
    (path: '/reset' | '/shutdown' | '/start') =>
    async (peer: string, { message, soft, ...options }: OrderOptions): Promise<void> => {
      const { order } = await import('./ask-bgp.ts');
      process.exitCode = await order(path, { peer, message, soft }, options);
    };
  const message = ['--message <words>', 'to its administrator, RFC 9003'] as const;
  asking(bgp, 'reset', 'end the session with a peer, and begin anew', [
    'selvedge bgp reset 192.0.2.2',
    'selvedge bgp reset 192.0.2.2 --soft in',
  ])
    .argument('<peer>', 'its name or address')
    .addOption(
      new Option(
        '--soft <direction>',
        'leave the session: ask for its routes again, or tell it ours',
      ).choices(['in', 'out']),
    )
    .option(...message)
    .action(act('/reset'));
  asking(bgp, 'shutdown', 'end the session with a peer until it is started', [
    'selvedge bgp shutdown 192.0.2.2 --message "new cables, back at 14:00"',
  ])
    .argument('<peer>', 'its name or address')
    .option(...message)
    .action(act('/shutdown'));
  asking(bgp, 'start', 'speak again with a peer that was shut down or is held', [
    'selvedge bgp start 192.0.2.2',
  ])
    .argument('<peer>', 'its name or address')
    .action(act('/start'));
}
