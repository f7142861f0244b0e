/** What the bench of the agent reports, and how it reads as a table. Pure. */

/** Milliseconds, unless a name says otherwise. */
export interface Sample {
  readonly n: number;
  readonly p50: number;
  readonly p99: number;
}

/** From just before a transaction is sent to the last notice: of the node's kernel, and of the spine's. */
export interface Reached {
  readonly kernel: Sample;
  readonly spine: Sample;
}

export interface Idle {
  readonly seconds: number;
  /** Of the agent with its children. */
  readonly cpuSecondsPerMinute: number;
  /** Of the daemons of FRR on the node, with what else they have to do. */
  readonly frrCpuSecondsPerMinute: number;
  readonly agentRssMiB: number;
  /** Of the processes that the agent has started and keeps. */
  readonly childrenRssMiB: number;
}

/** Everything measured with so many ports exposed. */
export interface PortFigures {
  readonly ports: number;
  /** How many ports there are in the cloud, where there are others than these. */
  readonly cloud?: number;
  /** The server's answer to a transaction of one port, while nobody listens. */
  readonly commit?: Sample;
  /** `settled`: the agent's word that all is done. */
  readonly coldStart?: Reached & { readonly settled: Sample };
  readonly bind: Reached;
  /** What the kernel takes of it, asked for the same without an agent; where there are devices for that. */
  readonly kernelAlone?: Sample;
  readonly unbind: Reached;
  /** Given to a virtual machine that runs, and taken away. */
  readonly floating?: { readonly associated: Reached; readonly dissociated: Reached };
  /** By the number of ports in the one transaction. */
  readonly bursts: Readonly<Record<string, Reached & { readonly withdrawn: Sample }>>;
  readonly resync: Sample;
  /** From the start of the process to its word that the node is as it should be. */
  readonly startInPlace: Sample;
  readonly idle?: Idle;
}

export interface Calibration {
  /** A fixed loop of integer arithmetic in Node. */
  readonly loop: number;
  /** 20 times /bin/true from one shell. */
  readonly fork20: number;
  /** Node with an empty script. */
  readonly node: number;
}

export interface Report {
  readonly mode: string;
  readonly at: string;
  readonly release: string;
  readonly kernel: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Of each guest, before and after what was measured there. */
  readonly calibration: readonly {
    readonly ports: number;
    readonly cloud?: number;
    readonly before: Calibration;
    readonly after: Calibration;
  }[];
  readonly results: readonly PortFigures[];
  /** What the replaced agent took, where it was measured: in the same guest, with as many ports. */
  readonly predecessor: readonly PortFigures[];
}

/** Nearest rank. */
export function sampleOf(values: readonly number[]): Sample {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (of: number): number =>
    round(sorted[Math.max(0, Math.ceil(of * sorted.length) - 1)] ?? Number.NaN);
  return { n: sorted.length, p50: rank(0.5), p99: rank(0.99) };
}

/** Where a guest leaves what it has measured. */
export function reportName(mode: string, ports: string | number, cloud: string | number): string {
  return `agent-${mode}-${ports}${Number(cloud) === 0 ? '' : `-of-${cloud}`}.json`;
}

export function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}

type Row = readonly [
  name: string,
  sampleOf: (figures: PortFigures) => Sample | number | undefined,
  withTail?: true,
];

/** Tables in Markdown: a column for each number of ports; how the replaced agent compares; what the machine was like. */
export function formatReport({ results, predecessor, calibration }: Report): string {
  const rows = rowsOf(results);
  const calibrated = (name: string, read: (one: Calibration) => number): readonly string[] => [
    row([name, ...calibration.map(({ before, after }) => `${read(before)} / ${read(after)}`)]),
  ];
  return [
    row(['ms, p50 or p50 / p99', ...results.map(heading)]),
    row(['---', ...results.map(() => '---:')]),
    ...rows.map(([name, read, withTail]) =>
      row([name, ...results.map((each) => cell(read(each), withTail))]),
    ),
    ...predecessor.flatMap((theirs) => compare(theirs, results, rows)),
    '',
    row(['calibration, ms, before / after', ...calibration.map(heading)]),
    row(['---', ...calibration.map(() => '---:')]),
    ...calibrated('a loop in Node', ({ loop }) => loop),
    ...calibrated('20 processes from a shell', ({ fork20 }) => fork20),
    ...calibrated('start of Node', ({ node }) => node),
  ].join('\n');
}

