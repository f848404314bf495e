/**
 * The emulator against QEMU's system emulator: docs/benchmarks.md. `npm run bench -- [OPTIONS]`
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { repository } from '../../test/support/repository.js';
import { INTEGER, WORKLOADS } from './build.js';
import { prepared, workloadsOf } from './engines.js';
import { machineEngine, machineEngines } from './machine-engine.js';
import { speed } from './speed.js';
import { speedTables } from './table.js';

const QUICK_SCALE = 20;

const { values } = parseArgs({
  options: {
    rounds: { type: 'string' },
    workload: { type: 'string' },
    engine: { type: 'string', multiple: true, default: [...machineEngines] },
    scale: { type: 'string' },
    quick: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const { quick } = values;
const rounds = Number(values.rounds ?? (quick ? 3 : 7));
const scale = Number(values.scale ?? (quick ? QUICK_SCALE : 100));
const workloads = values.workload === undefined ? (quick ? INTEGER : WORKLOADS) : workloadsOf(values.workload);
for (const engine of values.engine) machineEngine(engine);

const say = (line: string): void => console.error(line);
const out = join(repository, `dist/workloads/${scale}`);
const engines = prepared({ out, scale }, values.engine, say);
const result = await speed(engines, workloads, rounds, say);
console.log(speedTables(result));
if (values.json !== undefined)
  writeFileSync(values.json, `${JSON.stringify({ rounds, scale, ...result }, undefined, 2)}\n`);
