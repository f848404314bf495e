/** The file of `--machine`, which describes a board: docs/machine-file.md. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { MAX_CPUS, modelNames, type MachineOptions } from '../emu/index.js';
import { Errno } from '../kernel/index.js';
import {
  MEMORY_USES,
  parseCpuList,
  VENDOR_RESOURCES,
  type CpuOptions,
  type GenericOptions,
  type GenericTemplate,
  type LinuxOptions,
  type MemoryRegion,
} from '../rproc/index.js';
import { CheckedValue } from './checked-value.js';
import { CommandError } from './command-error.js';
import { CLOCKS } from './machine-options.js';

const HIGHEST = 0xffff_ffff;
const LARGEST_REGION = 0x1000_0000;
const PAGE = 4096;
const EM_MIPS = 8;
const COMPATIBLE = 'generic-rproc';

/** What a file says; what it leaves out is as without a file. */
export interface MachineDescription {
  readonly hardware: Partial<Pick<MachineOptions, 'endian' | 'cpus' | 'cpu' | 'clock'>> & { readonly uhiRoot?: string };
  readonly linux: Pick<LinuxOptions, 'cpus' | 'mask' | 'devices' | 'dmaPool' | 'template'>;
}

/** Throws CommandError: one line that names the file, the place in it, and what is wrong. */
export async function readMachineFile(file: string): Promise<MachineDescription> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CommandError(`the machine file ${file} cannot be read (${reason})`, { cause: error });
  });
  return parseMachine(text, file);
}

/** `text` is YAML, or JSON, which is YAML too; `file` is what messages call it. */
export function parseMachine(text: string, file: string): MachineDescription {
  const top = new CheckedValue(file, '', parsed(text, file)).members([
    'endian',
    'cpu',
    'clock',
    'uhi-root',
    'cpus',
    'dma-pool',
    'devices',
    'reset',
  ]);
  const devices = top.devices.elements().map(deviceOf);
  refuseDoubles(top.devices, devices);
  const [first] = devices;
  const template = top.reset.given ? resetOf(top.reset) : first && templateOf(first);
  const pool = top['dma-pool'].given ? { dmaPool: poolOf(top['dma-pool']) } : {};
  const cpus = top.cpus.given ? cpusOf(top.cpus) : {};
  return {
    hardware: {
      ...(top.endian.given ? { endian: top.endian.oneOf(['le', 'be']) } : {}),
      ...(top.cpu.given ? { cpu: top.cpu.oneOf(modelNames) } : {}),
      ...(top.clock.given ? { clock: top.clock.oneOf(CLOCKS) } : {}),
      // as a path that stands in a file is read
      ...(top['uhi-root'].given ? { uhiRoot: resolve(dirname(file), top['uhi-root'].text()) } : {}),
      ...(cpus.count === undefined ? {} : { cpus: cpus.count }),
    },
    linux: { ...cpus.linux, ...pool, devices, ...(template === undefined ? {} : { template }) },
  };
}

function parsed(text: string, file: string): unknown {
  try {
    return parse(text, { logLevel: 'error' });
  } catch (error) {
    const [reason = ''] = error instanceof Error ? error.message.split('\n', 1) : [String(error)];
    throw new CommandError(`${file}: it is neither YAML nor JSON: ${reason.replace(/:$/, '')}`, { cause: error });
  }
}

function cpusOf(at: CheckedValue): { count?: number; linux?: Pick<LinuxOptions, 'cpus' | 'mask'> } {
  const { possible, present, online, remote, limit } = at.members(['possible', 'present', 'online', 'remote', 'limit']);
  const count = possible.number(1, MAX_CPUS);
  const cpus: CpuOptions = {
    ...(present.given ? { present: cpuList(present, count) } : {}),
    ...(online.given ? { online: cpuList(online, count) } : {}),
    ...(limit.given ? { limit: limit.number(count, MAX_CPUS) } : {}),
  };
  return { count, linux: { cpus, ...(remote.given ? { mask: cpuList(remote, count) } : {}) } };
}

/** Such as "0-2,5"; an empty text for no CPU. */
function cpuList(at: CheckedValue, count: number): number[] {
  const text = at.list();
  try {
    return [...parseCpuList(text, count)];
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    return at.refuse(`it must be a list of CPUs below ${count}, such as "0-2,5"`);
  }
}

function poolOf(at: CheckedValue) {
  const { base, size } = at.members(['base', 'size']);
  const start = address(base);
  const end = start + pages(size);
  if (end > HIGHEST + 1) size.refuse('the pool ends above 32 bits');
  return { start, end };
}

/** A whole number of pages. */
function pages(at: CheckedValue): number {
  const size = at.number(PAGE, LARGEST_REGION);
  return size % PAGE === 0 ? size : at.refuse(`it must be a multiple of ${PAGE}`);
}

