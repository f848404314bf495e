/** What a client does that changes nothing, to whatever it finds, while others change it: what it may see is known. */
import type { Random } from '../emu/random-program.js';
import { FIRMWARE, wholeLines } from './changes.js';
import type { Client } from './client.js';
import { WrongAnswer } from './processor.js';

export interface Look {
  readonly weight: number;
  /** @throws WrongAnswer, Killed */
  readonly run: (client: Client, random: Random, processors: number) => Promise<void>;
}

/** A processor that another client has just taken away. */
const GONE = String.raw`bash: line \d+: (\S+|read: read error: \d+): (No such file or directory|No such device|Input/output error)\n`;

/** A script, `N` in which is the number of a processor, and what it may print. */
const look = (weight: number, script: string, allowed: RegExp): Look => ({
  weight,
  run: async (client, random, processors) => {
    const text = script.replaceAll('N', String(random.below(processors)));
    const { out } = await client.ask(text);
    if (!allowed.test(out))
      throw new WrongAnswer(`wanted ${String(allowed)}\ngot ${JSON.stringify(out)}\nfrom ${text}`);
  },
});

const readLine = (file: string): string => `x=; read -r x < ${file} && echo "$x"`;
const lineOr = (line: string): RegExp => new RegExp(`^(${line}\n|(${GONE})?)$`);

/** The program itself: done, or one line of why not. */
const verb = (weight: number, words: string): Look =>
  look(weight, `node $PROGRAM ${words} > /dev/null; echo status $?`, /^(status 0\n|(mips-rprocfs: .*\n)status 1\n)$/);

const trace: Look = {
  weight: 10,
  run: async (client, random, processors) => {
    const { out, status } = await client.ask(`cat $D/remoteproc${random.below(processors)}/trace0 2> /dev/null`);
    const known = Object.values(FIRMWARE).some((wanted) => wanted.test(wholeLines(out)));
    if (status === 0 && !known) throw new WrongAnswer(`no firmware writes such a trace: ${JSON.stringify(out)}`);
  },
};

/** Records come in order; EAGAIN is their end, EPIPE a log that was faster. */
const log: Look = {
  weight: 4,
  run: async (client) => {
    const { out } = await client.ask('dd if=$DEV/kmsg iflag=nonblock bs=8192 count=200 2> /dev/null');
    const numbers = [...out.matchAll(/^\d+,(\d+),\d+,-;.*$/gm)].map(([, number]) => Number(number));
    const inOrder = numbers.every((number, index) => index === 0 || number === (numbers[index - 1] ?? 0) + 1);
    if (!inOrder) throw new WrongAnswer(`lines of the log are not in order: ${out}`);
  },
};

export const LOOKS: Readonly<Record<string, Look>> = {
  state: look(30, readLine('$C/remoteprocN/state'), lineOr('(offline|running|crashed)')),
  name: look(10, readLine('$C/remoteprocN/name'), lineOr(String.raw`mips-cpu\d+`)),
  firmware: look(10, readLine('$C/remoteprocN/firmware'), lineOr('[-.a-z0-9]+')),
  recovery: look(5, readLine('$D/remoteprocN/recovery'), lineOr('(enabled|disabled)')),
  online: look(5, readLine('$CPU/online'), /^0([-,]\d+)*\n$/),
  carveouts: look(5, 'cat $D/remoteprocN/carveout_memories > /dev/null', /^(cat: .*\n)?$/),
  'resource table': look(5, 'cat $D/remoteprocN/resource_table > /dev/null', /^(cat: .*\n)?$/),
  directory: look(4, 'ls -l $C $D $DEV > /dev/null', /^(ls: .*\n)*$/),
  tree: look(1, 'ls -lR $SYS/class $D > /dev/null', /^(ls: .*\n)*$/),
  log,
  trace,
  'status verb': verb(0.3, 'status --json $ROOT'),
  'why verb': verb(0.3, 'why $ROOT N'),
  'dmesg verb': verb(0.3, 'dmesg $ROOT'),
};
