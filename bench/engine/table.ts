/** The figures as tables of text. */
import { PEER } from './engines.js';
import type { Row, Speed } from './speed.js';

const WIDTH = 9;

export function table(rows: readonly (readonly string[])[]): string {
  const first = Math.max(...rows.map(([name = '']) => name.length));
  const line = ([name = '', ...cells]: readonly string[]): string =>
    name.padEnd(first) + cells.map((cell) => cell.padStart(Math.max(WIDTH, cell.length + 1))).join('');
  return rows.map(line).join('\n');
}

const ratio = (value: number | undefined): string => (value === undefined ? '-' : value.toFixed(value < 9.95 ? 2 : 1));

function ratios({ rows, means }: Speed, which: 'steady' | 'first'): string {
  const workloads = [...new Set(rows.map(({ workload }) => workload))];
  const engines = [...new Set(rows.map(({ engine }) => engine))];
  const of = (engine: string, workload: string): Row | undefined =>
    rows.find((row) => row.engine === engine && row.workload === workload);
  return table([
    ['', 'geomean', ...workloads],
    ...engines.map((engine) => [
      engine,
      ratio(means.find((each) => each.engine === engine)?.[which]),
      ...workloads.map((workload) => ratio(of(engine, workload)?.[which].ratio)),
    ]),
    [`ms, ${PEER}`, '', ...workloads.map((workload) => of(PEER, workload)?.[which].ms.toFixed(0) ?? '-')],
  ]);
}

/** Nanoseconds of one operation, where a workload measures one. */
function operations({ rows }: Speed): string {
  const measured = ['mmio', 'syscall', 'indirect'].filter((name) => rows.some(({ workload }) => workload === name));
  const engines = [...new Set(rows.map(({ engine }) => engine))];
  const cell = (engine: string, workload: string): string => {
    const row = rows.find((each) => each.engine === engine && each.workload === workload);
    return row === undefined ? '-' : ((row.steady.ms / row.operations) * 1e6).toFixed(1);
  };
  if (measured.length === 0) return '';
  const body = engines.map((engine) => [engine, ...measured.map((workload) => cell(engine, workload))]);
  return `\n\nNanoseconds an operation, steady\n${table([['', ...measured], ...body])}`;
}

export const speedTables = (speed: Speed): string =>
  `Steady: times as fast as ${PEER}\n${ratios(speed, 'steady')}\n\n` +
  `First pass: times as fast as ${PEER}'s first\n${ratios(speed, 'first')}${operations(speed)}`;
