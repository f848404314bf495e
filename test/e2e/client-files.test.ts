/** What real clients do with the files: docs/reference/clients.md, Contract 1 to 7. */
import t from 'tap';
import { probe } from '../fs/mounted.js';
import { Board } from '../support/board.js';

const rproc0 = ({ root }: Board) => `${root}/sys/class/remoteproc/remoteproc0`;

t.test('1: what is read ends in a newline', async (t) => {
  const board = await Board.mount(t);
  const script =
    'for f in name state firmware recovery coredump uevent; do IFS= read -r line < $C/remoteproc0/$f && echo "$f $line" || echo "no newline in $f"; done';
  const lines = (await board.out(script)).trimEnd().split('\n');
  t.match(lines.slice(0, 5), [
    'name mips-cpu1',
    'state offline',
    'firmware rproc-mips-cpu1-fw',
    'recovery enabled',
    'coredump disabled',
  ]);
  t.match(lines[5], /^uevent [A-Z]+=/);
});

t.test('2: a word ends in nothing, a newline, or a NUL', async (t) => {
  const board = await Board.mount(t);
  await board.install('hello');
  const state = () => board.out('cat $C/remoteproc0/state');
  for (const [start, stop] of [
    ['printf start', 'printf stop'],
    ['echo start', 'echo stop'],
    ["printf 'start\\0'", "printf 'stop\\0'"],
    ["printf 'start\\n\\0'", "printf 'stop\\n\\0'"],
    ["printf 'start\\0rubbish'", "printf 'stop\\0rubbish'"],
  ] as const) {
    await board.out(
      `${start.replace('start', 'hello.elf')} > $C/remoteproc0/firmware; ${start} > $C/remoteproc0/state`,
    );
    t.equal(await board.out('cat $C/remoteproc0/firmware'), 'hello.elf\n', start);
    t.equal(await state(), 'running\n', start);
    await board.out(`${stop} > $C/remoteproc0/state`);
    t.equal(await state(), 'offline\n', stop);
  }
  for (const wrong of ["'start\\n\\n'", "' start'", "'start '", "'START'", "'star'", "'starts'", "'\\n'", "'\\0start'"])
    t.match(
      await board.sh(`printf ${wrong} > $ROOT/word; dd if=$ROOT/word of=$C/remoteproc0/state bs=64`),
      { err: /Invalid argument/ },
      wrong,
    );
  t.equal(await state(), 'offline\n');
});

t.test('3: O_TRUNC and O_CREAT', async (t) => {
  const board = await Board.mount(t);
  await board.install('hello');
  const file = `${rproc0(board)}/firmware`;
  const flags = 'O_WRONLY|O_TRUNC|O_CREAT';
  t.strictSame(await probe('open', file, flags, ':', 'write', 'hello.elf', ':', 'close'), [
    'open = ok',
    'write = 9',
    'close = ok',
  ]);
  t.equal(
    await board.out('cat $C/remoteproc0/firmware; truncate -s 0 $C/remoteproc0/firmware; cat $C/remoteproc0/firmware'),
    'hello.elf\nhello.elf\n',
  );
  t.match(await probe('open', `${rproc0(board)}/unknown`, flags), ['open = errno 13']);
  t.match(await probe('open', `${board.root}/sys/kernel/debug/remoteproc/remoteproc0/unknown`, flags), [
    'open = errno 13',
  ]);
  t.match(await probe('open', `${rproc0(board)}/unknown`, 'O_WRONLY'), ['open = errno 2']);
  for (const [command, error] of [
    ['mkdir $C/remoteproc0/x', 'Operation not permitted'],
    ['rm $C/remoteproc0/state', 'Operation not permitted'],
    ['mv $C/remoteproc0/state $C/remoteproc0/x', 'Operation not permitted'],
    ['ln -s x $C/remoteproc0/x', 'Operation not permitted'],
  ] as const)
    t.match(await board.sh(command), { status: 1, err: new RegExp(error) }, command);
});

