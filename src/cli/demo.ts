import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { addMachineOptions, checkFirmwareDirectories, type MachineChoice } from './machine-options.js';

export const demoCommand = (): Command =>
  addMachineOptions(
    new Command('demo').description('mount a machine in a temporary directory, run a shell session on it, and unmount'),
  ).action(async (choice: MachineChoice) => {
    await checkFirmwareDirectories(choice);
    const root = await mkdtemp(join(tmpdir(), 'mips-rprocfs-'));
    try {
      const { demonstrate } = await import('./demonstrate.js');
      await demonstrate(root, choice);
    } finally {
      await rm(root, { recursive: true });
    }
  });
