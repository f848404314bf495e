/** docs/reference/kernel-abi.md 4: every malformed image with its errno and its exact lines. */
import fc from 'fast-check';
import t from 'tap';
import { Bench, RAM_DA } from './bench.js';
import { buildElf, buildTable, traceEntry, type Image } from './elf-builder.js';

const segment = { paddr: RAM_DA, data: Uint8Array.of(1, 2, 3, 4), memsz: 16 };
const table = buildTable([traceEntry({ da: RAM_DA + 0x8000 })]);
const good: Image = { segments: [segment], table, tableAddress: RAM_DA + 0x1000 };

const patched = (offset: number, ...bytes: number[]): Uint8Array => {
  const image = buildElf(good);
  image.set(bytes, offset);
  return image;
};

interface Case {
  readonly name: string;
  readonly file: Uint8Array;
  readonly endian?: 'le' | 'be';
  /** Lines between `powering up` and the end; `booting` when the sanity check passes. */
  readonly lines: readonly string[];
  readonly booting?: true;
  readonly result?: string;
}

const sanity: Case[] = [
  { name: '51 bytes', file: buildElf(good).subarray(0, 51), lines: ['Image is too small'] },
  { name: 'magic', file: patched(1, 0x46), lines: ['Image is corrupted (bad magic)'] },
  { name: 'class 0', file: patched(4, 0), lines: ['Unsupported class: 0'] },
  { name: 'class 3', file: patched(4, 3), lines: ['Unsupported class: 3'] },
  { name: 'class 255 is signed', file: patched(4, 255), lines: ['Unsupported class: -1'] },
  {
    name: 'ELF64 of 60 bytes',
    file: buildElf({ ...good, elfClass: 2 }).subarray(0, 60),
    lines: ['elf64 header is too small'],
  },
  { name: 'byte order', file: buildElf({ ...good, endian: 'be' }), lines: ['Unsupported firmware endianness'] },
  { name: 'EI_DATA 0', file: patched(5, 0), lines: ['Unsupported firmware endianness'] },
  {
    name: 'little firmware on a big-endian kernel',
    file: buildElf(good),
    endian: 'be',
    lines: ['Unsupported firmware endianness'],
  },
  {
    name: 'section headers out of the file',
    file: buildElf({ ...good, header: { shoff: buildElf(good).length - 39 } }),
    lines: ['Image is too small'],
  },
  { name: 'e_shoff wraps', file: buildElf({ ...good, header: { shoff: 0xffffffff } }), lines: ['Image is too small'] },
  { name: 'no program headers', file: buildElf({ ...good, header: { phnum: 0 } }), lines: ['No loadable segments'] },
  {
    name: 'program headers out of the file',
    file: buildElf({ ...good, header: { phoff: 0x10000 } }),
    lines: ['Firmware size is too small'],
  },
];

const hexSize = (file: Uint8Array, more: number): string => `0x${(file.length + more).toString(16)}`;
const segmentCase = (name: string, spoiled: object, lines: (file: Uint8Array) => string[]): Case => {
  const file = buildElf({ ...good, segments: [{ ...segment, ...spoiled }] });
  return { name, file, booting: true, lines: [...lines(file), 'Failed to load program segments: -22'] };
};

const segments: Case[] = [
  segmentCase('filesz > memsz', { memsz: 3 }, () => ['bad phdr filesz 0x4 memsz 0x3']),
  segmentCase('beyond the file', { offset: 0x1000, filesz: 4 }, (file) => [
    `truncated fw: need 0x1004 avail ${hexSize(file, 0)}`,
  ]),
  segmentCase('below the memory', { paddr: RAM_DA - 1 }, () => ['bad phdr da 0xfffff mem 0x10']),
  segmentCase('across its end', { paddr: RAM_DA + 0xfffff }, () => ['bad phdr da 0x1fffff mem 0x10']),
  segmentCase('4 GiB of it', { memsz: 0xffffffff }, () => ['bad phdr da 0x100000 mem 0xffffffff']),
];

const tableCase = (name: string, image: Partial<Image>, lines: string[]): Case => ({
  name,
  file: buildElf({ ...good, ...image }),
  booting: true,
  lines,
});

