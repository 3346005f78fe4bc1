import type { StartTimer } from '../admission/ask.ts';

/** A timer of Node. */
export const startTimer: StartTimer = (ms, end) => {
  const timer = setTimeout(end, ms);
  return () => clearTimeout(timer);
};
