/** Malformed firmware through a mount: what the writer is told, what the log says, and that nothing is the worse for it. */
import t, { type Test } from 'tap';
import {
  buildElf,
  buildTable,
  carveoutEntry,
  otherEntry,
  Packer,
  traceEntry,
  vdevEntry,
} from '../rproc/elf-builder.js';
import { Board } from '../support/board.js';
import { PatchedElf } from '../support/patched-elf.js';
import {
  DA,
  firmware,
  hello,
  IMAGES,
  lookup,
  MEMORY,
  MISFIT,
  RESOURCES,
  sanity,
  segment,
  SEGMENTS,
  TABLES,
  type Case,
} from './malformed-images.js';

const MESSAGES = { EINVAL: 'Invalid argument', ENOMEM: 'Cannot allocate memory' } as const;
const NUMBERS = { EINVAL: -22, ENOMEM: -12 } as const;
const prefixed = (line: string) => (line.startsWith('mips-rproc ') ? line : `remoteproc remoteproc0: ${line}`);

async function refused(t: Test, board: Board, { name, file, lines, boots, error = 'EINVAL' }: Case) {
  await board.installAs('bad.elf', file);
  let shown = '';
  const log = await board.log.during(async () => {
    const script = 'echo bad.elf > $C/remoteproc0/firmware; exec 2>&1; /bin/echo start > $C/remoteproc0/state';
    shown = (await board.sh(`${script}; cat $C/remoteproc0/state; ls $D/remoteproc0 | grep trace`)).out;
  });
  t.equal(shown, `/bin/echo: write error: ${MESSAGES[error]}\noffline\n`, name);
  t.strictSame(
    log,
    [
      'powering up mips-cpu1',
      ...(boots ? [`Booting fw image bad.elf, size ${file.length}`] : []),
      ...lines,
      `Boot failed: ${NUMBERS[error]}`,
    ].map(prefixed),
    `the log of ${name}`,
  );
}

async function stillStarts(t: Test, board: Board) {
  await board.start(0, 'hello');
  await board.until('grep -q linked $D/remoteproc0/trace0');
  t.match(await board.out('cat $D/remoteproc0/trace0'), /^hello from mips-cpu1, a0=-3 a1=260 a2=256 a3=0\n/);
  t.equal(
    await board.out('echo stop > $C/remoteproc0/state; cat $C/remoteproc0/state'),
    'offline\n',
    'a good one runs',
  );
}

for (const [group, cases] of Object.entries({ IMAGES, SEGMENTS, TABLES, RESOURCES, MEMORY }))
  t.test(`refused: ${group.toLowerCase()}`, async (t) => {
    const board = await Board.mount(t);
    for (const one of cases) await refused(t, board, one);
    await stillStarts(t, board);
  });

/** WAIT; branch back to it. */
const idle = (endian: 'le' | 'be') => new Packer(endian).u32(0x42000020, 0x1000fffe, 0).build();