const tables: Case[] = [
  { name: 'no table', file: buildElf({ segments: [segment] }), booting: true, lines: [] },
  tableCase('another name', { tableName: '.Resource_table' }, []),
  tableCase('e_shnum 0', { header: { shnum: 0 } }, []),
  tableCase('names from nowhere', { header: { shstrndx: 9 } }, []),
  tableCase('section beyond the file', { section: { size: 0x10000 } }, ['resource table truncated']),
  tableCase('section wraps', { section: { offset: 0xfffffff0, size: 0x20 } }, ['resource table truncated']),
  tableCase('15 bytes', { section: { size: 15 } }, ['header-less resource table']),
  tableCase('version 2', { table: buildTable([], { version: 2 }) }, ['unsupported fw ver: 2']),
  tableCase('version -1', { table: buildTable([], { version: 0xffffffff }) }, ['unsupported fw ver: -1']),
  tableCase('reserved', { table: buildTable([], { reserved: 1 }) }, ['non zero reserved bytes']),
  tableCase('too many entries', { table: buildTable([traceEntry()], { number: 99 }) }, ['resource table incomplete']),
];

for (const { name, file, endian = 'le', lines, booting } of [...sanity, ...segments, ...tables])
  t.test(`refused: ${name}`, async (t) => {
    const bench = new Bench({ endian });
    t.equal(await bench.start(file), 'EINVAL');
    t.strictSame(bench.lines(), [
      '<6>powering up mips',
      ...(booting ? [`<6>Booting fw image fw, size ${file.length}`] : []),
      ...lines.map((line) => `<3>${line}`),
    ]);
    t.strictSame([bench.rproc.state, bench.rproc.power], ['offline', 0]);
  });

const accepted: [string, Uint8Array][] = [
  ['plain', buildElf(good)],
  ['any type', patched(16, 1)],
  ['any machine', patched(18, 3)],
  ['a segment of no size outside the memory', buildElf({ ...good, segments: [segment, { paddr: 0, memsz: 0 }] })],
  ['a note outside the memory', buildElf({ ...good, segments: [segment, { paddr: 0, type: 4, memsz: 4 }] })],
  ['a virtual address from nowhere', buildElf({ ...good, segments: [{ ...segment, vaddr: 0 }] })],
  ['the table outside the memory', buildElf({ ...good, tableAddress: 0 })],
  ['ELF64', buildElf({ ...good, elfClass: 2 })],
  [
    'an address that counts from 4 GiB on',
    buildElf({ ...good, elfClass: 2, segments: [{ ...segment, paddr: 0x1_0010_0000n }] }),
  ],
];
for (const [name, file] of accepted)
  t.test(`accepted: ${name}`, async (t) => {
    const bench = new Bench();
    t.equal(await bench.start(file), 'ok');
    t.equal(bench.lines().at(-1), '<6>remote processor mips is now up');
    t.strictSame([...bench.ram.subarray(0, 5)], [1, 2, 3, 4, 0]);
  });

t.test('a big-endian kernel boots big-endian firmware', async (t) => {
  const bench = new Bench({ endian: 'be' });
  const entries = [traceEntry({ da: RAM_DA + 0x8000 }, 'be')];
  const file = buildElf({ ...good, endian: 'be', table: buildTable(entries, { endian: 'be' }) });
  t.equal(await bench.start(file), 'ok');
  t.equal(bench.rproc.resources.traces[0]?.da, RAM_DA + 0x8000);
});

t.test('what the file does not fill is cleared, also when it is loaded again', async (t) => {
  const bench = new Bench();
  bench.ram.fill(0xff);
  await bench.start(buildElf(good));
  t.strictSame([...bench.ram.subarray(3, 18)], [4, ...Array<number>(12).fill(0), 0xff, 0xff]);
});

t.test('the table goes where the firmware has it', async (t) => {
  const bench = new Bench();
  await bench.start(buildElf(good));
  t.strictSame(bench.ram.slice(0x1000, 0x1000 + table.length), table);
  bench.ram[0x1000 + 24] = 0x55;
  t.match(Buffer.from(bench.rproc.resources.tableText()).toString(), 'Device Address 0x108055', 'and is live there');
});

t.test('any bytes end in an errno', async (t) => {
  const image = buildElf(good);
  const spoiled = fc.array(fc.tuple(fc.nat(image.length - 1), fc.nat(255)), { minLength: 1, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(spoiled, fc.nat(image.length), async (changes, length) => {
      const file = image.slice(0, length);
      for (const [offset, byte] of changes) if (offset < length) file[offset] = byte;
      const bench = new Bench();
      const result = await bench.start(file);
      t.ok(result === 'ok' || ['EINVAL', 'ENOMEM'].includes(result));
      // and nothing is checked any more at a recovery
      if (result !== 'ok') return;
      bench.rproc.crash.report(0);
      await bench.rproc.crash.settled();
    }),
    { numRuns: 300 },
  );
});
