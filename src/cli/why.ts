import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command } from 'commander';
import { coreModel, modelNames } from '../emu/cpu/models/index.js';
import type { Isa } from '../emu/isa/index.js';
import { codeOf as errorCode } from '../fs/index.js';
import { concerns, newEntries, openLog } from './kmsg.js';
import type { LogEntry } from '../kernel/index.js';
import { processorArguments, processorOf } from './processor-arguments.js';
import { lineOf, textOf, type Processor } from './processors.js';
import { placeInJson } from './segment-place.js';
import { adviceOn } from './why-advice.js';
import type { CodeLine } from './why-code.js';

export const whyCommand = (): Command =>
  processorArguments(
    new Command('why').description('tell why a remote processor did not start, or crashed, and what to do'),
  )
    .option('--json', 'print it as JSON, whose keys docs/commands.md explains')
    .addHelpText('after', '\nExample: after a start that failed:\n  $ mips-rprocfs why /tmp/board 0')
    .action(async (...given: unknown[]) => {
      const { processor, command } = await processorOf(given);
      const found = await investigate(processor);
      if (command.opts<{ json?: boolean }>().json === true) console.log(JSON.stringify(found, null, 2));
      else console.log(report(found).join('\n'));
    });

interface Findings {
  readonly n: number;
  readonly name: string | null;
  readonly state: string | null;
  readonly firmware: string | null;
  readonly searched: readonly { readonly path: string; readonly found: boolean }[];
  readonly image: readonly string[];
  readonly segments: readonly ReturnType<typeof placeInJson>[];
  readonly code: readonly CodeLine[];
  /** What the image cannot show of it. */
  readonly codeNote: string | null;
  readonly trace: readonly string[];
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
  const code = bytes !== undefined && isCore ? await codeOf(log, bytes, { ...coreModel(model).isa, endian }) : NO_CODE;
  return {
    n,
    name: name ?? null,
    state: state ?? null,
    firmware: firmware ?? null,
    searched,
    image,
    segments: segments.map(placeInJson),
    ...code,
    trace: await lastWords(processor),
    log,
    advice: adviceOn(log),
  };
}

type Code = Pick<Findings, 'code' | 'codeNote'>;
/** Bytes of a call with its delay slot. */
const CALL = 8n;
const NO_CODE: Code = { code: [], codeNote: null };

/** What it executed when it died, if it did. */
async function codeOf(log: readonly string[], bytes: Uint8Array, isa: Isa): Promise<Code> {
  const { codeAround, faultingIn } = await import('./why-code.js');
  const faulting = faultingIn(log);
  if (faulting === undefined) return NO_CODE;
  const code = codeAround(faulting.pc, bytes, isa);
  const inImage = code.find((line) => line.faulting)?.text;
  if (inImage === undefined) {
    // where it came from, if it was called
    const before = faulting.ra === undefined ? [] : codeAround(faulting.ra - CALL, bytes, isa);
    const nowhere = `0x${faulting.pc.toString(16)} is in no segment of the image: it left its code`;
    const codeNote = before.length === 0 ? nowhere : `${nowhere}; this is its last call that is known, in front of ra`;
    return { code: before.map((line) => ({ ...line, faulting: false })), codeNote };
  }
  // the instruction may not have been fetched at all
  const differs = inImage !== faulting.text && !faulting.text.startsWith('(');
  return { code, codeNote: differs ? `in memory it was: ${faulting.text}` : null };
}

const LAST_WORDS = 10;

/** The end of trace0, while it has one: what the firmware was about. */
async function lastWords(processor: Processor): Promise<string[]> {
  const text = (await textOf(processor.debug('trace0'))) ?? '';
  return text === '' ? [] : text.trimEnd().split('\n').slice(-LAST_WORDS);
}

/** Lines of the log since the last start of it began, but not those before its last crash; without a start, none. */
async function lastStart({ machine, n, device }: Processor): Promise<string[]> {
  const log = await openLog(machine.root);
  try {
    const entries = await newEntries(log);
    const began = entries.findLastIndex(({ text }) => text.startsWith(`remoteproc ${device}: powering up `));
    const isLost = began < 0 && entries[0]?.sequence !== 0;
    if (began < 0 && !isLost) return [];
    const since = entries.slice(Math.max(0, began));
    const first = lastCrash(since, device);
    const lost = since.findIndex(({ sequence }, at) => at > first && sequence !== (since[at - 1]?.sequence ?? 0) + 1);
    const whole = since.slice(first, lost < 0 ? undefined : lost);
    const lines = whole.filter((entry) => concerns(entry, n));
    const before = since.slice(0, first).filter((entry) => isCrash(entry, device)).length;
    const left = `(what was said of ${before} crashes before is left out: \`mips-rprocfs dmesg\` has it)`;
    return [...(before > 0 ? [left] : []), ...lines.map(({ text }) => text)];
  } finally {
    await log.close();
  }
}

const isCrash = ({ text }: LogEntry, device: string): boolean =>
  text.startsWith(`remoteproc ${device}: crash detected in `);
/** What is said of a remote processor before and after the report of a crash. */
const AROUND_CRASH =
  /: (?:crash detected in|handling crash|recovering|stopped remote processor|.* booting firmware|.* is now up)/;

/**
 * Where the report of the last crash begins that is there as a whole. A firmware that crashes at each start is recovered, and
 * fills the log, for ever, faster than it can be read.
 */
function lastCrash(entries: readonly LogEntry[], device: string): number {
  const isWhole = (first: number, last: number): boolean =>
    (entries[last]?.sequence ?? 0) - (entries[first]?.sequence ?? 0) === last - first;
  for (let crash = entries.length - 1; crash > 0; crash--) {
    const entry = entries[crash];
    if (entry === undefined || !isCrash(entry, device)) continue;
    const before = entries.slice(0, crash).findLastIndex(({ text }) => AROUND_CRASH.test(text));
    if (before < 0) return 0;
    if (isWhole(before, crash)) return before + 1;
  }
  return 0;
}

/** As the kernel's loader: the first directory that has it. */
async function search(directories: readonly string[], name: string) {
  const searched: { path: string; found: boolean }[] = [];
  for (const directory of directories) {
    const path = join(directory, name);
    const bytes = await readFile(path).catch((error: unknown) => {
      if (errorCode(error) === undefined) throw error;
      return undefined;
    });
    searched.push({ path, found: bytes !== undefined });
    if (bytes !== undefined) return { searched, bytes };
  }
  return { searched, bytes: undefined };
}

function report(findings: Findings): string[] {
  const { n, name, state, firmware, searched, image, segments, code, codeNote, trace, log, advice } = findings;
  const none = (lines: readonly string[], otherwise: string) => (lines.length > 0 ? lines : [otherwise]);
  const indented = (lines: readonly string[]) => lines.map((line) => `  ${line}`);
  const places = segments.map(({ address, size, carveout }) => {
    const range = `${address}, ${size} bytes`;
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
    ...(code.length > 0 || codeNote !== null
      ? ['What it executed, as the image has it:', ...indented(codeText(code))]
      : []),
    ...(codeNote === null ? [] : indented([codeNote])),
    ...(trace.length > 0 ? ['The end of its trace0:', ...indented(trace)] : []),
    'The kernel since the last start:',
    ...indented(none(log, 'nothing: it has not been started')),
    'Advice:',
    ...indented(none(advice, 'none: nothing in these lines is a failure that is known')),
  ];
}

const codeText = (code: readonly CodeLine[]): string[] =>
  code.map(({ address, word, text, faulting }) => `${faulting ? '=>' : '  '} ${address}: ${word.padEnd(8)}  ${text}`);
