/** What privileged-on-qemu.test.ts provokes, by theme: every exception of instructions and addresses, at every place. */
import { instructions } from '../../src/emu/isa/index.js';
import { CompressedAssembler, type Item } from './compressed-assembler.js';
import { li, nop } from './core-bench.js';
import {
  BREAK_PA,
  DATA,
  DATA_PA,
  REG,
  SUPERVISOR,
  USER,
  USER_CODE,
  type Context,
  type PrivilegedProgram,
} from './privileged-program.js';

const { v0, v1, t0, t1, t2, t3, k0 } = REG;
const V = 2;
const D = 4;
const G = 1;
const CACHED = 3 << 3;
export const pfn = (pa: number): number => (pa >>> 12) << 6;

/** Pages for loads and stores, each pair in an entry of its own. */
export const PAGES = {
  /** Readable and writable, even and odd. */
  plain: 0x10000000,
  /** Clean, then invalid. */
  clean: 0x10004000,
  /** Nothing. */
  nothing: 0x10008000,
  /** Read inhibited, then execute inhibited, where the core has that. */
  inhibited: 0x1000c000,
} as const;
const ENTRY = { plain: 1, clean: 2, inhibited: 3 } as const;
const RI_XI = 0xc0000000;

export function mapPages(program: PrivilegedProgram): void {
  const flags = CACHED | G;
  const { has } = program;
  program.add('map', () => ({
    body: [
      ...(has.readExecuteInhibit ? [...li(t0, RI_XI), program.mtc0(t0, 5, 1)] : []),
      ...program.tlbEntry(ENTRY.plain, PAGES.plain, pfn(DATA_PA) | flags | V | D, pfn(DATA_PA + 4096) | flags | V | D),
      ...program.tlbEntry(ENTRY.clean, PAGES.clean, pfn(DATA_PA) | flags | V, pfn(DATA_PA) | flags),
      ...(has.readExecuteInhibit
        ? program.tlbEntry(
            ENTRY.inhibited,
            PAGES.inhibited,
            pfn(DATA_PA) | flags | V | D | 0x80000000,
            pfn(DATA_PA) | flags | V | D | 0x40000000,
          )
        : []),
    ],
  }));
}

interface Provocation {
  readonly name: string;
  readonly setup?: readonly number[];
  /** One word. */
  readonly word: (context: Omit<Context, 'at'>) => number | undefined;
}

const address = (value: number): number[] => li(t0, value);

/** One instruction each that raises an exception when $8 is the address and $9 is 0x7fffffff. */
export const PROVOCATIONS: readonly Provocation[] = [
  { name: 'syscall', word: ({ asm }) => asm('syscall') },
  { name: 'break', word: ({ asm }) => asm('break', { code20: 7 }) },
  { name: 'teq', word: ({ asm }) => asm('teq') },
  { name: 'overflow', setup: li(t1, 0x7fffffff), word: ({ asm }) => asm('add', { rs: t1, rt: t1, rd: t2 }) },
  { name: 'reserved', word: () => 0x0000003d },
  { name: 'COP1', word: () => 0x46000000 },
  { name: 'COP3', word: ({ model }) => (model.isa.release === 6 ? undefined : 0x4c000000) },
  { name: 'LDC2', word: ({ model }) => (model.isa.release === 6 ? undefined : 0xd8000000) },
  { name: 'LWC1', word: () => 0xc4000000 },
  { name: 'SDC1', word: () => 0xf4000000 },
  { name: 'DSP', word: ({ asm, isa }) => (isa.dsp === 0 ? undefined : asm('addq.ph', { rd: t2 })) },
  { name: 'MSA', word: ({ isa }) => (instructions(isa).some(({ name }) => name === 'ldi.b') ? 0x7b000007 : undefined) },
  ...(['lw', 'sw', 'lb', 'sb', 'lhu', 'sh'] as const).flatMap((name): Provocation[] => [
    {
      name: `${name}, refill`,
      setup: address(PAGES.nothing + 0x124),
      word: ({ asm }) => asm(name, { base: t0, rt: t2 }),
    },
    {
      name: `${name}, invalid`,
      setup: address(PAGES.clean + 0x1ffc),
      word: ({ asm }) => asm(name, { base: t0, rt: t2 }),
    },
    { name: `${name}, unmapped`, setup: address(0xc0001000), word: ({ asm }) => asm(name, { base: t0, rt: t2 }) },
  ]),
  {
    name: 'lh, misaligned',
    setup: address(DATA + 1),
    word: ({ asm, isa }) => alignedOnly(isa, asm('lh', { base: t0, rt: t2 })),
  },
  {
    name: 'lw, misaligned',
    setup: address(DATA + 2),
    word: ({ asm, isa }) => alignedOnly(isa, asm('lw', { base: t0, rt: t2 })),
  },
  {
    name: 'sw, misaligned',
    setup: address(DATA + 3),
    word: ({ asm, isa }) => alignedOnly(isa, asm('sw', { base: t0, rt: t2 })),
  },
  {
    name: 'sh, misaligned',
    setup: address(DATA + 3),
    word: ({ asm, isa }) => alignedOnly(isa, asm('sh', { base: t0, rt: t2 })),
  },
  { name: 'll, misaligned', setup: address(DATA + 2), word: ({ asm }) => asm('ll', { base: t0, rt: t2 }) },
  { name: 'll, refill', setup: address(PAGES.nothing), word: ({ asm }) => asm('ll', { base: t0, rt: t2 }) },
  { name: 'sw, clean', setup: address(PAGES.clean + 8), word: ({ asm }) => asm('sw', { base: t0, rt: t2 }) },
  { name: 'sb, clean', setup: address(PAGES.clean + 0xfff), word: ({ asm }) => asm('sb', { base: t0, rt: t2 }) },
  {
    name: 'lw, read inhibited',
    setup: address(PAGES.inhibited + 0x10),
    word: ({ asm, has }) => (has.readExecuteInhibit ? asm('lw', { base: t0, rt: t2 }) : undefined),
  },
];

