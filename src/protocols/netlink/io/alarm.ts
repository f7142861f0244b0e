/** Time, as the socket needs it: something happens after a while, unless it is taken back before. */

/** Calls `ring` once after `ms` milliseconds; what is returned takes it back, and may be called at any time. */
export type Alarm = (ms: number, ring: () => void) => () => void;

export const systemAlarm: Alarm = (ms, ring) => {
  const timer = setTimeout(ring, ms);
  return () => clearTimeout(timer);
};
