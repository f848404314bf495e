/** Registers in a core dump, as Linux writes them for a MIPS thread (o32): what gdb shows of a crash. */
import type { CoreRegisters, Endian } from '../../emu/hardware.js';

const NT_PRSTATUS = 1;
const NAME = 'CORE\0\0\0\0';
const NAME_LENGTH = 5;
const SIGSEGV = 11;

/** struct elf_prstatus: where things are, and its size. */
const PRSTATUS = { signal: 0, currentSignal: 12, pid: 24, registers: 72, size: 256 } as const;
/** elf_gregset_t: index of $0 and of what follows $31. */
const REGISTER = { general: 6, lo: 38, hi: 39, pc: 40, badVAddr: 41, status: 42, cause: 43 } as const;

/** An ELF note that holds a struct elf_prstatus; the CPU stands for the process. */
export function registerNote(registers: CoreRegisters, cpu: number, endian: Endian): Uint8Array {
  const header = 12 + NAME.length;
  const note = new DataView(new ArrayBuffer(header + PRSTATUS.size));
  const little = endian === 'le';
  const put = (at: number, value: number): void => note.setInt32(at, value, little);
  [NAME_LENGTH, PRSTATUS.size, NT_PRSTATUS].forEach((value, i) => put(i * 4, value));
  for (let i = 0; i < NAME.length; i++) note.setUint8(12 + i, NAME.charCodeAt(i));
  put(header + PRSTATUS.signal, SIGSEGV);
  note.setInt16(header + PRSTATUS.currentSignal, SIGSEGV, little);
  put(header + PRSTATUS.pid, cpu);
  const register = (index: number, value: number): void => put(header + PRSTATUS.registers + index * 4, value);
  registers.general.forEach((value, i) => register(REGISTER.general + i, value));
  for (const name of ['lo', 'hi', 'pc', 'badVAddr', 'status', 'cause'] as const)
    register(REGISTER[name], registers[name]);
  return new Uint8Array(note.buffer);
}