const alignedOnly = (isa: Context['isa'], word: number): number | undefined => (isa.release === 6 ? undefined : word);

/** Where an instruction may stand: words around it, of which one is left out. */
const PLACES: readonly {
  readonly name: string;
  readonly around: (context: Context, word: number) => readonly number[] | undefined;
}[] = [
  { name: 'plain', around: (_, word) => [nop, word, nop] },
  { name: 'in the slot of a taken branch', around: ({ asm }, word) => [asm('beq', { offset: 2 }), word, nop, nop] },
  {
    name: 'in the slot of one not taken',
    around: ({ asm }, word) => [nop, asm('beq', { rs: REG.s7, offset: 2 }), word, nop],
  },
  {
    name: 'in the slot of a jump and link',
    around: ({ asm, at }, word) => [asm('jal', { target: (at(3) & 0x0fffffff) >>> 2 }), word, nop, nop],
  },
  {
    name: 'in the slot of a likely branch',
    around: ({ asm, isa }, word) => (isa.release === 6 ? undefined : [asm('beql', { offset: 2 }), word, nop, nop]),
  },
  {
    name: 'in a forbidden slot',
    around: ({ asm, isa }, word) =>
      isa.release === 6 ? [...li(t3, 1), asm('beqzc', { rs: t3, offset: 2 }), word, nop, nop] : undefined,
  },
];

const MODES = [
  ['kernel', undefined],
  ['user', USER],
  ['supervisor', SUPERVISOR],
] as const;

/** Models whose Status has no supervisor mode. */
const hasSupervisor = ({ model }: PrivilegedProgram): boolean => (model.status.writable & SUPERVISOR) !== 0;

export function exceptionCases(program: PrivilegedProgram): void {
  for (const { name, setup, word } of PROVOCATIONS)
    for (const place of PLACES)
      for (const [mode, status] of MODES) {
        const wanted = word(program.context);
        const body = (context: Context): readonly number[] | undefined =>
          wanted === undefined ? undefined : place.around(context, wanted);
        if (body({ ...program.context, at: () => 0 }) === undefined) continue;
        if (mode === 'supervisor' && (!hasSupervisor(program) || place.name !== 'plain')) continue;
        program.add(`${name} ${place.name}, ${mode}`, (context) => ({
          ...(setup === undefined ? {} : { setup }),
          body: body(context) ?? [],
          ...(status === undefined ? {} : { status }),
        }));
      }
}

