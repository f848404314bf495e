/** What the functions behind host calls are, and what they share (host-calls.ts). */
import { EXCEPTION } from '../isa/exceptions.js';
import type { Core } from './core.js';
import { STATUS } from './registers.js';

export type Implementation = (core: Core, a: number, b: number, c: number, d: number) => number | undefined;

export const raise = (core: Core, exception: number, unit = 0): undefined => {
  core.raise(exception, unit);
};

/** In kernel mode, or with Status.CU0, which Release 6 does not look at. */
export const mayUseCp0 = ({ cp0 }: Core): boolean =>
  cp0.kernelMode || ((cp0.status & STATUS.CU0) !== 0 && !cp0.has.release6);

/** Runs `action` if coprocessor 0 may be used. */
export const privileged =
  (action: Implementation): Implementation =>
  (core, a, b, c, d) =>
    mayUseCp0(core) ? action(core, a, b, c, d) : raise(core, EXCEPTION.CpU, 0);

/** After a change of Status or Cause: other tables, perhaps an interrupt. */
export function reconsider(core: Core): void {
  core.leave();
  core.interruptCheck('recent');
}