function address(at: CheckedValue): number {
  const value = at.number(0, HIGHEST);
  return value % PAGE === 0 ? value : at.refuse(`it must be a multiple of ${PAGE}`);
}

const NAME = /^[\w.,@:-]{1,60}$/;
function nameOf(at: CheckedValue, fallback?: string): string {
  const name = at.text(fallback);
  return NAME.test(name) && !/^\.+$/.test(name)
    ? name
    : at.refuse('it must be a name of letters, digits and . , @ : _ -, at most 60');
}

const DEVICE_KEYS = [
  'compatible',
  'name',
  'driver',
  'label',
  'firmware-name',
  'memory-region',
  'memory-use',
  'needs-resource-table',
  'auto-boot',
  'read-only',
  'detached',
  'attach-on-recovery',
  'resource-table',
  'coredump',
  'without',
  'loopback',
  'vendor-resources',
] as const;

function deviceOf(at: CheckedValue): GenericOptions {
  const given = at.members(DEVICE_KEYS);
  given.compatible.oneOf([COMPATIBLE], COMPATIBLE);
  const device = nameOf(given.name);
  const lacking = given.without.elements().map((word) => word.oneOf(['stop', 'kick']));
  return {
    device,
    driver: nameOf(given.driver, device.replace(/\.\d+$/, '')),
    processor: nameOf(given.label, device),
    ...(given['firmware-name'].given ? { firmware: given['firmware-name'].text() } : {}),
    regions: regionsOf(given['memory-region']),
    memoryUse: given['memory-use'].oneOf(MEMORY_USES, 'parse-firmware'),
    needsTable: given['needs-resource-table'].flag(true),
    autoBoot: given['auto-boot'].flag(false),
    readOnly: given['read-only'].flag(false),
    detached: given.detached.flag(false),
    attachOnRecovery: given['attach-on-recovery'].flag(false),
    ...(given['resource-table'].given ? { loadedTable: loadedTableOf(given['resource-table']) } : {}),
    ...(given.coredump.given ? coredumpOf(given.coredump) : { dumpSegments: [] }),
    lacks: { stop: lacking.includes('stop'), kick: lacking.includes('kick') },
    loopback: given['loopback'].flag(false),
    vendorResources: given['vendor-resources'].oneOf(VENDOR_RESOURCES, 'unknown'),
  };
}

function regionsOf(at: CheckedValue): MemoryRegion[] {
  return at.elements().map((element) => {
    const { name, da, dma, size } = element.members(['name', 'da', 'dma', 'size']);
    const region = {
      name: nameOf(name),
      da: da.number(0, HIGHEST),
      dma: dma.number(0, HIGHEST),
      size: size.number(1, LARGEST_REGION),
    };
    for (const [start, place] of [
      [region.da, da],
      [region.dma, dma],
    ] as const)
      if (start + region.size > HIGHEST + 1) place.refuse('the region ends above 32 bits');
    return region;
  });
}

function loadedTableOf(at: CheckedValue) {
  const { da, traces } = at.members(['da', 'traces']);
  return {
    da: da.number(0, HIGHEST),
    traces: traces.elements().map((element) => {
      const trace = element.members(['name', 'da', 'size']);
      return { name: nameOf(trace.name), da: trace.da.number(0, HIGHEST), size: trace.size.number(1, HIGHEST) };
    }),
  };
}

function coredumpOf(at: CheckedValue): Pick<GenericOptions, 'dump' | 'dumpSegments'> {
  const given = at.members(['class', 'machine', 'segments']);
  return {
    dump: {
      elfClass: given.class.oneOf(['elf32', 'elf64'], 'elf32'),
      machine: given.machine.number(0, 0xffff, EM_MIPS),
    },
    dumpSegments: given.segments.elements().map((element) => {
      const { da, size } = element.members(['da', 'size']);
      return { da: BigInt(da.number(0, HIGHEST)), size: BigInt(size.number(1, HIGHEST)) };
    }),
  };
}

function refuseDoubles(at: CheckedValue, devices: readonly GenericOptions[]): void {
  const names = devices.map(({ device }) => device);
  const double = names.find((name, index) => names.indexOf(name) < index);
  if (double !== undefined) at.refuse(`two devices are called ${double}`);
}

/** A reset makes devices like the first one, unless the file says otherwise. */
function templateOf({ driver, regions: [region] }: GenericOptions): GenericTemplate | undefined {
  return region && { driver, memoryName: region.name, da: region.da, dma: region.dma, size: region.size };
}

function resetOf(at: CheckedValue): GenericTemplate {
  const { driver, 'memory-region': memory } = at.members(['driver', 'memory-region']);
  const [region, ...more] = regionsOf(memory);
  if (region === undefined || more.length > 0) return memory.refuse('it must be a list of one region');
  return { driver: nameOf(driver), memoryName: region.name, da: region.da, dma: region.dma, size: region.size };
}