/** Of Release 6: what ends the ordinary flow may not stand in a slot. */
export function slotCases(program: PrivilegedProgram): void {
  const { asm, isa } = program;
  if (isa.release < 6) return;
  for (const name of ['eret', 'eretnc', 'deret', 'wait'])
    for (const [slot, branch] of [
      ['a delay slot', [asm('beq', { offset: 2 })]],
      ['a forbidden slot', [...li(t3, 1), asm('beqzc', { rs: t3, offset: 2 })]],
    ] as const)
      program.add(`${name} in ${slot}`, () => ({ body: [...branch, asm(name), nop, nop] }));
}

/** With Status.EXL set, and with ERL. */
export function nestedCases(program: PrivilegedProgram): void {
  const fixed = program.model.status.reset & ~0x00400004;
  for (const { name, setup, word } of PROVOCATIONS) {
    const wanted = word(program.context);
    if (wanted === undefined) continue;
    for (const [level, status] of [
      ['EXL', 2],
      ['ERL', 4],
      ['EXL and ERL', 6],
      ['EXL, user', 2 | USER],
    ] as const) {
      // with ERL, KUSEG is what the board has there
      if ((status & 4) !== 0 && /refill|invalid|clean|inhibited/.test(name)) continue;
      for (const around of [
        [nop, wanted, nop],
        [program.asm('beq', { offset: 2 }), wanted, nop, nop],
      ])
        program.add(`${name} with ${level}${around.length > 3 ? ', in a slot' : ''}`, () => ({
          setup: [...li(k0, 0x12345678), program.mtc0(k0, 14), ...(setup ?? [])],
          body: [...li(k0, status | fixed), program.mtc0(k0, 12), program.asm('sll', { sa: 3 }), ...around],
        }));
    }
  }
}

/** At the end of a page, and where the next page is missing. */
export function pageCases(program: PrivilegedProgram): void {
  const { asm } = program;
  for (const [mode, status] of MODES) {
    if (mode === 'supervisor' && !hasSupervisor(program)) continue;
    const entered = status === undefined ? {} : { status };
    program.add(`break, first word of a page, ${mode}`, () => ({
      body: [nop, asm('break')],
      atPageEnd: true,
      ...entered,
    }));
    program.add(`slot on the next page, ${mode}`, () => ({
      body: [asm('beq', { offset: 2 }), asm('break'), nop],
      atPageEnd: true,
      ...entered,
    }));
  }
  // code in the data pages: the last word of a mapped page, and nothing behind it
  const end = PAGES.plain + 0x1ffc;
  const copy = (words: readonly number[]): number[] =>
    words.flatMap((word, i) => [
      ...li(t0, DATA + 0x2000 - 4 * (words.length - i)),
      ...li(t1, word),
      asm('sw', { base: t0, rt: t1 }),
    ]);
  const goTo = (to: number): number[] => [...li(t0, to), program.jr(t0), nop];
  program.add('run off a page', () => ({ setup: copy([nop]), body: goTo(end) }));
  program.add('a branch whose slot is on a page that is missing', () => ({
    setup: copy([asm('beq', { offset: -2 })]),
    body: goTo(end),
  }));
  program.add('a branch from the slot to a page that is missing', () => ({
    setup: copy([asm('beq', { offset: 2 }), nop]),
    body: goTo(end - 4),
  }));
  for (const [what, to] of [
    ['refill', PAGES.nothing],
    ['invalid', PAGES.clean + 0x1000],
    ['unmapped', 0xc0002000],
    ['misaligned', DATA + 2],
    ['execute inhibited', PAGES.inhibited + 0x1000],
  ] as const) {
    if (what === 'execute inhibited' && !program.has.readExecuteInhibit) continue;
    // an odd address would change the instruction set of some cores
    program.add(`fetch, ${what}`, () => ({ body: goTo(to) }));
    if (to < 0x80000000) program.add(`fetch, ${what}, user`, () => ({ body: goTo(to), status: USER }));
  }
}