function rowsOf(results: readonly PortFigures[]): readonly Row[] {
  return [
    ['answer of the Southbound server, no agent', ({ commit }) => commit, true],
    ['bind → address in the node’s kernel', ({ bind }) => bind.kernel, true],
    ['… of which the kernel’s own', ({ kernelAlone }) => kernelAlone, true],
    ['bind → route in the spine’s kernel', ({ bind }) => bind.spine, true],
    ['unbind → address gone', ({ unbind }) => unbind.kernel, true],
    ['unbind → route gone at the spine', ({ unbind }) => unbind.spine, true],
    [
      'floating IP → address in the node’s kernel',
      (each) => each.floating?.associated.kernel,
      true,
    ],
    ['floating IP → route in the spine’s kernel', (each) => each.floating?.associated.spine, true],
    ['floating IP taken away → address gone', (each) => each.floating?.dissociated.kernel, true],
    ...burstsOf(results).flatMap((size): readonly Row[] => [
      [`burst of ${size} → last address`, ({ bursts }) => bursts[size]?.kernel],
      [`burst of ${size} → last route at the spine`, ({ bursts }) => bursts[size]?.spine],
      [`burst of ${size} unbound → last gone`, ({ bursts }) => bursts[size]?.withdrawn],
    ]),
    ['cold start → last address', ({ coldStart }) => coldStart?.kernel],
    ['cold start → last route at the spine', ({ coldStart }) => coldStart?.spine],
    ['cold start → all as it should be', ({ coldStart }) => coldStart?.settled],
    ['process start → all as it should be, state in place', (each) => each.startInPlace],
    ['resync with nothing to change', ({ resync }) => resync],
    ['idle: CPU seconds a minute', ({ idle }) => idle?.cpuSecondsPerMinute],
    ['idle: CPU seconds a minute of FRR', ({ idle }) => idle?.frrCpuSecondsPerMinute],
    ['RSS of the agent, MiB', ({ idle }) => idle?.agentRssMiB],
    ['RSS of its children, MiB', ({ idle }) => idle?.childrenRssMiB],
  ];
}

/** Beside ours with as many ports. */
function compare(
  theirs: PortFigures,
  results: readonly PortFigures[],
  rows: readonly Row[],
): readonly string[] {
  const ours = results.find(({ ports }) => ports === theirs.ports);
  if (ours === undefined) return [];
  const compared = rows.flatMap(([name, read]) => {
    const [own, other] = [middle(read(ours)), middle(read(theirs))];
    if (own === undefined || other === undefined) return [];
    return [row([name, String(own), String(other), round(other / own).toFixed(1)])];
  });
  return [
    '',
    row([`${ours.ports} ports, p50`, 'Selvedge', 'ovn-bgp-agent', 'times']),
    row(['---', '---:', '---:', '---:']),
    ...compared,
  ];
}

function heading({ ports, cloud }: Pick<PortFigures, 'ports' | 'cloud'>): string {
  return cloud === undefined ? `${ports} ports` : `${ports} of ${cloud} ports`;
}

function burstsOf(results: readonly PortFigures[]): readonly string[] {
  return [...new Set(results.flatMap(({ bursts }) => Object.keys(bursts)))];
}

function middle(value: Sample | number | undefined): number | undefined {
  return typeof value === 'object' ? value.p50 : value;
}

function cell(value: Sample | number | undefined, withTail = false): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  return withTail ? `${value.p50} / ${value.p99}` : String(Math.round(value.p50));
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
