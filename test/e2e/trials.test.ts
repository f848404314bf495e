/** `test`: scripts on machines of their own, what is said of each, and that nothing is left of any. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { Parser, type Result } from 'tap-parser';
import { run, runWithin, type Ran } from '../fs/mounted.js';
import { mipsRprocfs, PROGRAM } from '../support/board.js';
import { AS_USER } from '../support/environment.js';
import { fixture, installed } from '../support/fixtures.js';
import { lacking, marked, survivors, USERS } from '../support/run.js';

// machines are made by the dozen
t.setTimeout(900_000);

interface Assert {
  equal(found: unknown, wanted: unknown): unknown;
  match(found: unknown, wanted: unknown): unknown;
  comment(text: string): unknown;
}

interface Test {
  teardown(clean: () => Promise<void>): void;
}

const SCRIPTS = {
  'pass.sh': 'set -e; [ -d /sys/class/remoteproc/remoteproc0 ]; echo of no interest',
  'fail.sh': `cd /sys/class/remoteproc/remoteproc0
    echo hello.elf > firmware; echo start > state
    until grep -q linked /sys/kernel/debug/remoteproc/remoteproc0/trace0; do sleep 0.02; done
    echo stop > state
    cd ../remoteproc1; echo disabled > recovery; echo crash-null.elf > firmware; echo start > state
    until grep -q crashed state; do sleep 0.02; done
    printf 'a <tag> & ]]> \\001\\377 ...\\n'; echo 'to standard error # not ok' >&2
    exit 3`,
  'skip #1.sh': 'echo first; echo "no such device # here"; exit 77',
  'killed.sh': 'kill -SEGV $$',
  'own.sh': '#!/bin/cat\nok\n',
} as const;

/** Scripts and firmware where everybody may read them. */
async function scripts(t: Test): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'mips-rprocfs-trials-'));
  t.teardown(() => rm(directory, { recursive: true }));
  await chmod(directory, 0o755);
  for (const [name, text] of Object.entries(SCRIPTS)) await writeFile(join(directory, name), text);
  await chmod(join(directory, 'own.sh'), 0o755);
  for (const name of ['hello', 'crash-null']) await copyFile(fixture('le', name), join(directory, `${name}.elf`));
  return directory;
}

const commandLine = (user: string, args: readonly string[]): [string, ...string[]] => {
  const [first = '', ...rest] = [...AS_USER, ...(USERS[user] ?? []), process.execPath, PROGRAM, 'test', ...args];
  return [first, ...rest];
};

/** Long enough for several machines, seconds. */
const PATIENCE = 240;
const testAs = (user: string, ...args: string[]): Promise<Ran> => runWithin(PATIENCE, ...commandLine(user, args));

/** What a parser of TAP makes of it; throws when it is none. */
function parsed(tap: string): { results: Result[]; bailout: string | boolean } {
  const results: Result[] = [];
  const parser = new Parser({ strict: true });
  parser.on('assert', (result: Result) => results.push(result));
  parser.on('extra', (line: string) => t.fail(`no TAP: ${line}`));
  parser.end(tap);
  const { bailout, failures } = parser.results ?? {};
  const complaints = (failures ?? []).filter((failure) => 'tapError' in failure && failure.tapError !== null);
  if (bailout === undefined || bailout === false) t.strictSame(complaints, [], 'a parser has no complaint');
  return { results, bailout: bailout ?? false };
}

