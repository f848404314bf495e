/**
 * What a link to firmware carries, measured on a real mount from other processes: messages and MiB a second and round trips
 * of the echo on /dev/rpmsg0 (a client in C, one message at a time and 32 under way; and a shell), one way and back, and
 * what an idle link costs. `node dist/bench/rpmsg.js [--messages N] [--json FILE]`
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const program = here('bin/mips-rprocfs');
const LENGTHS = [16, 496] as const;
const WINDOW = 32;
const IDLE_SECONDS = 10;
const SHELL_MESSAGES = 200;
const POLL_MS = 5;
/** So that what is left to do of the messages before is none of the idle link. */
const SETTLE_MS = 3000;

interface Row {
  readonly what: string;
  readonly bytes: number;
  readonly perSecond: number;
  readonly mibPerSecond: number;
  /** Of a round trip, microseconds. */
  readonly p50?: number;
  readonly p99?: number;
}

const { values } = parseArgs({ options: { messages: { type: 'string', default: '20000' }, json: { type: 'string' } } });
const messages = Number(values.messages);
const scratch = mkdtempSync(join(tmpdir(), 'mips-rprocfs-bench-'));
const root = join(scratch, 'root');
const client = join(scratch, 'rpmsg-client');
const device = join(root, 'dev/rpmsg0');
const rproc = join(root, 'sys/class/remoteproc/remoteproc0');
const command = (...args: string[]): string => execFileSync(process.execPath, [program, ...args], { encoding: 'utf8' });

async function start(firmware: string): Promise<void> {
  writeFileSync(join(rproc, 'firmware'), firmware);
  writeFileSync(join(rproc, 'state'), 'start');
  while (!existsSync(device)) await delay(POLL_MS);
}

const stop = (): void => writeFileSync(join(rproc, 'state'), 'stop');

function measure(what: string, bytes: number, args: readonly string[]): Row {
  const line = execFileSync(client, [device, ...args], { encoding: 'utf8' });
  const result: unknown = JSON.parse(line);
  const number = (name: string): number => Number(Reflect.get(Object(result), name));
  const perSecond = number('messages') / number('seconds');
  const trips = line.includes('p50') ? { p50: number('p50'), p99: number('p99') } : {};
  return { what, bytes, perSecond, mibPerSecond: (perSecond * bytes) / (1 << 20), ...trips };
}

/** A shell that writes with its own printf and reads with dd. */
function shell(bytes: number): Row {
  const script = `exec 3<> "$1"; n=0; while [ $n -lt ${SHELL_MESSAGES} ]; do printf %0${bytes}d $n >&3; dd bs=512 count=1 <&3 > /dev/null 2>&1; n=$((n + 1)); done`;
  const began = performance.now();
  execFileSync('sh', ['-c', script, 'sh', device]);
  const perSecond = (SHELL_MESSAGES / (performance.now() - began)) * 1000;
  return { what: 'echo, sh and dd', bytes, perSecond, mibPerSecond: (perSecond * bytes) / (1 << 20) };
}

/** CPU time of the server while nobody says anything, in percent of one CPU. */
async function idle(): Promise<number> {
  const mounted = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .find((line) => line.includes(root));
  const pid = /mips-rprocfs@(\d+)/.exec(mounted ?? '')?.[1] ?? '';
  const ticks = (): number => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13);
    return Number(user) + Number(system);
  };
  await delay(SETTLE_MS);
  const before = ticks();
  await delay(IDLE_SECONDS * 1000);
  return (ticks() - before) / IDLE_SECONDS;
}

execFileSync('cc', ['-O2', '-o', client, here('bench/rpmsg-client.c')]);
command('mount', root, '--daemon', '--firmware-dir', here('fixtures/out/le'));
try {
  const rows: Row[] = [];
  await start('rpmsg-echo.elf');
  for (const bytes of LENGTHS) {
    rows.push(measure('echo', bytes, ['echo', String(messages), String(bytes)]));
    rows.push(measure(`echo, ${WINDOW} under way`, bytes, ['echo', String(messages), String(bytes), String(WINDOW)]));
    rows.push(shell(bytes));
  }
  const idlePercent = await idle();
  stop();
  await start('rpmsg-flood.elf');
  for (const bytes of LENGTHS) {
    rows.push(measure('to the firmware', bytes, ['send', String(messages), String(bytes)]));
    rows.push(measure('from the firmware', bytes, ['receive', String(messages), String(bytes)]));
  }
  stop();
  for (const { what, bytes, perSecond, mibPerSecond, p50, p99 } of rows)
    console.log(
      `${what.padEnd(22)} ${String(bytes).padStart(4)} bytes ${perSecond.toFixed(0).padStart(7)}/s ` +
        `${mibPerSecond.toFixed(2).padStart(6)} MiB/s` +
        (p50 === undefined || p99 === undefined ? '' : `  p50 ${p50.toFixed(0)} us, p99 ${p99.toFixed(0)} us`),
    );
  console.log(`an idle link: ${idlePercent.toFixed(2)} % of a CPU, over ${IDLE_SECONDS} s`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ rows, idlePercent }, undefined, 2)}\n`);
} finally {
  command('umount', root);
  rmSync(scratch, { recursive: true });
}
