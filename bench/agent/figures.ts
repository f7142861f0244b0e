/** What the bench of the agent reports, and how it reads as a table. Pure. */

/** Milliseconds, unless a name says otherwise. */
export interface Sample {
  readonly n: number;
  readonly p50: number;
  readonly p99: number;
}

/** From just before a transaction is sent to the last notice: of the node's kernel, and of the spine's. */
export interface Reached {
  /** The server's answer to the transaction; of a cold start, the agent's word that all is done. */
  readonly committed: Sample;
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
  readonly coldStart?: Reached;
  readonly bind: Reached;
  readonly unbind: Reached;
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
  readonly at: string;
  readonly release: string;
  readonly kernel: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Of each guest, before and after what was measured there. */
  readonly calibration: readonly {
    readonly ports: number;
    readonly before: Calibration;
    readonly after: Calibration;
  }[];
  readonly results: readonly PortFigures[];
}

/** Nearest rank. */
export function sampleOf(values: readonly number[]): Sample {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (of: number): number =>
    round(sorted[Math.max(0, Math.ceil(of * sorted.length) - 1)] ?? Number.NaN);
  return { n: sorted.length, p50: rank(0.5), p99: rank(0.99) };
}

export function round(value: number, digits = 1): number {
  return Number(value.toFixed(digits));
}

/** A table in Markdown: a column for each number of ports. */
export function formatReport({ results, calibration }: Report): string {
  const rows: readonly (readonly [string, (figures: PortFigures) => string | undefined])[] = [
    ['bind → answer of the Southbound server, p50 / p99', ({ bind }) => both(bind.committed)],
    ['bind → address in the node’s kernel, p50 / p99', ({ bind }) => both(bind.kernel)],
    ['bind → route in the spine’s kernel, p50 / p99', ({ bind }) => both(bind.spine)],
    ['unbind → address gone, p50 / p99', ({ unbind }) => both(unbind.kernel)],
    ['unbind → route gone at the spine, p50 / p99', ({ unbind }) => both(unbind.spine)],
    ...burstsOf(results).flatMap(
      (size): readonly (readonly [string, (figures: PortFigures) => string | undefined])[] => [
        [`burst of ${size} → last address`, ({ bursts }) => middle(bursts[size]?.kernel)],
        [`burst of ${size} → last route at the spine`, ({ bursts }) => middle(bursts[size]?.spine)],
        [`burst of ${size} unbound → last gone`, ({ bursts }) => middle(bursts[size]?.withdrawn)],
      ],
    ),
    ['cold start → last address', ({ coldStart }) => middle(coldStart?.kernel)],
    ['cold start → last route at the spine', ({ coldStart }) => middle(coldStart?.spine)],
    ['cold start → all as it should be', ({ coldStart }) => middle(coldStart?.committed)],
    ['process start → all as it should be, state in place', (each) => middle(each.startInPlace)],
    ['resync with nothing to change', ({ resync }) => middle(resync)],
    ['idle: CPU seconds a minute', ({ idle }) => text(idle?.cpuSecondsPerMinute)],
    ['idle: CPU seconds a minute of FRR', ({ idle }) => text(idle?.frrCpuSecondsPerMinute)],
    ['RSS of the agent, MiB', ({ idle }) => text(idle?.agentRssMiB)],
    ['RSS of its children, MiB', ({ idle }) => text(idle?.childrenRssMiB)],
  ];
  const calibrated = (name: string, read: (one: Calibration) => number): readonly string[] => [
    row([name, ...calibration.map(({ before, after }) => `${read(before)} / ${read(after)}`)]),
  ];
  return [
    row(['ms', ...results.map(({ ports }) => `${ports} ports`)]),
    row(['---', ...results.map(() => '---:')]),
    ...rows.map(([name, read]) => row([name, ...results.map((each) => read(each) ?? '')])),
    '',
    row(['calibration, ms, before / after', ...calibration.map(({ ports }) => `${ports} ports`)]),
    row(['---', ...calibration.map(() => '---:')]),
    ...calibrated('a loop in Node', ({ loop }) => loop),
    ...calibrated('20 processes from a shell', ({ fork20 }) => fork20),
    ...calibrated('start of Node', ({ node }) => node),
  ].join('\n');
}

function burstsOf(results: readonly PortFigures[]): readonly string[] {
  return [...new Set(results.flatMap(({ bursts }) => Object.keys(bursts)))];
}

function both({ p50, p99 }: Sample): string {
  return `${p50} / ${p99}`;
}

function middle(sample: Sample | undefined): string | undefined {
  return sample === undefined ? undefined : String(Math.round(sample.p50));
}

function text(value: number | undefined): string | undefined {
  return value === undefined ? undefined : String(value);
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