for (const user of Object.keys(USERS)) {
  const skip = (await lacking(user)) ?? false;
  if (skip !== false) t.comment(skip);

  t.test(`verdicts and what comes with them, ${user}`, { skip }, async (t) => {
    const directory = await scripts(t);
    const junit = join(directory, 'results.xml');
    await writeFile(junit, '');
    await chmod(junit, 0o666);
    const paths = Object.keys(SCRIPTS).map((name) => join(directory, name));
    const { out, err, status } = await testAs(
      user,
      ...['--firmware-dir', directory, '--jobs', '2', '--tap', '--junit', junit, ...paths],
    );
    t.strictSame([status, err], [1, '']);
    t.match(out, /^TAP version 14\n1\.\.5\n/);
    const { results } = parsed(out);
    t.strictSame(
      results.map(({ ok, name, skip }) => ({ ok, name, skip: skip === false ? '' : skip })),
      Object.keys(SCRIPTS).map((name) => ({
        ok: !['fail.sh', 'killed.sh'].includes(name),
        name: join(directory, name),
        skip: name.startsWith('skip') ? 'no such device # here' : '',
      })),
      'in the order of the arguments',
    );
    t.match(results[1]?.diag, {
      message: 'exit status 3',
      exit: 3,
      signal: null,
      timed_out: false,
      stdout: 'a <tag> & ]]> \u0001\ufffd ...\n',
      stderr: 'to standard error # not ok\n',
      kernel_log: /remoteproc remoteproc1: crash detected in mips-cpu2/,
      traces: [
        { device: 'remoteproc0', name: 'mips-cpu1', file: 'trace0', text: /^hello from mips-cpu1/ },
        { device: 'remoteproc1', firmware: 'crash-null.elf', text: 'crash-null: loads from address 0\n' },
      ],
    });
    t.match(results[3]?.diag, { message: 'it was ended by SIGSEGV', exit: null, signal: 'SIGSEGV' });
    t.notMatch(out, 'of no interest');
    await checkJunit(t, junit, directory);
  });
}

const noPython = !installed('python3') && 'python3 is not installed: the XML was not parsed';

/** Has expat read it, and compares what it found. */
async function checkJunit(t: Assert, file: string, directory: string): Promise<void> {
  if (noPython !== false) return void t.comment(noPython);
  const script = `import sys, json, xml.etree.ElementTree as tree
suite = tree.parse(sys.argv[1]).getroot()[0]
print(json.dumps([suite.attrib, [[case.get("name"), {each.tag: [each.get("message"), each.text] for each in case}] for case in suite]]))`;
  const { out, err } = await run('python3', '-c', script, file);
  t.equal(err, '');
  const read: unknown = JSON.parse(out);
  const name = (script: string): string => join(directory, script);
  t.match(read, [
    { tests: '5', failures: '2', errors: '0', skipped: '1' },
    [
      [name('pass.sh'), {}],
      [
        name('fail.sh'),
        {
          failure: ['exit status 3', 'exit status 3'],
          'system-out': [null, /^a <tag> & \]\]> \ufffd\ufffd \.\.\.\n[^]*crash detected[^]*hello from mips-cpu1/],
          'system-err': [null, 'to standard error # not ok\n'],
        },
      ],
      [name('skip #1.sh'), { skipped: ['no such device # here', null] }],
      [name('killed.sh'), { failure: ['it was ended by SIGSEGV', String] }],
      [name('own.sh'), {}],
    ],
  ]);
}

t.test('a script that takes too long, and one that has no machine', async (t) => {
  const directory = await scripts(t);
  const [slow, limited] = ['slow.sh', 'machine.yaml'].map((name) => join(directory, name));
  await writeFile(slow ?? '', 'trap "" TERM; echo begun; sleep 600 & wait; sleep 600');
  const late = await testAs('root', '--timeout', '2', slow ?? '');
  t.equal(late.status, 1);
  t.match(parsed(late.out).results, [
    { ok: false, diag: { message: 'it took longer than 2 s and was ended', timed_out: true, stdout: 'begun\n' } },
  ]);
  await writeFile(limited ?? '', 'cpus: none\n');
  const none = await testAs('root', '--machine', limited ?? '', join(directory, 'pass.sh'));
  t.equal(none.status, 1);
  t.match(parsed(none.out).results, [
    { ok: false, diag: { message: /^it could not be run: mips-rprocfs: .*machine\.yaml/ } },
  ]);
});

