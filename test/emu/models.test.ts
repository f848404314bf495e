/** Core models: their data are consistent, and what they say of a core is what it has (docs/reference/mips-uhi.md 3). */
import t from 'tap';
import { coreModel, DEFAULT_MODEL, modelNames } from '../../src/emu/cpu/models/index.js';
import { CONFIG3, CONFIG5 } from '../../src/emu/cpu/registers.js';
import { assembler, CoreBench, li, type Assemble } from './core-bench.js';
import { prepare } from './privileged-bench.js';

t.equal(modelNames[0], DEFAULT_MODEL);
t.throws(() => coreModel('R4000'), { name: 'RangeError', message: /no core model R4000; known are interAptiv, 24Kf/ });

const CONFIG = { arShift: 10, atShift: 13, mmuShift: 25, ca: 1 << 2, fp: 1 << 0 } as const;

for (const name of modelNames) {
  const model = coreModel(name);
  const { isa } = model;
  const config = (number: number): number => model.config[number]?.reset ?? 0;

  t.test(`${name}: Config says what the core is`, (t) => {
    t.equal(model.name, name);
    const first = config(1);
    t.equal((config(0) >>> CONFIG.arShift) & 7, isa.release === 6 ? 2 : 1, 'Config.AR');
    t.equal((config(0) >>> CONFIG.atShift) & 3, isa.bits === 64 ? 2 : 0, 'Config.AT');
    t.equal(((first >>> CONFIG.mmuShift) & 63) + 1, model.tlbEntries, 'Config1.MMUSize');
    t.equal((first & CONFIG.fp) !== 0, isa.fpu, 'Config1.FP');
    t.equal((first & CONFIG.ca) !== 0, isa.compressed === 'mips16', 'Config1.CA');
    t.equal((config(3) & CONFIG3.MCU) !== 0, isa.mcu, 'Config3.MCU');
    t.equal((config(3) & CONFIG3.MT) !== 0, isa.multiThreading, 'Config3.MT');
    t.equal((config(3) >>> 10) & 3, [0, 1, 3][isa.dsp], 'Config3.DSPP, DSP2P');
    t.equal((config(3) >>> 14) & 3, isa.compressed === 'micromips' ? 2 : 0, 'Config3.ISA');
    t.equal((config(3) & (1 << 28)) !== 0, isa.msa, 'Config3.MSAP');
    t.equal((config(5) & CONFIG5.VP) !== 0, isa.virtualProcessors, 'Config5.VP');
    t.equal((config(5) & (1 << 28)) !== 0, isa.eva, 'Config5.EVA');
    t.equal((config(5) & (1 << 18)) !== 0, isa.crc, 'Config5.CRCP');
    t.equal(isa.release === 6 && (config(5) & CONFIG5.XNP) === 0, isa.linkedPairs, 'Config5.XNP');
    t.equal((model.fir & (1 << 18)) !== 0, isa.pairedSingle, 'FIR.PS');
    t.equal((model.fcsr.reset & 0xc0000) !== 0, isa.nan2008, 'FCSR.NAN2008');
    t.end();
  });

  t.test(`${name}: what a firmware finds`, (t) => {
    const asm = assembler({ ...isa, endian: 'le' });
    const read = (asm: Assemble, rd: number, sel: number): number => {
      const words = [asm('mfc0', { rt: 16, rd, sel }), ...li(25, 1), asm('sdbbp', { code20: 1 })];
      return prepare(words, { model: name }).run().gpr(16);
    };
    t.equal(read(asm, 15, 0), model.prid, 'PRId');
    for (let number = 0; number < 8; number++)
      t.equal(read(asm, 16, number) & ~7, config(number) & ~7, `Config${number === 0 ? '' : number}`);
    const { core } = new CoreBench({ model: name });
    t.equal(core.cp0.status, isa.release === 6 ? 0x04000000 : 0, 'Status of the boot protocol');
    t.equal(core.tlb.size, model.tlbEntries);
    t.end();
  });
}
