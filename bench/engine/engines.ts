/** What runs the workloads: each engine is a command that prints the lines of bench/workloads/main.c. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installed } from '../../test/support/fixtures.js';
import { build, isPortable, lacking, WORKLOADS, type BuildOptions, type Target } from './build.js';
import { Failure } from './failure.js';
import { loadImage } from './image.js';

export interface Engine {
  readonly name: string;
  readonly target: Target;
  /** Why it cannot be measured here. */
  readonly lacking: string | undefined;
  readonly runs: (workload: string) => boolean;
  readonly command: (workload: string) => readonly string[];
}

const QEMU = 'qemu-system-mipsel';
const QEMU_OPTIONS =
  '-M malta -cpu 24Kf -m 64 -display none -monitor none -serial stdio -net none -vga none -no-reboot'.split(' ');
/** Where boot.S finds what it has to know of an image in KUSEG. */
const BOOT_WORDS = 0xff0;

/** The one that all others are compared with. */
export const PEER = 'qemu kseg0';

const script = (name: string): string => fileURLToPath(new URL(`./${name}.js`, import.meta.url));

/** `-kernel` for an image in KSEG0; one in KUSEG is loaded beside a program that makes its TLB entries. */
export function qemuKseg0(out: string, workload: string): readonly string[] {
  return [QEMU, ...QEMU_OPTIONS, '-kernel', join(out, `kseg0/${workload}.elf`)];
}

function qemuKuseg(out: string, workload: string): readonly string[] {
  const file = join(out, `kuseg/${workload}.elf`);
  const { start, length, entry } = loadImage(readFileSync(file));
  const words = [start, length, entry].flatMap((word, i) => [
    '-device',
    `loader,addr=${BOOT_WORDS + 4 * i},data=${word},data-len=4`,
  ]);
  const loaded = ['-kernel', join(out, 'boot.elf'), '-device', `loader,file=${file}`];
  return [QEMU, ...QEMU_OPTIONS, ...loaded, ...words];
}

export function enginesOf({ out }: Pick<BuildOptions, 'out'>, ours: readonly string[]): readonly Engine[] {
  const everything = (): boolean => true;
  const noQemu = installed(QEMU) ? lacking('mips') : `${QEMU} not installed`;
  const qemu = { target: 'mips', lacking: noQemu, runs: everything } as const;
  const machine = { target: 'mips', lacking: lacking('mips'), runs: everything } as const;
  const run = (engine: string, segment: string, workload: string): readonly string[] => [
    process.execPath,
    script('run-machine'),
    join(out, segment, `${workload}.elf`),
    engine,
  ];
  return [
    { ...qemu, name: PEER, command: (workload) => qemuKseg0(out, workload) },
    { ...qemu, name: 'qemu kuseg', command: (workload) => qemuKuseg(out, workload) },
    ...ours.flatMap((engine): Engine[] => [
      { ...machine, name: `${engine} kseg0`, command: (workload) => run(engine, 'kseg0', workload) },
      { ...machine, name: `${engine} kuseg`, command: (workload) => run(engine, 'kuseg', workload) },
    ]),
    {
      name: 'clang wasm',
      target: 'wasm',
      lacking: lacking('wasm'),
      runs: isPortable,
      command: (workload) => [process.execPath, script('run-wasm'), join(out, `wasm/${workload}.wasm`)],
    },
    {
      name: 'native',
      target: 'native',
      lacking: lacking('native'),
      runs: isPortable,
      command: (workload) => [join(out, `native/${workload}`)],
    },
  ];
}

/** Builds for those that can be measured, and says which cannot. Throws when there is nothing to compare with. */
export function prepared(options: BuildOptions, ours: readonly string[], say: (line: string) => void): Engine[] {
  const all = enginesOf(options, ours);
  for (const { name, lacking } of all) if (lacking !== undefined) say(`skipped: ${name}: ${lacking}`);
  const engines = all.filter(({ lacking }) => lacking === undefined);
  if (!engines.some(({ name }) => name === PEER)) throw new Failure(`there is nothing to compare with: no ${PEER}`);
  for (const target of new Set(engines.map(({ target }) => target))) build(target, options);
  return engines;
}

/** Throws RangeError for a name that there is not. */
export function workloadsOf(names: string): readonly string[] {
  const chosen = names.split(',');
  const unknown = chosen.filter((name) => !WORKLOADS.includes(name));
  if (unknown.length === 0) return chosen;
  throw new RangeError(`there is no workload ${unknown.join(', ')}; there are ${WORKLOADS.join(', ')}`);
}
