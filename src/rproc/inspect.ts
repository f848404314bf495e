import type { Endian } from '../emu/hardware.js';
import { DeviceLog, Errno, KernelLog, LEVEL, Notifier } from '../kernel/index.js';
import { linuxRegion, mappings, placement } from './drivers/mips_memory.js';
import { Devcoredumps } from './devcoredump.js';
import { ELF_CLASS, ElfImage } from './elf.js';
import { instructionsOf, type Core } from './elf_flags.js';
import { classesOf, isElf64, isReadable, startsWithMagic } from './elf_loader.js';
import { Ids } from './ids.js';
import { PagePool } from './memory.js';
import { RemoteProc, type RemoteProcEvent } from './remoteproc.js';
import { TableView, tableText } from './resource_table.js';
import { carveoutSummary } from './carveout.js';
import { hex } from './text.js';
import { bindNothing } from './vdev.js';

export interface Inspection {
  /** What to print, a line each. */
  readonly lines: readonly string[];
  /** Whether `start` would get as far as running it. */
  readonly loads: boolean;
}

const LARGEST_MEMORY = 256 * 1024 * 1024;
const EM_MIPS = 8;

/**
 * What a firmware image is, and what `start` would make of it: the image is booted on a processor without hardware, so
 * that every check, number and message is the loader's own.
 */
export async function inspect(bytes: Uint8Array, endian: Endian, model: Core, name = 'firmware'): Promise<Inspection> {
  const image = new ElfImage(bytes, endian);
  const log = new KernelLog();
  const rproc = dryProcessor(bytes, endian, name, model, log);
  const error = await rproc.boot().then(
    () => undefined,
    (refusal: unknown) => {
      if (refusal instanceof Errno) return refusal;
      throw refusal;
    },
  );
  const messages = log.entries().map(({ text }) => `  ${text.replace(/^remoteproc remoteproc0: /, '')}`);
  const verdict = error === undefined ? 'start would succeed' : `start would fail with ${error.code}`;
  return {
    loads: error === undefined,
    lines: [
      kindLine(image),
      // the fields of anything else are noise
      ...(isReadable(image)
        ? [...headerLines(image, model), ...segmentLines(image), ...tableLines(image, endian, rproc)]
        : []),
      ...carveoutLines(rproc),
      `${verdict}; the kernel would say:`,
      ...messages,
      ...(error === undefined || saysWhy(log) ? [] : unsaid(image)),
      ...(error === undefined ? [] : remedy(image, model)),
    ],
  };
}

const saysWhy = (log: KernelLog): boolean => log.entries().some(({ level }) => level <= LEVEL.err);

/** What would have to be else. */
const remedy = (image: ElfImage, { name, isa }: Core): string[] =>
  isReadable(image) && isElf64(image) && isa.bits === 32
    ? [`and ${name} has 32 bits: a core of 64, such as --cpu I6400, takes ELF64`]
    : [];

/** Refusals that the kernel gives no reason for (kernel-abi.md 4.3). */
const unsaid = (image: ElfImage): string[] =>
  image.findSection('.resource_table') === undefined
    ? ['and nothing of the reason: an image without a .resource_table section is refused']
    : [];

function dryProcessor(bytes: Uint8Array, endian: Endian, name: string, { isa }: Core, log: KernelLog): RemoteProc {
  const region = linuxRegion({ memory: LARGEST_MEMORY });
  const memory = new PagePool(new Uint8Array(LARGEST_MEMORY), { start: 0, end: region.start });
  const platform = { path: '/devices/none', log: new DeviceLog(log, 'mips-rproc mips-rproc'), memory, placement };
  const host = {
    log,
    endian,
    notifier: new Notifier<RemoteProcEvent>(),
    indices: new Ids(),
    platformIds: new Ids(),
    bindVdev: bindNothing,
    dumps: new Devcoredumps(),
    requestFirmware: () => Promise.resolve(bytes),
  };
  const start = (rproc: RemoteProc): void => void mappings(rproc);
  const elfClasses = classesOf(isa.bits);
  return new RemoteProc(host, { name: 'inspected', firmware: name, platform, ops: { start }, elfClasses });
}

function kindLine(image: ElfImage): string {
  const { elfClass, size, nativeEndian } = image;
  if (!startsWithMagic(image)) return `size ${size} bytes, not an ELF image`;
  const kind = elfClass === ELF_CLASS.elf32 ? 'ELF32' : elfClass === ELF_CLASS.elf64 ? 'ELF64' : 'not an ELF class';
  return `size ${size} bytes, class ${elfClass} (${kind}), byte order ${nativeEndian ? 'right' : 'wrong'}`;
}

function headerLines(image: ElfImage, model: Core): string[] {
  const { entry, phnum, shnum } = image.header;
  const { machine } = image;
  return [
    `machine ${machine}${machine === EM_MIPS ? ' (MIPS)' : ' (not MIPS; the kernel does not look)'}, entry ${hex(entry)}`,
    ...(machine === EM_MIPS ? [flagsLine(image, model)] : []),
    `${phnum} program headers, ${shnum} section headers`,
  ];
}

function flagsLine(image: ElfImage, model: Core): string {
  const flags = Number(image.header.flags);
  const instructions = instructionsOf(flags, isElf64(image));
  const unable = instructions?.on(model) === false ? `; not for ${model.name}, but the kernel does not look` : '';
  return `flags ${hex(flags)} (${instructions?.text ?? 'an unknown architecture'}${unable})`;
}

const MOST_SEGMENTS = 64;

function segmentLines(image: ElfImage): string[] {
  const lines: string[] = [];
  for (const { type, offset, paddr, filesz, memsz } of image.programHeaders()) {
    if (lines.length === MOST_SEGMENTS) return [...lines, 'more program headers'];
    lines.push(
      `segment ${lines.length}: type ${hex(type)} offset ${hex(offset)} device address ${hex(paddr)} ` +
        `file ${hex(filesz)} memory ${hex(memsz)}`,
    );
  }
  return lines;
}

/** The table as the boot has patched it, or as the file has it when the boot did not get there. */
function tableLines(image: ElfImage, endian: Endian, { resources }: RemoteProc): string[] {
  const section = image.findSection('.resource_table');
  if (section === undefined) return ['no .resource_table section'];
  const { offset, size } = section;
  const inFile = offset + size <= image.size ? image.slice(offset, size) : new Uint8Array();
  const title = `resource table: address ${hex(section.addr)}, ${size} bytes`;
  const text = tableText(new TableView(resources.table ?? inFile, endian), (at) => hex(at));
  return [
    title,
    ...text
      .trimEnd()
      .split('\n')
      .map((line) => (line === '' ? '' : `  ${line}`)),
  ];
}

const carveoutLines = ({ resources }: RemoteProc): string[] =>
  resources.carveouts.map((carveout) => `carveout ${carveoutSummary(carveout)}`);
