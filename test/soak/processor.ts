/** What the soak knows of a remote processor: what its state machine says that it is now. */
import type { Answer, Client } from './client.js';

export type State = 'offline' | 'running' | 'crashed';

/** An answer that the state machine does not allow. */
export class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer';
}

export class Processor {
  readonly name: string;
  /** Somebody changes it now; others only look. */
  busy = false;
  /** N of `remoteprocN`; another one after each hotplug. */
  index: number;
  state: State = 'offline';
  starts = 0;
  crashes = 0;
  firmware: string;
  recovery: 'enabled' | 'disabled' = 'enabled';
  coredump: 'enabled' | 'disabled' = 'disabled';
  readonly #history: string[] = [];

  constructor(readonly cpu: number) {
    this.name = `mips-cpu${cpu}`;
    this.index = cpu - 1;
    this.firmware = this.defaultFirmware;
  }

  get defaultFirmware(): string {
    return `rproc-${this.name}-fw`;
  }

  /** Its files in shell scripts. */
  get class(): string {
    return `$C/remoteproc${this.index}`;
  }
  get debug(): string {
    return `$D/remoteproc${this.index}`;
  }

  get device(): string {
    return `$SYS/devices/mips-rproc/remoteproc/remoteproc${this.index}`;
  }

  get status(): string {
    return `$FAULTS/remoteproc${this.index}/status`;
  }

  /** As a new one is. */
  reset(): void {
    this.state = 'offline';
    this.starts = 0;
    this.crashes = 0;
    this.firmware = this.defaultFirmware;
    this.recovery = 'enabled';
    this.coredump = 'disabled';
  }

  /** Has `client` do `script`, which has to print what `allowed` says. @throws WrongAnswer, Killed */
  async ask(client: Client, script: string, allowed: RegExp | string): Promise<Answer> {
    this.#history.push(script);
    if (this.#history.length > 12) this.#history.shift();
    const answer = await client.ask(script);
    const right = typeof allowed === 'string' ? answer.out === allowed : allowed.test(answer.out);
    if (!right) throw new WrongAnswer(this.#complaint(answer, allowed));
    return answer;
  }

  #complaint({ out, status }: Answer, allowed: RegExp | string): string {
    const { name, index, state, starts, firmware, recovery, coredump } = this;
    const known = { name, index, state, starts, firmware, recovery, coredump };
    return [
      `wanted ${String(allowed)}`,
      `got status ${status} and ${JSON.stringify(out)}`,
      `of ${JSON.stringify(known)}, after`,
      ...this.#history,
    ].join('\n');
  }
}
