import { Command } from 'commander';
import { unmountRoot } from './unmount-root.js';

export const umountCommand = (): Command =>
  new Command('umount')
    .description('stop the firmware, unmount ROOT, and wait until the process that served it has ended')
    .argument('<root>', 'the directory that was given to mount')
    .action(unmountRoot);
