import { Errno, type DeviceLog } from '../kernel/index.js';
import { ignoreRefusal } from './crash.js';
import { ELF_CLASS, HEADER_SIZE, PT_LOAD, type ElfImage, type SectionHeader } from './elf.js';
import { TABLE_HEADER_LENGTH, readTableHeader } from './resource_table.js';
import type { Endian } from '../emu/hardware.js';
import { hex } from './text.js';

/** Device address to the host's bytes; undefined when the whole range is not in one place (kernel-abi.md 4.2). */
export type Translate = (da: bigint, length: bigint) => Uint8Array | undefined;

const MAGIC = [0x7f, 0x45, 0x4c, 0x46];

/** What a driver can start. */
export type ElfClass = 'elf32' | 'elf64';
const ELF_CLASSES: readonly ElfClass[] = ['elf32', 'elf64'];

/** What a core of a width takes: one of 64 bits executes both. */
export const classesOf = (bits: 32 | 64): readonly ElfClass[] => (bits === 64 ? ELF_CLASSES : ['elf32']);

interface Check {
  readonly holds: (image: ElfImage, classes: readonly ElfClass[]) => boolean;
  readonly message: (image: ElfImage) => string;
}

export const startsWithMagic = ({ bytes }: ElfImage) => MAGIC.every((byte, index) => bytes[index] === byte);
export const isElf64 = ({ elfClass }: ElfImage) => elfClass === ELF_CLASS.elf64;
const knownClass = ({ elfClass }: ElfImage, classes: readonly ElfClass[]) =>
  classes.some((name) => elfClass === ELF_CLASS[name]);

/** Whether its fields can be made sense of. */
export const isReadable = (image: ElfImage): boolean =>
  startsWithMagic(image) && knownClass(image, ELF_CLASSES) && image.nativeEndian;

/** In the order in which the kernel makes them, each with what it says (kernel-abi.md 4.1, number 7 as in 6.1.192). */
const SANITY: readonly Check[] = [
  { holds: ({ bytes }) => bytes.length >= HEADER_SIZE.elf32, message: () => 'Image is too small' },
  { holds: startsWithMagic, message: () => 'Image is corrupted (bad magic)' },
  { holds: knownClass, message: ({ elfClass }) => `Unsupported class: ${(elfClass << 24) >> 24}` },
  {
    holds: (image) => !isElf64(image) || image.bytes.length >= HEADER_SIZE.elf64,
    message: () => 'elf64 header is too small',
  },
  { holds: ({ nativeEndian }) => nativeEndian, message: () => 'Unsupported firmware endianness' },
  {
    holds: (image) => image.header.shoff + image.sectionHeaderSize <= image.size,
    message: () => 'Image is too small',
  },
  { holds: ({ header }) => header.phnum !== 0n, message: () => 'No loadable segments' },
  { holds: ({ header, size }) => header.phoff <= size, message: () => 'Firmware size is too small' },
];

/**
 * `classes` are those that the driver can start; others are refused as by kernels that knew ELF32 only.
 *
 * @throws Errno EINVAL after the message of the first check that fails.
 */
export function checkSanity(image: ElfImage, log: DeviceLog, classes: readonly ElfClass[] = ELF_CLASSES): void {
  const failed = SANITY.find(({ holds }) => !holds(image, classes));
  if (failed !== undefined) refuse(log, failed.message(image));
}

/**
 * Copies every PT_LOAD segment to its device address, which is p_paddr, and clears what the file does not fill.
 * Stops at the first that can't be placed; those before it stay written (kernel-abi.md 4.2).
 *
 * @throws Errno EINVAL
 */
export function loadSegments(image: ElfImage, translate: Translate, log: DeviceLog): void {
  for (const { type, offset, paddr, filesz, memsz } of image.programHeaders()) {
    if (type !== BigInt(PT_LOAD) || memsz === 0n) continue;
    if (filesz > memsz) refuse(log, `bad phdr filesz ${hex(filesz)} memsz ${hex(memsz)}`);
    if (offset + filesz > image.size)
      refuse(log, `truncated fw: need ${hex(BigInt.asUintN(64, offset + filesz))} avail ${hex(image.size)}`);
    const memory = translate(paddr, memsz) ?? refuse(log, `bad phdr da ${hex(paddr)} mem ${hex(memsz)}`);
    memory.set(image.slice(offset, filesz));
    memory.fill(0, Number(filesz));
  }
}

/**
 * The `.resource_table` section with a sound header (kernel-abi.md 4.3). Silent when there is no such section.
 *
 * @throws Errno EINVAL
 */
export function findResourceTable(image: ElfImage, endian: Endian, log: DeviceLog): SectionHeader {
  const section = image.findSection('.resource_table');
  if (section === undefined) throw new Errno('EINVAL');
  const { offset, size } = section;
  if (offset + size > image.size) refuse(log, 'resource table truncated');
  if (size < BigInt(TABLE_HEADER_LENGTH)) refuse(log, 'header-less resource table');
  const { version, reserved, number } = readTableHeader(image.slice(offset, size), endian);
  if (version !== 1) refuse(log, `unsupported fw ver: ${version | 0}`);
  if (reserved.some((word) => word !== 0)) refuse(log, 'non zero reserved bytes');
  if (BigInt(TABLE_HEADER_LENGTH + 4 * number) > size) refuse(log, 'resource table incomplete');
  return section;
}

/** A copy of the table that {@link findResourceTable} finds: it is patched before the firmware gets it. */
export function copyResourceTable(image: ElfImage, endian: Endian, log: DeviceLog): Uint8Array {
  const { offset, size } = findResourceTable(image, endian, log);
  return image.slice(offset, size).slice();
}

/**
 * Where the firmware has its table: the section's address, if the table is sound and that is memory. At least `length`
 * bytes, as the table that goes there may come from an earlier image (recovery).
 */
export function loadedTable(
  image: ElfImage,
  endian: Endian,
  length: number,
  translate: Translate,
  log: DeviceLog,
): Uint8Array | undefined {
  try {
    const { addr, size } = findResourceTable(image, endian, log);
    return translate(addr, size > BigInt(length) ? size : BigInt(length));
  } catch (error) {
    ignoreRefusal(error);
    return undefined;
  }
}

function refuse(log: DeviceLog, message: string): never {
  log.err(message);
  throw new Errno('EINVAL');
}
