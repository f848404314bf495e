/** Serves a machine to one command, for as long as that runs: docs/reference/fuse.md 7. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { openDevice, serveMounted, type ServedTree } from '../../fs/index.js';
import { KernelLog } from '../../kernel/index.js';
import { compose, type ComposeOptions } from '../compose.js';
import { mountSource } from '../mount-source.js';
import { enterNamespace } from './enter.js';
import { Collector, type Evidence } from './evidence.js';
import { FIRMWARE, firmwareMounts, locate, type FirmwarePlaces } from './firmware.js';
import { accompany } from './job.js';
import { devMounts, sysMounts } from './merge.js';
import { fstab } from './mount-line.js';
import { FSTAB, layer, HOST_SYS, SKELETON, STAGING, UPPER, WORK } from './staging.js';
import type { Starter } from './starter.js';
import { Sweeper } from './sweeper.js';

export interface SessionOptions extends Omit<ComposeOptions, 'defaultFirmwareDir' | 'locateFirmware' | 'log'> {
  /** Seconds until the command is ended. */
  readonly timeout?: number | undefined;
  /** With which it ends, and which may want a report: a {@link RunReport}, as JSON. */
  readonly starter?: Starter | undefined;
}

/** How a command ended, and what its machine left. */
export interface RunReport extends Evidence {
  /** Exit status; null when a signal ended it. */
  readonly status: number | null;
  readonly signal: string | null;
  readonly timedOut: boolean;
}

/** Exit status of a command that took too long, as timeout(1) has it. */
const TIMED_OUT = 124;
/** How long a command may take to end after SIGTERM, ms. */
const GRACE = 2000;
/** How long the kernel may take to clear a namespace that nobody uses any more, ms. */
const CLEARANCE = 200;

/** Gives the command's exit status. Throws CommandError or MountError when it could not be started. */
export async function runInNamespace(
  command: readonly string[],
  { timeout, starter, ...options }: SessionOptions,
): Promise<number> {
  const name = mountSource(process.pid);
  const devices = { sys: openDevice(), dev: openDevice() };
  const sweeper = new Sweeper(name);
  const served: ServedTree[] = [];
  // it mounts while the machine is made
  const entering = enterNamespace(command, { name, ...devices });
  const ended = accompany(entering.child);
  void starter?.gone.then(() => {
    // the sweeper ends whoever sees our mounts: this one may not have made them yet
    entering.child.kill('SIGKILL');
    return sweeper.sweep();
  });
  try {
    let places: FirmwarePlaces | undefined;
    const log = new KernelLog();
    const composition = await compose({
      ...options,
      log,
      firmwareDir: [],
      defaultFirmwareDir: FIRMWARE,
      locateFirmware: async (path) => (places === undefined ? path : locate(path, places)),
    });
    const collector = new Collector(log, composition.linux);
    let end: End;
    let logged: string[];
    try {
      await entering.reached('mounted');
      const { sys, dev } = composition.trees;
      served.push(await serveMounted(sys, devices.sys));
      served.push(await serveMounted(dev, devices.dev));
      const staged = within(await entering.hold(STAGING));
      furnish(staged, options.firmwareDir);
      const mounts = [...sysMounts(sys), ...firmwareMounts(options.firmwareDir), ...devMounts(dev)];
      writeFileSync(staged(FSTAB), fstab(mounts));
      entering.go();
      await entering.reached('ready');
      places = { root: await entering.hold('/'), upper: staged(UPPER), directories: options.firmwareDir };
      entering.go();
      end = await endOf(ended, timeout, sweeper);
      logged = collector.log();
    } finally {
      await clear(served, sweeper);
      await composition.close();
    }
    const { exitCode, signalCode } = entering.child;
    const report: RunReport = {
      ...{ status: exitCode, signal: signalCode, timedOut: end.timedOut },
      ...{ log: logged, traces: collector.traces() },
    };
    await starter?.tell?.(JSON.stringify(report));
    return end.status;
  } catch (error) {
    // a signal ended it before it was the command
    if (entering.child.signalCode !== null) return await ended;
    throw error;
  } finally {
    entering.child.kill('SIGKILL');
    await sweeper.sweep();
  }
}

/** Where a path of the staging area is found through `held`, another name of that. */
const within =
  (held: string) =>
  (path: string): string =>
    held + path.slice(STAGING.length);

/** Makes the directories of the staging area, each after the one that it is in. */
function furnish(staged: (path: string) => string, firmware: readonly string[]): void {
  const layers = firmware.map((_, index) => layer(index));
  for (const path of [HOST_SYS, UPPER, WORK, SKELETON, `${SKELETON}/firmware`, ...layers]) mkdirSync(staged(path));
}

/** A limit for what is awaited with it; the process does not live on for it. */
const atMost = (ms: number): Promise<void> => delay(ms, undefined, { ref: false });

interface End {
  readonly status: number;
  readonly timedOut: boolean;
}

/** However the command ends. */
async function endOf(ended: Promise<number>, timeout: number | undefined, sweeper: Sweeper): Promise<End> {
  if (timeout === undefined) return { status: await ended, timedOut: false };
  const over = new AbortController();
  const expiry = delay(timeout * 1000, undefined, { signal: over.signal }).catch(() => undefined);
  const status = await Promise.race([ended, expiry]);
  over.abort();
  if (status !== undefined) return { status, timedOut: false };
  sweeper.signal('TERM');
  await Promise.race([ended, atMost(GRACE)]);
  return { status: TIMED_OUT, timedOut: true };
}

/** Waits until nobody sees our mounts any more; ends whoever goes on. */
async function clear(served: readonly ServedTree[], sweeper: Sweeper): Promise<void> {
  const gone = Promise.all(served.map(({ closed }) => closed));
  await Promise.race([gone, atMost(CLEARANCE)]);
  if (served.length > 0 && served.every((tree) => tree.gone())) sweeper.dismiss();
  else await sweeper.sweep();
  for (const tree of served) if (!tree.gone()) tree.close();
  await gone;
}
