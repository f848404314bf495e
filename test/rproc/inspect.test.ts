import t from 'tap';
import { inspect } from '../../src/rproc/inspect.js';
import { buildElf, buildTable, carveoutEntry, traceEntry, vdevEntry } from './elf-builder.js';

const DA = 0x10000000;
const entries = [
  carveoutEntry({ da: DA, len: 0x10000, name: 'firmware' }),
  traceEntry({ da: DA + 0x3000 }),
  vdevEntry(),
];
const image = (paddr = DA) =>
  buildElf({ segments: [{ paddr, data: Uint8Array.of(1), memsz: 16 }], table: buildTable(entries), tableAddress: DA });

t.test('firmware that would run', async (t) => {
  const { lines, loads } = await inspect(image(), 'le', 'case.elf');
  const text = lines.join('\n');
  t.equal(loads, true);
  for (const part of [
    'class 1 (ELF32), byte order right',
    'machine 8 (MIPS), entry 0x10000400',
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
