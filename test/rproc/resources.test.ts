/** docs/reference/kernel-abi.md 5: every resource, and every way to get it wrong. */
import fc from 'fast-check';
import t from 'tap';
import { carveoutText } from '../../src/rproc/carveout.js';
import { vringSize } from '../../src/rproc/resource_table.js';
import { ascii, Bench, RAM_DA, RAM_LENGTH, text } from './bench.js';
import {
  buildElf,
  buildTable,
  carveoutEntry,
  devmemEntry,
  otherEntry,
  Packer,
  traceEntry,
  vdevEntry,
} from './elf-builder.js';

const elf = (...entries: Uint8Array[]): Uint8Array => elfOf(buildTable(entries));
const elfOf = (table: Uint8Array): Uint8Array =>
  buildElf({ segments: [{ paddr: RAM_DA, data: Uint8Array.of(1) }], table, tableAddress: RAM_DA + 0x1000 });
const cut = (table: Uint8Array, bytes: number): Uint8Array => elfOf(table.subarray(0, table.length - bytes));

interface Refusal {
  readonly name: string;
  readonly file: Uint8Array;
  readonly result: 'EINVAL' | 'ENOMEM';
  readonly lines: readonly string[];
}
const einval = (name: string, file: Uint8Array, ...lines: string[]): Refusal => ({
  name,
  file,
  result: 'EINVAL',
  lines,
});
const enomem = (name: string, file: Uint8Array, ...lines: string[]): Refusal => ({
  name,
  file,
  result: 'ENOMEM',
  lines,
});
const offset = (at: number): Uint8Array => elfOf(buildTable([traceEntry()], { offsets: [at] }));

const refusals: Refusal[] = [
  einval('offset 0', offset(0), 'rsc table is truncated'),
  einval('offset in the header', offset(15), 'rsc table is truncated'),
  einval('offset past the end', offset(0x1000), 'rsc table is truncated'),
  einval('offset negative', offset(0xfffffff0), 'rsc table is truncated'),
  einval('offset at the end', offset(buildTable([traceEntry()]).length), 'rsc table is truncated'),
  einval('carveout cut', cut(buildTable([carveoutEntry()]), 1), 'carveout rsc is truncated'),
  einval('carveout reserved', elf(carveoutEntry({ reserved: 1 })), 'carveout rsc has non zero reserved bytes'),
  einval('devmem without IOMMU', elf(devmemEntry())),
  einval('trace cut', cut(buildTable([traceEntry()]), 1), 'trace rsc is truncated'),
  einval('trace reserved', elf(traceEntry({ reserved: 1 })), 'trace rsc has non zero reserved bytes'),
  einval('vdev cut', cut(buildTable([vdevEntry()]), 1), 'vdev rsc is truncated'),
  einval('vdev header cut', cut(buildTable([vdevEntry({ rings: [] })]), 4), 'vdev rsc is truncated'),
  einval('vdev config cut', elf(vdevEntry({ configLength: 4 })), 'vdev rsc is truncated'),
  einval('vdev reserved', elf(vdevEntry({ reserved: [0, 1] })), 'vdev rsc has non zero reserved bytes'),
  einval('three vrings', elf(vdevEntry({ rings: [{}, {}, {}] })), 'too many vrings: 3'),
  enomem('equal names', elf(carveoutEntry(), carveoutEntry()), 'Carveout already associated to resource table'),
  enomem(
    'no names',
    elf(carveoutEntry({ name: '' }), carveoutEntry({ name: '' })),
    'Carveout already associated to resource table',
  ),
  enomem(
    'longer than the registered',
    elf(carveoutEntry({ name: 'ram', len: RAM_LENGTH + 1 })),
    "Registered carveout doesn't fit len request",
  ),
  enomem(
    'below the registered',
    elf(carveoutEntry({ name: 'ram', da: RAM_DA - 1 })),
    "Registered carveout doesn't fit da request",
  ),
  enomem(
    'past the registered',
    elf(carveoutEntry({ name: 'ram', da: RAM_DA + RAM_LENGTH - 1 })),
    "Registered carveout doesn't fit len request",
  ),
];
for (const { name, file, result, lines } of refusals)
  t.test(`refused: ${name}`, async (t) => {
    const bench = new Bench();
    const before = bench.memory.available;
    t.equal(await bench.start(file), result);
    const number = result === 'EINVAL' ? -22 : -12;
    t.strictSame(
      bench.lines().slice(2),
      [...lines, `Failed to process resources: ${number}`].map((line) => `<3>${line}`),
    );
    t.equal(text(bench.rproc.resources.tableText()), 'No resource table found\n');
    t.strictSame([bench.memory.available, bench.rproc.resources.carveouts.length], [before, 0]);
  });

