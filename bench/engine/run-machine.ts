/**
 * Runs one image on our machine, on CPU 1, as Linux would start it, and prints what it prints.
 * `node dist/bench/engine/run-machine.js IMAGE [ENGINE]`
 */
import { readFileSync, writeSync } from 'node:fs';
import { DEFAULT_MODEL, Machine } from '../../src/emu/index.js';
import { KSEG0, loadImage } from './image.js';
import { machineEngine } from './machine-engine.js';

const MEMORY = 16 << 20;
/** Where an image goes that may lie anywhere: its TLB entries lead here. */
const CARVEOUT = 4 << 20;
const PROTOCOL = -3;
const LENT_STACK = KSEG0 + MEMORY - 32;

const [file = '', engine] = process.argv.slice(2);
const machine = new Machine({
  cpus: 2,
  endian: 'le',
  memory: MEMORY,
  cpu: DEFAULT_MODEL,
  clock: 'real',
  uhiRoot: undefined,
  ...machineEngine(engine).machine,
});

machine.connect({
  interrupt: () => undefined,
  output: (_cpu, text) => writeSync(1, text),
  exit: (_cpu, code) => process.exit(code),
  fault: ({ reason, registers }) => {
    writeSync(2, `${[reason, ...registers].join('\n')}\n`);
    process.exit(1);
  },
});

const image = loadImage(readFileSync(file));
const unmapped = image.start >= KSEG0;
const pa = unmapped ? image.start - KSEG0 : CARVEOUT;
for (const { at, bytes } of image.segments) machine.ram.set(bytes, pa + at - image.start);

const extended = (address: number): bigint => BigInt.asIntN(32, BigInt(address));
await machine.start(1, {
  pc: extended(image.entry),
  args: [PROTOCOL, 0, 0, 0],
  sp: extended(LENT_STACK),
  gp: 0n,
  ra: 0n,
  wide: false,
  mappings: unmapped ? [] : [{ va: image.start, pa, length: image.length, cca: 5 }],
  memory: undefined,
});
