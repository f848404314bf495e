/** All engines on all workloads, in turn, round by round, so that whatever else the host does meets all of them. */
import { geometricMean, median } from '../statistics.js';
import { INTEGER } from './build.js';
import { PEER, type Engine } from './engines.js';
import { Failure } from './failure.js';
import { measure, type Run } from './measure.js';

/** The last passes of a run, in which an engine knows the code. */
const STEADY_PASSES = 3;

export interface Figure {
  /** Medians over all rounds: milliseconds of a pass, and how many times as fast as the peer in the same round. */
  readonly ms: number;
  readonly ratio: number;
}

export interface Row {
  readonly engine: string;
  readonly workload: string;
  readonly operations: number;
  readonly steady: Figure;
  readonly first: Figure;
}

export interface Means {
  readonly engine: string;
  readonly steady: number;
  readonly first: number;
}

export interface Speed {
  readonly rows: readonly Row[];
  /** Geometric means of the ratios over the integer workloads; none for an engine that has not run all of them. */
  readonly means: readonly Means[];
}

const steady = ({ passes }: Run): number => median(passes.slice(-STEADY_PASSES));
const first = ({ passes }: Run): number => passes[0] ?? NaN;

/** The first engine begins a different round each time. */
const rotated = <T>(list: readonly T[], by: number): T[] => [
  ...list.slice(by % list.length),
  ...list.slice(0, by % list.length),
];

function compare(runs: ReadonlyMap<string, readonly Run[]>, workload: string): void {
  const results = [...runs].flatMap(([engine, all]) => all.map(({ checksums }) => [engine, checksums.join(' ')]));
  const [[name = '', expected = ''] = []] = results;
  for (const [engine = '', got = ''] of results)
    if (got !== expected)
      throw new Failure(`${workload}: the checksums of ${engine} are ${got}, those of ${name} are ${expected}`);
}

function rowsOf(runs: ReadonlyMap<string, readonly Run[]>, workload: string): Row[] {
  const peer = runs.get(PEER) ?? [];
  return [...runs].map(([engine, all]) => {
    const figure = (time: (run: Run) => number): Figure => ({
      ms: median(all.map(time)),
      ratio: median(all.flatMap((run, round) => peer.slice(round, round + 1).map((other) => time(other) / time(run)))),
    });
    return { engine, workload, operations: all[0]?.operations ?? 0, steady: figure(steady), first: figure(first) };
  });
}

function meansOf(rows: readonly Row[]): Means[] {
  const engines = [...new Set(rows.map(({ engine }) => engine))];
  return engines.flatMap((engine) => {
    const integer = INTEGER.flatMap((name) => rows.filter((row) => row.engine === engine && row.workload === name));
    if (integer.length < INTEGER.length) return [];
    const mean = (which: 'steady' | 'first'): number => geometricMean(integer.map((row) => row[which].ratio));
    return [{ engine, steady: mean('steady'), first: mean('first') }];
  });
}

/** Throws Failure unless all engines come to the same checksums. */
export async function speed(
  engines: readonly Engine[],
  workloads: readonly string[],
  rounds: number,
  say: (line: string) => void,
): Promise<Speed> {
  const runs = new Map(workloads.map((workload) => [workload, new Map<string, Run[]>()]));
  for (const { name } of engines) for (const each of runs.values()) each.set(name, []);
  for (let round = 0; round < rounds; round++)
    for (const [workload, ofEngine] of runs) {
      for (const engine of rotated(engines, round))
        if (engine.runs(workload)) ofEngine.get(engine.name)?.push(await measure(engine.command(workload)));
      compare(ofEngine, workload);
      say(`round ${round + 1} of ${rounds}: ${workload}`);
    }
  const rows = [...runs].flatMap(([workload, ofEngine]) =>
    rowsOf(new Map([...ofEngine].filter(([, all]) => all.length > 0)), workload),
  );
  return { rows, means: meansOf(rows) };
}