t.test('memory that is not there', async (t) => {
  for (const len of [0, 0x7ff00000]) {
    const bench = new Bench();
    t.equal(await bench.start(elf(carveoutEntry({ name: 'huge', len }))), 'ENOMEM');
    t.strictSame(bench.lines().slice(2), [
      `<3>bench bench: failed to allocate dma memory: len 0x${len.toString(16)}`,
      '<3>Unable to allocate carveout huge: -12',
      '<3>Failed to allocate associated carveouts: -12',
    ]);
  }
});

t.test('what is not known is passed over', async (t) => {
  const bench = new Bench();
  t.equal(
    await bench.start(
      elf(otherEntry(4), otherEntry(127), otherEntry(128), otherEntry(512), otherEntry(513), otherEntry(0xffffffff)),
    ),
    'ok',
  );
  t.strictSame(bench.lines().slice(2, -1), [
    '<4>unsupported resource 4',
    '<4>unsupported resource 127',
    '<4>unsupported vendor resource 128',
    '<4>unsupported vendor resource 512',
    '<4>unsupported resource 513',
    '<4>unsupported resource -1',
  ]);
});

t.test('a vendor resource that the driver knows', async (t) => {
  const seen: number[] = [];
  const bench = new Bench({}, { handleResource: (_, type, payload) => seen.push(type, payload.u32(0)) > 0 });
  t.equal(await bench.start(elf(otherEntry(200))), 'ok');
  t.strictSame([seen, bench.lines().length], [[200, 1], 3]);
});

t.test('a carveout is allocated, cleared, and written to the table', async (t) => {
  const bench = new Bench();
  bench.memory.allocate(0x10000).bytes.fill(0xff);
  t.equal(await bench.start(elf(carveoutEntry({ name: 'a%%b', len: 0x1800 }))), 'ok');
  const carveout = bench.rproc.findCarveout('a%b');
  t.equal(carveout?.da, carveout?.dma);
  t.equal(
    carveout?.va?.every((byte) => byte === 0),
    true,
  );
  const table = text(bench.rproc.resources.tableText());
  t.match(
    table,
    `  Device Address 0x${carveout?.dma.toString(16) ?? ''}\n  Physical Address 0x${carveout?.dma.toString(16) ?? ''}\n  Length 0x1800 Bytes\n`,
  );
  t.match(table, '  Name a%%b\n');
  t.match(
    text(carveoutText(bench.rproc.resources.carveouts)),
    /\n\nCarveout memory entry:\n\tName: a%b\n\tVirtual address: 00000000[0-9a-f]{8}\n\tDMA address: 0x[0-9a-f]{16}\n\tDevice address: 0x[0-9a-f]+\n\tLength: 0x1800 Bytes\n\n/,
  );
  await bench.rproc.shutdown();
  t.equal(text(carveoutText(bench.rproc.resources.carveouts)), '');
});

t.test('a device address that the memory does not have is only worth a warning', async (t) => {
  const bench = new Bench();
  t.equal(await bench.start(elf(carveoutEntry({ da: 0x500000 }))), 'ok');
  t.strictSame(bench.lines().slice(2, -1), ["<4>bench bench: Allocated carveout doesn't fit device address request"]);
  t.equal(bench.rproc.findCarveout('memory')?.da, 0x500000);
});

t.test('traces: in table order, found at each read, up to the first NUL', async (t) => {
  const bench = new Bench();
  const [here, nowhere] = [traceEntry({ da: RAM_DA + 0x8000, len: 8 }), traceEntry({ da: 0x900000 })];
  t.equal(await bench.start(elf(here, nowhere)), 'ok');
  t.strictSame(bench.events, ['added', 'trace-added 0', 'trace-added 1']);
  const trace = (index: number) => text(bench.rproc.resources.traceText(index));
  t.equal(trace(0), '');
  bench.ram.set(Buffer.from('hello\0xy'), 0x8000);
  t.equal(trace(0), 'hello');
  bench.ram.set(Buffer.from('no end here'), 0x8000);
  t.equal(trace(0), 'no end h');
  t.equal(trace(1), 'Trace  not available\n');
  await bench.rproc.shutdown();
  t.strictSame(bench.events.slice(3), ['trace-removed 0', 'trace-removed 1']);
});

