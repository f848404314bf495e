/** Completion: what may come next on a command line, and the three shells that ask for it. */
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { complete, type Completion } from '../../src/cli/completion/index.js';
import type { Surroundings } from '../../src/cli/completion/meanings.js';
import { createProgram } from '../../src/cli/program.js';
import { Board, mipsRprocfs, PROGRAM } from '../support/board.js';
import { installed } from '../support/fixtures.js';
import { ShellSession } from '../support/shell-session.js';

const named = (values: readonly string[]) => values.map((value) => ({ value, description: '' }));

const machines = (...roots: string[]): Surroundings => ({
  roots: () => Promise.resolve(named(roots)),
  processors: (root) => Promise.resolve(named(root === '/tmp/a' ? ['0', '1', '12'] : ['7'])),
  names: (root, directory) => Promise.resolve([`${root}/${directory}`]),
});

const show = ({ candidates, others }: Completion) =>
  [...candidates.map(({ value }) => value), ...(others === 'none' ? [] : [`(${others})`])].join(' ');

const ask = async (line: string, ...roots: string[]) =>
  show(await complete(createProgram(), line.split(' '), machines(...roots)));

t.test('what may come next', async (t) => {
  const cases: [line: string, answer: string, ...roots: string[]][] = [
    ['ins', 'inspect'],
    ['help ins', 'inspect'],
    ['--v', '--version'],
    ['nonsense ', ''],
    ['mount --c', '--cpus --cpu --clock'],
    [
      'mount -',
      '--daemon --quiet --raw --fuse --allow-other --machine --cpus --firmware-dir --endian --mem --cpu --clock --engine --translation-cache --uhi-root --help',
    ],
    ['mount --cpu 24', '24Kf'],
    ['mount --cpu=24', '--cpu=24Kf'],
    ['mount --cpu 24Kf --endian ', 'le be'],
    ['mount --cpus ', ''],
    ['mount --firmware-dir ', '(directory)'],
    ['mount --machine ', '(file)'],
    ['mount -d /tmp/', '(directory)', '/tmp/a'],
    ['mount -- --e', '(directory)'],
    ['run --timeout 5 -- ', '(program)'],
    ['run ls --cp', '(program)'],
    ['inspect ', '(file)'],
    ['inspect --endian le a', '(file)'],
    ['inspect a ', ''],
    ['completion ', 'bash zsh fish'],
    ['umount ', '/tmp/a /tmp/b (directory)', '/tmp/a', '/tmp/b'],
    ['umount /tmp/b', '/tmp/b (directory)', '/tmp/a', '/tmp/b'],
    ['fault /tmp/a ', '0 1 12', '/tmp/a', '/tmp/b'],
    ['fault /tmp/a 1', '1 12', '/tmp/a', '/tmp/b'],
    ['fault /tmp/b ', '7', '/tmp/a', '/tmp/b'],
    ['status ', '/tmp/a (directory)', '/tmp/a'],
    ['fault /tmp/b 7 /', '/tmp/b/sys/kernel/debug/mips-rproc/remoteproc7', '/tmp/b'],
  ];
  for (const [line, answer, ...roots] of cases) t.equal(await ask(line, ...roots), answer, line);
});

t.test('every verb can be completed in full', async (t) => {
  for (const verb of createProgram().commands) {
    const line = [verb.name(), ...verb.registeredArguments.map(() => 'x')].slice(0, -1).join(' ');
    await t.resolves(ask(`${line} `), line);
    for (const { long } of verb.options)
      await t.resolves(ask(`${verb.name()} ${long ?? ''} `), `${verb.name()} ${long ?? ''}`);
  }
});

/** How each is started without the user's own configuration, and what makes it quiet. */
const SHELLS = {
  bash: { start: 'bash --norc --noprofile -i', load: 'PS1=; eval "$(mips-rprocfs completion bash)"' },
  zsh: {
    start: 'zsh -f -i',
    load: 'PS1=; autoload -Uz compinit; compinit -u -D; bindkey -e; source <(mips-rprocfs completion zsh)',
  },
  fish: {
    start: 'fish --no-config -i',
    load: 'function fish_prompt; end; mips-rprocfs completion fish | source',
  },
} as const;

/** A directory with the program under its own name. */
async function installedProgram(t: Test): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'mips-rprocfs-path-'));
  t.teardown(() => rm(path, { recursive: true }));
  await symlink(PROGRAM, join(path, 'mips-rprocfs'));
  return path;
}

for (const shell of ['bash', 'zsh', 'fish'] as const) {
  const lacking = [shell, 'script'].filter((tool) => !installed(tool));
  const skip = lacking.length > 0 && `${lacking.join(' and ')} not installed: completion in ${shell} was not tried`;
  t.test(shell, { skip, timeout: 120_000 }, async (t) => {
    const path = await installedProgram(t);
    const board = await Board.mount(t);
    const session = ShellSession.start(t, SHELLS[shell].start, path);
    await session.run(SHELLS[shell].load);
    const { root } = board;
    const cases = [
      ['mips-rprocfs insp\t', 'mips-rprocfs inspect'],
      ['mips-rprocfs mount --uhi\t', 'mips-rprocfs mount --uhi-root'],
      ['mips-rprocfs mount --cpu 24\t', 'mips-rprocfs mount --cpu 24Kf'],
      ['mips-rprocfs mount --cpu=24\t', 'mips-rprocfs mount --cpu=24Kf'],
      [`mips-rprocfs umount ${root.slice(0, -2)}\t`, `mips-rprocfs umount ${root}`],
      [`mips-rprocfs fault ${root} 2 start_e\t`, `mips-rprocfs fault ${root} 2 start_err`],
      [`mips-rprocfs inspect ${root}/lib/firm\t`, `mips-rprocfs inspect ${root}/lib/firmware`],
      [`mips-rprocfs mount ${root}/lib/firm\t`, `mips-rprocfs mount ${root}/lib/firmware`],
    ];
    // zsh takes the last slash away when something else than a path follows
    for (const [keys = '', line = ''] of cases) t.equal((await session.lineAfter(keys)).replace(/\/$/, ''), line);
    // all that fit at once, which only readline has a key for
    if (shell === 'bash') {
      t.equal(await session.lineAfter(`mips-rprocfs fault ${root} \x1b*`), `mips-rprocfs fault ${root} 0 1 2`);
      t.equal(await session.lineAfter('mips-rprocfs completion \x1b*'), 'mips-rprocfs completion bash zsh fish');
    }
  });
}

t.test('a shell that there is no script for', async (t) => {
  t.match(await mipsRprocfs('completion', 'tcsh'), { status: 2, err: /Allowed choices are bash, zsh, fish/ });
});
