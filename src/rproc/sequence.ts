/**
 * The steps of boot, start, stop, attach and detach, in the kernel's order (docs/reference/kernel-abi.md 3.2 to 3.4).
 * The caller holds the processor's lock. A step that fails says so, undoes the steps before it in reverse, and throws.
 */
import { Errno, negative } from '../kernel/index.js';
import { ElfImage } from './elf.js';
import { checkSanity, isElf64, loadedTable, loadSegments, type Translate } from './elf_loader.js';
import type { RemoteProc } from './remoteproc.js';

/** Runs a step; when it is refused, says so after `message` and throws on. */
async function step<T>(rproc: RemoteProc, message: string, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    rproc.log.err(`${message}: ${negative(error)}`);
    throw error;
  }
}

/** Runs an action; when it throws, undoes and throws on. */
async function unwinding<T>(action: () => T | Promise<T>, undo: () => void | Promise<void>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    await undo();
    throw error;
  }
}

const translateOf =
  ({ resources }: RemoteProc): Translate =>
  (da, length) =>
    resources.translate(da, length);

export async function bootFirmware(rproc: RemoteProc, bytes: Uint8Array): Promise<void> {
  const { log, ops, resources } = rproc;
  const image = new ElfImage(bytes, rproc.endian);
  checkSanity(image, log, rproc.options.elfClasses);
  log.info(`Booting fw image ${rproc.firmware}, size ${bytes.length}`);
  await step(rproc, `can't prepare rproc ${rproc.name}`, () => ops.prepare?.(rproc));
  await unwinding(
    async () => {
      rproc.bootAddress = image.header.entry;
      rproc.wide = isElf64(image);
      if (ops.parseFirmware !== undefined) ops.parseFirmware(rproc, image);
      else rproc.loadResourceTable(image);
      await unwinding(
        async () => {
          await resources.handle();
          resources.allocateCarveouts();
          await startFirmware(rproc, bytes);
        },
        () => resources.release(),
      );
    },
    () => ops.unprepare?.(rproc),
  );
}

/** Loads and starts an image that nobody checks any more: the second half of a boot, and all of a recovery. */
export async function startFirmware(rproc: RemoteProc, bytes: Uint8Array): Promise<void> {
  const { log, ops, resources } = rproc;
  const image = new ElfImage(bytes, rproc.endian);
  const translate = translateOf(rproc);
  await step(rproc, 'Failed to load program segments', () => loadSegments(image, translate, log));
  const { cachedTable } = resources;
  const live = loadedTable(image, rproc.endian, cachedTable?.length ?? 0, translate, log);
  if (live !== undefined) {
    live.set(cachedTable ?? []);
    resources.table = live;
  }
  await unwinding(
    () =>
      startProcessor(
        rproc,
        `can't start rproc ${rproc.name}`,
        () => ops.start?.(rproc),
        () => ops.stop?.(rproc),
      ),
    () => {
      resources.table = resources.cachedTable;
    },
  );
  rproc.state = 'running';
  log.info(`remote processor ${rproc.name} is now up`);
}

async function startProcessor(
  rproc: RemoteProc,
  refusal: string,
  start: () => void | Promise<void>,
  stopAgain: () => void | Promise<void>,
): Promise<void> {
  await step(rproc, `failed to prepare subdevices for ${rproc.name}`, () => prepareSubdevices(rproc));
  await unwinding(
    async () => {
      await step(rproc, refusal, start);
      await unwinding(
        () => step(rproc, `failed to probe subdevices for ${rproc.name}`, () => startSubdevices(rproc)),
        stopAgain,
      );
    },
    () => unprepareSubdevices(rproc),
  );
}

/** @throws Errno EINVAL without a stop op; or the op's: the state stays, and the subdevices are gone. */
export async function stop(rproc: RemoteProc, crashed: boolean): Promise<void> {
  const { ops, resources } = rproc;
  if (ops.stop === undefined) throw new Errno('EINVAL');
  await stopSubdevices(rproc, crashed);
  // an attached processor had no copy of its own
  if (resources.table !== undefined) resources.cachedTable ??= resources.table.slice();
  resources.table = resources.cachedTable;
  await step(rproc, "can't stop rproc", () => ops.stop?.(rproc));
  unprepareSubdevices(rproc);
  rproc.state = 'offline';
  rproc.log.info(`stopped remote processor ${rproc.name}`);
}

/** After the last stop or detach: everything that the boot acquired. */
export async function releaseHardware(rproc: RemoteProc): Promise<void> {
  rproc.resources.release();
  await rproc.ops.unprepare?.(rproc);
}

/** Takes a processor that runs already; `prepare` is left out when recovery attaches again to what is still prepared. */
export async function attach(rproc: RemoteProc, first?: 'prepare'): Promise<void> {
  if (first === undefined) return attachProcessor(rproc);
  const { ops, resources } = rproc;
  await step(rproc, `can't prepare rproc ${rproc.name}`, () => ops.prepare?.(rproc));
  await unwinding(
    async () => {
      const load = () => (resources.table = ops.loadedResourceTable?.(rproc));
      // the kernel says it twice
      await step(rproc, "can't load resource table", () => step(rproc, "can't load resource table", load));
      resources.pristineTable = resources.table?.slice();
      await unwinding(
        async () => {
          await resources.handle();
          resources.allocateCarveouts();
          await attachProcessor(rproc);
        },
        () => resources.release(),
      );
    },
    () => ops.unprepare?.(rproc),
  );
}

async function attachProcessor(rproc: RemoteProc): Promise<void> {
  const { ops } = rproc;
  const refusal = `can't attach to rproc ${rproc.name}`;
  await startProcessor(
    rproc,
    refusal,
    () => ops.attach?.(rproc),
    () => ops.stop?.(rproc),
  );
  rproc.state = 'attached';
  rproc.log.info(`remote processor ${rproc.name} is now attached`);
}

/** Lets go of an attached processor, whose table becomes what it was (kernel-abi.md 3.4). @throws Errno EINVAL without a detach op. */
export async function detach(rproc: RemoteProc): Promise<void> {
  const { ops, resources } = rproc;
  if (ops.detach === undefined) throw new Errno('EINVAL');
  await stopSubdevices(rproc, false);
  resources.restoreTable();
  await step(rproc, "can't detach from rproc", () => ops.detach?.(rproc));
  unprepareSubdevices(rproc);
  rproc.state = 'detached';
  rproc.log.info(`detached remote processor ${rproc.name}`);
}

async function prepareSubdevices(rproc: RemoteProc): Promise<void> {
  const prepared: (() => void)[] = [];
  await unwinding(
    async () => {
      for (const subdevice of rproc.resources.subdevices) {
        await subdevice.prepare?.();
        prepared.unshift(() => subdevice.unprepare?.());
      }
    },
    () => prepared.forEach((undo) => undo()),
  );
}

async function startSubdevices(rproc: RemoteProc): Promise<void> {
  const started: (() => void | Promise<void>)[] = [];
  await unwinding(
    async () => {
      for (const subdevice of rproc.resources.subdevices) {
        await subdevice.start?.();
        started.unshift(() => subdevice.stop?.(true));
      }
    },
    async () => {
      for (const undo of started) await undo();
    },
  );
}

async function stopSubdevices(rproc: RemoteProc, crashed: boolean): Promise<void> {
  for (const subdevice of rproc.resources.subdevices.toReversed()) await subdevice.stop?.(crashed);
}

function unprepareSubdevices(rproc: RemoteProc): void {
  for (const subdevice of rproc.resources.subdevices.toReversed()) subdevice.unprepare?.();
}
