import { Command } from 'commander';
import { findMachine } from '../mounted-machines.js';
import { ROOT } from '../processor-arguments.js';
import { tableOf } from '../table.js';
import { channelsOf, type Channel } from './channels.js';

export const listCommand = (): Command =>
  new Command('list')
    .description('show the channels: what the remote processors have announced, who has it, and the files for it')
    .argument('[root]', ROOT)
    .option('--json', 'print it as JSON, whose keys docs/commands.md explains')
    .action(async (root: string | undefined, { json }: { json?: boolean }) => {
      const channels = await channelsOf(await findMachine(root));
      if (json === true) console.log(JSON.stringify(channels, null, 2));
      else if (channels.length === 0) console.log('No remote processor with rpmsg runs.');
      else console.log(tableOf(HEADING, channels.map(rowOf)).join('\n'));
    });

const HEADING = ['CHANNEL', 'NAME', 'SRC', 'DST', 'DRIVER', 'FILES'];

const hex = (address: number | null): string => (address === null ? '' : `0x${address.toString(16)}`);

const rowOf = ({ channel, name, src, dst, driver, files }: Channel): string[] => [
  channel,
  name,
  hex(src),
  hex(dst),
  driver ?? '',
  files.map((file) => `/dev/${file}`).join(' '),
];
