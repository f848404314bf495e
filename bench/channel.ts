/**
 * How fast files are, measured from other processes on real mounts: real sysfs, a "hello" of libfuse 3 in C, and this
 * program over either channel, in turns; then again after bursts of parallel operations, with what these left behind in
 * the server. `node dist/bench/channel.js [--rounds N] [--seconds S] [--clients 1,8,64] [--bursts N] [--json FILE]`
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { ours, peer, realSysfs, type Server } from './channel-servers.js';
import { here, memoryOf } from './mounted.js';
import { median } from './statistics.js';

const BASIS = 'C libfuse3';
const PARALLEL = 64;
const LONGEST_MS = 120_000;

const OPERATIONS: Readonly<
  Record<string, (server: Server) => readonly [operation: string, from: string, path: string]>
> = {
  'open+read+close, whole path': ({ read }) => ['read', '/', join(read.directory, read.name)],
  'open+read+close, by name': ({ read }) => ['read', read.directory, read.name],
  pread: ({ read }) => ['pread', read.directory, read.name],
  'open+write+close, whole path': ({ written }) => ['write', '/', join(written.directory, written.name)],
};

interface Sample {
  readonly perSecond: number;
  /** Microseconds. */
  readonly p50: number;
  readonly p99: number;
}

interface Row extends Sample {
  readonly operation: string;
  readonly clients: number;
  readonly server: string;
  readonly afterBursts: boolean;
  /** Medians over the rounds of what this server took, and gave, in relation to the basis in the same round. */
  readonly latencyRatio: number;
  readonly throughputRatio: number;
}

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '0.3' },
    clients: { type: 'string', default: '1,8,64' },
    bursts: { type: 'string', default: '500' },
    json: { type: 'string' },
  },
});
const rounds = Number(values.rounds);
const scratch = mkdtempSync(join(tmpdir(), 'mips-rprocfs-bench-'));
const client = join(scratch, 'client');
/** Whoever does not want to wait for the end leaves nothing mounted. */
const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interruption.abort());
process.stdout.on('error', () => interruption.abort());

async function run(server: Server, operation: string, clients: number, ...bursts: string[]): Promise<Sample> {
  const command = OPERATIONS[operation];
  if (command === undefined) throw new Error(`no such operation: ${operation}`);
  const args = [...command(server), String(clients), values.seconds, ...bursts];
  const { signal } = interruption;
  const { stdout } = await promisify(execFile)(client, args, { timeout: LONGEST_MS, killSignal: 'SIGKILL', signal });
  const result: unknown = JSON.parse(stdout);
  const number = (name: string): number => Number(Reflect.get(Object(result), name));
  return { perSecond: number('operations') / number('seconds'), p50: number('p50'), p99: number('p99') };
}

async function measure(
  servers: readonly Server[],
  clients: number,
  operation: string,
  afterBursts: boolean,
): Promise<Row[]> {
  const samples: Sample[][] = [];
  for (let round = 0; round < rounds; round++) {
    const turn: Sample[] = [];
    for (const server of servers) turn.push(await run(server, operation, clients));
    samples.push(turn);
  }
  const basis = servers.findIndex(({ name }) => name === BASIS);
  return servers.map(({ name }, index) => {
    const over = (value: (mine: Sample, other: Sample) => number) =>
      median(samples.flatMap(({ [index]: mine, [basis]: other }) => (mine && other ? [value(mine, other)] : [])));
    return {
      operation,
      clients,
      server: name,
      afterBursts,
      perSecond: over(({ perSecond }) => perSecond),
      p50: over(({ p50 }) => p50),
      p99: over(({ p99 }) => p99),
      latencyRatio: over((mine, other) => mine.p50 / other.p50),
      throughputRatio: over((mine, other) => mine.perSecond / other.perSecond),
    };
  });
}

function print(rows: readonly Row[]): void {
  const [first] = rows;
  if (first === undefined) return;
  console.log(`\n${first.operation}, clients: ${first.clients}${first.afterBursts ? ', after the bursts' : ''}`);
  for (const { server, p50, p99, perSecond, latencyRatio, throughputRatio } of rows)
    console.log(
      `  ${server.padEnd(18)} p50 ${p50.toFixed(1).padStart(8)} us  p99 ${p99.toFixed(0).padStart(7)} us ` +
        `${perSecond.toFixed(0).padStart(8)}/s   ${latencyRatio.toFixed(2).padStart(6)} x time ${throughputRatio.toFixed(2).padStart(6)} x throughput`,
    );
}

execFileSync('cc', ['-O2', '-pthread', '-o', client, here('bench/channel-client.c')]);
const servers: Server[] = [];
try {
  servers.push(realSysfs());
  servers.push(...(await peer(scratch)));
  servers.push(ours('direct'), ours('native'));
  const rows: Row[] = [];
  const add = (more: Row[]): void => {
    print(more);
    rows.push(...more);
  };
  console.log(`in relation to ${BASIS}, medians of ${rounds} rounds`);
  for (const operation of Object.keys(OPERATIONS))
    for (const clients of values.clients.split(',').map(Number)) add(await measure(servers, clients, operation, false));

  const bursts: unknown[] = [];
  for (const server of servers) {
    const { name, pid } = server;
    if (pid === undefined) continue;
    const before = memoryOf(pid);
    await run(server, 'open+read+close, whole path', PARALLEL, values.bursts);
    const after = memoryOf(pid);
    console.log(
      `\n${name}, ${values.bursts} bursts of ${PARALLEL}: threads ${before.threads} -> ${after.threads}, ` +
        `resident ${before.resident.toFixed(0)} -> ${after.resident.toFixed(0)} MiB`,
    );
    bursts.push({ server: name, before, after });
  }
  for (const operation of Object.keys(OPERATIONS)) add(await measure(servers, 1, operation, true));
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ rows, bursts }, undefined, 2)}\n`);
} catch (error) {
  if (!interruption.signal.aborted) throw error;
  process.exitCode = 130;
} finally {
  for (const server of servers.reverse()) server.end();
  rmSync(scratch, { recursive: true });
}
