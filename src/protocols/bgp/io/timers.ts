/** Time, as sessions need it: a clock, and something that happens after a while unless it is taken back before. */

export interface Timers {
  /** Milliseconds on a clock that never goes back; only differences mean something. */
  now(): number;
  /** Calls `ring` once after `ms` milliseconds; what is returned takes it back, and may be called at any time. */
  after(ms: number, ring: () => void): () => void;
}

/** Node rings at once for what is longer; a long-lived stale time may be half a year. */
const longestTimeout = 2 ** 31 - 1;

export const systemTimers: Timers = {
  now: () => performance.now(),
  after: (ms, ring) => {
    let timer: NodeJS.Timeout | undefined;
    const arm = (left: number): void => {
      const part = Math.min(left, longestTimeout);
      timer = setTimeout(() => (left > part ? arm(left - part) : ring()), part);
    };
    arm(ms);
    return () => clearTimeout(timer);
  },
};
