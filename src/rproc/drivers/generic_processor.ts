/** The operations of one processor of the generic driver. There is no CPU: what is loaded stays as it is, and at most a loopback answers. */
import type { Endian } from '../../emu/hardware.js';
import { Errno } from '../../kernel/index.js';
import { platformCarveout } from '../carveout.js';
import type { ElfImage } from '../elf.js';
import type { ProcessorOps } from '../platform.js';
import type { RemoteProc } from '../remoteproc.js';
import { encodeTraceTable } from '../resource_table.js';
import { ignoreRefusal } from '../crash.js';
import type { Loopback } from './generic_loopback.js';
import type { GenericOptions, LoadedTable, MemoryRegion } from './generic_options.js';

interface Memory extends MemoryRegion {
  readonly bytes: Uint8Array;
}

/** The memory of each region; one that lies inside an earlier one shares it. */
export function layOut(regions: readonly MemoryRegion[]): Memory[] {
  const laidOut: Memory[] = [];
  for (const region of regions) {
    const { dma, size } = region;
    const around = laidOut.find((other) => other.dma <= dma && dma + size <= other.dma + other.size);
    const offset = dma - (around?.dma ?? 0);
    laidOut.push({ ...region, bytes: around?.bytes.subarray(offset, offset + size) ?? new Uint8Array(size) });
  }
  return laidOut;
}

export function genericOperations(
  options: GenericOptions,
  memory: readonly Memory[],
  endian: Endian,
  loopback?: Loopback,
): ProcessorOps {
  const { memoryUse, needsTable, detached, loadedTable, vendorResources, lacks } = options;

  const registerMemory = (rproc: RemoteProc): void => {
    for (const { name, da, dma, bytes } of memory) rproc.addCarveout(platformCarveout(name, da, dma, bytes));
  };
  const registerSegments = ({ resources }: RemoteProc): void => {
    resources.dumpSegments.push(...options.dumpSegments);
  };
  const translate = (da: bigint, length: bigint): Uint8Array | undefined => {
    for (const region of memory) {
      const offset = da - BigInt(region.da);
      if (offset >= 0n && offset + length <= BigInt(region.size))
        return region.bytes.subarray(Number(offset), Number(offset + length));
    }
    return undefined;
  };

  const run = (): void => loopback?.start();
  const halt = (): void => loopback?.stop();

  const ops: ProcessorOps = {
    start: run,
    freeze: halt,
    prepare: (rproc) => {
      if (memoryUse === 'prepare') registerSegments(rproc);
      if (memoryUse === 'prepare' || rproc.state === 'detached') registerMemory(rproc);
      else if (memoryUse === 'translate') registerSegments(rproc);
    },
  };
  if (!lacks.stop) ops.stop = halt;
  if (!lacks.kick) ops.kick = (rproc) => loopback?.kick(rproc);
  if (memoryUse === 'translate') ops.translate = (_rproc, da, length) => translate(da, length);
  if (memoryUse === 'parse-firmware')
    ops.parseFirmware = (rproc, image) => {
      loadTable(rproc, image, needsTable);
      registerSegments(rproc);
      registerMemory(rproc);
    };
  if (detached) {
    ops.attach = run;
    ops.detach = halt;
    ops.loadedResourceTable = () => loadedTable && writeTable(loadedTable, endian, translate);
  }
  if (vendorResources !== 'unknown')
    ops.handleResource = () => {
      if (vendorResources === 'error') throw new Errno('EPROTO');
      return vendorResources === 'handled';
    };
  return ops;
}

function loadTable(rproc: RemoteProc, image: ElfImage, needed: boolean): void {
  try {
    rproc.loadResourceTable(image);
  } catch (error) {
    if (needed) throw error;
    ignoreRefusal(error);
    rproc.log.warn('no resource table found for this firmware');
  }
}

/** The table as the processor's own software has left it. @throws Errno ENOMEM when it lies outside the memory. */
function writeTable(
  { da, traces }: LoadedTable,
  endian: Endian,
  translate: (da: bigint, length: bigint) => Uint8Array | undefined,
): Uint8Array {
  const table = encodeTraceTable(traces, endian);
  const live = translate(BigInt(da), BigInt(table.length));
  if (live === undefined) throw new Errno('ENOMEM');
  live.set(table);
  return live;
}