t.test('wrong usage', async (t) => {
  const pass = join(await scripts(t), 'pass.sh');
  const usage = { status: 2, out: '' };
  t.match(await mipsRprocfs('test'), { ...usage, err: /missing required argument/ });
  t.match(await mipsRprocfs('test', '/missing.sh'), { ...usage, err: /\/missing\.sh is no file that can be read/ });
  t.match(await mipsRprocfs('test', '/'), { ...usage, err: /is no file/ });
  for (const jobs of ['0', 'x', '65'])
    t.match(await mipsRprocfs('test', '--jobs', jobs, pass), { ...usage, err: /whole number from 1 to 64/ });
  t.match(await mipsRprocfs('test', '--timeout', 'x', pass), { ...usage, err: /number of seconds/ });
  t.match(await mipsRprocfs('test', '--firmware-dir', '/missing', pass), { status: 1, out: '', err: /\/missing/ });
  const unwritable = await testAs('root', '--junit', '/missing/results.xml', pass);
  t.match(unwritable, { status: 1, err: /^mips-rprocfs: \/missing\/results\.xml cannot be written [^\n]+\n$/ });
});

/** What is left is recognized by it: an environment variable. */
const MARK = 'TRIALS_TEST';

/** Returns when the file has something in it, or `given` is no more. */
async function written(file: string, given: AbortSignal): Promise<void> {
  while (!given.aborted && (await readFile(file, 'utf8')) === '') await delay(20);
}

/** A script whose processes hold on. */
const CLINGING = `trap '' TERM; setsid sleep 600 & sleep 601 &
echo begun > "$BEGUN"; sleep 602`;

for (const user of Object.keys(USERS)) {
  const skip = (await lacking(user)) ?? false;
  for (const signal of ['SIGINT', 'SIGKILL'] as const)
    t.test(`${signal} while scripts run, ${user}`, { skip }, async (t) => {
      const directory = await scripts(t);
      const mark = `${process.pid}-${user}-${signal}`;
      const begun = join(directory, 'begun');
      await writeFile(begun, '');
      await chmod(begun, 0o666);
      const clinging = join(directory, 'clinging.sh');
      await writeFile(clinging, CLINGING);
      const [command, ...rest] = commandLine(user, ['--jobs', '2', clinging, join(directory, 'pass.sh'), clinging]);
      const child = spawn(command, rest, {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, BEGUN: begun, [MARK]: mark },
      });
      t.teardown(async () => {
        child.kill('SIGKILL');
        await survivors(`${MARK}=${mark}`);
      });
      const [out, err] = [child.stdout, child.stderr].map(collected);
      const over = new AbortController();
      const ended = once(child, 'close').then(() => over.abort());
      await written(begun, over.signal);
      t.ok((await marked(`${MARK}=${mark}`)).length >= 5, 'all are there');
      // of an ordinary user it is the process that waits in front of the namespace
      child.kill(signal);
      await ended;
      const { exitCode: status, signalCode: by } = child;
      t.strictSame(await survivors(`${MARK}=${mark}`), []);
      if (signal === 'SIGKILL') return void t.equal(by, 'SIGKILL');
      t.strictSame([status, err?.()], [130, '']);
      const { results, bailout } = parsed(out?.() ?? '');
      t.equal(bailout, 'interrupted by SIGINT');
      t.strictSame(results, [], 'nothing is said of what was ended, nor of what comes behind it');
    });
}

t.test('a reader that goes away', async (t) => {
  const pass = join(await scripts(t), 'pass.sh');
  const [command, ...rest] = commandLine('root', [pass, pass]);
  const { out, err } = await runWithin(
    PATIENCE,
    'bash',
    '-c',
    '"$@" | head -n 1; echo ${PIPESTATUS[0]}',
    'bash',
    command,
    ...rest,
  );
  t.strictSame([out, err], ['TAP version 14\n141\n', '']);
});

function collected(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8').on('data', (more: string) => (text += more));
  return () => text;
}
