/** The command as it is typed: help, wrong usage, inspect, and the options that make a machine. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { Ran } from '../fs/mounted.js';
import { Board, mipsRprocfs, mountsBelow, scratch } from '../support/board.js';
import { fixture } from '../support/fixtures.js';
import { repository } from '../support/repository.js';
import { IMAGES, RESOURCES, SEGMENTS, TABLES } from './malformed-images.js';

const noStack = ({ out, err }: Ran) => !/^\s+at .*[/:]/m.test(out + err);

t.test('help and version', async (t) => {
  const help = await mipsRprocfs('--help');
  t.strictSame([help.status, help.err], [0, '']);
  for (const verb of ['mount', 'umount', 'inspect', 'demo', 'help'])
    t.match(help.out, new RegExp(`^ {2}${verb}\\b`, 'm'));
  for (const verb of ['mount', 'umount', 'inspect', 'demo']) {
    const { out, status } = await mipsRprocfs('help', verb);
    t.equal(status, 0);
    t.match(out, `Usage: mips-rprocfs ${verb} `);
  }
  t.match(await mipsRprocfs('--version'), { status: 0, out: /^\d+\.\d+\.\d+\n$/ });
});

t.test('wrong usage', async (t) => {
  const root = await scratch(t);
  const cases: [string[], RegExp][] = [
    [['mnt', root], /unknown command 'mnt'\n.*Did you mean.*mount/],
    [['mount'], /missing required argument 'root'/],
    [['mount', root, 'more'], /too many arguments/],
    [['mount', root, '--bogus'], /unknown option '--bogus'/],
    [
      ['mount', root, '--cpu', '24kf'],
      /'--cpu <model>' argument '24kf' is invalid\. Allowed choices are interAptiv, 24Kf, /,
    ],
    [['mount', root, '--clock', 'fast'], /Allowed choices are real, virtual/],
    [['umount'], /missing required argument 'root'/],
    [['inspect'], /missing required argument 'file'/],
    [['mount', root, '--engine', 'jit'], /Allowed choices are auto, interpreter, translator, verify\./],
    [['inspect', '--endian', 'xx', 'file'], /Allowed choices are le, be/],
    [['mount', root, '--endian', 'middle'], /Allowed choices are le, be/],
    [['mount', root, '--fuse', 'none'], /Allowed choices are auto, direct, native/],
    ...['0', '129', '-1', '1.5', 'two', ''].map((n): [string[], RegExp] => [
      ['mount', root, '--cpus', n],
      /'--cpus <n>' argument '.*' is invalid\. It must be a whole number from 1 to 128\./,
    ]),
    ...['3', '257', '1e2', '0x10'].map((n): [string[], RegExp] => [
      ['mount', root, '--mem', n],
      /'--mem <MiB>' argument '.*' is invalid\. It must be a whole number from 4 to 256\./,
    ]),
  ];
  for (const [args, message] of cases) {
    const ran = await mipsRprocfs(...args);
    t.strictSame([ran.status, ran.out], [2, ''], args.join(' '));
    t.match(ran.err, message);
    t.match(ran.err, /mips-rprocfs help/, 'it says where to look');
  }
  t.match(await mipsRprocfs(), { status: 2, err: /^Usage: mips-rprocfs/ });
  t.match(await mipsRprocfs('mount', root, '--firmware-dir', join(root, 'no')), {
    status: 1,
    err: /^mips-rprocfs: the firmware directory .*\n$/,
  });
  t.match(await mipsRprocfs('mount', root, '--uhi-root', join(root, 'no')), {
    status: 1,
    err: /^mips-rprocfs: the UHI root .* cannot be used: it does not exist, or may not be read\n$/,
  });
  t.match(await mipsRprocfs('mount', root, '--firmware-dir', '/dev/null'), {
    status: 1,
    err: /^mips-rprocfs: .* is not a directory\n$/,
  });
  t.strictSame(await mountsBelow(root), []);
});

t.test('inspect what starts', async (t) => {
  for (const endian of ['le', 'be'] as const)
    for (const name of ['hello', 'vdev', 'crash-null', 'kseg0']) {
      const { out, err, status } = await mipsRprocfs('inspect', fixture(endian, name));
      t.strictSame([status, err], [0, ''], `${name}, ${endian}`);
      t.match(out, /^machine 8 \(MIPS\), entry 0x[0-9a-f]+$/m);
      t.match(out, /^ {2}Entry 0 is of type carveout$/m);
      t.match(
        out,
        new RegExp(
          `^start would succeed; the kernel would say:\n  powering up .*\n  Booting fw image ${name}.elf, size \\d+\n`,
          'm',
        ),
      );
    }
});

t.test('inspect what does not', async (t) => {
  const path = await scratch(t);
  const file = join(path, 'bad.elf');
  // one of each kind; the mount is tried with all of them
  for (const one of [IMAGES[2], IMAGES[7], SEGMENTS[0], TABLES[5], RESOURCES[0], RESOURCES.at(-1)]) {
    if (one === undefined) throw new Error('no such case');
    await writeFile(file, one.file);
    const ran = await mipsRprocfs('inspect', '--endian', 'le', file);
    t.strictSame([ran.status, ran.err], [1, ''], one.name);
    t.match(ran.out, new RegExp(`^start would fail with ${one.error ?? 'EINVAL'}; the kernel would say:$`, 'm'));
    for (const line of one.lines) t.ok(ran.out.includes(`  ${line}`), line, { out: ran.out });
  }
  await writeFile(file, 'only text\n'.repeat(100));
  for (const stranger of [file, '/bin/true', '/dev/null', '/etc/passwd']) {
    const ran = await mipsRprocfs('inspect', stranger);
    t.equal(ran.status, 1, stranger);
    t.ok(noStack(ran));
    t.match(ran.out, /^start would fail with EINVAL/m);
    t.ok(ran.out.split('\n').length < 40, 'a short answer', { out: ran.out });
  }
  for (const nothing of [join(path, 'missing'), path]) {
    const ran = await mipsRprocfs('inspect', nothing);
    t.match(ran, { status: 1, out: '', err: /^mips-rprocfs: .* cannot be read .*\n$/ }, nothing);
  }
});

t.test('--cpus', async (t) => {
  const one = await Board.mount(t, { args: ['--cpus', '1'] });
  t.equal(await one.out('ls $C; cat $CPU/online $CPU/offline $CPU/possible'), '0\n\n0\n', 'no processor but Linux');
  const two = await Board.mount(t, { args: ['--cpus', '2'] });
  t.equal(await two.out('ls $C; cat $CPU/offline'), 'remoteproc0\n1\n');
  const many = await Board.mount(t, { args: ['--cpus', '128'] });
  t.equal(await many.out('ls $C | wc -l; cat $CPU/offline $CPU/kernel_max'), '127\n1-127\n127\n');
  t.equal(await many.out('cat $ROOT/sys/devices/mips-rproc/cpus'), '1-127\n');
  for (const n of [0, 31, 62]) await many.start(n, 'hello');
  for (const n of [0, 31, 62]) {
    await many.until(`grep -q linked $D/remoteproc${n}/trace0`);
    t.match(await many.out(`head -n 1 $D/remoteproc${n}/trace0`), new RegExp(`^hello from mips-cpu${n + 1}, `));
  }
  t.equal(await many.out('cat $CPU/present'), '0,2-31,33-62,64-127\n');
  await many.start(126, 'rpmsg-tty');
  await many.until('[ -e $ROOT/dev/ttyRPMSG0 ]');
  const say = join(repository, 'test/e2e/scripts/say.sh');
  t.equal(await many.out(`sh ${say} $ROOT/dev/ttyRPMSG0 Hello`), 'Hello\n', 'interrupts both ways with the last one');
});

t.test('--mem', async (t) => {
  for (const megabytes of ['4', '256']) {
    const board = await Board.mount(t, { args: ['--mem', megabytes] });
    for (const n of [0, 1, 2]) await board.start(n, 'hello');
    for (const n of [0, 1, 2]) await board.until(`grep -q linked $D/remoteproc${n}/trace0`);
    const top = (Number(megabytes) - 1) * 2 ** 20;
    const found = await board.out('cat $D/remoteproc[012]/carveout_memories | grep DMA');
    const addresses = [...found.matchAll(/0x([0-9a-f]{16})/g)].map(([, digits]) => parseInt(digits ?? '', 16));
    t.equal(addresses.length, 3);
    for (const address of addresses)
      t.ok(address > 0 && address + 0x6000 <= top, `${megabytes} MiB: below Linux`, { address });
  }
});
