/**
 * The privileged architecture: what coprocessor 0 holds after each of some thousand provoked exceptions is the same on a core
 * of a model as on qemu-system with that model (privileged-program.ts, privileged-cases.ts).
 */
import t from 'tap';
import { EXCEPTION } from '../../src/emu/isa/index.js';
import { installed } from '../support/fixtures.js';
import {
  compressedCases,
  evaCases,
  exceptionCases,
  interruptCases,
  mapPages,
  misalignedCases,
  nestedCases,
  pageCases,
  registerCases,
  returnCases,
  segmentCases,
  slotCases,
  tlbCases,
  wideCases,
} from './privileged-cases.js';
import { FIELDS, PrivilegedProgram, type FieldName, type LogRecord } from './privileged-program.js';

const MACHINES = [
  ...['24Kf', '34Kf', '74Kf', 'M14Kc', 'P5600', 'mips32r6-generic', '5KEf', 'MIPS64R2-generic', 'I6400'].map(
    (model) => [model, 'le'] as const,
  ),
  ...['24Kf', 'M14Kc', 'I6400'].map((model) => [model, 'be'] as const),
];

const THEMES = {
  exceptions: exceptionCases,
  slots: slotCases,
  nested: nestedCases,
  pages: pageCases,
  segments: segmentCases,
  interrupts: interruptCases,
  returns: returnCases,
  tlb: tlbCases,
  registers: registerCases,
  misaligned: misalignedCases,
  eva: evaCases,
  wide: wideCases,
  compressed: compressedCases,
} as const;

const OF_TLB: readonly number[] = [EXCEPTION.Mod, EXCEPTION.TLBL, EXCEPTION.TLBS, EXCEPTION.TLBRI, EXCEPTION.TLBXI];
const OF_ADDRESS: readonly number[] = [...OF_TLB, EXCEPTION.AdEL, EXCEPTION.AdES];
const NO_EXCEPTION = 0xffffn;
const NO_MATCH = 0x80000000n;
const CE = 0x30000000n;
/** Config3.MCU. */
const MCU = 0x20000n;
/** Cause.IP7…IP2 and TI: the boards are different. */
const BOARD = 0x4000fc00n;

/** What the architecture defines of a record. */
function defined({ name, values }: LogRecord, theme: string): Map<FieldName, bigint> {
  const result = new Map(values);
  const get = (field: FieldName): bigint => values.get(field) ?? 0n;
  const code = Number((get('Cause') >> 2n) & 31n);
  const isNone = get('vector') === NO_EXCEPTION;
  result.set('Cause', get('Cause') & ~(BOARD | (code === EXCEPTION.CpU ? 0n : CE)));
  if (isNone) for (const field of ['Cause', 'EPC', 'BadInstr', 'BadInstrP'] as const) result.set(field, 0n);
  if (isNone || !OF_ADDRESS.includes(code)) result.set('BadVAddr', 0n);
  if (isNone || !OF_TLB.includes(code)) for (const field of ['Context', 'XContext'] as const) result.set(field, 0n);
  if (!isNone && !OF_TLB.includes(code)) result.set('EntryHi', 0n);
  if ((get('Cause') & 0x80000000n) === 0n) result.set('BadInstrP', 0n);
  if (theme !== 'tlb')
    for (const field of ['Index', 'EntryLo0', 'EntryLo1', 'PageMask'] as const) result.set(field, 0n);
  // with P the rest of Index is unpredictable
  const index = result.get('Index') ?? 0n;
  if ((index & NO_MATCH) !== 0n) result.set('Index', NO_MATCH);
  // EBase.CPUNum
  if (name.startsWith('register 15,1')) for (const field of ['$2', '$3'] as const) result.set(field, get(field) & ~1n);
  // QEMU does not read it in compressed sets
  if (theme === 'compressed') result.set('BadInstr', 0n);
  // what the cores here have not: reverse byte order, bits for anyone's use; and what QEMU has not: Cause.WP, the MCU ASE
  if (name.startsWith('Status ')) result.set('$2', get('$2') & ~0x02070000n);
  if (name.startsWith('register 16,3')) for (const field of ['$2', '$3'] as const) result.set(field, get(field) & ~MCU);
  if (name === 'Cause') result.set('$2', get('$2') & ~(BOARD | 0x00400000n));
  return result;
}

let records = 0;
t.teardown(() => t.comment(`${records} records compared`));

for (const [model, endian] of MACHINES) {
  const program = new PrivilegedProgram(model, endian);
  const themes: string[] = [];
  const since = (theme: string): void => {
    while (themes.length < program.names.length) themes.push(theme);
  };
  mapPages(program);
  since('map');
  for (const [theme, add] of Object.entries(THEMES)) {
    add(program);
    since(theme);
  }
  const { qemu } = program;
  t.test(`${model}, ${endian}`, { skip: installed(qemu) ? false : `${qemu} is not installed` }, (t) => {
    const [theirs, ours] = [program.onQemu(), program.onCore()];
    let differences = 0;
    for (const [i, { name }] of theirs.entries()) {
      const theme = themes[i] ?? '';
      const [there, here] = [theirs[i], ours[i]].map((record) => record && defined(record, theme));
      const hex = (record: typeof here, field: FieldName): string => record?.get(field)?.toString(16) ?? 'nothing';
      const differing = FIELDS.filter((field) => there?.get(field) !== here?.get(field));
      if (differing.length === 0) continue;
      differences++;
      const texts = differing.map((field) => `${field}: qemu ${hex(there, field)}, core ${hex(here, field)}`);
      t.fail(`${theme}: ${name}: ${texts.join('; ')}`);
    }
    t.equal(differences, 0, `${theirs.length} records`);
    records += theirs.length;
    t.end();
  });
}
