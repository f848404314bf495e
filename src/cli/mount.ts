import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { AdapterName } from '../fs/index.js';
import { KernelLog } from '../kernel/index.js';
import { compose, TREES } from './compose.js';
import { backgroundReport, startDaemon } from './daemon.js';
import { printLog } from './dmesg-format.js';
import { addMachineOptions, checkFirmwareDirectories, type MachineChoice } from './machine-options.js';
import { FIRMWARE } from './prepare-root.js';
import { serveRoot } from './serve-root.js';

interface MountChoice extends MachineChoice {
  readonly daemon?: boolean;
  readonly fuse: AdapterName;
  readonly quiet?: boolean;
}

export const mountCommand = (): Command =>
  addMachineOptions(
    new Command('mount')
      .description('mount the tree of a machine at ROOT/sys, and serve it until it is unmounted or interrupted')
      .argument('<root>', 'a directory; ROOT/sys and ROOT/lib/firmware are made in it'),
  )
    .option('-d, --daemon', 'go to the background once it is mounted')
    .option('-q, --quiet', 'do not print the kernel log while in the foreground')
    .addOption(
      new Option(
        '--fuse <adapter>',
        'how the mount is served: straight over /dev/fuse (needs root), or through libfuse',
      )
        .choices(['auto', 'direct', 'native'])
        .default('auto'),
    )
    .action(async (root: string, choice: MountChoice) => {
      await checkFirmwareDirectories(choice);
      if (choice.daemon === true) await startDaemon(foregroundCommand(resolve(root), choice));
      else await serve(resolve(root), choice);
    });

/** The same command for the background process: without --daemon, and with absolute paths, since it runs in /. */
function foregroundCommand(root: string, { cpus, endian, mem, fuse, firmwareDir }: MountChoice): string[] {
  const [, script = ''] = process.argv;
  const options = { '--cpus': cpus, '--endian': endian, '--mem': mem, '--fuse': fuse };
  return [
    resolve(script),
    'mount',
    root,
    '--quiet',
    ...Object.entries(options).flatMap(([name, value]) => [name, String(value)]),
    ...firmwareDir.flatMap((directory) => ['--firmware-dir', directory]),
  ];
}

async function serve(root: string, choice: MountChoice): Promise<void> {
  const report = backgroundReport();
  const log = new KernelLog();
  if (choice.quiet !== true) printLog(log, process.stderr);
  const make = () => compose({ ...choice, defaultFirmwareDir: resolve(root, FIRMWARE), log });
  await serveRoot(root, TREES, make, {
    adapter: choice.fuse,
    ready: () => {
      report?.ready();
      if (report === undefined && choice.quiet !== true)
        console.error(`mips-rprocfs: ${root}/sys is mounted; Ctrl-C ends it`);
    },
  });
}
