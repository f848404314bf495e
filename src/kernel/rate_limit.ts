import type { KernelLog, LevelName } from './log.js';
import type { After } from './timer.js';

/** DEFAULT_RATELIMIT_INTERVAL, ms, and DEFAULT_RATELIMIT_BURST */
const [INTERVAL, BURST] = [5000, 10];

/** dev_warn_ratelimited() and friends: what one place of the code may say. */
export class RateLimit {
  #printed = 0;
  #suppressed = 0;
  #running = false;

  /** @param caller The function that speaks, in the message about what was not said. */
  constructor(
    private readonly log: KernelLog,
    private readonly caller: string,
    private readonly after: After,
  ) {}

  print(level: LevelName, text: string): void {
    if (!this.#running) this.#begin();
    if (this.#printed === BURST) {
      this.#suppressed++;
      return;
    }
    this.#printed++;
    this.log.print(level, text);
  }

  #begin(): void {
    if (this.#suppressed > 0) this.log.print('warn', `${this.caller}: ${this.#suppressed} callbacks suppressed`);
    [this.#printed, this.#suppressed, this.#running] = [0, 0, true];
    this.after(INTERVAL, () => {
      this.#running = false;
    });
  }
}
