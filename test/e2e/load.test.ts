/** Several processors at once, many starts, processors that never rest and such that always do. */
import t from 'tap';
import { Board } from '../support/board.js';
import { expected } from '../support/fixtures.js';
import { footprint, ticksOf } from '../support/footprint.js';

t.test('three firmwares at once', async (t) => {
  const board = await Board.mount(t);
  const tickTrace = () => board.out('cat $D/remoteproc0/trace0');
  await board.start(0, 'tick');
  await board.start(1, 'float');
  await board.start(2, 'llsc');
  t.equal(await board.out('cat $C/remoteproc[012]/state'), 'running\n'.repeat(3));
  t.equal(await board.out('cat $C/remoteproc[012]/firmware'), 'tick.elf\nfloat.elf\nllsc.elf\n');

  await board.until('grep -q "^tick 3$" $D/remoteproc0/trace0');
  const early = await tickTrace();
  t.match(early, /^tick: Compare every 1000000 counts, on Cause.IP\d\ntick 1\ntick 2\ntick 3\n/);
  await board.until('grep -q "^tick 6$" $D/remoteproc0/trace0');
  t.ok((await tickTrace()).startsWith(early), 'the trace grows at its end');

  await board.until('grep -q wrong $D/remoteproc1/trace0');
  t.equal(await board.out('cat $D/remoteproc1/trace0'), expected('le', 'float'));
  const lines = expected('le', 'llsc').split('\n').length - 1;
  await board.until(`[ $(wc -l < $D/remoteproc2/trace0) -ge ${lines} ]`);
  t.equal(await board.out('cat $D/remoteproc2/trace0'), expected('le', 'llsc'));

  const carveouts = await board.out('cat $D/remoteproc[012]/carveout_memories');
  const addresses = [...carveouts.matchAll(/DMA address: (0x[0-9a-f]{16})$/gm)].map(([, address]) => address);
  t.equal(new Set(addresses).size, 3, 'each has memory of its own');
  t.equal(carveouts.match(/Device address: 0x10000000$/gm)?.length, 3, 'at the same device address');

  await board.out('echo stop > $C/remoteproc1/state');
  t.equal(await board.out('cat $C/remoteproc[012]/state'), 'running\noffline\nrunning\n', 'one stops alone');
  const before = (await tickTrace()).trimEnd().split('\n').length;
  await board.until(`[ $(wc -l < $D/remoteproc0/trace0) -gt ${before} ]`);
  t.equal(await board.out('ls $D/remoteproc1 | grep -c trace || true'), '0\n');

  await board.out('echo start > $C/remoteproc0/state; echo stop > $C/remoteproc0/state');
  t.equal(await board.out('cat $C/remoteproc0/state'), 'running\n', 'two starts need two stops');
  await board.out('echo stop > $C/remoteproc0/state');
  t.equal(await board.out('cat $C/remoteproc0/state'), 'offline\n');
});

t.test('the same firmware on all of them', async (t) => {
  const board = await Board.mount(t, { args: ['--cpus', '5'] });
  for (const n of [0, 1, 2, 3]) await board.start(n, 'hello');
  for (const n of [0, 1, 2, 3]) {
    await board.until(`grep -q linked $D/remoteproc${n}/trace0`);
    t.match(
      await board.out(`head -n 1 $D/remoteproc${n}/trace0`),
      /^hello from mips-cpu\d, a0=-3 a1=\d+ a2=\d+ a3=0\n$/,
    );
  }
  const pairs = await board.out('cat $D/remoteproc[0123]/trace0 | grep -o "a[12]=[0-9]*"');
  t.equal(new Set([...pairs.matchAll(/=(\d+)/g)].map(([, irq]) => irq)).size, 8, 'interrupts of their own');
});