t.test('no table keeps Linux busy for ever', async (t) => {
  for (const [count, result] of [
    [256, 'ok'],
    [257, 'EINVAL'],
  ] as const) {
    const bench = new Bench();
    // every entry is the same one
    const entry = otherEntry(100);
    const offsets = Array.from({ length: count }, () => 16 + 4 * count);
    const table = new Packer().u32(1, count, 0, 0, ...offsets).raw(entry);
    const image = buildElf({ segments: [{ paddr: RAM_DA, data: ascii('text') }], table: table.build() });
    t.equal(await bench.start(image), result);
    t.equal(bench.lines().includes('<3>more than 256 resources'), result !== 'ok');
  }
});

t.test('vrings: carveouts by name, numbers over all vdevs', async (t) => {
  const bench = new Bench();
  t.equal(await bench.start(elf(vdevEntry(), vdevEntry({ rings: [{ num: 256 }] }))), 'ok');
  const { vdevs, vrings } = bench.rproc.resources;
  t.strictSame(
    vrings.map(({ notifyid, carveout: { name, length } }) => [notifyid, name, length]),
    [
      [0, 'vdev0vring0', 0x2000],
      [1, 'vdev0vring1', 0x2000],
      [2, 'vdev1vring0', 0x3000],
    ],
  );
  t.strictSame(
    vdevs.map(({ id, index, platformId }) => [id, index, platformId]),
    [
      [7, 0, 0],
      [7, 1, 1],
    ],
  );
  t.match(text(bench.rproc.resources.tableText()), '    Notify ID 2\n    Physical Address 0x0\n');
  await bench.rproc.shutdown();
  t.strictSame(bench.events, ['added', 'vdev-added', 'vdev-added', 'vdev-removed', 'vdev-removed']);
});

t.test('a vring of no size costs the vdev, not the boot', async (t) => {
  const bench = new Bench();
  t.equal(await bench.start(elf(vdevEntry({ rings: [{}, { num: 0 }] }))), 'ok');
  t.strictSame(bench.lines().slice(2, -1), [
    '<3>invalid qsz (0) or alignment (4096)',
    '<4>rproc-virtio: probe of rproc-virtio.0.auto failed with error -22',
  ]);
  t.equal(bench.rproc.resources.vdevs.length, 0);
  await bench.rproc.shutdown();
  t.strictSame(bench.events, ['added', 'vdev-added'], 'its platform device stays');
  await bench.rproc.remove();
  t.equal(bench.events.at(-1), 'vdev-removed', 'until the processor goes');
});

t.test('sizes of rings', (t) => {
  const page = (num: number, align: number) => Math.ceil(vringSize(num, align) / 4096) * 4096;
  const sizes: [number, number, number][] = [
    [4, 4096, 0x2000],
    [16, 4096, 0x2000],
    [64, 4096, 0x2000],
    [256, 4096, 0x3000],
    [512, 4096, 0x5000],
    [8, 16, 0x1000],
    [256, 16, 0x2000],
  ];
  for (const [num, align, size] of sizes) t.equal(page(num, align), size, `${num} of ${align}`);
  t.end();
});

t.test('debugfs shows a table that the firmware has spoiled', async () => {
  const bench = new Bench();
  await bench.start(elf(traceEntry()));
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 64, maxLength: 64 }), (bytes) => {
      bench.ram.set(bytes, 0x1000);
      return Promise.resolve(bench.rproc.resources.tableText().length < 100_000);
    }),
    { numRuns: 300 },
  );
});

t.test('any table ends in an errno, and leaves nothing behind', async (t) => {
  const table = buildTable([carveoutEntry(), vdevEntry(), traceEntry(), otherEntry(128)]);
  const changes = fc.array(fc.tuple(fc.nat(table.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(changes, async (spoil) => {
      const spoiled = table.slice();
      for (const [at, byte] of spoil) spoiled[at] = byte;
      const bench = new Bench();
      const before = bench.memory.available;
      const result = await bench.start(elfOf(spoiled));
      if (result === 'ok') await bench.rproc.shutdown();
      t.ok(['ok', 'EINVAL', 'ENOMEM'].includes(result));
      t.equal(bench.memory.available, before);
    }),
    { numRuns: 300 },
  );
});