/** Addresses that a mode may not use. */
export function segmentCases(program: PrivilegedProgram): void {
  const { asm } = program;
  for (const [mode, status] of MODES.slice(1)) {
    if (mode === 'supervisor' && !hasSupervisor(program)) continue;
    for (const at of [0x80000000, 0x9ffffffc, 0xa0000000, 0xc0000000, 0xdffffffc, 0xe0000000, 0xfffffffc])
      for (const name of ['lw', 'sw'])
        program.add(`${name} ${at.toString(16)}, ${mode}`, () => ({
          setup: li(t0, at),
          body: [asm(name, { base: t0, rt: t2 }), nop],
          status: status ?? 0,
        }));
    for (const at of [0x80100000, 0xa0100000, 0xc0000000, 0xfffffffc])
      program.add(`jump to ${at.toString(16)}, ${mode}`, () => ({
        setup: li(t0, at),
        body: [program.jr(t0), nop],
        status: status ?? 0,
      }));
  }
  for (const name of ['mfc0', 'mtc0', 'tlbp', 'tlbr', 'tlbwi', 'tlbwr', 'eret', 'wait', 'di', 'ei', 'rdpgpr']) {
    program.add(`${name}, user`, () => ({ body: [asm(name)], status: USER }));
    if (name === 'mfc0') program.add(`${name}, user with CU0`, () => ({ body: [asm(name)], status: USER | (1 << 28) }));
  }
  for (const register of [1, 2, 3, 5, 29, 30])
    for (const mask of [0, 1 << register])
      for (const [mode, status] of MODES.slice(0, 2)) {
        // QEMU has UserLocal in kernel mode where Config3.ULRI says that there is none
        if (register === 29 && mode === 'kernel' && !program.has.userLocal) continue;
        program.add(`rdhwr ${register}, HWREna ${mask.toString(16)}, ${mode}`, () => ({
          setup: [...li(k0, mask), program.mtc0(k0, 7), ...li(v0, 0x55)],
          body: [asm('rdhwr', { rt: register === 2 ? t2 : v0, rd: register }), nop],
          ...(status === undefined ? {} : { status }),
        }));
      }
}

/** Software interrupts at every vector. */
export function interruptCases(program: PrivilegedProgram): void {
  const { asm } = program;
  const fixed = program.model.status.reset & ~0x00400004;
  const IE = 1;
  const IV = 1 << 23;
  for (const iv of [0, IV])
    for (const spacing of [0, 0x20])
      for (const lines of [1, 2, 3])
        for (const mask of [1, 2, 3])
          program.add(`interrupts ${lines} of ${mask}, IV ${iv === 0 ? 0 : 1}, VS ${spacing}`, () => ({
            setup: [...li(k0, spacing), program.mtc0(k0, 12, 1), ...li(k0, iv | (lines << 8)), program.mtc0(k0, 13)],
            body: [...li(k0, fixed | IE | (mask << 8)), program.mtc0(k0, 12), asm('sll', { sa: 3 }), nop, nop],
          }));
  for (const around of [
    [asm('beq', { offset: 2 }), nop, nop, nop],
    [asm('ei', { rt: v0 }), asm('sll', { sa: 3 }), asm('di', { rt: v1 }), asm('sll', { sa: 3 })],
  ])
    program.add('an interrupt that EI lets in', () => ({
      setup: [...li(k0, 1 << 8), program.mtc0(k0, 13), ...li(k0, fixed | (1 << 8)), program.mtc0(k0, 12)],
      body: around,
    }));
  program.add('EI and DI give the old Status', () => ({
    setup: [program.mtc0(0, 13)],
    body: [asm('ei', { rt: v0 }), asm('sll', { sa: 3 }), asm('di', { rt: v1 }), asm('sll', { sa: 3 })],
  }));
}

/** ERET from EXL and ERL, and what LL keeps. */
export function returnCases(program: PrivilegedProgram): void {
  const { asm } = program;
  const fixed = program.model.status.reset & ~0x00400004;
  for (const [name, status, register] of [
    ['EPC', 2, 14],
    ['ErrorEPC', 4, 30],
    ['ErrorEPC first', 6, 30],
  ] as const)
    program.add(`ERET to ${name}`, ({ at }) => ({
      body: [
        ...[...li(k0, at(10)), program.mtc0(k0, register)],
        ...[...li(k0, status | fixed), program.mtc0(k0, 12), asm('sll', { sa: 3 })],
        ...[asm('eret'), nop, nop, asm('break'), nop],
      ],
    }));
  const returns = ['eret', ...(program.has.linkBit ? ['eretnc'] : [])];
  for (const name of returns)
    program.add(`SC after ${name}`, ({ at }) => ({
      setup: li(t0, DATA),
      body: [
        ...[...li(k0, at(9)), program.mtc0(k0, 14), ...li(k0, 2 | fixed), program.mtc0(k0, 12)],
        ...[asm('ll', { base: t0, rt: v1 }), asm(name), nop],
        ...[asm('ori', { rt: v0, imm: 5 }), asm('sc', { base: t0, rt: v0 }), asm('lw', { base: t0, rt: v1 })],
      ],
    }));
}

