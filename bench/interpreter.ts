/**
 * Instructions a second of the interpreter: fixtures/out/le/work.elf (gcc -O2) on one core in this thread, through wired
 * TLB entries as the driver enters it. `node dist/bench/interpreter.js [SECONDS] [le|be] [MODEL]`
 */
import { readFile } from 'node:fs/promises';
import { hostClock, hostEpoch } from '../src/emu/clock.js';
import { Core } from '../src/emu/cpu/core.js';
import { dumpText } from '../src/emu/dump-text.js';
import { Bus } from '../src/emu/devices/bus.js';
import { Gic } from '../src/emu/devices/gic.js';
import { LINUX_REGION_BYTES } from '../src/emu/hardware.js';
import { coreModel, DEFAULT_MODEL } from '../src/emu/cpu/models/index.js';
import type { Isa } from '../src/emu/isa/index.js';
import { layoutOf } from '../src/emu/layout.js';
import { LocalTranslation } from '../src/emu/translator/local.js';
import { interpreterModule } from '../src/emu/wasm/interpreter.js';
import { ElfImage } from '../src/rproc/index.js';

const LINKED_AT = 0x10000000;
const CARVEOUT = 0x100000;
const LENGTH = 0x80000;
const REPORTS = 5;
const PT_LOAD = 1n;

const seconds = Number(process.argv[2] ?? 5);
const endian = process.argv[3] === 'be' ? 'be' : 'le';
const options = { cpus: 2, memory: 16 << 20 };

const model = coreModel(process.argv[4] ?? DEFAULT_MODEL);
const isa: Isa = { ...model.isa, endian };
const layout = layoutOf(options);
const memory = new WebAssembly.Memory({ initial: layout.pages, maximum: layout.pages, shared: true });
if (!(memory.buffer instanceof SharedArrayBuffer)) throw new TypeError('shared memory is needed');
const isTranslated = process.argv[5] === 'translator';
const target = { isa, codeMap: layout.codeMap, findsHotPlaces: isTranslated };
const ram = new Uint8Array(memory.buffer, 0, options.memory);
const clock = hostClock(hostEpoch());
const gic = new Gic(
  memory.buffer,
  layout.gic,
  options.cpus,
  () => clock,
  () => undefined,
);
gic.reset();

const bytes = await readFile(new URL(`../../fixtures/out/${endian}/work.elf`, import.meta.url));
const image = new ElfImage(bytes, endian);
for (const { type, offset, paddr, filesz } of image.programHeaders())
  if (type === PT_LOAD) ram.set(image.slice(offset, filesz), CARVEOUT + Number(paddr) - LINKED_AT);

const core = new Core(
  {
    cpu: 1,
    model,
    isa,
    ramBytes: options.memory,
    memory,
    stateBase: layout.coreState(1),
    interpreter: new WebAssembly.Module(interpreterModule(target)),
    translation: isTranslated ? new LocalTranslation(target, memory.buffer, false) : undefined,
    layout,
    clock,
    gic,
    bus: new Bus(gic, { cpus: options.cpus, coherenceManager: model.coherenceManager, power: () => undefined }),
    vectors: options.memory - LINUX_REGION_BYTES,
    events: {
      fault: (reason, registers) => {
        throw new Error([reason, ...dumpText(registers, isa)].join('\n'));
      },
      exit: () => undefined,
      output: () => true,
    },
  },
  {
    pc: image.header.entry,
    args: [-3, 0, 0, 0],
    sp: 0xffff_ffff_80f1_0000n,
    gp: 0n,
    ra: 0n,
    wide: false,
    memory: undefined,
    mappings: [{ va: LINKED_AT, pa: CARVEOUT, length: LENGTH, cca: 5 }],
  },
);

for (let report = 0; report < REPORTS; report++) {
  const began = { time: clock.now(), retired: core.retired };
  while (clock.now() - began.time < (seconds * 1000) / REPORTS) core.slice();
  const rate = (core.retired - began.retired) / (clock.now() - began.time) / 1000;
  console.log(`${rate.toFixed(1)} million instructions a second`);
}
