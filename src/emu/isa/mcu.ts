/** The MCU ASE: bits of bytes in memory changed in one access, and a return from interrupts. */
import { insn, type Instruction } from './encoding.js';
import { field, i32, not, shl } from './ir.js';
import { address } from './memory.js';
import { alone } from './privileged.js';

const bit = (name: string, code: 0 | 1, operator: 'and' | 'or'): Instruction =>
  insn(name, `000001 base 00111 ${code} op<2:0> offset<11:0>`, 'op,offset(base)', (m, { base, op, offset }) => {
    const mask = shl(i32(1), field(op));
    m.changeByte(operator, address(m, base, offset), operator === 'or' ? mask : not(mask));
  });

export const MCU: readonly Instruction[] = [
  bit('aclr', 0, 'and'),
  bit('aset', 1, 'or'),
  // it goes on as ERET does where nothing was saved on the stack when the interrupt came: IntCtl.APE = 0
  alone('iret', 0x38, 'eret'),
];
