/** Registers in a core dump, as Linux writes them for a MIPS thread: what gdb shows of a crash. */
import type { CoreRegisters, Endian } from '../../emu/hardware.js';
import type { ElfClass } from '../elf_loader.js';

const NT_PRSTATUS = 1;
const NAME = 'CORE\0\0\0\0';
const NAME_LENGTH = 5;
const SIGSEGV = 11;

/**
 * struct elf_prstatus of o32 and n64: where things are, its size, the bytes of a register, and in elf_gregset_t the index of
 * $0 and of what follows $31.
 */
const PRSTATUS = {
  elf32: {
    ...{ signal: 0, currentSignal: 12, pid: 24, registers: 72, size: 256, width: 4 },
    index: { general: 6, lo: 38, hi: 39, pc: 40, badVAddr: 41, status: 42, cause: 43 },
  },
  elf64: {
    ...{ signal: 0, currentSignal: 12, pid: 32, registers: 112, size: 480, width: 8 },
    index: { general: 0, lo: 32, hi: 33, pc: 34, badVAddr: 35, status: 36, cause: 37 },
  },
} as const;

/** An ELF note that holds a struct elf_prstatus; the CPU stands for the process. */
export function registerNote(registers: CoreRegisters, cpu: number, endian: Endian, elfClass: ElfClass): Uint8Array {
  const layout = PRSTATUS[elfClass];
  const header = 12 + NAME.length;
  const note = new DataView(new ArrayBuffer(header + layout.size));
  const little = endian === 'le';
  const put = (at: number, value: number): void => note.setInt32(at, value, little);
  [NAME_LENGTH, layout.size, NT_PRSTATUS].forEach((value, i) => put(i * 4, value));
  for (let i = 0; i < NAME.length; i++) note.setUint8(12 + i, NAME.charCodeAt(i));
  put(header + layout.signal, SIGSEGV);
  note.setInt16(header + layout.currentSignal, SIGSEGV, little);
  put(header + layout.pid, cpu);
  const register = (index: number, value: bigint | number): void => {
    const at = header + layout.registers + index * layout.width;
    if (layout.width === 8) note.setBigInt64(at, BigInt(value), little);
    else put(at, Number(BigInt.asIntN(32, BigInt(value))));
  };
  registers.general.forEach((value, i) => register(layout.index.general + i, value));
  for (const name of ['lo', 'hi', 'pc', 'badVAddr', 'status', 'cause'] as const)
    register(layout.index[name], registers[name]);
  return new Uint8Array(note.buffer);
}
