/**
 * Linux's remoteproc core, its platform drivers, and the parts of Linux that they lean on.
 *
 * RemoteProc   a remote processor: state, power count, and one lock that every operation takes (kernel-abi.md 1.4, 3).
 * Resources    what a powered processor has from its resource table: carveouts, traces, vdevs. Owned by the RemoteProc,
 *              made by a boot, given back by the last stop.
 * Carveout     memory at a device address (da), a physical address (dma), and as bytes (va).
 * Vdev         a virtio device that a table asks for; `VdevBinder` is where virtio joins in, as a Subdevice.
 * CrashWork    what is done about crashes, later and one at a time. Takes the lock like anyone else.
 * Devcoredumps the class of core dumps that wait for a reader; coredump.ts makes them in the course of a recovery.
 * Platform, ProcessorOps   what a driver provides. drivers/ knows the hardware, nothing else here does.
 * Faults       what goes wrong on request, between a processor and its driver.
 * GenericRprocs   platform devices with memory and without a CPU.
 * Linux        owns the class, the log, the CPU masks, the firmware loader and the drivers.
 *
 * Order of locks: CPU hotplug, then a processor's. Tearing down happens in the operation that was asked for, in the
 * reverse order of setting up (sequence.ts).
 */
export * as attributes from './attributes.js';
export { carveoutText, platformCarveout, type Carveout } from './carveout.js';
export * as cdev from './cdev.js';
export { Cpus, maskText, NO_FAILURE, type CpuOptions } from './cpu.js';
export { Devcoredumps, type Dump, type DumpDevice, type DumpEvent } from './devcoredump.js';
export { formatCpuList, parseCpuList } from './cpulist.js';
export { GenericRprocs, platformDevicePath, type PlatformDevice, type PlatformEvent } from './drivers/generic.js';
export { MEMORY_USES, VENDOR_RESOURCES, type GenericOptions, type MemoryRegion } from './drivers/generic_options.js';
export { DEFAULT_TEMPLATE, type GenericTemplate } from './drivers/generic_parameters.js';
export { linuxRegion, type LinuxRegion } from './drivers/mips_memory.js';
export type { MipsRproc } from './drivers/mips.js';
export { ElfImage } from './elf.js';
export type { Knob } from './faults.js';
export { FirmwareLoader } from './firmware.js';
export { inspect, type Inspection } from './inspect.js';
export { Linux, type LinuxOptions } from './linux.js';
export { DriverOverride, namedIn, storeBind, storeProbe, storeUnbind } from './platform_bus.js';
export { RuntimePm } from './runtime_pm.js';
export { PagePool, type Block, type CoherentMemory } from './memory.js';
export { Ids } from './ids.js';
export type { DumpFormat, Platform, ProcessorOps, RemoteProcOptions, Subdevice } from './platform.js';
export { RemoteProc, type Host, type RemoteProcEvent, type State } from './remoteproc.js';
export { FIELD, TableView, VRING_SIZE, vringSize, vringView } from './resource_table.js';
export type { DumpSegment, Resources, Trace } from './resources.js';
export { bytesOf, cString, parseSigned, textOf } from './text.js';
export { segmentMap, type SegmentPlace } from './segment_map.js';
export { machineText, statusText } from './status.js';
export { showUevent, type Uevent, type UeventDevice, type Uevents } from './uevent.js';
export {
  cpuDevice,
  driverDevice,
  dumpDevice,
  dumpName,
  modalias,
  plainDevice,
  platformDevice,
  rprocDevice,
  vdevDevice,
  vdevPath,
} from './uevent_devices.js';
export {
  publishVring,
  vdevDeviceName,
  type Vdev,
  type VdevBinder,
  type VdevPlatformDevice,
  type Vring,
} from './vdev.js';
