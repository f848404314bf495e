/** What `mount` does in the process that serves: apart from the verb, since it loads the whole machine. */
import { resolve } from 'node:path';
import { KernelLog } from '../kernel/index.js';
import { compose, TREES } from './compose.js';
import { backgroundReport } from './daemon.js';
import { printLog } from './dmesg-format.js';
import { readMachineFile } from './machine-file.js';
import type { MountChoice } from './mount.js';
import { FIRMWARE } from './prepare-root.js';
import { serveRoot } from './serve-root.js';
import { serviceManager } from './service-manager.js';

export async function serveMachine(root: string, choice: MountChoice): Promise<void> {
  const report = backgroundReport();
  // a process in the background is none of systemd's: its starter ends
  const manager = report === undefined ? serviceManager((line) => console.error(`mips-rprocfs: ${line}`)) : undefined;
  const log = new KernelLog();
  if (choice.quiet !== true) printLog(log, choice.raw);
  const { machine: file, fuse, allowOther = false, ...options } = choice;
  const machine = file === undefined ? {} : { machine: await readMachineFile(file) };
  const make = () =>
    compose({ ...options, ...machine, defaultFirmwareDir: resolve(root, FIRMWARE), log, prepared: true });
  await serveRoot(root, TREES, make, {
    adapter: fuse,
    allowOther,
    ready: async () => {
      report?.ready();
      if (report === undefined && choice.quiet !== true)
        console.error(`mips-rprocfs: ${root}/sys and ${root}/dev are mounted; Ctrl-C ends it`);
      await manager?.tell('READY=1', `STATUS=${root}/sys and ${root}/dev are mounted`);
    },
    stopping: () => manager?.tell('STOPPING=1', 'STATUS=Stopping the firmware and unmounting'),
  });
}
