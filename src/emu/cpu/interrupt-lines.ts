import { InstructionClock, type Clock } from '../clock.js';
import { NMI_LINE, type Gic } from '../devices/gic.js';
import { STATE } from '../layout.js';
import type { Core } from './core.js';
import { STATUS } from './registers.js';

/** Instructions for which it may be taken for granted that devices drive what they drove: a few microseconds. */
const RECENT = 1000;

/**
 * What drives the interrupt lines of a core from outside: the GIC, with the timers that come through it. To ask takes time, so
 * an answer may be used again for a short while, unless the firmware may know better: since it has accessed a device, or
 * looked at Count.
 */
export class InterruptLines {
  #last: number | undefined;
  #askedAt = 0;

  constructor(
    private readonly core: Pick<Core, 'cpu' | 'cp0' | 'model' | 'timer' | 'retired' | 'state'>,
    private readonly gic: Gic,
    private readonly clock: Clock,
  ) {}

  /** Cause.IP7…IP2 in their places, and NMI_LINE: as they are now. */
  ask(): number {
    const { cpu, model, timer, retired } = this.core;
    const lines = this.gic.lines(cpu, model.timerThroughGic && timer.pending);
    // virtual time tells when something changes to the instruction
    this.#last = this.clock instanceof InstructionClock ? undefined : lines;
    this.#askedAt = retired;
    return lines;
  }

  /** The same, as they were a short while ago; undefined when they have to be asked for. */
  get recent(): number | undefined {
    return this.core.retired - this.#askedAt < RECENT ? this.#last : undefined;
  }

  forget(): void {
    this.#last = undefined;
    this.core.state.set(STATE.pending, -1);
  }

  /** When timers may interrupt the core, or wake it: ticks of the clock, or Infinity. */
  get due(): number {
    const { cpu, cp0, model, timer } = this.core;
    const lines = (cp0.status & STATUS.IM) | NMI_LINE;
    const isAwaited = model.timerThroughGic ? this.gic.passesTimer(cpu, lines) : (cp0.timerLine & lines) !== 0;
    return Math.min(isAwaited ? timer.due : Infinity, this.gic.due(cpu, lines));
  }
}
