import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { coreModel, modelNames } from '../emu/cpu/models/index.js';
import { codeOf } from '../fs/index.js';
import type { SegmentPlace } from '../rproc/index.js';
import { concerns, newEntries, openLog } from './kmsg.js';
import { processorArguments, processorOf } from './processor-arguments.js';
import { lineOf, textOf, type Processor } from './processors.js';
import { adviceOn } from './why-advice.js';

export const whyCommand = (): Command =>
  processorArguments(
    new Command('why').description('tell why a remote processor did not start, or crashed, and what to do'),
  )
    .option('--json', 'print it as JSON, whose keys docs/commands.md explains')
    .addHelpText('after', '\nExample: after a start that failed:\n  $ mips-rprocfs why /tmp/board 0')
    .action(async (...given: unknown[]) => {
      const { processor, command } = await processorOf(given);
      const found = await investigate(processor);
      const hex = (value: unknown): unknown => (typeof value === 'bigint' ? `0x${value.toString(16)}` : value);
      if (command.opts<{ json?: boolean }>().json === true)
        console.log(JSON.stringify(found, (_, value: unknown) => hex(value), 2));
      else console.log(report(found).join('\n'));
    });

interface Findings {
  readonly n: number;
  readonly name: string | null;
  readonly state: string | null;
  readonly firmware: string | null;
  readonly searched: readonly { readonly path: string; readonly found: boolean }[];
  readonly image: readonly string[];
  readonly segments: readonly (Omit<SegmentPlace, 'carveout'> & { readonly carveout: string | null })[];
  readonly log: readonly string[];
  readonly advice: readonly string[];
}

async function investigate(processor: Processor): Promise<Findings> {
  const { n, machine } = processor;
  const [name, state, firmware] = await Promise.all(
    ['name', 'state', 'firmware'].map((f) => lineOf(processor.file(f))),
  );
  const log = await lastStart(processor);
  const about = (await textOf(join(machine.root, 'sys/kernel/debug/mips-rproc/machine'))) ?? '';
  const values = (key: string): string[] =>
    [...about.matchAll(new RegExp(`^${key} (.*)$`, 'gm'))].map(([, v = '']) => v);
  const { searched, bytes } = await search(values('firmware_directory'), firmware ?? '');
  const model = modelNames.find((known) => known === values('cpu')[0]);
  const endian = values('endian')[0] === 'be' ? 'be' : 'le';
  const { inspect, segmentMap } = await import('../rproc/index.js');
  const isCore = model !== undefined && name?.startsWith('mips-cpu') === true;
  const image = bytes !== undefined && isCore ? (await inspect(bytes, endian, coreModel(model), firmware)).lines : [];
  const segments = bytes === undefined ? [] : segmentMap(bytes, endian);
  return {
    n,
    name: name ?? null,
    state: state ?? null,
    firmware: firmware ?? null,
    searched,
    image,
    segments: segments.map((segment) => ({ ...segment, carveout: segment.carveout ?? null })),
    log,
    advice: adviceOn(log),
  };
}

/** Lines of the log since the last start of it began; without a start, none. */
async function lastStart({ machine, n, device }: Processor): Promise<string[]> {
  const log = await openLog(machine.root);
  try {
    const lines = (await newEntries(log)).filter((entry) => concerns(entry, n)).map(({ text }) => text);
    const began = lines.findLastIndex((line) => line.startsWith(`remoteproc ${device}: powering up `));
    return began < 0 ? [] : lines.slice(began);
  } finally {
    await log.close();
  }
}

/** As the kernel's loader: the first directory that has it. */
async function search(directories: readonly string[], name: string) {
  const searched: { path: string; found: boolean }[] = [];
  for (const directory of directories) {
    const path = join(directory, name);
    const bytes = await readFile(path).catch((error: unknown) => {
      if (codeOf(error) === undefined) throw error;
      return undefined;
    });
    searched.push({ path, found: bytes !== undefined });
    if (bytes !== undefined) return { searched, bytes };
  }
  return { searched, bytes: undefined };
}

function report({ n, name, state, firmware, searched, image, segments, log, advice }: Findings): string[] {
  const none = (lines: readonly string[], otherwise: string) => (lines.length > 0 ? lines : [otherwise]);
  const indented = (lines: readonly string[]) => lines.map((line) => `  ${line}`);
  const places = segments.map(({ address, size, carveout }) => {
    const range = `0x${address.toString(16)}, 0x${size.toString(16)} bytes`;
    return carveout === null ? `${range}: in no carveout of its table` : `${range}: in carveout ${carveout}`;
  });
  return [
    `remoteproc${n} (${name ?? 'gone'}) is ${state ?? 'gone'}; its firmware is ${firmware ?? 'not known'}.`,
    'Searched:',
    ...indented(
      none(
        searched.map(({ path, found }) => `${path}: ${found ? 'found' : 'not there'}`),
        'not known: only root, or who mounted the machine, may see it',
      ),
    ),
    ...(image.length > 0 ? ['The image:', ...indented(image)] : []),
    ...(places.length > 0 ? ['Its segments:', ...indented(places)] : []),
    'The kernel since the last start:',
    ...indented(none(log, 'nothing: it has not been started')),
    'Advice:',
    ...indented(none(advice, 'none: nothing in these lines is a failure that is known')),
  ];
}
