/** The session of the manual: real shells, a real mount, both byte orders, both ways to serve it. */
import { existsSync } from 'node:fs';
import t from 'tap';
import { Board, mipsRprocfs } from '../support/board.js';

const MACHINES = [
  { endian: 'le', fuse: 'direct', order: 'little endian' },
  { endian: 'be', fuse: 'direct', order: 'big endian' },
  { endian: 'le', fuse: 'native', order: 'little endian' },
] as const;

for (const { endian, fuse, order } of MACHINES)
  t.test(`a session, ${endian}, ${fuse}`, async (t) => {
    const board = await Board.mount(t, { endian, args: ['--fuse', fuse] });
    await board.install('hello', 'wait');
    const trace = `hello from mips-cpu1, a0=-3 a1=260 a2=256 a3=0\nPRId 0001a120, ${order}, linked at 10000000\n`;
    /** What is typed, and what the terminal shows. */
    const session: [command: string, shown: string, log?: string[]][] = [
      ['ls', 'coredump\ndev\ndevice\nfirmware\nname\npower\nrecovery\nstate\nsubsystem\nuevent\n'],
      ['cat name state firmware', 'mips-cpu1\noffline\nrproc-mips-cpu1-fw\n'],
      ['ls $D/remoteproc0', 'carveout_memories\ncoredump\ncrash\nname\nrecovery\nresource_table\n'],
      ['echo hello.elf > firmware', ''],
      [
        'echo start > state',
        '',
        [
          'remoteproc remoteproc0: powering up mips-cpu1',
          'remoteproc remoteproc0: Booting fw image hello.elf, size 9052',
          "mips-rproc mips-rproc: Allocated carveout doesn't fit device address request",
          'remoteproc remoteproc0: mips-cpu1 booting firmware hello.elf',
          'remoteproc remoteproc0: remote processor mips-cpu1 is now up',
        ],
      ],
      ['cat state firmware', 'running\nhello.elf\n'],
      ['until grep -q linked $D/remoteproc0/trace0; do sleep 0.02; done; cat $D/remoteproc0/trace0', trace],
      ['ls $D/remoteproc0 | grep trace', 'trace0\n'],
      [
        '/bin/echo wait.elf > firmware',
        '/bin/echo: write error: Device or resource busy\n',
        ["mips-rproc mips-rproc: can't change firmware while running"],
      ],
      [
        '/bin/echo halt > state',
        '/bin/echo: write error: Invalid argument\n',
        // the word's own newline is part of the message
        ['remoteproc remoteproc0: Unrecognised option: halt', ''],
      ],
      ['/bin/echo detach > state', '/bin/echo: write error: Invalid argument\n', []],
      ['cat state', 'running\n'],
      ['echo stop > state', '', ['remoteproc remoteproc0: stopped remote processor mips-cpu1']],
      ['cat state', 'offline\n'],
      ['cat $D/remoteproc0/trace0 | cat', 'cat: TRACE: No such file or directory\n'],
      ['cat $D/remoteproc0/resource_table', 'No resource table found\n'],
      ['cat $D/remoteproc0/carveout_memories', ''],
      ['/bin/echo stop > state', '/bin/echo: write error: Invalid argument\n', []],
      [
        '/bin/echo > firmware',
        '/bin/echo: write error: Invalid argument\n',
        ["mips-rproc mips-rproc: can't provide empty string for firmware name"],
      ],
    ];
    for (const [command, shown, log] of session) {
      let output = '';
      const type = async () => {
        output = (await board.sh(`exec 2>&1; cd $C/remoteproc0 && ${command}`)).out;
      };
      const lines = log === undefined ? [] : await board.log.during(type);
      if (log === undefined) await type();
      t.equal(output.replace(/cat: \/.*trace0:/, 'cat: TRACE:'), shown, command);
      if (log !== undefined) t.strictSame(lines, log, `the kernel log of ${command}`);
    }
    t.same(
      await board.out("ls -l $C/remoteproc0/ | awk 'NR > 1 { print $1, $5, $9 }'"),
      ['coredump', 'dev', 'device', 'firmware', 'name', 'power', 'recovery', 'state', 'subsystem', 'uevent']
        .map((name) => {
          if (name === 'power') return `drwxr-xr-x 0 ${name}`;
          if (name === 'device' || name === 'subsystem') return `lrwxrwxrwx 0 ${name}`;
          return `${name === 'name' || name === 'dev' ? '-r--r--r--' : '-rw-r--r--'} 4096 ${name}`;
        })
        .join('\n') + '\n',
      'modes and sizes',
    );
  });

t.test('the log begins with what there is, and times never go back', async (t) => {
  const board = await Board.mount(t, { args: ['--cpus', '2'] });
  const read = async (count: number) => {
    const raw: string[] = [];
    while (raw.length < count) raw.push(await board.log.line(() => 'a line'));
    return raw;
  };
  await board.sh('echo a > $C/remoteproc0/state; echo b > $C/remoteproc0/state');
  const raw = await read(4);
  t.match(
    raw,
    raw.map(() => /^\[ {0,4}\d{1,5}\.\d{6}\] /),
  );
  const times = raw.map((line) => Number(/\d+\.\d{6}/.exec(line)?.[0]));
  t.strictSame(
    times,
    times.toSorted((a, b) => a - b),
  );
});

for (const endian of ['le', 'be'])
  t.test(`demo, ${endian}`, async (t) => {
    const { out, err, status } = await mipsRprocfs('demo', '--endian', endian);
    t.strictSame([status, err], [0, '']);
    const wanted = [
      /^\$ cd \/tmp\S+\/sys\/class\/remoteproc\/remoteproc0$/,
      /^\$ cat name state$/,
      /^mips-cpu1$/,
      /^offline$/,
      /^\$ echo hello.elf > firmware$/,
      /^\$ echo start > state$/,
      /^running$/,
      new RegExp(`^PRId [0-9a-f]{8}, ${endian === 'le' ? 'little' : 'big'} endian, linked at 10000000$`),
      /^\/bin\/echo: write error: Device or resource busy$/,
      /^\/bin\/echo: write error: Invalid argument$/,
      /^\$ echo stop > state$/,
      /^offline$/,
      /^The kernel log of all this:$/,
      /^\[ +0\.\d{6}\] remoteproc remoteproc0: mips-cpu1 is available$/,
      /remote processor mips-cpu1 is now up$/,
      /stopped remote processor mips-cpu1$/,
    ];
    let at = 0;
    const lines = out.split('\n');
    for (const pattern of wanted) {
      const found = lines.findIndex((line, index) => index >= at && pattern.test(line));
      t.ok(found >= 0, pattern.source, { after: lines[at - 1], out });
      at = found + 1;
    }
    const root = /cd (\S+)\/sys/.exec(out)?.[1] ?? '';
    t.notOk(existsSync(root), 'nothing is left of its directory');
  });
