/** Images that are refused: docs/reference/kernel-abi.md 4 (image, segments, lookup of the table) and 5 (its entries). */
import { buildTable, carveoutEntry, devmemEntry, traceEntry, vdevEntry } from '../rproc/elf-builder.js';
import { PatchedElf } from '../support/patched-elf.js';

export const hello = () => new PatchedElf('hello');
const SIZE = hello().bytes.length;
/** hello's device addresses: 0x10000000 up to 0x10006000. */
export const DA = 0x10000000;

/** Every one of them is linked to an address where its carveout is not. */
export const MISFIT = "mips-rproc mips-rproc: Allocated carveout doesn't fit device address request";

export interface Case {
  readonly name: string;
  readonly file: Uint8Array;
  /** What remoteproc0 says after `powering up` (and `Booting fw image`, for `boots`). */
  readonly lines: readonly string[];
  readonly boots?: true;
  readonly error?: 'EINVAL' | 'ENOMEM';
}

export const sanity = (name: string, elf: PatchedElf, line: string): Case => ({ name, file: elf.bytes, lines: [line] });

export const IMAGES: readonly Case[] = [
  sanity('51 bytes', hello().cut(51), 'Image is too small'),
  sanity('one byte', hello().cut(1), 'Image is too small'),
  sanity('the magic', hello().byte(3, 0x47), 'Image is corrupted (bad magic)'),
  sanity('class 0', hello().byte(4, 0), 'Unsupported class: 0'),
  sanity('class 3', hello().byte(4, 3), 'Unsupported class: 3'),
  sanity('class 255', hello().byte(4, 255), 'Unsupported class: -1'),
  sanity('ELF64, which a core of 32 bits cannot run', hello().byte(4, 2), 'Unsupported class: 2'),
  sanity('big endian', new PatchedElf('hello', 'be'), 'Unsupported firmware endianness'),
  sanity('EI_DATA 0', hello().byte(5, 0), 'Unsupported firmware endianness'),
  sanity('EI_DATA 3', hello().byte(5, 3), 'Unsupported firmware endianness'),
  sanity('section headers beyond the file', hello().header('shoff', SIZE - 39), 'Image is too small'),
  sanity('e_shoff wraps', hello().header('shoff', 0xffff_fff0), 'Image is too small'),
  sanity('no program headers', hello().header('phnum', 0), 'No loadable segments'),
  sanity('program headers beyond the file', hello().header('phoff', SIZE + 1), 'Firmware size is too small'),
];

export const segment = (name: string, elf: PatchedElf, line: string): Case => ({
  name,
  file: elf.bytes,
  boots: true,
  lines: [MISFIT, line, 'Failed to load program segments: -22'],
});
const hex = (value: number) => `0x${value.toString(16)}`;

export const SEGMENTS: readonly Case[] = [
  segment('filesz > memsz', hello().segment(0, 'memsz', 4).segment(0, 'filesz', 8), 'bad phdr filesz 0x8 memsz 0x4'),
  segment(
    'beyond the file',
    hello().segment(0, 'offset', SIZE).segment(0, 'filesz', 16),
    `truncated fw: need ${hex(SIZE + 16)} avail ${hex(SIZE)}`,
  ),
  segment(
    'offset and size of 4 GiB',
    hello().segment(1, 'offset', 0xffff_ffff).segment(1, 'filesz', 0x80),
    `truncated fw: need 0x10000007f avail ${hex(SIZE)}`,
  ),
  segment(
    'below the carveout',
    hello()
      .segment(0, 'paddr', DA - 4)
      .segment(0, 'memsz', 0x600),
    'bad phdr da 0xffffffc mem 0x600',
  ),
  segment(
    'across its end',
    hello()
      .segment(0, 'paddr', DA + 0x6000 - 0x5ff)
      .segment(0, 'memsz', 0x600),
    'bad phdr da 0x10005a01 mem 0x600',
  ),
  segment('4 GiB of memory', hello().segment(0, 'memsz', 0xffff_ffff), 'bad phdr da 0x10000000 mem 0xffffffff'),
  segment(
    'in Linux',
    hello().segment(0, 'paddr', 0x83f0_0000).segment(0, 'memsz', 0x600),
    'bad phdr da 0x83f00000 mem 0x600',
  ),
];

export const lookup = (name: string, elf: PatchedElf, ...lines: string[]): Case => ({
  name,
  file: elf.bytes,
  boots: true,
  lines,
});

