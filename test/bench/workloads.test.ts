/**
 * The benchmark compares engines that compute the same: every workload of bench/workloads, built small, comes to the same
 * checksums on our machine and on QEMU's. An engine that comes to another one is found.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { build, WORKLOADS } from '../../bench/engine/build.js';
import { enginesOf, PEER, qemuKseg0, type Engine } from '../../bench/engine/engines.js';
import { ImageRunner } from '../../bench/engine/image-runner.js';
import { machineEngines } from '../../bench/engine/machine-engine.js';
import { measure } from '../../bench/engine/measure.js';
import { speed } from '../../bench/engine/speed.js';

/** On the engine that compares translated code with the interpreter, whatever it comes to. */
const VERIFIED = ['mix', 'branch', 'mat'];
/** The one that is run by the benchmark's own means, in KSEG0 and in KUSEG, here and there: it has exceptions. */
const BENCHMARKED = 'syscall';

const out = await mkdtemp(join(tmpdir(), 'mips-rprocfs-workloads-'));
t.teardown(() => rm(out, { recursive: true }));
const options = { out, workloads: WORKLOADS, scale: 1, functions: 100 };
const engines = enginesOf(options, machineEngines).filter(({ target }) => target === 'mips');
const lacking = engines.flatMap((engine) => engine.lacking ?? []).at(0);
const quiet = (): void => undefined;

t.test('the same checksums here and on QEMU', { skip: lacking ?? false }, async (t) => {
  build('mips', options);
  const { rows } = await speed(engines, [BENCHMARKED], 1, quiet);
  t.same(
    rows.map(({ engine }) => engine),
    engines.map(({ name }) => name),
  );
  t.ok(
    rows.every(({ steady, first, operations }) => steady.ms > 0 && first.ms > 0 && operations > 0),
    'each with its figures',
  );

  const onQemu = new Map<string, readonly string[]>();
  for (const workload of WORKLOADS.filter((name) => name !== BENCHMARKED)) {
    const { checksums } = await measure(qemuKseg0(out, workload));
    t.equal(new Set(checksums).size, 1, 'each pass does the same work');
    onQemu.set(workload, checksums);
  }

  for (const engine of [...machineEngines, 'verify']) {
    const runner = new ImageRunner(engine);
    t.teardown(() => runner.close());
    for (const workload of engine === 'verify' ? VERIFIED : onQemu.keys()) {
      let said = '';
      t.equal(await runner.run(join(out, `kuseg/${workload}.elf`), (text) => (said += text)), 0);
      t.same(
        [...said.matchAll(/^pass (.*)$/gm)].map(([, sum]) => sum),
        onQemu.get(workload),
        `${workload}, ${engine}`,
      );
    }
  }
});

const saying = (name: string, script: string): Engine => ({
  name,
  target: 'native',
  lacking: undefined,
  runs: () => true,
  command: () => ['sh', '-c', script],
});
const lines = (checksum: string): string => `printf 'ready 00000001\\npass ${checksum}\\ndone\\n'`;

t.test('a benchmark of something else is none', async (t) => {
  const right = saying(PEER, lines('0000002a'));
  const against = (script: string) => speed([right, saying('other', script)], ['mix'], 1, quiet);
  t.same((await against(lines('0000002a'))).means, [], 'no mean of one workload');
  await t.rejects(against(lines('0000002b')), {
    message: 'mix: the checksums of other are 0000002b, those of qemu kseg0 are 0000002a',
  });
  await t.rejects(against('echo ready 00000001; echo gone >&2; exit 3'), { message: /ended with 3:\nready .*\ngone/s });
  await t.rejects(against('printf "ready 00000001\\npass 0000002a\\n"'), { message: /ended with 0:/ }, 'not done');
});
