/** Clients that do all that there is to do, at once and at random, some of them until they are killed. */
import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../emu/random-program.js';
import { CHANGES, type Change, type Tools } from './changes.js';
import { Client, Killed } from './client.js';
import { LOOKS, type Look } from './looks.js';
import { Processor, WrongAnswer } from './processor.js';

export interface SoakOptions {
  readonly variables: Readonly<Record<string, string>>;
  readonly processors: number;
  readonly clients: number;
  readonly seed: number;
  readonly rpmsgClient: string | undefined;
  readonly until: () => boolean;
}

export interface Outcome {
  /** How often each thing was done. */
  readonly done: Readonly<Record<string, number>>;
  readonly kills: number;
}

/** One in so many things is interrupted by a kill, after at most so many ms. */
const ONE_KILLED_IN = 25;
const LATEST_KILL = 30;
/** One in so many changes something, if there is a processor that nobody else has. */
const ONE_LOOK_IN = 2;

/** One of those that are possible, by weight. */
function choose<T extends { readonly weight: number }>(random: Random, from: readonly (readonly [string, T])[]) {
  let left = (random.word() / 2 ** 32) * from.reduce((sum, [, { weight }]) => sum + weight, 0);
  for (const entry of from) if ((left -= entry[1].weight) < 0) return entry;
  throw new Error('there is nothing to choose from');
}

export class Soak {
  readonly processors: readonly Processor[];
  readonly #done = new Map<string, number>();
  #kills = 0;
  #failed = false;

  constructor(private readonly options: SoakOptions) {
    this.processors = Array.from({ length: options.processors }, (_, index) => new Processor(index + 1));
  }

  /** @throws WrongAnswer, the first one; Error when somebody hangs */
  async run(): Promise<Outcome> {
    const { clients, seed } = this.options;
    const lives = Array.from({ length: clients }, (_, index) => this.#live(new Random(seed * 1000 + index)));
    const ends = await Promise.allSettled(lives);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    return { done: Object.fromEntries([...this.#done].sort()), kills: this.#kills };
  }

  /** Stops and forgets everything, as it was at the beginning. @throws WrongAnswer */
  async quiet(): Promise<void> {
    const client = this.#client();
    for (const processor of this.processors) {
      await client.ask(`printf 1 > $CPU/cpu${processor.cpu}/online; printf 0 > $CPU/cpu${processor.cpu}/online`);
      await this.#find(processor, client);
    }
    const { out } = await client.ask(
      'for d in $SYS/class/devcoredump/devcd*; do [ -e $d ] && printf 1 > $d/data; done; cat $C/*/state | sort | uniq -c',
    );
    if (out.trim() !== `${this.processors.length} offline`)
      throw new WrongAnswer(`not all are offline in the end: ${out}`);
    await client.kill();
  }

  #client(): Client {
    return new Client(this.options.variables);
  }

  async #live(random: Random): Promise<void> {
    let client = this.#client();
    try {
      while (!this.options.until() && !this.#failed)
        if (await this.#act(random, client)) {
          await client.kill();
          client = this.#client();
        }
    } catch (error) {
      this.#failed = true;
      throw error;
    } finally {
      await client.kill();
    }
  }

  /** True when the client did not survive it. */
  async #act(random: Random, client: Client): Promise<boolean> {
    const free = this.processors.filter(({ busy }) => !busy);
    if (free.length === 0 || random.below(ONE_LOOK_IN) === 0) {
      const [name, { run }] = choose<Look>(random, Object.entries(LOOKS));
      return this.#interrupted(name, random, client, () => run(client, random, this.processors.length));
    }
    const processor = random.pick(free);
    const tools: Tools = { random, rpmsgClient: this.options.rpmsgClient };
    const { rpmsgClient } = tools;
    const possible = Object.entries(CHANGES).filter(
      ([name, change]) => change.possible?.(processor) !== false && (name !== 'talk' || rpmsgClient !== undefined),
    );
    const [name, { run }] = choose<Change>(random, possible);
    processor.busy = true;
    try {
      const killed = await this.#interrupted(name, random, client, () => run(processor, client, tools));
      if (killed) {
        const other = this.#client();
        await this.#find(processor, other).finally(() => other.kill());
      }
      return killed;
    } finally {
      processor.busy = false;
    }
  }

  async #interrupted(name: string, random: Random, client: Client, action: () => Promise<void>): Promise<boolean> {
    this.#done.set(name, (this.#done.get(name) ?? 0) + 1);
    const over = new AbortController();
    const killing =
      random.below(ONE_KILLED_IN) === 0
        ? delay(random.below(LATEST_KILL), undefined, { signal: over.signal }).then(
            () => client.kill(),
            () => undefined,
          )
        : undefined;
    try {
      await action();
    } catch (error) {
      if (!(error instanceof Killed)) throw error;
    } finally {
      over.abort();
      await killing;
    }
    if (client.dead) this.#kills++;
    return client.dead;
  }

  /** What has become of a processor whose client was killed: any state, but a state that there is. */
  async #find(processor: Processor, client: Client): Promise<void> {
    const { cpu, name } = processor;
    await client.ask(`printf 0 > $CPU/cpu${cpu}/online`);
    const find = `for r in $C/remoteproc*; do { read -r n < $r/name; } 2> /dev/null && [ $n = ${name} ] && echo \${r##*remoteproc}; done`;
    processor.index = Number((await processor.ask(client, find, /^\d+\n$/)).out);
    // an empty name is refused, but only when who had the processor before has let go; a crash takes it twice
    const settle = `for i in 1 2 3; do echo > ${processor.class}/firmware; done 2> /dev/null`;
    await processor.ask(client, settle, '');
    const files = `cat ${processor.class}/{state,firmware} ${processor.debug}/{recovery,coredump}; while read -r k v; do [ $k = starts -o $k = crashes ] && echo $v; done < ${processor.status}`;
    const shown = /^(offline|running|crashed)\n(\S+)\n(enabled|disabled)\n(enabled|disabled)\n(\d+)\n(\d+)\n$/;
    const [, state, firmware = '', recovery, coredump, starts, crashes] =
      shown.exec((await processor.ask(client, files, shown)).out) ?? [];
    Object.assign(processor, { state, firmware, recovery, coredump, starts: Number(starts), crashes: Number(crashes) });
    // a recovery that was interrupted: Linux counts a start of what does not run, until the processor goes
    if (processor.state === 'offline' && processor.starts > 0) {
      await processor.ask(client, `printf 1 > $CPU/cpu${cpu}/online; printf 0 > $CPU/cpu${cpu}/online`, '');
      processor.reset();
      processor.index = Number((await processor.ask(client, find, /^\d+\n$/)).out);
    } else if ((processor.state === 'offline') !== (processor.starts === 0))
      throw new WrongAnswer(`${processor.name} is ${processor.state} after ${processor.starts} starts`);
  }
}