t.test('accepted', async (t) => {
  const board = await Board.mount(t);
  const up = ['mips-cpu1 booting firmware odd.elf', 'remote processor mips-cpu1 is now up'];
  const trace = traceEntry({ da: 0x10001084 });
  const cases: {
    name: string;
    file: Uint8Array;
    before?: string[];
    trace?: RegExp;
    more?: [command: string, shown: string][];
  }[] = [
    { name: 'any type and machine', file: hello().header('type', 1).header('machine', 3).bytes },
    {
      name: 'a segment of no size anywhere',
      file: hello()
        .segment(1, 'memsz', 0)
        .segment(1, 'paddr', 0)
        .withTable(buildTable([firmware, trace])).bytes,
      trace: /./,
    },
    {
      name: 'unknown resources',
      file: hello().withTable(
        buildTable([
          firmware,
          otherEntry(4),
          otherEntry(128),
          otherEntry(512),
          otherEntry(513),
          otherEntry(0xffff_ffff),
          trace,
        ]),
      ).bytes,
      before: [
        'unsupported resource 4',
        'unsupported vendor resource 128',
        'unsupported vendor resource 512',
        'unsupported resource 513',
        'unsupported resource -1',
      ],
      more: [
        [
          'grep Unknown $D/remoteproc0/resource_table | cut -d"[" -f1',
          [4, 128, 512, 513, -1].map((type) => `Unknown resource type found: ${type} \n`).join(''),
        ],
      ],
    },
    {
      name: 'a vring of no entries',
      file: hello().withTable(buildTable([firmware, trace, vdevEntry({ rings: [{ num: 0 }] })])).bytes,
      before: [
        'invalid qsz (0) or alignment (4096)',
        'rproc-virtio: probe of rproc-virtio.0.auto failed with error -22',
      ],
      more: [['ls $C/remoteproc0/ | grep virtio', 'rproc-virtio.0.auto\n']],
    },
    {
      name: 'a trace that is nowhere',
      file: hello().withTable(buildTable([firmware, traceEntry({ da: 0x2000_0000 })])).bytes,
      trace: /^Trace {2}not available\n$/,
    },
  ];
  for (const { name, file, before = [], trace: text = /^hello from mips-cpu1/, more = [] } of cases) {
    await board.installAs('odd.elf', file);
    const log = await board.log.during(() =>
      board.out('echo odd.elf > $C/remoteproc0/firmware; echo start > $C/remoteproc0/state'),
    );
    const lines = [
      ...before.map((line) => (line.startsWith('rproc-virtio') ? line : prefixed(line))),
      MISFIT,
      ...up.map(prefixed),
    ];
    t.strictSame(log.slice(2), lines, name);
    await board.until(text.test('') ? 'true' : 'grep -q . $D/remoteproc0/trace0');
    t.match(await board.out('cat $D/remoteproc0/trace0'), text, `the trace of ${name}`);
    for (const [command, shown] of more) t.equal(await board.out(command), shown, command);
    t.equal(await board.out('echo stop > $C/remoteproc0/state; cat $C/remoteproc0/state'), 'offline\n');
  }
  await stillStarts(t, board);
});

t.test('a core of 64 bits', async (t) => {
  const board = await Board.mount(t, { args: ['--cpu', 'I6400'] });
  await refused(t, board, sanity('ELF64 of 63 bytes', hello().byte(4, 2).cut(63), 'elf64 header is too small'));
  const image = {
    elfClass: 2,
    entry: DA,
    segments: [{ paddr: DA, data: idle('le') }],
    table: buildTable([carveoutEntry({ name: 'code', da: DA, len: 0x2000 }), traceEntry({ da: DA + 0x1000 })]),
  } as const;
  const far = { ...image, segments: [...image.segments, { paddr: 0x9800_0000_0010_0000n, memsz: 4 }] };
  const line = 'bad phdr da 0x9800000000100000 mem 0x4';
  await refused(t, board, {
    name: 'a segment in XKPHYS',
    file: buildElf(far),
    boots: true,
    lines: [MISFIT, line, 'Failed to load program segments: -22'],
  });
  await board.installAs('idle.elf', buildElf(image));
  await board.out('echo idle.elf > $C/remoteproc0/firmware; echo start > $C/remoteproc0/state');
  t.equal(await board.out('cat $C/remoteproc0/state; echo stop > $C/remoteproc0/state'), 'running\n');
});

t.test('the other byte order', async (t) => {
  const board = await Board.mount(t, { endian: 'be' });
  const elf = () => new PatchedElf('hello', 'be');
  await refused(t, board, sanity('little endian', hello(), 'Unsupported firmware endianness'));
  await refused(
    t,
    board,
    segment('filesz > memsz', elf().segment(0, 'memsz', 4).segment(0, 'filesz', 8), 'bad phdr filesz 0x8 memsz 0x4'),
  );
  await refused(t, board, lookup('15 bytes', elf().table('size', 15), 'header-less resource table'));
  const table = buildTable([traceEntry({ reserved: 1 }, 'be')], { endian: 'be' });
  const lines = ['trace rsc has non zero reserved bytes', 'Failed to process resources: -22'];
  await refused(t, board, lookup('a trace, reserved', elf().withTable(table), ...lines));
  await stillStarts(t, board);
});
