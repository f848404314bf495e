/** Puts a simulated machine together: hardware, the Linux that runs on it, and the trees that show it. */
import { debugfsTree } from '../debugfs/index.js';
import { devfsTree, PtyHost } from '../devfs/index.js';
import { Machine } from '../emu/index.js';
import type { Directory } from '../fs/index.js';
import { KernelLog } from '../kernel/index.js';
import { Linux, type LinuxOptions } from '../rproc/index.js';
import { sysfsTree } from '../sysfs/index.js';
import { Virtio } from '../virtio/index.js';
import type { MachineDescription } from './machine-file.js';
import { checkDirectory, memoryBytes, type MachineChoice } from './machine-options.js';
import type { Composition } from './serve-root.js';
import { translationCache } from './translation-cache.js';

/** The mounts below ROOT. */
export const TREES = ['sys', 'dev'] as const;

export interface ComposeOptions extends MachineChoice {
  /** Given when the user names no directory. */
  readonly defaultFirmwareDir: string;
  readonly locateFirmware?: LinuxOptions['locateFirmware'] | undefined;
  readonly log?: KernelLog;
  /** The machine makes ready for its first start while everybody goes on: who serves for long will want one. */
  readonly prepared?: boolean;
  /** Instead of a machine whose every processor is a MIPS core. */
  readonly machine?: MachineDescription;
}

export interface Composed extends Composition {
  readonly trees: Readonly<Record<(typeof TREES)[number], Directory>>;
  readonly linux: Linux;
}

/** Ownership is a stack: what is made last is closed first, and a failure on the way closes what there is. */
export async function compose(options: ComposeOptions): Promise<Composed> {
  const { machine, firmwareDir, defaultFirmwareDir, locateFirmware, log = new KernelLog() } = options;
  const { cpus, endian, cpu, clock, uhiRoot, engine } = { ...options, ...machine?.hardware };
  if (uhiRoot !== undefined) await checkDirectory('UHI root', uhiRoot);
  const hardware = new Machine({
    cpus,
    endian,
    memory: memoryBytes(options),
    cpu,
    clock,
    uhiRoot,
    engine,
    translationCache: translationCache(options.translationCache),
  });
  if (options.prepared === true) void hardware.prepare();
  const firmwareDirectories = firmwareDir.length > 0 ? firmwareDir : [defaultFirmwareDir];
  const virtio = new Virtio({ log, ttys: new PtyHost(log) });
  const { bindVdev } = virtio;
  const linux = await Linux.boot({ hardware, firmwareDirectories, locateFirmware, log, bindVdev, ...machine?.linux });
  // first, as the kernel adds the character device before the device
  const dev = devfsTree(linux, virtio);
  return {
    trees: { sys: sysfsTree(linux, virtio, debugfsTree(linux, virtio)), dev },
    linux,
    close: async () => {
      await linux.close();
      await hardware.close();
    },
  };
}
