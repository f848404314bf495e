import { resolve } from 'node:path';
import { Command, Option } from 'commander';
import type { AdapterName } from '../fs/index.js';
import { startDaemon } from './daemon.js';
import { addBoardOptions, boardArguments, checkFirmwareDirectories, type BoardChoice } from './machine-options.js';

export interface MountChoice extends BoardChoice {
  readonly allowOther?: boolean;
  readonly daemon?: boolean;
  readonly fuse: AdapterName;
  readonly quiet?: boolean;
  readonly raw?: boolean;
}

export const mountCommand = (): Command =>
  addBoardOptions(
    new Command('mount')
      .description(
        'mount the trees of a machine at ROOT/sys and ROOT/dev, and serve them until they are unmounted or interrupted',
      )
      .argument('<root>', 'a directory; ROOT/sys, ROOT/dev and ROOT/lib/firmware are made in it')
      .option('-d, --daemon', 'go to the background once it is mounted')
      .option('-q, --quiet', 'do not print the kernel log while in the foreground')
      .option('-r, --raw', 'print the kernel log with <level> in front of every line, as dmesg -r does')
      .addOption(
        new Option(
          '--fuse <adapter>',
          'how the mount is served: straight over /dev/fuse (needs root), or through libfuse',
        )
          .choices(['auto', 'direct', 'native'])
          .default('auto'),
      )
      .option(
        '--allow-other',
        'let other users of the host use the mount, as far as the modes of its files allow; without it only its own user may enter it',
      ),
  )
    .addHelpText(
      'after',
      `
Example: a machine of two cores, big endian, in the background:
  $ mips-rprocfs mount /tmp/board --daemon --cpus 3 --endian be`,
    )
    .action(async (root: string, choice: MountChoice) => {
      await checkFirmwareDirectories(choice);
      if (choice.daemon === true) await startDaemon(foregroundCommand(resolve(root), choice));
      else {
        const { serveMachine } = await import('./serve-machine.js');
        await serveMachine(resolve(root), choice);
      }
    });

/** The same command for the background process: without --daemon, and with absolute paths, since it runs in /. */
function foregroundCommand(root: string, choice: MountChoice): string[] {
  const [, script = ''] = process.argv;
  const others = choice.allowOther === true ? ['--allow-other'] : [];
  return [resolve(script), 'mount', root, '--quiet', '--fuse', choice.fuse, ...others, ...boardArguments(choice)];
}
