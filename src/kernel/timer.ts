/** Runs `action` once, `milliseconds` from now, unless the function that it returns is called first. */
export type After = (milliseconds: number, action: () => void) => () => void;

/** Real time. What only waits for it keeps no process alive. */
export const hostTimer: After = (milliseconds, action) => {
  const timer = setTimeout(action, milliseconds).unref();
  return () => clearTimeout(timer);
};