t.test('4: one write is one command, wherever it is', async (t) => {
  const board = await Board.mount(t);
  await board.install('hello');
  await board.out('echo hello.elf > $C/remoteproc0/firmware');
  const file = `${rproc0(board)}/state`;
  t.strictSame(
    await probe(
      'open',
      file,
      'O_RDWR',
      ':',
      'read',
      '7',
      ':',
      'write',
      'start',
      ':',
      'pread',
      '100',
      '0',
      ':',
      'pwrite',
      'stop',
      '0',
      ':',
      'pread',
      '100',
      '0',
    ),
    ['open = ok', 'read = 7 "offline"', 'write = 5', 'pread = 8 "running\\n"', 'pwrite = 4', 'pread = 8 "offline\\n"'],
    'a script that opens r+, reads, then writes at offset 7',
  );
  const kept = Array.from({ length: 5 }, () => [
    'pwrite',
    'start',
    '0',
    ':',
    'pread',
    '9',
    '0',
    ':',
    'pwrite',
    'stop',
    '0',
    ':',
    'pread',
    '9',
    '0',
  ]);
  t.strictSame(
    (await probe('open', file, 'O_RDWR', ...kept.flatMap((calls) => [':', ...calls]))).slice(1),
    kept.flatMap(() => ['pwrite = 5', 'pread = 8 "running\\n"', 'pwrite = 4', 'pread = 8 "offline\\n"']),
    'a descriptor that is kept for life',
  );
  t.strictSame(await probe('open', file, 'O_WRONLY', ':', 'pwrite', 'start', '4000', ':', 'pwrite', 'stop', '123456'), [
    'open = ok',
    'pwrite = 5',
    'pwrite = 4',
  ]);
  t.strictSame(
    await probe('open', file, 'O_WRONLY|O_APPEND', ':', 'write', 'start', ':', 'write', 'stop', ':', 'write', 'stop'),
    ['open = ok', 'write = 5', 'write = 4', 'write = errno 22'],
  );
});

t.test('5: sizes and short reads', async (t) => {
  const board = await Board.mount(t);
  const file = `${rproc0(board)}/state`;
  t.strictSame(
    await probe(
      'open',
      file,
      ':',
      'fstat',
      ':',
      'read',
      '4096',
      ':',
      'read',
      '4096',
      ':',
      'pread',
      '3',
      '2',
      ':',
      'pread',
      '9',
      '100',
    ),
    [
      'open = ok',
      'fstat = size=4096 nlink=1',
      'read = 8 "offline\\n"',
      'read = 0 ""',
      'pread = 3 "fli"',
      'pread = 0 ""',
    ],
  );
  t.strictSame(await probe('open', file, ':', 'read', '3', ':', 'read', '3', ':', 'read', '3', ':', 'read', '3'), [
    'open = ok',
    'read = 3 "off"',
    'read = 3 "lin"',
    'read = 2 "e\\n"',
    'read = 0 ""',
  ]);
});

t.test('6: start is over when it returns', async (t) => {
  const board = await Board.mount(t);
  await board.install('hello', 'tick');
  const script =
    'echo tick.elf > $C/remoteproc0/firmware; echo start > $C/remoteproc0/state; rm $FW/tick.elf; cat $C/remoteproc0/state';
  t.equal(await board.out(script), 'running\n');
  await board.until('grep -q "^tick 1$" $D/remoteproc0/trace0');
});

t.test('7: errnos', async (t) => {
  const board = await Board.mount(t);
  const at = (name: string) => `${rproc0(board)}/${name}`;
  t.match(await probe('open', at('state'), 'O_WRONLY', ':', 'write', 'go'), ['open = ok', 'write = errno 22']);
  t.match(await probe('open', at('state'), 'O_WRONLY', ':', 'write', 'start'), ['open = ok', 'write = errno 2']);
  t.match(await probe('open', at('name'), 'O_WRONLY'), ['open = errno 13']);
  t.match(await probe('open', at('name'), 'O_RDWR'), ['open = errno 13']);
  t.match(await probe('open', `${board.root}/sys/bus/platform/drivers_probe`, 'O_RDONLY'), ['open = errno 13']);
  t.strictSame(
    await probe('open', at('state'), 'O_WRONLY', ':', 'write', ''),
    ['open = ok', 'write = 0'],
    'nothing is no command',
  );
});