/** TLBP and TLBR, entries of all page sizes, global and not, EHINV, TLBINV. */
export function tlbCases(program: PrivilegedProgram): void {
  const { asm, has } = program;
  const flags = CACHED | V | D;
  const index = 5;
  for (let size = 0; size < 8; size++) {
    const mask = (4 ** size - 1) << 13;
    const page = 0x1000 * 4 ** size;
    const hi = 0x40000000 | 3;
    const entry = program.tlbEntry(index, hi, pfn(DATA_PA & -page) | flags, pfn(DATA_PA & -page) | flags | G, mask);
    const inside = (DATA_PA & (page - 1)) + 0x40;
    for (const [what, at, asid] of [
      ['even', 0x40000000 + inside, 3],
      ['odd', 0x40000000 + page + inside, 3],
      ['behind', 0x40000000 + 2 * page, 3],
      ['another space', 0x40000000, 4],
    ] as const)
      program.add(`pages of ${page / 1024} KiB, ${what}`, () => ({
        setup: [...entry, ...li(t0, asid), program.mtc0(t0, 10), ...li(t1, at)],
        body: [asm('lw', { base: t1, rt: v0 }), asm('ori', { rs: t1, rt: v1 }), nop],
      }));
    program.add(`TLBP, ${page / 1024} KiB`, () => ({
      setup: [...entry, ...li(t0, 0x40000000 + page + 3), program.mtc0(t0, 10)],
      body: [asm('tlbp'), nop],
    }));
    program.add(`TLBR, ${page / 1024} KiB`, () => ({
      setup: [...entry, ...li(t0, index), program.mtc0(t0, 0), program.mtc0(0, 2), program.mtc0(0, 3)],
      body: [asm('tlbr'), nop],
    }));
  }
  program.add('TLBP, none', () => ({
    setup: [...li(t0, PAGES.nothing), program.mtc0(t0, 10)],
    body: [asm('tlbp'), nop],
  }));
  if (!has.invalidEntries) return;
  const hit = (between: readonly number[], asid: number): number[] => [
    ...program.tlbEntry(index, 0x40000000 | 3, pfn(DATA_PA) | flags, pfn(DATA_PA) | flags),
    ...program.tlbEntry(index + 1, 0x40002000 | 3, pfn(DATA_PA) | flags | G, pfn(DATA_PA) | flags | G),
    ...[...li(t0, asid), program.mtc0(t0, 10)],
    ...between,
    ...[...li(t0, 3), program.mtc0(t0, 10)],
  ];
  const invalid = [...li(t0, 0x400), program.mtc0(t0, 10), ...li(t0, index), program.mtc0(t0, 0), asm('tlbwi')];
  for (const [what, between] of [
    ['EHINV', invalid],
    ['TLBINV', [asm('tlbinv')]],
  ] as const)
    for (const asid of [3, 4])
      for (const at of [0x40000040, 0x40002040])
        program.add(`${at.toString(16)} after ${what} in ${asid}`, () => ({
          setup: [...hit(between, asid), ...li(t1, at)],
          body: [asm('lw', { base: t1, rt: v0 }), nop],
        }));
  program.add('TLBR of an invalid entry', () => ({
    setup: [...hit(invalid, 3), ...li(t0, index), program.mtc0(t0, 0)],
    body: [asm('tlbr'), nop],
  }));
}

/** Values that registers take of ones and zeros. */
const REGISTERS: readonly (readonly [number, number])[] = [
  ...([0, 2, 3, 4, 5, 6, 7, 8, 10, 14, 15, 16, 24, 30, 31] as const).map((register) => [register, 0] as const),
  ...[1, 2, 3, 4, 5, 6, 7].map((select) => [16, select] as const),
  ...[2, 3, 4, 5, 6, 7].map((select) => [31, select] as const),
  ...([
    [4, 2],
    [5, 1],
    [8, 1],
    [8, 2],
    [12, 1],
    [15, 1],
    [15, 3],
    [17, 1],
    [17, 2],
  ] as const),
];

