/**
 * `npm run soak`: clients of a machine of eight processors that do everything that can be done, at random, for as long as anyone
 * likes; some are killed in the middle of it. Every answer has to be one that the state machine allows, and in the end nothing
 * may be left: docs/testing.md.
 *
 * client.ts     a shell that does as it is told, until it is killed
 * processor.ts  what is known of a processor
 * changes.ts    what a client does to a processor of its own, and exactly what comes of it
 * looks.ts      what others see meanwhile
 * soak.ts       who does what, and what a kill has left
 * session.ts    from the mount to the unmount, with what the server takes of its host; report.ts: the figures
 */
import { Command, InvalidArgumentError, Option } from 'commander';
import { complaints, figures } from './report.js';
import { soakSession } from './session.js';

function positive(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('It has to be a number from 1.');
  return value;
}

interface Options {
  readonly seconds: number;
  readonly clients: number;
  readonly seed: number;
  readonly fuse: string;
}

const { seconds, clients, seed, fuse } = new Command('soak')
  .description('Clients that do everything at random, at once, until they are killed; every answer is checked.')
  .option('--seconds <n>', 'how long', positive, 600)
  .option('--clients <n>', 'how many', positive, 16)
  .option('--seed <n>', 'what they choose', positive, 1)
  .addOption(new Option('--fuse <adapter>', 'how it is mounted').choices(['direct', 'native']).default('direct'))
  .parse()
  .opts<Options>();

const teardowns: (() => Promise<void>)[] = [];
const test = { teardown: (clean: () => Promise<void>) => void teardowns.unshift(clean) };
const say = (line: string): void => console.log(line);

/** Whoever interrupts it wants to see how it was until then. */
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => interrupted.abort());

try {
  say(`${clients} clients, ${seconds} s, ${fuse}, seed ${seed}`);
  const report = await soakSession(test, {
    fuse,
    duration: seconds * 1000,
    clients,
    seed,
    progress: say,
    interrupted: interrupted.signal,
  });
  for (const line of figures(report)) say(line);
  const wrong = complaints(report);
  for (const line of wrong) say(`wrong: ${line}`);
  process.exitCode = wrong.length === 0 ? 0 : 1;
} catch (error) {
  say(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  process.exitCode = 1;
} finally {
  for (const clean of teardowns) await clean();
}
