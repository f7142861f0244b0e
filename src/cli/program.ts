/** The command line: what there is to type, and which module does it. Each command loads what it needs, and no more. */

import { Command } from 'commander';

import type { ControlViews } from '../api/contract/control.ts';
import { addBgp } from './bgp-commands.ts';
import { type ConfigSources, type Loaded, loadConfig } from './load-config.ts';
import { complain, print } from './output.ts';
import { renderPlan, renderResources, renderStatus, renderVrfs, renderWhy } from './render.ts';

/** What every command takes. */
interface Common extends ConfigSources {
  readonly json?: true;
}

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

function command(
  program: Command,
  name: string,
  about: string,
  examples: readonly string[],
): Command {
  return program
    .command(name)
    .description(about)
    .option('--config-file <path>', 'selvedge.toml, or a file of ovn-bgp-agent', collect, [])
    .option('--config-dir <path>', 'a directory of files of ovn-bgp-agent', collect, [])
    .addHelpText('after', `\nExamples:\n${examples.map((each) => `  $ ${each}`).join('\n')}`);
}

/** Runs with a configuration, and exits with what comes of it. */
async function withConfig(
  options: ConfigSources,
  run: (loaded: Loaded) => Promise<number>,
): Promise<void> {
  const loaded = loadConfig(options);
  if (!loaded.ok) {
    for (const problem of loaded.error) complain(problem);
    process.exitCode = 1;
    return;
  }
  process.exitCode = await run(loaded.value);
}

async function show<P extends keyof ControlViews>(
  options: Common,
  path: P,
  render: (view: ControlViews[P]) => string,
  query = '',
  status: (view: ControlViews[P]) => number = () => 0,
): Promise<void> {
  await withConfig(options, async ({ config }) => {
    const { ask } = await import('./client.ts');
    const answer = await ask(config, path, query);
    if (!answer.ok) {
      complain(answer.error);
      return 1;
    }
    print(options.json === true ? JSON.stringify(answer.value, null, 2) : render(answer.value));
    return status(answer.value);
  });
}

/** What adds which commands. */
const groups: readonly (readonly [names: readonly string[], add: (program: Command) => void])[] = [
  [['agent'], addAgent],
  [['plan', 'status', 'show', 'why'], addViews],
  [['doctor'], addDoctor],
  [['drain', 'resync'], addOrders],
  [['bgp'], addBgp],
];

/** With the commands of the group that is asked for, since none needs another; with all when it is not known what for. */
function build(asked: string | undefined): Command {
  const program = new Command('selvedge')
    .description(
      'Joins the networks of an OVN or OpenStack cloud to a routed fabric, by BGP and EVPN.',
    )
    .showHelpAfterError()
    .version('0.1.0');
  const group = groups.find(([names]) => names.some((name) => name === asked));
  for (const [, add] of group === undefined ? groups : [group]) add(program);
  return program;
}

function addDoctor(program: Command): void {
  command(program, 'doctor', 'tell whether this node has what it needs, with the remedy', [
    'selvedge doctor',
  ])
    .option('--json', 'as JSON')
    .action((options: Common) =>
      withConfig(options, async ({ config }) => {
        const { runDoctor } = await import('./doctor.ts');
        return runDoctor(config, options.json === true);
      }),
    );
}

function addAgent(program: Command): void {
  command(program, 'agent', 'keep this node as it should be, until stopped', [
    'selvedge agent',
    'selvedge agent --config-dir /etc/ovn-bgp-agent',
    'selvedge agent --oneshot',
  ])
    .option('--oneshot', 'bring the node to what is wanted once, then exit', false)
    .action((options: Common & { readonly oneshot: boolean }) =>
      withConfig(options, async (loaded) => {
        const { runAgent } = await import('./run-agent.ts');
        return runAgent(loaded, { oneshot: options.oneshot });
      }),
    );
}

const orders = {
  drain:
    'withdraw everything this node offers: kept so until the agent restarts; without one, done at once',
  resync: 'read the kernel anew, compare everything, and return when what differed is put right',
} as const;

function addOrders(program: Command): void {
  for (const what of ['drain', 'resync'] as const) {
    command(program, what, orders[what], [`selvedge ${what}`]).action((options: Common) =>
      withConfig(options, async ({ config }) => {
        const { order } = await import('./client.ts');
        const answer = await order(config, what);
        if (answer.ok) return 0;
        if (what === 'drain' && answer.error.isAbsent) {
          const { drainAlone } = await import('./run-agent.ts');
          return drainAlone(config);
        }
        complain(answer.error.message);
        return 1;
      }),
    );
  }
}

function addViews(program: Command): void {
  command(
    program,
    'plan',
    'what would change on this node now, and why; status 2 when there is something',
    ['selvedge plan', 'selvedge plan --json | jq .steps[].command'],
  )
    .option('--json', 'as JSON')
    .action((options: Common) =>
      show(options, '/plan', renderPlan, '', ({ steps, blocked }) =>
        steps.length + blocked.length === 0 ? 0 : 2,
      ),
    );
  command(program, 'status', 'sources, targets, conditions and counts', ['selvedge status'])
    .option('--json', 'as JSON')
    .action((options: Common) => show(options, '/status', renderStatus));
  command(program, 'show', 'list vrfs, ports, routes or resources', [
    'selvedge show vrfs',
    'selvedge show ports',
    'selvedge show resources --json',
  ])
    .argument('<what>', 'vrfs, ports, routes or resources')
    .option('--json', 'as JSON')
    .action((what: string, options: Common) => showResources(what, options));
  command(program, 'why', 'the chain from the row of a database to the object on this node', [
    'selvedge why 10.1.0.11',
    'selvedge why vrf-500',
    'selvedge why fa:16:3e:00:00:05',
  ])
    .argument('<what>', 'an IP address, MAC address, device, prefix or port')
    .option('--json', 'as JSON')
    .action((what: string, options: Common) => show(options, '/why', renderWhy, what));
}

const parts: Readonly<Record<string, RegExp>> = {
  vrfs: /^(link|address|route|frr) /,
  ports: /^address lo-/,
  routes: /^route /,
  resources: /./,
};

async function showResources(what: string, options: Common): Promise<void> {
  const keys = parts[what];
  if (keys === undefined) {
    complain(`there is no list of '${what}'; there are ${Object.keys(parts).join(', ')}`);
    process.exitCode = 1;
    return;
  }
  await show(options, '/resources', (resources) => {
    const chosen = resources.filter(({ key }) => keys.test(key));
    return what === 'vrfs' ? renderVrfs(chosen) : renderResources(chosen);
  });
}

/** Does what the arguments of the process say, and sets its exit status. */
export async function runProgram(): Promise<void> {
  await build(process.argv[2]).parseAsync();
}
