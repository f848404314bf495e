/** A session on a machine in a temporary directory, as `demo` shows it. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { coreModel } from '../emu/index.js';
import { mountTree } from '../fs/index.js';
import { KernelLog } from '../kernel/index.js';
import { CommandError } from './command-error.js';
import { compose } from './compose.js';
import { formatEntry } from './dmesg-format.js';
import type { MachineChoice } from './machine-options.js';
import { mountSource } from './mount-source.js';
import { prepareRoot } from './prepare-root.js';

/** What the session types, in remoteproc0's directory, and whether it is to succeed. */
const sessionOf = (firmware: string): readonly { readonly command: string; readonly refused?: true }[] => [
  { command: 'ls' },
  { command: 'cat name state' },
  { command: `echo ${firmware} > firmware` },
  { command: 'echo start > state' },
  { command: 'cat state' },
  { command: 'cat $DEBUG/trace0' },
  { command: '/bin/echo world.elf > firmware', refused: true },
  { command: '/bin/echo halt > state', refused: true },
  { command: 'echo stop > state' },
  { command: 'cat state' },
];

/** Longer than a start takes on a host that has hardly a processor to spare, ms. */
const LONGEST_COMMAND = 60_000;

export async function demonstrate(root: string, choice: MachineChoice): Promise<void> {
  const path = await prepareRoot(root, ['sys']);
  const log = new KernelLog();
  const fixtures = fileURLToPath(new URL(`../../../fixtures/out/${choice.endian}`, import.meta.url));
  const composition = await compose({ ...choice, defaultFirmwareDir: fixtures, log });
  try {
    const mount = await mountTree(composition.trees.sys, join(path, 'sys'), { name: mountSource(process.pid) });
    try {
      await session(path, coreModel(choice.cpu).isa.release === 6 ? 'hello-r6.elf' : 'hello.elf');
    } finally {
      await mount.unmount();
    }
  } finally {
    await composition.close();
  }
  console.log('\nThe kernel log of all this:');
  for (const entry of log.entries()) console.log(formatEntry(entry));
}

/** Runs the session in real shells, and prints it as a terminal would show it. */
async function session(root: string, firmware: string): Promise<void> {
  const directory = join(root, 'sys/class/remoteproc/remoteproc0');
  const debug = join(root, 'sys/kernel/debug/remoteproc/remoteproc0');
  console.log(`$ cd ${directory}\n$ DEBUG=${debug}`);
  for (const { command, refused } of sessionOf(firmware)) {
    const { output, failed } = await shell(command, directory, debug);
    process.stdout.write(`$ ${command}\n${output}`);
    if (failed !== (refused ?? false))
      throw new CommandError(
        `\`${command}\` was ${failed ? 'refused' : 'accepted'} against expectation: please report this`,
      );
  }
}

const run = promisify(execFile);

async function shell(command: string, directory: string, debug: string): Promise<{ output: string; failed: boolean }> {
  const env = { ...process.env, LC_ALL: 'C', DEBUG: debug };
  // the shell changes directory itself: a child's own cwd would be entered while this process waits for it, and serves nobody
  const script = `exec 2>&1; cd '${directory}' && ${command}`;
  try {
    const { stdout } = await run('sh', ['-c', script], { env, timeout: LONGEST_COMMAND });
    return { output: stdout, failed: false };
  } catch (error) {
    const output: unknown = error instanceof Error ? Reflect.get(error, 'stdout') : undefined;
    if (typeof output !== 'string') throw error;
    if (error instanceof Error && Reflect.get(error, 'killed') === true)
      throw new CommandError(`\`${command}\` took longer than ${LONGEST_COMMAND / 1000} s: this host is too busy`);
    return { output, failed: true };
  }
}
