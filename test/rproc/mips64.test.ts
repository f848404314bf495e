/** 64-bit images on the MIPS driver: what is refused, where they lie, what they are entered with. kernel-abi.md 4, mips-uhi.md 1.7. */
import t from 'tap';
import { buildElf, buildTable, carveoutEntry, traceEntry } from './elf-builder.js';
import { FakeHardware } from './fake-hardware.js';
import { Machine } from './mips-bench.js';

const LENGTH = 0x10000;

/** Linked at `base`, of which the resource table has the lower half. */
const image = (base: bigint, elfClass: 1 | 2 = 2): Uint8Array => {
  const da = Number(BigInt.asUintN(32, base));
  return buildElf({
    elfClass,
    entry: base + 0x400n,
    segments: [{ paddr: base, vaddr: 0, data: Uint8Array.of(0x13, 0x37) }],
    table: buildTable([
      carveoutEntry({ da, len: LENGTH, name: 'firmware' }),
      traceEntry({ da: da + 0x3000, name: 'trace' }),
    ]),
    tableAddress: base + 0x2000n,
  });
};

const wide = (): FakeHardware => new FakeHardware({}, 64);

t.test('a core of 32 bits refuses them', async (t) => {
  const machine = await Machine.boot(t);
  machine.lines();
  t.equal(await machine.start(0, image(0x10000000n)), 'EINVAL');
  t.strictSame(machine.lines(), [
    '<6>remoteproc remoteproc0: powering up mips-cpu1',
    '<3>remoteproc remoteproc0: Unsupported class: 2',
    '<3>remoteproc remoteproc0: Boot failed: -22',
  ]);
  t.equal(await machine.start(0, image(0x10000000n, 1)), 'ok', 'and takes the same in an ELF32');
});

t.test('the checks of ELF64 come in their order', async (t) => {
  const good = image(0x10000000n);
  const machine = await Machine.boot(t, undefined, wide());
  const cases: [Uint8Array, string][] = [
    [good.subarray(0, 51), 'Image is too small'],
    [good.subarray(0, 63), 'elf64 header is too small'],
    [buildElf({ elfClass: 2, endian: 'be' }), 'Unsupported firmware endianness'],
    [buildElf({ elfClass: 2, segments: [{ paddr: 0 }], header: { shoff: 10_000 } }), 'Image is too small'],
    [buildElf({ elfClass: 2, header: { phnum: 0 } }), 'No loadable segments'],
  ];
  for (const [file, line] of cases) {
    machine.lines();
    t.equal(await machine.start(0, file), 'EINVAL');
    t.equal(machine.lines()[1], `<3>remoteproc remoteproc0: ${line}`);
  }
  const far = buildElf({
    elfClass: 2,
    segments: [{ paddr: 0x10000000, data: Uint8Array.of(1), memsz: 2n ** 40n }],
    table: buildTable([carveoutEntry({ da: 0x10000000, len: LENGTH })]),
  });
  machine.lines();
  t.equal(await machine.start(0, far), 'EINVAL');
  t.match(machine.lines().join('\n'), 'bad phdr da 0x10000000 mem 0x10000000000\n');
});

t.test('where they may be linked', async (t) => {
  const low = 2n ** 64n;
  const places: { name: string; base: bigint; pc: bigint; physical?: number; mapped: boolean }[] = [
    { name: 'KUSEG', base: 0x1000_0000n, pc: 0x1000_0400n, mapped: true },
    {
      name: 'CKSEG0',
      base: 0xffff_ffff_8010_0000n,
      pc: 0xffff_ffff_8010_0400n - low,
      physical: 0x100000,
      mapped: false,
    },
    {
      name: 'CKSEG1',
      base: 0xffff_ffff_a010_0000n,
      pc: 0xffff_ffff_a010_0400n - low,
      physical: 0x100000,
      mapped: false,
    },
    {
      name: 'XKPHYS, cached',
      base: 0x9800_0000_0010_0000n,
      pc: 0x9800_0000_0010_0400n - low,
      physical: 0x100000,
      mapped: true,
    },
    {
      name: 'XKPHYS, uncached',
      base: 0x9000_0000_0010_0000n,
      pc: 0x9000_0000_0010_0400n - low,
      physical: 0x100000,
      mapped: true,
    },
    // its pages are mapped at the lower half of their addresses: device addresses have 32 bits
    { name: 'above 4 GiB', base: 0x1_2000_0000n, pc: 0x1_2000_0400n, mapped: true },
  ];
  for (const { name, base, pc, physical, mapped } of places) {
    const machine = await Machine.boot(t, undefined, wide());
    t.equal(await machine.start(0, image(base)), 'ok', name);
    const { entries, ram } = machine.hardware;
    const entry = entries.get(1);
    const carveout = machine.rproc(0).findCarveout('firmware');
    const { dma = 0, da } = carveout ?? {};
    t.strictSame([entry?.pc, entry?.wide], [pc, true], `${name}: entry`);
    t.strictSame(
      entry?.mappings.map(({ va, pa }) => ({ va, pa })),
      mapped ? [{ va: da, pa: dma }] : [],
      `${name}: mappings`,
    );
    if (physical !== undefined) t.equal(dma, physical, `${name}: the memory that its addresses name`);
    t.strictSame([...ram.subarray(dma, dma + 2)], [0x13, 0x37], `${name}: is there`);
    const start = BigInt.asIntN(64, base);
    t.strictSame(entry?.memory, { start, end: start + BigInt(LENGTH) }, `${name}: its memory`);
    t.equal(machine.rproc(0).resources.traces.length, 1);
  }
});

t.test('XKPHYS outside RAM', async (t) => {
  const machine = await Machine.boot(t, undefined, wide());
  t.equal(await machine.start(0, image(0x9800_0000_1000_0000n)), 'ENOMEM');
});

t.test('ELF32 on a core of 64 bits, as n32 has it: addresses are sign-extended', async (t) => {
  const machine = await Machine.boot(t, undefined, wide());
  t.equal(await machine.start(0, image(0x8010_0000n, 1)), 'ok');
  t.match(machine.hardware.entries.get(1), { pc: 0xffff_ffff_8010_0400n - 2n ** 64n, wide: false, mappings: [] });
  t.equal(await machine.start(1, image(0x1000_0000n, 1)), 'ok');
  t.match(machine.hardware.entries.get(2), { pc: 0x1000_0400n, wide: false });
});
