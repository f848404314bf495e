/**
 * The emulator against QEMU's system emulator: docs/benchmarks.md. `npm run bench -- [OPTIONS]`
 */
import { writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { NICENESS } from '../../src/emu/niceness.js';
import { repository } from '../../test/support/repository.js';
import { INTEGER, WORKLOADS } from './build.js';
import { chart } from './chart.js';
import { coresTable, manyCores } from './cores.js';
import { prepared, workloadsOf } from './engines.js';
import { Failure } from './failure.js';
import { host } from './host.js';
import { machineEngine, machineEngines } from './machine-engine.js';
import { speed } from './speed.js';
import { STARTED, startUp, startUpTable } from './start-up.js';
import { speedTables } from './table.js';

const PARTS = ['start-up', 'cores', 'speed'];
const [ROUNDS, QUICK_ROUNDS, QUICK_SCALE] = [7, 3, 20];

/** A whole number above 0. */
function count(option: string, text: string): number {
  if (!/^[1-9]\d*$/.test(text)) throw new RangeError(`${option} takes a number from 1 on, not "${text}"`);
  return Number(text);
}

function chosen() {
  const { values } = parseArgs({
    options: {
      part: { type: 'string', default: PARTS.join(',') },
      workload: { type: 'string' },
      engine: { type: 'string', multiple: true, default: [...machineEngines] },
      rounds: { type: 'string' },
      scale: { type: 'string' },
      quick: { type: 'boolean', default: false },
      json: { type: 'string' },
      svg: { type: 'string' },
    },
  });
  const { quick, engine: engines, workload } = values;
  const parts = values.part.split(',');
  const unknown = parts.filter((part) => !PARTS.includes(part));
  if (unknown.length > 0) throw new RangeError(`there is no part ${unknown.join(', ')}; there are ${PARTS.join(', ')}`);
  for (const engine of engines) machineEngine(engine);
  return {
    parts,
    engines,
    workloads: workload === undefined ? (quick ? INTEGER : WORKLOADS) : workloadsOf(workload),
    rounds: count('--rounds', values.rounds ?? String(quick ? QUICK_ROUNDS : ROUNDS)),
    scale: count('--scale', values.scale ?? String(quick ? QUICK_SCALE : 100)),
    json: values.json,
    svg: values.svg,
  };
}

/** A wrong option, of ours or as parseArgs sees it. */
const isUsage = (error: unknown): error is Error =>
  error instanceof RangeError ||
  (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));

const say = (line: string): void => console.error(line);

async function main(): Promise<void> {
  const { parts, engines, workloads, rounds, scale, json, svg } = chosen();
  const out = join(repository, `dist/workloads/${scale}`);
  const all = prepared({ out, scale, workloads: [...new Set([STARTED, ...workloads])] }, engines, say);
  const results: Record<string, unknown> = { host: host(), rounds, scale };
  if (parts.includes('start-up')) {
    const rows = await startUp(out, engines, rounds);
    console.log(`${startUpTable(rows)}\n`);
    results.startUp = rows;
  }
  if (parts.includes('cores')) {
    const rows = await manyCores(engines, say);
    console.log(`${coresTable(rows)}\n`);
    results.cores = rows;
  }
  if (parts.includes('speed')) {
    // the machine's threads step back behind others: on a busy host, so must whoever they are compared with
    if (getPriority() < NICENESS) setPriority(NICENESS);
    const result = await speed(all, workloads, rounds, say);
    console.log(speedTables(result));
    if (svg !== undefined) writeFileSync(svg, chart(result));
    results.speed = result;
  }
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, undefined, 2)}\n`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Failure || isUsage(error))) throw error;
  console.error(`bench: ${error.message}`);
  process.exitCode = error instanceof Failure ? 1 : 2;
}