export function registerCases(program: PrivilegedProgram): void {
  const { asm, has, model } = program;
  const wide = program.isa.bits === 64;
  const get = (rt: number, rd: number, sel: number): number => asm(wide ? 'dmfc0' : 'mfc0', { rt, rd, sel });
  const set = (rt: number, rd: number, sel: number): number => asm(wide ? 'dmtc0' : 'mtc0', { rt, rd, sel });
  const config = (number: number): number => model.config[number]?.reset ?? 0;
  const exists = (rd: number, sel: number): boolean => {
    if (rd === 4 && sel === 2) return has.userLocal;
    if (rd === 5 && sel === 1) return has.readExecuteInhibit;
    if (rd === 8 && sel > 0) return sel === 1 ? has.badInstr : has.badInstrP;
    if (rd === 15 && sel === 3) return has.coherenceManager;
    if (rd === 16 && sel > 0 && sel < 6) return config(sel - 1) < 0 || config(sel - 1) > 0x7fffffff;
    if (rd === 16 && sel >= 6) return false;
    if (rd === 17) return has.accessibility;
    if (rd === 31 && sel > 0) return ((has.scratchRegisters >>> sel) & 1) === 1;
    return true;
  };
  for (const [rd, sel] of REGISTERS) {
    if (!exists(rd, sel)) continue;
    // what is no entry, and no size of pages, is undefined until Release 6
    const isPartly = rd === 0 || (rd === 5 && sel === 0);
    // what EBase is put back with opens its write gate
    const gate = rd === 15 && sel === 1 ? 0x800 : 0;
    for (const value of isPartly && !has.release6 ? [rd === 0 ? 9 : 0x1e000] : [-1, 0x5a5a5a5a, 0x25a5a5a5])
      program.add(`register ${rd},${sel}, ${(value >>> 0).toString(16)}`, () => ({
        setup: [get(t0, rd, sel), asm('ori', { rs: t0, rt: t3, imm: gate }), ...li(t1, value)],
        body: [set(t1, rd, sel), get(v0, rd, sel), set(0, rd, sel), get(v1, rd, sel), set(t3, rd, sel), nop],
      }));
  }
  const fixed = model.status.reset & ~0x00400004;
  for (const value of [-1 << 8, 0x5a5a5a00, 0x25a5a500])
    program.add(`Status ${(value >>> 0).toString(16)}`, () => ({
      setup: li(t1, value | fixed),
      body: [
        ...[asm('mtc0', { rt: t1, rd: 12 }), asm('sll', { sa: 3 }), asm('mfc0', { rt: v0, rd: 12 })],
        ...[asm('mtc0', { rt: REG.s5, rd: 12 }), nop],
      ],
    }));
  program.add('Cause', () => ({
    setup: li(t1, 0xffffffff & ~(1 << 27)),
    body: [asm('mtc0', { rt: t1, rd: 13 }), asm('mfc0', { rt: v0, rd: 13 }), asm('mtc0', { rt: 0, rd: 13 }), nop],
  }));
}

/** Words that are not aligned, within a page, across two, and where the second is missing. */
export function misalignedCases(program: PrivilegedProgram): void {
  const { asm, isa } = program;
  if (isa.release !== 6) return;
  const last = PAGES.plain + 0x1000;
  const accesses = ['lh', 'lhu', 'lw', 'sh', 'sw', ...(isa.bits === 64 ? ['ld', 'sd', 'lwu'] : [])];
  for (const name of accesses)
    for (const at of [
      PAGES.plain + 1,
      last - 1,
      last - 3,
      PAGES.plain + 0x1fff,
      PAGES.clean + 0xfff,
      DATA + 0xffd,
      0xc0000001,
    ])
      program.add(`${name} ${at.toString(16)}`, () => ({
        setup: [...li(t1, at), ...li(v0, 0x89abcdef)],
        body: [
          asm(name, { base: t1, rt: v0 }),
          ...[...li(t1, PAGES.plain + 0x1000), asm('lw', { base: t1, rt: v1, offset: -4 & 0xffff })],
          nop,
        ],
      }));
}

