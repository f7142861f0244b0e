/** A running stream of 100 echo requests a second between two places, and what became of them. */

import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Namespace } from './namespace.ts';
import { waitFor } from './wait.ts';

export interface StreamReport {
  readonly sent: number;
  readonly received: number;
  readonly lost: number;
  /** The longest time between two answers, in milliseconds: how long an outage was felt. */
  readonly longestGapMs: number;
  /** Answers that came more than once. */
  readonly duplicates: number;
}

const intervalSeconds = 0.01;
/** Requests of the last moment may still be on their way when the stream stops: they count as not sent. */
const underWay = 30;

export class Stream {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #seen = new Set<number>();
  #duplicates = 0;
  #lastAnswer: number | undefined;
  #longestGap = 0;
  #summary = '';

  private constructor(from: Namespace, to: string) {
    this.#name = `${from.name} -> ${to}`;
    const words = ['ping', '-n', '-D', '-i', String(intervalSeconds), '-s', '32', to];
    const entry = [`--net=/run/netns/${from.name}`, '--'];
    this.#child = spawn('nsenter', [...entry, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    if (this.#child.stdout === null) throw new Error('a piped child has an output');
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#read(line));
  }

  /** Starts the stream and waits for its first answer. */
  static async start(from: Namespace, to: string): Promise<Stream> {
    const stream = new Stream(from, to);
    await waitFor(
      `the first answer of the stream ${stream.#name}`,
      async () => stream.#seen.size > 0,
    );
    return stream;
  }

  /** Starts without waiting: for what must not answer yet. */
  static begin(from: Namespace, to: string): Stream {
    return new Stream(from, to);
  }

  get received(): number {
    return this.#seen.size;
  }

  /** Ends the stream. Whatever was not answered by then, but for the last 300 ms, is lost. */
  async stop(): Promise<StreamReport> {
    const ended = new Promise<void>((resolve) => this.#child.once('close', () => resolve()));
    this.#child.kill('SIGINT');
    await ended;
    const transmitted = Number(/([0-9]+) packets transmitted/.exec(this.#summary)?.[1] ?? 0);
    const sent = Math.max(0, transmitted - underWay);
    const received = [...this.#seen].filter((sequence) => sequence <= sent).length;
    return {
      sent,
      received,
      lost: sent - received,
      longestGapMs: Math.round(this.#longestGap * 1000),
      duplicates: this.#duplicates,
    };
  }

  /** `[1732180000.123456] 40 bytes from 10.1.0.11: icmp_seq=7 ttl=61 time=0.9 ms`, by ping's own clock. */
  #read(line: string): void {
    const answer = /^\[([0-9.]+)\] .* icmp_seq=([0-9]+) .*time=/.exec(line);
    if (answer === null) {
      if (line.includes('packets transmitted')) this.#summary = line;
      return;
    }
    const at = Number(answer[1]);
    const sequence = Number(answer[2]);
    if (this.#seen.has(sequence)) this.#duplicates += 1;
    this.#seen.add(sequence);
    if (this.#lastAnswer !== undefined) {
      this.#longestGap = Math.max(this.#longestGap, at - this.#lastAnswer);
    }
    this.#lastAnswer = at;
  }
}

/** `0 of 1234 lost, longest gap 12 ms`: for a scenario's notes. */
export function formatReport(report: StreamReport): string {
  return `${report.lost} of ${report.sent} lost, longest gap ${report.longestGapMs} ms`;
}