t.test('500 starts and stops leave nothing behind', async (t) => {
  const board = await Board.mount(t, { args: ['--engine', 'interpreter'] });
  await board.install('hello', 'vdev');
  /** Resident memory is what the collector has left it at: the least of several looks says what is held. */
  const cycles = async (count: number) => {
    const seen = [];
    for (let done = 0; done < count; done += 50) {
      const { status, err } = await board.sh(
        'i=0; while [ $i -lt 50 ]; do echo start > $C/remoteproc0/state && echo stop > $C/remoteproc0/state || exit 1; i=$((i + 1)); done',
      );
      if (status !== 0) throw new Error(`status ${status} after ${done} cycles: ${err}`);
      seen.push(await footprint(board.pid));
    }
    return { ...seen.at(-1), resident: Math.min(...seen.map(({ resident }) => resident)) };
  };
  for (const firmware of ['hello', 'vdev']) {
    await board.out(`echo ${firmware}.elf > $C/remoteproc0/firmware`);
    const early = await cycles(150);
    const late = await cycles(350);
    t.strictSame([late.threads, late.descriptors], [early.threads, early.descriptors], 'threads and descriptors');
    t.ok(late.resident - early.resident < 16 * 1024, 'memory', { early, late });
    t.comment(`${firmware}: ${early.resident} KiB, later ${late.resident} KiB`);
  }
  t.equal(await board.out('cat $C/remoteproc0/state; cat $D/remoteproc0/carveout_memories'), 'offline\n');
  await board.start(0, 'hello');
  await board.until('grep -q linked $D/remoteproc0/trace0');
  t.match(await board.out('cat $D/remoteproc0/trace0'), /^hello from mips-cpu1, a0=-3 a1=260 a2=256 a3=0\n/);
});

t.test('three processors that never rest delay nobody', async (t) => {
  const board = await Board.mount(t);
  for (const n of [0, 1, 2]) await board.start(n, 'spin');
  const count = async (n: number) => Number(/spin (\d{11})/.exec(await board.out(`cat $D/remoteproc${n}/trace0`))?.[1]);
  for (const n of [0, 1, 2]) {
    const before = await count(n);
    await board.until(`[ "$(tr -dc 0-9 < $D/remoteproc${n}/trace0)" -gt ${before} ]`);
    t.ok((await count(n)) > before, `mips-cpu${n + 1} gets on`);
  }
  const { out } = await board.sh(
    'i=0; while [ $i -lt 100 ]; do date +%s%N; read -r state < $C/remoteproc0/state; date +%s%N; echo $state; i=$((i + 1)); done',
  );
  const answers = out.trimEnd().split('\n');
  t.equal(answers.length, 300);
  t.strictSame(new Set(answers.filter((_, i) => i % 3 === 2)), new Set(['running']));
  const milliseconds = answers
    .filter((_, i) => i % 3 === 0)
    .map((start, i) => Number(BigInt(answers[3 * i + 1] ?? 0) - BigInt(start)) / 1e6)
    .sort((a, b) => a - b);
  t.ok((milliseconds[50] ?? Infinity) < 50, 'the median of 100 reads', { milliseconds });
  t.comment(`a read takes ${milliseconds[50]} ms, the 95th of 100 ${milliseconds[94]} ms`);
  const began = Date.now();
  await board.out('for n in 0 1 2; do echo stop > $C/remoteproc$n/state; done');
  t.ok(Date.now() - began < 3000, 'and they stop', { took: Date.now() - began });
  t.equal(await board.out('cat $C/remoteproc[012]/state'), 'offline\n'.repeat(3));
  await board.start(1, 'hello');
  await board.until('grep -q linked $D/remoteproc1/trace0');
});

t.test('processors that wait cost nothing', async (t) => {
  const board = await Board.mount(t);
  for (const n of [0, 1, 2]) await board.start(n, 'wait');
  for (const n of [0, 1, 2]) await board.until(`grep -q idle $D/remoteproc${n}/trace0`);
  // the first second may still hold compilation and collection of garbage
  const second = async () => {
    const before = await ticksOf(board.pid);
    await board.sh('timeout 1 tail -f /dev/null');
    return (await ticksOf(board.pid)) - before;
  };
  const spent = [await second(), await second(), await second()];
  t.ok(Math.min(...spent) <= 3, 'of 100 ticks', { spent });
});
