import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import { channelArguments, numberFrom, withChannel } from './arguments.js';
import { LARGEST_MESSAGE, type Endpoint } from './endpoint.js';
import { roundTrip, testMessage } from './round-trip.js';

interface PingChoice {
  readonly count: number;
  readonly size: number;
  readonly interval: number;
  readonly timeout: number;
  readonly quiet?: boolean;
}

const LONGEST = 3600;

export const pingCommand = (): Command => {
  const command = channelArguments(new Command('ping'))
    .description('send messages to a service that echoes them, and measure how long they take; status 1 if one is lost')
    .option('-c, --count <n>', 'how many messages', numberFrom(1, 1e9, 'whole'), 10)
    .option('-s, --size <bytes>', 'of each', numberFrom(1, LARGEST_MESSAGE, 'whole'), 56)
    .option('-i, --interval <seconds>', 'from one to the next', numberFrom(0, LONGEST, 'any'), 1)
    .option('-W, --timeout <seconds>', 'how long an answer may take', numberFrom(0.001, LONGEST, 'any'), 1)
    .option('-q, --quiet', 'print the result only')
    .addHelpText('after', '\nExample:\n  $ mips-rprocfs rpmsg ping /tmp/board rpmsg-raw -c 1000 -i 0 -q')
    .action(async (root: string | undefined, channel: string | undefined, choice: PingChoice) => {
      const lost = await withChannel(command, [root, channel], (endpoint) => ping(endpoint, choice));
      if (lost > 0) process.exitCode = 1;
    });
  return command;
};

/** Gives how many were lost. Ctrl-C ends it as if it had been the last one. */
async function ping(endpoint: Endpoint, { count, size, interval, timeout, quiet }: PingChoice): Promise<number> {
  const { path, service, src, dst } = endpoint.identity;
  const interrupted = new AbortController();
  const end = (): void => interrupted.abort();
  process.once('SIGINT', end);
  console.log(`PING ${service} ${hex(src)} -> ${hex(dst)} (${path}): ${size} bytes`);
  const times: number[] = [];
  const began = performance.now();
  let sent = 0;
  await endpoint.drop();
  while (sent < count && !interrupted.signal.aborted) {
    const started = performance.now();
    sent++;
    const answer = await roundTrip(endpoint, testMessage(size, sent), timeout * 1000);
    if (answer.outcome === 'same') times.push(answer.time);
    if (quiet !== true) console.log(`seq=${sent} ${WORDS[answer.outcome]}${timeOf(answer.time)}`);
    const left = interval * 1000 - (performance.now() - started);
    if (sent < count && left > 0) await pause(left, interrupted.signal);
  }
  process.removeListener('SIGINT', end);
  console.log(statistics(service, sent, times, performance.now() - began).join('\n'));
  return sent - times.length;
}

const WORDS = {
  same: 'echoed',
  different: 'came back different',
  none: 'no answer',
  unsent: 'could not be sent: the remote side takes none',
} as const;

const hex = (address: number): string => (address === -1 ? 'any' : `0x${address.toString(16)}`);
const timeOf = (time: number): string => ` time=${time.toFixed(3)} ms`;

/** Until the next one, or until it is to end. */
const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  delay(milliseconds, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });

/** As ping(8) has it, with the time that 99 of 100 do not exceed. */
export function statistics(service: string, sent: number, times: readonly number[], total: number): string[] {
  const lost = sent - times.length;
  const percent = Math.round((100 * lost) / sent);
  const lines = [
    `--- ${service} ping statistics ---`,
    `${sent} sent, ${times.length} echoed, ${percent}% lost, time ${total.toFixed(0)} ms`,
  ];
  if (times.length === 0) return lines;
  const sorted = [...times].sort((a, b) => a - b);
  const average = times.reduce((sum, time) => sum + time, 0) / times.length;
  const p99 = sorted[Math.ceil(0.99 * sorted.length) - 1] ?? 0;
  const shown = [sorted[0] ?? 0, average, sorted.at(-1) ?? 0, p99].map((time) => time.toFixed(3)).join('/');
  return [...lines, `rtt min/avg/max/p99 = ${shown} ms`];
}
