/** What host and guest say to each other over a virtio port: one JSON object a line. Knows no transport. */

export type Request =
  /** Is somebody there? Answered by `ready`. */
  | { readonly op: 'hello' }
  /** Runs a command; `terminal` gives it a pseudo-terminal. One at a time on a port. */
  | {
      readonly op: 'start';
      readonly argv: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly cwd?: string;
      readonly terminal: boolean;
    }
  | { readonly op: 'input'; readonly data: string }
  | { readonly op: 'inputEnd' }
  | { readonly op: 'kill' }
  | { readonly op: 'powerOff' };

export type Reply =
  | { readonly op: 'ready' }
  /** `data` is base64. */
  | { readonly op: 'output'; readonly to: 'stdout' | 'stderr'; readonly data: string }
  | { readonly op: 'exit'; readonly code: number };

export type Frame = Request | Reply;

export function formatFrame(frame: Frame): string {
  return `${JSON.stringify(frame)}\n`;
}

/** Cuts a stream of octets into frames; keeps the unfinished line. Lines that are no JSON are dropped: a port's leftovers. */
export class FrameReader<T extends Frame> {
  #rest = '';

  read(chunk: string): readonly T[] {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines.flatMap((line) => {
      try {
        return [JSON.parse(line) as T];
      } catch {
        return [];
      }
    });
  }
}
