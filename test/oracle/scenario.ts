/** Runs a scenario against a fresh mount. Nothing is left of it: no mount, no process, no file. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { mounts } from '../../src/fs/index.js';
import { repository } from '../support/repository.js';

const PROGRAM = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const HERE = join(repository, 'test/oracle');
/** Modules, and what loads them. */
const MODULES = join(HERE, 'modules');
/** Time that steps with asynchronous work give it, s: this kernel needs less than a real one. */
const SETTLE = '0.3';
const LONGEST_SCENARIO = '900';
const PATIENCE = 60_000;

export interface Oracle {
  readonly scenarios: string;
  readonly transcripts: string;
}

export const DEFAULT_ORACLE: Oracle = { scenarios: join(HERE, 'scenarios'), transcripts: join(HERE, 'transcripts') };

/** A scenario with a transcript: `NAME` or `NAME.VARIANT`. */
export interface Case {
  readonly id: string;
  readonly name: string;
  readonly variant: string;
}

/** Every scenario that has a transcript, in order. */
export async function cases({ transcripts }: Oracle): Promise<Case[]> {
  const files = (await readdir(transcripts)).filter((file) => file.endsWith('.txt')).sort();
  return files.map((file) => {
    const id = basename(file, '.txt');
    const [name = '', variant = ''] = id.split('.', 2);
    return { id, name, variant };
  });
}

export const wantedTranscript = ({ transcripts }: Oracle, { id }: Case): Promise<string> =>
  readFile(join(transcripts, `${id}.txt`), 'latin1');

/** What is missing to run scenarios here, in words; nothing when all is there. */
export async function lacking(): Promise<string | undefined> {
  if (!existsSync('/bin/busybox')) return 'busybox is not installed';
  if (process.getuid?.() !== 0) return 'it needs root';
  return (await exit('gcc', ['--version'])) === 0 ? undefined : 'gcc is not installed';
}

async function exit(command: string, args: readonly string[]): Promise<number> {
  const child = spawn(command, args, { stdio: 'ignore' });
  return new Promise((resolve) => {
    child.once('error', () => resolve(-1));
    child.once('close', (status) => resolve(status ?? -1));
  });
}

/** Makes a directory with what all scenarios share, the probe, and takes it away at the end. */
export async function withProbe<T>(use: (probe: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'oracle-'));
  try {
    const probe = join(directory, 'probe');
    const status = await exit('gcc', ['-O1', '-static', '-o', probe, join(HERE, 'tools/probe.c')]);
    if (status !== 0) throw new Error('gcc could not make the probe: `gcc -static` needs the static C library');
    return await use(probe);
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** The board of a scenario; some variants need one of their own. */
function machineFile({ id }: Case): string {
  const own = join(HERE, `machine.${id}.yaml`);
  return existsSync(own) ? own : join(HERE, 'machine.yaml');
}

/** The transcript that this program gives. Throws an AbortError when `signal` ends it before that. */
export async function runCase({ scenarios }: Oracle, which: Case, probe: string, signal: AbortSignal): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'oracle-'));
  // other users look at the tree too
  await chmod(root, 0o755);
  const firmware = await mkdtemp(FIRMWARE);
  try {
    return await served(root, firmware, which, () => transcriptOf({ root, firmware, scenarios, probe, signal }, which));
  } finally {
    const left = (await mounts()).filter(({ mountpoint }) => mountpoint.startsWith(`${root}/`));
    for (const { mountpoint } of left.reverse()) await exit('umount', ['-l', mountpoint]);
    await rm(root, { recursive: true });
    await rm(firmware, { recursive: true });
  }
}

async function served<T>(root: string, firmware: string, which: Case, use: () => Promise<T>): Promise<T> {
  await mkdir(join(root, 'board'));
  const path = logOf(root);
  // a file: what the kernel says is in it when a command returns
  const log = openSync(path, 'w');
  const command = [
    PROGRAM,
    'mount',
    join(root, 'board'),
    '--machine',
    machineFile(which),
    '--firmware-dir',
    firmware,
    '--raw',
    // as sysfs is: some steps are another user's
    '--allow-other',
  ];
  const server = spawn(process.execPath, command, { stdio: ['ignore', 'ignore', log] });
  closeSync(log);
  const ended = once(server, 'close');
  try {
    for (const deadline = Date.now() + PATIENCE; !(await readFile(path, 'utf8')).includes('Ctrl-C ends it');) {
      if (server.exitCode !== null || Date.now() > deadline)
        throw new Error(`the machine was not mounted: ${await readFile(path, 'utf8')}`);
      await delay(20);
    }
    return await use();
  } finally {
    server.kill('SIGTERM');
    const patience = new AbortController();
    const late = delay(PATIENCE, undefined, patience).then(() => server.kill('SIGKILL'));
    await ended;
    patience.abort();
    await late.catch((error: unknown) => {
      if (!patience.signal.aborted) throw error;
    });
  }
}

/** As long as /lib/firmware: the kernel cuts long messages before the path in them is masked. */
const FIRMWARE = '/tmp/fw';

/**
 * The machine of the transcripts has no /etc, so that users have numbers only, and its shell writes to a console, so that
 * every line is a write.
 */
const AS_THERE = 'mount -t tmpfs none /etc && exec stdbuf -oL sh "$@"';

const logOf = (root: string): string => join(root, 'log');

interface Setting extends Pick<Oracle, 'scenarios'> {
  readonly root: string;
  readonly firmware: string;
  readonly probe: string;
  readonly signal: AbortSignal;
}

async function transcriptOf(
  { root, firmware, scenarios, probe, signal }: Setting,
  { name, variant }: Case,
): Promise<string> {
  const board = join(root, 'board');
  const hooks = `sh ${join(HERE, 'hooks')}`;
  const env = {
    ...process.env,
    SYS: join(board, 'sys'),
    DBG: join(board, 'sys/kernel/debug'),
    DEV: join(board, 'dev'),
    FWDIR: firmware,
    LOG: logOf(root),
    RESET: `${hooks} reset`,
    REMOVE: `${hooks} remove`,
    KNOB: `${hooks} knob`,
    POKE: `${hooks} poke`,
    KMOD: MODULES,
    TOOLS: MODULES,
    PROBE: probe,
    SETTLE,
    VARIANT: variant,
  };
  const run = ['sh', '-c', AS_THERE, 'sh', join(scenarios, 'run.sh'), name];
  const child = spawn('timeout', ['-k', '5', LONGEST_SCENARIO, 'unshare', '-m', ...run], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    // timeout(1) passes it on to all that it started
    signal,
  });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(child, 'close');
  return Buffer.concat(chunks).toString('latin1');
}
