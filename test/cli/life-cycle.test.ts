import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { mounts } from '../../src/fs/index.js';
import { lines, run } from '../fs/mounted.js';

const SERVER = fileURLToPath(new URL('server.js', import.meta.url));
const command = (...args: string[]) => run(process.execPath, SERVER, ...args);

const mountsBelow = async (path: string) => (await mounts()).filter(({ mountpoint }) => mountpoint.startsWith(path));
const servingProcess = (source = '') => Number(/@(\d+)$/.exec(source)?.[1]);

/** A directory of its own for each test; whatever a test leaves behind ends with it. */
async function scratch(t: Test): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'mips-rprocfs-cli-'));
  t.teardown(async () => {
    for (const { mountpoint, source } of await mountsBelow(path)) {
      await run('kill', '-9', String(servingProcess(source)));
      await run('umount', '-l', mountpoint);
    }
    await rm(path, { recursive: true });
  });
  return path;
}

/** `mount` in the foreground, once it is ready. */
async function foreground(t: Test, root: string, adapter = 'auto') {
  const child = spawn(process.execPath, [SERVER, 'mount', root, adapter], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  t.teardown(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const line = lines(child.stdout);
  t.equal(await line(), 'ready');
  return { child, exited, line };
}

for (const adapter of ['direct', 'native'])
  t.test(`mount, ${adapter}`, async (t) => {
    const scratchRoot = await scratch(t);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      const root = join(scratchRoot, signal, 'root');
      const { child, exited, line } = await foreground(t, root, adapter);
      t.strictSame((await readdir(root)).sort(), ['dev', 'lib', 'sys'], 'ROOT is prepared');
      t.strictSame(await readdir(join(root, 'lib')), ['firmware']);
      t.equal((await run('cat', `${root}/sys/value`, `${root}/dev/value`)).out, 'here\nhere\n');
      child.kill(signal);
      t.equal(await line(), 'closed', `${signal} closes what stands behind the trees`);
      t.strictSame(await exited, [0, null], `${signal} ends it with success`);
      t.strictSame(await mountsBelow(root), [], 'and nothing stays mounted');
    }
  });

for (const adapter of ['direct', 'native'])
  t.test(`somebody else unmounts one of the mounts, ${adapter}`, async (t) => {
    const root = await scratch(t);
    const { exited, line } = await foreground(t, root, adapter);
    t.equal((await run('umount', `${root}/sys`)).status, 0);
    t.equal(await line(), 'closed');
    t.strictSame(await exited, [0, null]);
    t.strictSame(await mountsBelow(root), [], 'the other one is unmounted');
  });

t.test('in the background', async (t) => {
  const root = await scratch(t);
  t.strictSame(await command('daemon', root), { out: '', err: '', status: 0 });
  t.equal((await run('cat', `${root}/sys/value`)).out, 'here\n', 'it can be used as soon as the command returns');
  const [mount] = await mountsBelow(root);
  const pid = servingProcess(mount?.source);
  const descriptors = await run('readlink', ...[0, 1, 2].map((fd) => `/proc/${pid}/fd/${fd}`));
  t.equal(descriptors.out, '/dev/null\n'.repeat(3), 'no standard streams');
  t.equal((await run('readlink', `/proc/${pid}/cwd`)).out, '/\n');
  t.equal((await run('ps', '-o', 'sid=', '-p', String(pid))).out.trim(), String(pid), 'a session of its own');

  t.match(await command('mount', root), { status: 1, out: /^error: .*sys is already mounted .*\n$/ });
  t.match(await command('daemon', root), { status: 1, out: /^error: .*sys is already mounted .*\n$/ });
  t.equal((await run('cat', `${root}/sys/value`)).out, 'here\n', 'a second one does no harm');

  t.strictSame(await command('umount', root), { out: '', err: '', status: 0 });
  // a process without a parent that waits for it leaves its exit status
  t.match((await run('ps', '-o', 'stat=', '-p', String(pid))).out, /^(Z.*\n)?$/, 'it is gone when umount returns');
  t.strictSame(await mountsBelow(root), []);
  t.match(await command('umount', root), { status: 1, out: /^error: .* is not mounted by mips-rprocfs.*\n$/ });
});

t.test('a background process that cannot even start', async (t) => {
  const root = await scratch(t);
  t.match(await command('crash', root), {
    status: 1,
    out: /^error: the background process ended \(status 1\) before.*\n$/,
  });
});

t.test('umount takes away what a killed server left', async (t) => {
  const root = await scratch(t);
  const { child, exited } = await foreground(t, root);
  child.kill('SIGKILL');
  await exited;
  t.strictSame(await command('umount', root), { out: '', err: '', status: 0 });
  t.strictSame(await mountsBelow(root), []);
  const again = await foreground(t, root);
  t.strictSame(await command('umount', root), { out: '', err: '', status: 0 }, 'and it can be mounted again');
  t.strictSame(await again.exited, [0, null]);
});

t.test('umount ends a server whose files are open', async (t) => {
  const root = await scratch(t);
  const { exited } = await foreground(t, root);
  const client = spawn('sh', ['-c', 'exec 3< "$1"; echo open; read go', 'sh', `${root}/sys/value`], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  t.equal(await lines(client.stdout)(), 'open');
  t.match(await command('umount', root), { status: 0 });
  t.strictSame(await exited, [0, null]);
  client.stdin.end();
  await once(client, 'exit');
});

t.test('what is not ours stays', async (t) => {
  const root = await scratch(t);
  t.match(await command('umount', join(root, 'missing')), { status: 1, out: /^error: .*\n$/ });
  const sys = join(root, 'sys');
  await run('mkdir', sys);
  if ((await run('mount', '-t', 'tmpfs', 'mips-rprocfs@1', sys)).status !== 0) return;
  t.match(await command('umount', root), { status: 1, out: /is not mounted by mips-rprocfs/ });
  t.match(await command('mount', root), { status: 1, out: /sys is already mounted \(mips-rprocfs@1, tmpfs\)/ });
  t.equal((await run('umount', sys)).status, 0);
});

t.test('a ROOT that cannot be', async (t) => {
  const path = await scratch(t);
  await writeFile(join(path, 'file'), '');
  const refusal = { status: 1, out: /^error: .* cannot be prepared .*\n$/ };
  t.match(await command('mount', '/proc/self/no/such'), refusal);
  t.match(await command('mount', join(path, 'file', 'root')), refusal);
  t.match(await command('mount', join(path, 'file')), refusal);
});