const ADDRESSES_64 = [
  ...[0x7fffffffn, 0x80000000n, 0xffffffffn, 0x100000000n, 0x3fffffffffn, 0x40000000000n, 0x1000000000000n],
  ...[0x3fffffffffffffffn, 0x4000000000000000n, 0x4000000000001000n, 0x400003ffffffffffn, 0x4000040000000000n],
  ...[0x8000000000132000n, 0x9800000000132000n, 0xb000000000132000n, 0x9000001000000000n, 0x9800100000000000n],
  ...[0xc000000000000000n, 0xc00003fffffff000n, 0xc00003ff7ffff000n, 0xc0000fff7ffff000n, 0xc000ffff7fffefffn],
  ...[0xffffffff7ffffff0n, 0xfffffffe80000000n, 0xffffffff80132000n, 0xffffffffa0132000n, 0xffffffffc0000000n],
  ...[0xffffffffe0000000n, 0xffff000000000000n],
];
const [UX, SX, KX] = [0x20, 0x40, 0x80];

/** 64-bit addresses in every mode, with and without UX, SX and KX. */
export function wideCases(program: PrivilegedProgram): void {
  const { asm } = program;
  if (program.isa.bits !== 64) return;
  const fixed = program.model.status.reset & ~0x00400004;
  for (const at of ADDRESSES_64)
    for (const enables of [0, UX, SX, KX, UX | SX | KX])
      for (const [mode, status] of MODES) {
        const where = BigInt.asUintN(64, at) & ~3n;
        program.add(`lw ${where.toString(16)}, ${mode}, ${enables.toString(16)}`, () => ({
          setup: program.constant(t1, where),
          body: [asm('lw', { base: t1, rt: v0 }), nop],
          status: (status ?? 0) | enables | fixed,
        }));
      }
  for (const to of [0x40000000n, 0x100000000n, 0xc000000000000000n, 0x9800000000000000n + BigInt(BREAK_PA)])
    program.add(`jump to ${to.toString(16)}`, () => ({
      setup: program.constant(t1, to),
      body: [program.jr(t1), nop, nop],
      status: UX | SX | KX | fixed,
    }));
  const mapped = (hi: bigint): number[] =>
    program.tlbEntry(6, hi, pfn(DATA_PA) | CACHED | V | D | G, pfn(DATA_PA) | CACHED | V | D | G);
  for (const hi of [0x10000000000n, 0x4000000000000000n, 0xc000000000004000n, 0xffffffffc0000000n])
    program.add(`a page at ${hi.toString(16)}`, () => ({
      setup: [...mapped(hi), ...program.constant(t1, hi | 0x40n)],
      body: [asm('lw', { base: t1, rt: v0 }), asm('ld', { base: t1, rt: v1 }), nop],
      status: UX | SX | KX | fixed,
    }));
  for (const name of ['daddu', 'dsll', 'ld'])
    for (const status of [USER, USER | UX, USER | (1 << 23)])
      program.add(`${name}, Status ${status.toString(16)}`, () => ({
        setup: li(t0, USER_CODE),
        body: [asm(name, name === 'ld' ? { base: t0, rt: t2 } : {}), nop],
        status: status | fixed,
      }));
}

const EVA_LOADS = ['lbe', 'lbue', 'lhe', 'lhue', 'lwe', 'lle'];
const EVA_STORES = ['sbe', 'she', 'swe'];
/** SegCtl1 (segments at A0000000 and 80000000) and SegCtl2 (at 40000000 and 0), with their access modes; the last is legacy. */
const SEGMENTS: readonly (readonly [name: string, control2: number])[] = [
  ['MUSK', 0x003a043a],
  ['MUSUK', 0x0042044a],
  ['UUSK', 0x003a0472],
  ['USK', 0x003a0452],
  ['UK', 0x003a0402],
  ['MK', 0x003a0412],
  ['MSK', 0x003a0422],
];

