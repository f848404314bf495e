/** Makes instructions of microMIPS and MIPS16e from the rows of the table. */
import { EIGHT_REGISTERS } from '../../src/emu/isa/compressed.js';
import type { FieldName, Instruction } from '../../src/emu/isa/encoding.js';
import { withField } from '../../src/emu/isa/field.js';
import { instructions, type Isa } from '../../src/emu/isa/index.js';

const V0 = 2;

export interface Item {
  readonly bytes: 2 | 4;
  word: number;
  /** A word of the classic set. */
  readonly classic?: boolean;
}

/** `word` with a field that stands for a number: a register's own, where the field has a list of them. */
export function put(row: Instruction, word: number, name: FieldName, value: number): number {
  const field = row.fields[name];
  const index = field.list === undefined ? value : field.list.indexOf(value);
  if (field.list !== undefined && index < 0) throw new Error(`${row.name} cannot name ${value}`);
  return withField((word & ~withField(0, field, -1)) >>> 0, field, index);
}

export class CompressedAssembler {
  readonly rows: readonly Instruction[];

  constructor(readonly isa: Isa) {
    this.rows = instructions(isa, 'compressed');
  }

  row(name: string, bytes: 2 | 4, fits: (row: Instruction) => boolean = () => true): Instruction {
    const found = this.rows.find((row) => row.name === name && row.bytes === bytes && fits(row));
    if (found === undefined) throw new Error(`no instruction ${name} of ${bytes} bytes`);
    return found;
  }

  encode(
    name: string,
    bytes: 2 | 4,
    fields: Readonly<Partial<Record<FieldName, number>>>,
    fits?: (row: Instruction) => boolean,
  ): Item {
    const row = this.row(name, bytes, fits);
    let word = row.match;
    for (const name of row.fieldNames) word = put(row, word, name, fields[name] ?? row.fields[name].list?.[0] ?? 0);
    return { bytes, word };
  }

  /** In MIPS16e by way of $2 unless it is one of the eight. Always the same length for one register. */
  loadImmediate(register: number, value: number): Item[] {
    if (this.isa.compressed === 'micromips')
      return [
        this.encode('lui', 4, { rt: register, imm: value >>> 16 }),
        this.encode('ori', 4, { rs: register, rt: register, imm: value & 0xffff }),
      ];
    const through = EIGHT_REGISTERS.includes(register) ? register : V0;
    const low = value & 0xffff;
    const high = ((value >>> 16) + (low >>> 15)) & 0xffff;
    return [
      this.encode('li', 4, { rt: through, imm: high }),
      this.encode('sll', 4, { rd: through, rt: through, sa: 16 }),
      this.encode('addiu', 4, { rt: through, imm: low }, ({ match }) => (match & 0xf800) === 0x4800),
      ...(through === register
        ? []
        : [this.encode('move', 2, { rd: register, rs: through }, ({ fields }) => fields.rd.width === 5)]),
    ];
  }

  /** MOVE $0,$0 of 16 bits. */
  get nop(): Item {
    return { bytes: 2, word: this.isa.compressed === 'mips16' ? 0x6500 : 0x0c00 };
  }
}

/** Puts instructions into memory one after another; gives the address behind them. */
export function place(view: DataView, start: number, items: readonly Item[], little: boolean): number {
  let at = start;
  for (const { bytes, word, classic = false } of items) {
    if (classic) view.setUint32(at, word, little);
    else if (bytes === 2) view.setUint16(at, word, little);
    else {
      view.setUint16(at, word >>> 16, little);
      view.setUint16(at + 2, word & 0xffff, little);
    }
    at += bytes;
  }
  return at;
}
