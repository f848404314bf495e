/** Results as a table, and the list of what went wrong here. */
import { described, passed } from './board.js';
import type { Isa } from './isas.js';
import { complaint, type Ran, type Result } from './run.js';

export interface Row {
  readonly isa: string;
  readonly optimization: string;
  readonly run: number;
  readonly qemu: number;
  readonly here: number;
  /** To be complained about: passed under QEMU, not here. */
  readonly wrong: number;
  /** Passed nowhere. */
  readonly nowhere: number;
  /** Not for this ISA, or not compiled. */
  readonly skipped: number;
}

const isRan = (result: Result): result is Ran => !('skip' in result);
const count = <Item>(items: readonly Item[], test: (item: Item) => boolean): number => items.filter(test).length;

/** One row for each optimization. */
export function rows(isa: Isa, results: readonly Result[]): Row[] {
  return [...new Set(results.map(({ optimization }) => optimization))].map((optimization) => {
    const all = results.filter((each) => each.optimization === optimization);
    const ran = all.filter(isRan);
    return {
      isa: isa.name,
      optimization,
      run: ran.length,
      qemu: count(ran, ({ qemu }) => passed(qemu)),
      here: count(ran, ({ here }) => passed(here)),
      wrong: count(ran, (each) => complaint(isa, each) !== undefined),
      nowhere: count(ran, ({ qemu, here }) => !passed(qemu) && !passed(here)),
      skipped: all.length - ran.length,
    };
  });
}

const HEADS: readonly (readonly [key: keyof Row, head: string])[] = [
  ['isa', 'ISA'],
  ['optimization', 'flags'],
  ['run', 'run'],
  ['qemu', 'pass under QEMU'],
  ['here', 'pass here'],
  ['wrong', 'only under QEMU'],
  ['nowhere', 'pass nowhere'],
  ['skipped', 'skipped'],
];

/** Columns as wide as what stands in them. */
export function table(all: readonly Row[]): string {
  const cells = [HEADS.map(([, head]) => head), ...all.map((row) => HEADS.map(([key]) => String(row[key])))];
  const widths = HEADS.map((_, i) => Math.max(...cells.map((line) => line[i]?.length ?? 0)));
  return cells
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** What passes under QEMU and not here, a line each: a bug of the emulator. */
export const complaints = (isa: Isa, results: readonly Result[]): string[] =>
  results.filter(isRan).flatMap((each) => {
    const why = complaint(isa, each);
    return why === undefined ? [] : [`${isa.name} ${each.optimization} ${each.program}: ${why}\n    ${each.firmware}`];
  });

/** What QEMU does not pass: it says nothing about this machine. */
export function excluded({ name, qemuFault }: Isa, results: readonly Result[]): string[] {
  const failed = results.filter(isRan).filter(({ qemu }) => !passed(qemu));
  if (qemuFault !== undefined)
    return [`${name}: ${failed.length} do not pass under QEMU, which is wrong: ${qemuFault}`];
  return failed.map(
    ({ optimization, program, qemu, here }) =>
      `${name} ${optimization} ${program}: under QEMU ${described(qemu)}, here ${described(here)}`,
  );
}

/** The reasons of skipped programs, each with how many and the first few names. */
export function skips({ name }: Isa, results: readonly Result[]): string[] {
  const reasons = new Map<string, Set<string>>();
  for (const result of results)
    if ('skip' in result) reasons.set(result.skip, (reasons.get(result.skip) ?? new Set()).add(result.program));
  return [...reasons].map(([reason, names]) => {
    const some = [...names].slice(0, 5).join(', ');
    return `${name}: ${names.size} skipped: ${reason} (${some}${names.size > 5 ? ', ...' : ''})`;
  });
}
