import { performance } from 'node:perf_hooks';

/**
 * How long the next request of one program is awaited without sleeping, in milliseconds: twice what it takes another
 * processor to wake up. Who asks once a millisecond costs a twentieth of a processor by this at most.
 */
const AWAITED_MS = 0.05;
/** So many requests of the same few tell that they come from programs that ask for one thing after the other. */
const IN_A_ROW = 3;
/** Requests that the kernel sends for nobody: RELEASE, FORGET. */
const NOBODY = 0;

/**
 * A program that reads one file after the other asks again as soon as it is answered. Where the kernel has put it on another
 * processor than this thread, which goes to sleep in between, each of the two is woken by the other for every request, and
 * that takes several times as long as the request itself. So the event loop turns for a moment, in which it does all else that
 * it has to do, instead of waiting. With more than two who ask there is always something to do, and processors are scarce.
 */
export class Attention {
  #last = NOBODY;
  #other = NOBODY;
  #inARow = 0;
  #until = 0;
  #turning = false;

  /** @param now Milliseconds. @param later Runs something after one turn of the event loop. */
  constructor(
    private readonly now: () => number = () => performance.now(),
    private readonly later: (run: () => void) => void = setImmediate,
  ) {}

  /** A request has been served. @param pid Who asked; 0: nobody. */
  served(pid: number): void {
    if (pid !== NOBODY) this.#remember(pid);
    if (this.#inARow < IN_A_ROW) return;
    this.#until = this.now() + AWAITED_MS;
    if (this.#turning) return;
    this.#turning = true;
    this.later(this.#turn);
  }

  #remember(pid: number): void {
    if (pid === this.#last || pid === this.#other) this.#inARow++;
    else this.#inARow = 0;
    if (pid === this.#last) return;
    this.#other = this.#last;
    this.#last = pid;
  }

  readonly #turn = (): void => {
    if (this.now() < this.#until) this.later(this.#turn);
    else this.#turning = false;
  };
}
