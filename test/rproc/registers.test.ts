/** The register note of a core dump: every register at its place in struct elf_prstatus, in the firmware's byte order. */
import t from 'tap';
import { registerNote } from '../../src/rproc/drivers/mips_registers.js';

const PRSTATUS = 20;
const REGISTERS = PRSTATUS + 72;
const general = Array.from({ length: 32 }, (_, number) => 0x1000 + number);
const registers = { general, lo: 1, hi: 2, pc: -0x7ff00000, badVAddr: 4, status: 5, cause: 6 };

for (const endian of ['le', 'be'] as const)
  t.test(endian, (t) => {
    const note = registerNote(registers, 3, endian);
    const view = new DataView(note.buffer);
    const word = (at: number): number => view.getInt32(at, endian === 'le');
    t.strictSame([word(0), word(4), word(8)], [5, 256, 1], 'length of the name, of the contents, NT_PRSTATUS');
    t.equal(Buffer.from(note).toString('latin1', 12, PRSTATUS), 'CORE\0\0\0\0');
    t.equal(note.length, PRSTATUS + 256);
    t.equal(word(PRSTATUS + 24), 3, 'the CPU');
    const saved = Array.from({ length: 45 }, (_, index) => word(REGISTERS + index * 4));
    t.strictSame(saved, [...[0, 0, 0, 0, 0, 0], ...general, 1, 2, -0x7ff00000, 4, 5, 6, 0]);
    t.end();
  });
