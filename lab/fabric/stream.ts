/** A running stream of echo requests between two places, and what became of them. */

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readSync, rmSync } from 'node:fs';
import type { Namespace } from './namespace.ts';
import { waitFor } from './wait.ts';

export interface Outage {
  readonly since: string;
  readonly requests: number;
}

export interface StreamReport {
  readonly sent: number;
  readonly received: number;
  readonly lost: number;
  /** The longest time between two answers, in milliseconds: how long an outage was felt. */
  readonly longestGapMs: number;
  /** Requests in a row without an answer, with the time of day of the last answer before them. */
  readonly outages: readonly Outage[];
  /** Answers that came more than once. */
  readonly duplicates: number;
}

/**
 * Requests a second, unless a scenario says otherwise: a gap is told to 50 ms. A hundred a second take a sixth of the guest's
 * processor, and beside two such streams Python starts for minutes.
 */
const usualRate = 20;
/** How long the answers to what was sent when the stream stops are waited for. */
const patienceSeconds = 5;
/** How long after the answer to a later request one may come. */
const lateSeconds = 1;

/** Of this process, so that each stream has a file of its own. */
let streams = 0;

export class Stream {
  readonly #child: ChildProcess;
  readonly #name: string;
  /** What ping prints goes into a file: to be woken for each line would take a sixth of the guest's processor. */
  readonly #path: string;
  readonly #file: number;
  #at = 0;
  #text = '';
  /** When the answer to each request came, in seconds since 1970. */
  readonly #seen = new Map<number, number>();
  #duplicates = 0;
  /** Requests up to this one do not count. */
  #begin = 0;
  #last = 0;
  /** Answers without one missing, up to the last. */
  #inRow = 0;
  #lastAnswer: number | undefined;
  #longestGap = 0;

  private constructor(from: Namespace, to: string, rate: number) {
    this.#name = `${from.name} -> ${to}`;
    const words = ['ping', '-n', '-D', '-i', String(1 / rate), '-s', '32', to];
    const entry = [`--net=/run/netns/${from.name}`, '--'];
    streams += 1;
    this.#path = `/run/lab/stream-${process.pid}-${streams}`;
    this.#file = openSync(this.#path, 'w+');
    const stdio = ['ignore', this.#file, 'pipe'] as const;
    this.#child = spawn('nsenter', [...entry, ...words], { stdio: [...stdio] });
  }

  /**
   * Starts the stream and waits until it flows: ten answers in a row. What comes before does not count: the first
   * packets resolve addresses and set up flows on every node.
   */
  static async start(from: Namespace, to: string, rate: number = usualRate): Promise<Stream> {
    const stream = new Stream(from, to, rate);
    await stream.flows();
    stream.#begin = stream.#last;
    stream.#longestGap = 0;
    return stream;
  }

  /** Waits for ten answers in a row from now on. */
  async flows(): Promise<void> {
    this.#catchUp();
    this.#inRow = 0;
    await waitFor(`the stream ${this.#name} to flow`, async () => {
      this.#catchUp();
      return this.#inRow >= 10;
    });
  }

  #catchUp(): void {
    const buffer = Buffer.alloc(65_536);
    // The position in the file itself is where ping writes.
    for (let size = 1; size > 0; ) {
      size = readSync(this.#file, buffer, 0, buffer.length, this.#at);
      this.#at += size;
      this.#text += buffer.toString('latin1', 0, size);
    }
    const lines = this.#text.split('\n');
    this.#text = lines.pop() ?? '';
    for (const line of lines) this.#read(line);
  }

  /** Ends the stream, when all that was sent by now is answered or has been waited for. */
  async stop(): Promise<StreamReport> {
    const sent = await this.#sent();
    await waitFor(
      'late answers',
      async () => {
        this.#catchUp();
        const lastSeen = this.#seen.get(sent) ?? Number.POSITIVE_INFINITY;
        const isLate = Date.now() / 1000 - lastSeen > lateSeconds;
        return isLate || this.#upTo(sent) === sent - this.#begin;
      },
      patienceSeconds,
    ).catch(() => undefined);
    const ended = new Promise<void>((resolve) => this.#child.once('close', () => resolve()));
    this.#child.kill('SIGINT');
    await ended;
    closeSync(this.#file);
    rmSync(this.#path);
    const received = this.#upTo(sent);
    const counted = sent - this.#begin;
    return {
      sent: counted,
      received,
      lost: counted - received,
      outages: this.#outages(sent),
      longestGapMs: Math.round(this.#longestGap * 1000),
      duplicates: this.#duplicates,
    };
  }

  /** ping(8) says on SIGQUIT how many requests it has sent: `16/17 packets, 5% loss, ...`, on standard error. */
  #sent(): Promise<number> {
    return new Promise((resolve) => {
      this.#child.stderr?.on('data', (text: Buffer) => {
        const count = /[0-9]+\/([0-9]+) packets/.exec(text.toString())?.[1];
        if (count !== undefined) resolve(Number(count));
      });
      this.#child.kill('SIGQUIT');
    });
  }

  #outages(sent: number): readonly Outage[] {
    const outages: Outage[] = [];
    let last = this.#begin;
    for (const sequence of [...this.#seen.keys(), sent + 1].sort((a, b) => a - b)) {
      if (sequence <= last) continue;
      if (sequence > sent + 1) break;
      const requests = sequence - last - 1;
      const since = new Date((this.#seen.get(last) ?? 0) * 1000).toISOString().slice(11, 23);
      if (requests > 0) outages.push({ since, requests });
      last = sequence;
    }
    return outages;
  }

  /** Answers that count, to requests up to this one. */
  #upTo(sequence: number): number {
    return [...this.#seen.keys()].filter((each) => this.#begin < each && each <= sequence).length;
  }

  /** `[1732180000.123456] 40 bytes from 10.1.0.11: icmp_seq=7 ttl=61 time=0.9 ms`, by ping's own clock. */
  #read(line: string): void {
    const answer = /^\[([0-9.]+)\] .* icmp_seq=([0-9]+) .*time=/.exec(line);
    if (answer === null) return;
    const at = Number(answer[1]);
    const sequence = Number(answer[2]);
    if (this.#seen.has(sequence)) this.#duplicates += 1;
    else this.#seen.set(sequence, at);
    this.#inRow = sequence === this.#last + 1 ? this.#inRow + 1 : 1;
    this.#last = sequence;
    if (this.#lastAnswer !== undefined) {
      this.#longestGap = Math.max(this.#longestGap, at - this.#lastAnswer);
    }
    this.#lastAnswer = at;
  }
}

/** `0 of 1234 lost, longest gap 12 ms`: for a scenario's notes. */
export function formatReport(report: StreamReport): string {
  const outages = report.outages
    .slice(0, 5)
    .map(({ since, requests }) => `, ${requests} from ${since}`)
    .join('');
  return `${report.lost} of ${report.sent} lost, longest gap ${report.longestGapMs} ms${outages}`;
}
