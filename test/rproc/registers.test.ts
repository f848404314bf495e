/** The register note of a core dump: every register at its place in struct elf_prstatus, in the firmware's byte order. */
import t from 'tap';
import { registerNote } from '../../src/rproc/drivers/mips_registers.js';

const PRSTATUS = 20;
const general = Array.from({ length: 32 }, (_, number) => 0x1000n + BigInt(number));
const registers = { general, lo: 1n, hi: 2n, pc: -0x7ff00000n, badVAddr: 4n, status: 5, cause: 6 };

for (const endian of ['le', 'be'] as const)
  t.test(`o32, ${endian}`, (t) => {
    const note = registerNote(registers, 3, endian, 'elf32');
    const view = new DataView(note.buffer);
    const word = (at: number): number => view.getInt32(at, endian === 'le');
    t.strictSame([word(0), word(4), word(8)], [5, 256, 1], 'length of the name, of the contents, NT_PRSTATUS');
    t.equal(Buffer.from(note).toString('latin1', 12, PRSTATUS), 'CORE\0\0\0\0');
    t.equal(note.length, PRSTATUS + 256);
    t.equal(word(PRSTATUS + 24), 3, 'the CPU');
    const saved = Array.from({ length: 45 }, (_, index) => word(PRSTATUS + 72 + index * 4));
    t.strictSame(saved, [...[0, 0, 0, 0, 0, 0], ...general.map(Number), 1, 2, -0x7ff00000, 4, 5, 6, 0]);
    t.end();
  });

for (const endian of ['le', 'be'] as const)
  t.test(`n64, ${endian}`, (t) => {
    const wide = { ...registers, pc: -0x67ff_ffff_fff0_0000n };
    const note = registerNote(wide, 3, endian, 'elf64');
    const view = new DataView(note.buffer);
    const word = (at: number): number => view.getInt32(at, endian === 'le');
    t.strictSame([word(0), word(4), word(8)], [5, 480, 1], 'length of the name, of the contents, NT_PRSTATUS');
    t.equal(note.length, PRSTATUS + 480);
    t.equal(word(PRSTATUS + 32), 3, 'the CPU');
    const saved = Array.from({ length: 45 }, (_, index) =>
      view.getBigInt64(PRSTATUS + 112 + index * 8, endian === 'le'),
    );
    t.strictSame(saved, [...general, 1n, 2n, wide.pc, 4n, 5n, 6n, ...Array<bigint>(7).fill(0n)]);
    t.end();
  });
