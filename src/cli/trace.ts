import { setTimeout as delay } from 'node:timers/promises';
import { Command, InvalidArgumentError } from 'commander';
import { codeOf } from '../fs/index.js';
import { CommandError } from './command-error.js';
import { isUnserved, mountedMachines } from './mounted-machines.js';
import { processorArguments, processorOf } from './processor-arguments.js';
import { pairsOf } from './processor-status.js';
import { lineOf, textOf, type Processor } from './processors.js';

interface TraceChoice {
  readonly follow?: boolean;
  /** M of traceM. */
  readonly buffer: number;
}

const number = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a number.');
  return Number(text);
};

export const traceCommand = (): Command =>
  processorArguments(
    new Command('trace').description('print what the firmware of a remote processor has written to its trace buffer'),
  )
    .option(
      '-f, --follow',
      'go on with what it writes from now on, over stops and starts, until the machine is unmounted',
    )
    .option('-b, --buffer <m>', 'M of traceM, for firmware with several trace buffers', number, 0)
    .addHelpText(
      'after',
      '\nExample: what processor 0 says, from before its start:\n  $ mips-rprocfs trace -f /tmp/board 0',
    )
    .action(async (...given: unknown[]) => {
      const { processor, command } = await processorOf(given);
      const { follow, buffer } = command.opts<TraceChoice>();
      try {
        if (follow === true) await followTrace(processor, `trace${buffer}`);
        else await print(await presentTrace(processor, `trace${buffer}`));
      } catch (error) {
        // whoever read our output has had enough
        if (codeOf(error) !== 'EPIPE') throw error;
      }
    });

/** The bytes as they are; waits for a reader that is slow. */
const print = (text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    process.stdout.once('error', reject);
    process.stdout.write(text, 'latin1', (error) => {
      // the event follows, and says so to all who listen
      if (error) return;
      process.stdout.off('error', reject);
      resolve();
    });
  });

async function presentTrace(processor: Processor, file: string): Promise<string> {
  const text = await textOf(processor.debug(file));
  if (text !== undefined) return text;
  const state = (await lineOf(processor.file('state'))) ?? 'gone';
  const reason =
    state === 'offline'
      ? 'it is offline, and traces are there only while a firmware is loaded'
      : `it is ${state}: either the resource table of its firmware has no entry for it, or its files are not yours to read`;
  throw new CommandError(`${processor.device} has no ${file}: ${reason}`);
}

/** The buffer has no means to tell of news: it is looked at so often, ms. */
const PERIOD = 100;

async function followTrace(processor: Processor, file: string): Promise<void> {
  let shown = '';
  let run: number | undefined;
  for (;;) {
    const look = await lookAt(processor, file);
    if (look === 'unmounted') return;
    // each start begins anew, also one that says the same
    if (look.text === undefined || look.run !== run) shown = '';
    run = look.run;
    const text = look.text ?? '';
    await print(text.slice(overlap(shown, text)));
    shown = text;
    await delay(PERIOD);
  }
}

/** Less than this at the end of what was shown and at the beginning of what is there now is taken for chance. */
const LEAST_OVERLAP = 64;

/**
 * How much of `text` has been shown: all that was, when the firmware has only written on; the part that it kept, when it
 * threw its oldest lines away; nothing, when it cleared the buffer, or begins again.
 */
function overlap(shown: string, text: string): number {
  if (text.startsWith(shown)) return shown.length;
  for (let length = Math.min(shown.length, text.length); length >= LEAST_OVERLAP; length--)
    if (shown.endsWith(text.slice(0, length))) return length;
  return 0;
}

interface Look {
  /** Tells one start of the firmware from the next. */
  readonly run: number | undefined;
  /** Undefined while there is no such trace. */
  readonly text: string | undefined;
}

/** What of the trace belongs to one start. */
async function lookAt(processor: Processor, file: string): Promise<Look | 'unmounted'> {
  try {
    for (;;) {
      const before = await lastStart(processor);
      const text = await textOf(processor.debug(file));
      const after = await lastStart(processor);
      if (before !== after) continue;
      // behind an unmount the directory is an empty one
      return text === undefined && !(await isMounted(processor)) ? 'unmounted' : { run: after, text };
    }
  } catch (error) {
    if (isUnserved(error)) return 'unmounted';
    throw error;
  }
}

/** When it was started, µs of the kernel log; a crashed one has the trace of its last run. */
async function lastStart(processor: Processor): Promise<number | undefined> {
  const value = pairsOf((await textOf(processor.ours('status'))) ?? '').get('started_us');
  return value === undefined ? undefined : Number(value);
}

const isMounted = async ({ machine }: Processor): Promise<boolean> =>
  (await mountedMachines()).some(({ root, pid }) => root === machine.root && pid === machine.pid);