/** Loads and stores with the user's view, from every mode; segments with other access modes. */
export function evaCases(program: PrivilegedProgram): void {
  const { asm, isa, has } = program;
  if (!isa.eva) return;
  for (const name of [...EVA_LOADS, ...EVA_STORES])
    for (const at of [PAGES.plain + 0x10, PAGES.nothing, PAGES.clean, DATA, DATA + 1, 0xc0000000])
      for (const [mode, status] of MODES)
        // QEMU's LLE sees what the kernel sees
        if (mode !== 'supervisor' && !(name === 'lle' && at === 0xc0000000))
          program.add(`${name} ${at.toString(16)}, ${mode}`, () => ({
            setup: [...li(t1, at), ...li(v0, 0x12345678)],
            body: [asm(name, { base: t1, rt: v0 }), nop],
            ...(status === undefined ? {} : { status }),
          }));
  if (!has.segmentControl) return;
  const legacy = SEGMENTS[0]?.[1] ?? 0;
  for (const [name, control] of SEGMENTS)
    for (const at of [0x40132000, 0x50000000])
      for (const [mode, status] of MODES)
        for (const access of ['lw', 'sw'])
          program.add(`${access} ${at.toString(16)}, ${name}, ${mode}`, () => ({
            setup: [...li(t2, control), program.mtc0(t2, 5, 4), asm('sll', { sa: 3 }), ...li(t1, at), ...li(v0, 0)],
            body: [asm(access, { base: t1, rt: v1 }), nop],
            ...(status === undefined ? {} : { status }),
          }));
  program.add('legacy segments again', () => ({ body: [...li(t2, legacy), program.mtc0(t2, 5, 4), nop] }));
}

/** Items of a compressed set as words of memory, filled up with short NOPs. */
function packed(asm: CompressedAssembler, items: readonly Item[]): number[] {
  const halves = items.flatMap(({ bytes, word }) => (bytes === 2 ? [word] : [word >>> 16, word & 0xffff]));
  if (halves.length % 2 === 1) halves.push(asm.nop.word);
  const isLittle = asm.isa.endian === 'le';
  return Array.from({ length: halves.length / 2 }, (_, i) => {
    const [first, second] = [halves[2 * i] ?? 0, halves[2 * i + 1] ?? 0];
    return isLittle ? ((second << 16) | first) >>> 0 : ((first << 16) | second) >>> 0;
  });
}

/** Exceptions in microMIPS and MIPS16e: EPC with the mode, in slots of branches of both lengths. */
export function compressedCases(program: PrivilegedProgram): void {
  const { isa } = program;
  if (isa.compressed === 'none') return;
  const asm = new CompressedAssembler(isa);
  const isMicro = isa.compressed === 'micromips';
  const load = (bytes: 2 | 4): Item =>
    asm.encode('lw', bytes, { rt: v1, base: v0 }, ({ fieldNames }) => fieldNames.has('base') && fieldNames.has('rt'));
  const provoked: readonly (readonly [string, Item])[] = [
    ['break', asm.encode('break', 2, {})],
    ['lw', load(2)],
    ['lw of 4 bytes', load(4)],
    ...(isMicro
      ? (['break', 'teq', 'syscall'] as const).map((name) => [`${name} of 4 bytes`, asm.encode(name, 4, {})] as const)
      : []),
  ];
  const branch = (name: string, bytes: 2 | 4, fields: Parameters<CompressedAssembler['encode']>[2]): Item[] => [
    asm.encode(name, bytes, fields, ({ fieldNames }) => fieldNames.has('offset') || name.startsWith('j')),
  ];
  const places: readonly (readonly [string, readonly Item[]])[] = [
    ['plain', []],
    ...(isMicro && isa.release < 6
      ? ([
          ['in the slot of a short branch', branch('b', 2, { offset: 4 })],
          ['in the slot of a short one not taken', branch('bnez', 2, { rs: 4, offset: 4 })],
          ['in the slot of a long branch', branch('beq', 4, { offset: 4 })],
          ['in the slot of a long one not taken', branch('beq', 4, { rs: REG.s7, offset: 4 })],
          ['behind a compact branch', branch('bnezc', 4, { offset: 4 })],
        ] as const)
      : []),
    ...(isMicro ? [] : ([['in the slot of JR', branch('jr', 2, { rs: REG.a1 })]] as const)),
  ];
  for (const [what, item] of provoked)
    for (const [where, before] of places)
      for (const start of [0, 2] as const) {
        // a short slot takes instructions of 2 bytes only after JALRS and its kin, which is not looked at here
        const items = [...(start === 0 ? [] : [asm.nop]), ...before, item, asm.nop, asm.nop];
        program.add(`${isa.compressed}: ${what} ${where}, +${start}`, ({ at }) => ({
          setup: [...li(v0, PAGES.nothing), ...li(REG.a0, 0), ...li(REG.a1, PAGES.nothing)],
          body: [...li(t0, at(4) | 1), program.jr(t0), nop, ...packed(asm, items)],
        }));
      }
}