export const TABLES: readonly Case[] = [
  lookup('no section of that name', hello().table('name', 0)),
  lookup('no sections', hello().header('shnum', 0)),
  lookup('names from nowhere', hello().header('shstrndx', 0xfff0)),
  lookup('section beyond the file', hello().table('size', 0x10000), 'resource table truncated'),
  lookup('section wraps', hello().table('offset', 0xffff_fff0).table('size', 0x20), 'resource table truncated'),
  lookup('15 bytes', hello().table('size', 15), 'header-less resource table'),
  lookup('version 2', hello().withTable(buildTable([], { version: 2 })), 'unsupported fw ver: 2'),
  lookup('version -1', hello().withTable(buildTable([], { version: 0xffff_ffff })), 'unsupported fw ver: -1'),
  lookup('reserved', hello().withTable(buildTable([], { reserved: 1 })), 'non zero reserved bytes'),
  lookup('more entries than room', hello().withTable(buildTable([], { number: 1 })), 'resource table incomplete'),
  lookup('2^32 - 1 entries', hello().withTable(buildTable([], { number: 0xffff_ffff })), 'resource table incomplete'),
];

export const firmware = carveoutEntry({ name: 'firmware', da: DA, len: 0x6000 });
const resource = (name: string, table: Uint8Array, ...lines: string[]): Case => ({
  name,
  file: hello().withTable(table).bytes,
  boots: true,
  lines: [...lines, 'Failed to process resources: -22'],
});
const twice = (name: string, entry: Uint8Array): Case => ({
  name,
  file: hello().withTable(buildTable([entry, entry])).bytes,
  boots: true,
  error: 'ENOMEM',
  lines: ['Carveout already associated to resource table', 'Failed to process resources: -12'],
});
const cut = (table: Uint8Array, bytes: number) => table.subarray(0, table.length - bytes);
const at = (offset: number) => buildTable([traceEntry()], { offsets: [offset] });
const TRACE_TABLE = buildTable([traceEntry()]).length;

export const RESOURCES: readonly Case[] = [
  resource('offset in the header', at(15), 'rsc table is truncated'),
  resource('offset behind the end', at(0x1000), 'rsc table is truncated'),
  resource('offset at the end', at(TRACE_TABLE), 'rsc table is truncated'),
  resource('offset three bytes from the end', at(TRACE_TABLE - 3), 'rsc table is truncated'),
  resource('a negative offset', at(0xffff_fff0), 'rsc table is truncated'),
  resource('a carveout cut', cut(buildTable([carveoutEntry()]), 1), 'carveout rsc is truncated'),
  resource(
    'a carveout, reserved',
    buildTable([carveoutEntry({ reserved: 1 })]),
    'carveout rsc has non zero reserved bytes',
  ),
  resource('devmem', buildTable([firmware, devmemEntry()])),
  resource('a trace cut', cut(buildTable([traceEntry()]), 1), 'trace rsc is truncated'),
  resource('a trace, reserved', buildTable([traceEntry({ reserved: 1 })]), 'trace rsc has non zero reserved bytes'),
  resource('a vdev cut', cut(buildTable([vdevEntry()]), 1), 'vdev rsc is truncated'),
  resource('a vdev without its config space', buildTable([vdevEntry({ configLength: 4 })]), 'vdev rsc is truncated'),
  resource('a config space of 4 GiB', buildTable([vdevEntry({ configLength: 0xffff_ffff })]), 'vdev rsc is truncated'),
  resource('a vdev, reserved', buildTable([vdevEntry({ reserved: [0, 1] })]), 'vdev rsc has non zero reserved bytes'),
  resource('three vrings', buildTable([vdevEntry({ rings: [{}, {}, {}] })]), 'too many vrings: 3'),
  resource('255 vrings in a small table', buildTable([vdevEntry({ count: 255 })]), 'vdev rsc is truncated'),
  twice('two carveouts of one name', firmware),
  twice('two carveouts without names', carveoutEntry({ name: '' })),
];

/** The parent device speaks of memory. */
const memory = (name: string, entry: Uint8Array, length: string, called: string): Case => ({
  name,
  file: hello().withTable(buildTable([entry])).bytes,
  boots: true,
  error: 'ENOMEM',
  lines: [
    `mips-rproc mips-rproc: failed to allocate dma memory: len ${length}`,
    `Unable to allocate carveout ${called}: -12`,
    'Failed to allocate associated carveouts: -12',
  ],
});

export const MEMORY: readonly Case[] = [
  memory('2 GiB', carveoutEntry({ name: 'big', len: 0x8000_0000 }), '0x80000000', 'big'),
  memory('4 GiB less a byte', carveoutEntry({ name: 'big', len: 0xffff_ffff }), '0xffffffff', 'big'),
  memory('nothing', carveoutEntry({ name: 'empty', len: 0 }), '0x0', 'empty'),
  memory('KSEG0 where Linux is', carveoutEntry({ name: 'linux', da: 0x83f0_0000, len: 0x1000 }), '0x1000', 'linux'),
];
