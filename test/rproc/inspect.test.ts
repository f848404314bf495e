import t from 'tap';
import { coreModel, type Endian } from '../../src/emu/index.js';
import { inspect as inspectOn } from '../../src/rproc/inspect.js';
import { buildElf, buildTable, carveoutEntry, traceEntry, vdevEntry, type Image } from './elf-builder.js';

const inspect = (bytes: Uint8Array, endian: Endian, name?: string, model = 'interAptiv') =>
  inspectOn(bytes, endian, coreModel(model), name);

const DA = 0x10000000;
const entries = [
  carveoutEntry({ da: DA, len: 0x10000, name: 'firmware' }),
  traceEntry({ da: DA + 0x3000 }),
  vdevEntry(),
];
const image = (paddr = DA, more: Partial<Image> = {}) =>
  buildElf({
    flags: 0x7000_1001,
    ...more,
    segments: [{ paddr, data: Uint8Array.of(1), memsz: 16 }],
    table: buildTable(entries),
    tableAddress: DA,
  });

t.test('firmware that would run', async (t) => {
  const { lines, loads } = await inspect(image(), 'le', 'case.elf');
  const text = lines.join('\n');
  t.equal(loads, true);
  for (const part of [
    'class 1 (ELF32), byte order right',
    'machine 8 (MIPS), entry 0x10000400',
    'flags 0x70001001 (MIPS32 Release 2, o32)\n',
    'segment 0: type 0x1 offset 0x54 device address 0x10000000 file 0x1 memory 0x10',
    '  Entry 0 is of type carveout',
    '    Notify ID 1',
    'carveout firmware: device address 0x10000000, physical address 0xfef0000, 0x10000 bytes',
    'carveout vdev0vring0: ',
    'start would succeed',
    '  Booting fw image case.elf, size',
  ])
    t.match(text, part);
});

t.test('firmware that would not', async (t) => {
  const outside = await inspect(image(0x20000000), 'le');
  t.equal(outside.loads, false);
  t.strictSame(outside.lines.slice(-3), [
    "  mips-rproc mips-rproc: Allocated carveout doesn't fit device address request",
    '  bad phdr da 0x20000000 mem 0x10',
    '  Failed to load program segments: -22',
  ]);
  const foreign = await inspect(image(), 'be');
  t.match(foreign.lines.join('\n'), 'start would fail with EINVAL; the kernel would say:');
  t.equal(foreign.lines.at(-1), '  Unsupported firmware endianness');
  t.strictSame(foreign.lines.slice(0, -3), [`size ${image().length} bytes, class 1 (ELF32), byte order wrong`]);
  t.equal((await inspect(image().subarray(0, 60), 'le')).loads, false);
});

t.test('what is no image at all', async (t) => {
  for (const bytes of [new Uint8Array(), Buffer.from('text'.repeat(100))]) {
    const { loads, lines } = await inspect(bytes, 'le');
    t.equal(loads, false);
    t.equal(lines[0], `size ${bytes.length} bytes, not an ELF image`);
    t.equal(lines[1], 'start would fail with EINVAL; the kernel would say:', 'and no fields of what has none');
  }
});

t.test('what the kernel keeps to itself', async (t) => {
  const renamed = Buffer.from(image());
  renamed.write('.other_section.', renamed.indexOf('.resource_table'), 'latin1');
  const { loads, lines } = await inspect(renamed, 'le');
  t.equal(loads, false);
  t.equal(lines.at(-1), 'and nothing of the reason: an image without a .resource_table section is refused');
});

t.test('what a core cannot run', async (t) => {
  const line = async (flags: number, elfClass: 1 | 2, model: string) => {
    const { lines, loads } = await inspect(image(DA, { flags, elfClass }), 'le', 'fw', model);
    return [loads, lines.find((each) => each.startsWith('flags '))];
  };
  const unfit = (model: string) => `; not for ${model}, but the kernel does not look)`;
  t.strictSame(await line(0x90001401, 1, 'interAptiv'), [
    true,
    `flags 0x90001401 (MIPS32 Release 6, o32${unfit('interAptiv')}`,
  ]);
  t.strictSame(await line(0x70001001, 1, 'mips32r6-generic'), [
    true,
    `flags 0x70001001 (MIPS32 Release 2, o32${unfit('mips32r6-generic')}`,
  ]);
  t.strictSame(await line(0x80000021, 1, '5KEf'), [true, 'flags 0x80000021 (MIPS64 Release 2, n32)']);
  t.strictSame(await line(0x80001101, 1, '24Kf'), [true, 'flags 0x80001101 (MIPS64 Release 2, o32)']);
  t.strictSame(await line(0x72001007, 1, '24Kf'), [
    true,
    `flags 0x72001007 (MIPS32 Release 2, o32, microMIPS${unfit('24Kf')}`,
  ]);
  t.strictSame(await line(0x74001006, 1, '24Kf'), [true, 'flags 0x74001006 (MIPS32 Release 2, o32, MIPS16e)']);
  t.strictSame(await line(0xa0000401, 2, 'I6400'), [true, 'flags 0xa0000401 (MIPS64 Release 6, n64)']);
  t.strictSame(await line(0xf0000000, 1, 'I6400'), [true, 'flags 0xf0000000 (an unknown architecture)']);
  const { lines } = await inspect(image(DA, { elfClass: 2 }), 'le');
  t.strictSame(lines.slice(-4), [
    'start would fail with EINVAL; the kernel would say:',
    '  powering up inspected',
    '  Unsupported class: 2',
    'and interAptiv has 32 bits: a core of 64, such as --cpu I6400, takes ELF64',
  ]);
});
