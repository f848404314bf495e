/** Terminals for drivers: what clients find at the slave, and what the driver hears, with real ptys and real programs. */
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import t, { type Test } from 'tap';
import { PtyHost } from '../../src/devfs/pty.js';
import { loadPty, type OpenPty } from '../../src/devfs/pty_binding.js';
import { KernelLog } from '../../src/kernel/index.js';
import type { Tty, TtyOptions } from '../../src/virtio/index.js';
import { within } from '../support/board.js';
import { Clients } from './clients.js';

const clients = await Clients.start(t);
const log = new KernelLog();
const host = new PtyHost(log);

const sum = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const descriptors = (): string[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      // the descriptor that the directory was read with
      return [];
    }
  });
const ptyDescriptors = (): number => descriptors().filter((path) => /^\/dev\/(ptmx|pts\/)/.test(path)).length;

/** Returns when it is so. */
const until = (condition: () => boolean, what: string): Promise<void> => {
  const look = async (): Promise<void> => {
    while (!condition()) await delay(5);
  };
  return within(look(), () => what);
};

interface Opened {
  readonly tty: Tty;
  readonly path: string;
  /** What clients wrote. */
  readonly heard: () => Buffer;
}

async function opened(t: Test, options: Partial<Omit<TtyOptions, 'ready'>> = {}, at = host): Promise<Opened> {
  const parts: Uint8Array[] = [];
  let path = '';
  const tty = at.open('tty', {
    termios: 'raw',
    whileClosed: 'keep',
    write: (bytes) => {
      parts.push(Uint8Array.from(bytes));
      return bytes.length;
    },
    ...options,
    ready: (place) => (path = place),
  });
  t.teardown(() => tty.hangup());
  t.equal(path, '', 'not from within open()');
  await until(() => path !== '', 'the terminal');
  return { tty, path, heard: () => Buffer.concat(parts) };
}

t.beforeEach(() => until(() => ptyDescriptors() === 0, 'the end of all ptys'));

t.test('settings, owner and mode are those of the kernel', async (t) => {
  const raw = await opened(t);
  const cooked = await opened(t, { termios: 'cooked', size: [132, 43] });
  const { out } = await clients.sh(`stty -a -F ${raw.path}; stty size -F ${raw.path}; stat -c "%a %u" ${raw.path}`);
  t.match(out, /\sisig -icanon iexten -echo echoe\s/, 'and nothing else is off');
  t.match(out, /\s-opost .* -onlcr\s/);
  t.match(out, / icrnl ixon /);
  t.match(out, new RegExp(`\n0 0\n600 ${String(process.getuid?.())}\n$`));
  const standard = await clients.sh(`stty -a -F ${cooked.path}; test -c ${cooked.path} && test -t 0 < ${cooked.path}`);
  t.match(standard.out, /\sisig icanon iexten echo\s/);
  t.match(standard.out, /\sopost .* onlcr\s/);
  t.match(standard.out, /rows 43; columns 132;/);
  t.equal(standard.status, 0, 'a character device that is a terminal');
});

t.test('every byte passes both ways, when a client makes it raw', async (t) => {
  const { tty, path, heard } = await opened(t);
  const every = Uint8Array.from({ length: 256 }, (_, value) => value);
  await writeFile(join(clients.directory, 'every'), every);
  const reader = clients.sh(`stty raw -echo -F ${path}; cat ${clients.directory}/every > ${path}; head -c 256 ${path}`);
  await until(() => heard().length >= 256, '256 bytes');
  t.strictSame(heard(), Buffer.from(every));
  t.equal(tty.receive(every), 256);
  t.strictSame(Buffer.from((await reader).out, 'latin1'), Buffer.from(every));
});

t.test('two megabytes to a client that does not hurry, and from one', async (t) => {
  let more = (): void => undefined;
  const parts: Buffer[] = [];
  let length = 0;
  let taken = 0;
  const { tty, path } = await opened(t, {
    unthrottle: () => more(),
    // now all, now a little, now nothing, as a ring that is full
    write: (bytes) => {
      const take = [bytes.length, 1, 0, 700][taken++ % 4] ?? 0;
      const part = Buffer.from(bytes.subarray(0, take));
      parts.push(part);
      length += part.length;
      if (take === 0) setImmediate(() => tty.room());
      return part.length;
    },
  });
  const data = randomBytes(2 << 20);
  const file = join(clients.directory, 'megabyte');
  await writeFile(file, data);
  await clients.sh(`stty raw -echo -F ${path}`);

  let sent = 0;
  let refused = 0;
  more = () => {
    while (sent < data.length) {
      const took = tty.receive(data.subarray(sent, sent + 10_000));
      sent += took;
      if (took < 10_000 && sent < data.length) {
        refused++;
        return;
      }
    }
  };
  more();
  t.equal(sent, 640 * 1024, 'as much as is kept while nobody reads');
  const read = await clients.sh(
    `{ head -c 100000; sleep 0.2; head -c ${data.length - 100_000}; } < ${path} | sha256sum`,
  );
  t.equal(read.out.slice(0, 64), sum(data));
  t.ok(refused > 1, `${refused} times no room`);

  const written = await clients.sh(`cat ${file} > ${path}`);
  t.equal(written.status, 0);
  await until(() => length >= data.length, `a megabyte; ${length} bytes came`);
  t.equal(sum(Buffer.concat(parts)), sum(data));
});

t.test('a driver without room holds the client up', async (t) => {
  let room = false;
  let length = 0;
  const { tty, path } = await opened(t, {
    write: (bytes) => {
      if (!room) return 0;
      length += bytes.length;
      return bytes.length;
    },
  });
  const blocked = await clients.sh(`timeout 0.5 head -c 1000000 /dev/zero > ${path}`);
  t.equal(blocked.status, 124, 'it waited');
  const none = await clients.sh(`dd if=/dev/zero of=${path} oflag=nonblock bs=1000 count=100`);
  t.match(none.out, 'Resource temporarily unavailable');
  room = true;
  tty.room();
  await until(() => length > 8000, 'what was kept');
  t.ok(length < 64 * 1024, `${length} bytes were kept for the driver`);
});

t.test('nothing is echoed while nobody has it open', async (t) => {
  let unthrottled = 0;
  const { tty, path, heard } = await opened(t, {
    termios: 'cooked',
    whileClosed: 'refuse',
    unthrottle: () => unthrottled++,
  });
  const banner = Buffer.from('welcome\n');
  t.equal(tty.receive(banner), 0, 'refused');
  await delay(100);
  t.equal(unthrottled, 0);
  t.equal(tty.receive(banner), 0, 'still');
  const reader = clients.sh(`head -n 1 ${path}`);
  await until(() => unthrottled === 1, 'a client');
  t.equal(tty.receive(banner), banner.length);
  t.equal((await reader).out, 'welcome\n');
  t.equal(heard().toString(), 'welcome\r\n', 'who has it open gets its echo');
  await delay(50);
  t.equal(tty.receive(banner), 0, 'and nobody when it has gone');
});

t.test('what one client leaves is there for the next', async (t) => {
  const { tty, path, heard } = await opened(t);
  tty.receive(Buffer.from('early'));
  t.equal((await clients.sh(`head -c 5 ${path}`)).out, 'early');
  await clients.sh(`printf one > ${path}; printf two > ${path}`);
  await until(() => heard().length >= 6, 'what they wrote');
  t.equal(heard().toString(), 'onetwo');
});

t.test('a client that is killed in the middle', async (t) => {
  const { tty, path, heard } = await opened(t);
  const reader = clients.sh(`exec timeout -s KILL 1 cat ${path}`);
  const writer = clients.sh(`exec timeout -s KILL 1 sh -c "while :; do echo line; done > ${path}"`);
  for (let n = 0; n < 40; n++) {
    tty.receive(Buffer.alloc(3000, n));
    await delay(20);
  }
  await Promise.all([reader, writer]);
  t.ok(heard().toString().startsWith('line\nline\n'));
  tty.receive(Buffer.from('\nthe end'));
  t.match((await clients.sh(`timeout 3 cat ${path}`)).out, /\nthe end$/);
});

/** Waits until a script has made a file. */
async function made(path: string): Promise<void> {
  while (!existsSync(path)) await delay(20);
}

t.test('a hang-up', async (t) => {
  const { tty, path } = await opened(t);
  const place = (name: string): string => join(clients.directory, name);
  const [reading, open, over] = [place('reading'), place('open'), place('over')];
  const reader = clients.sh(`exec < ${path}; : > ${reading}; exec cat`);
  const later = clients.sh(
    `exec 3<> ${path}; : > ${open}; until [ -e ${over} ]; do sleep 0.05; done; cat <&3; echo status $?; echo x >&3`,
  );
  await Promise.all([made(reading), made(open)]);
  // that cat waits in read(2) shows nowhere
  await delay(500);
  tty.hangup();
  t.equal(tty.receive(Buffer.from('x')), 0);
  tty.room();
  tty.hangup();
  await writeFile(over, '');
  t.match((await reader).out, /Input\/output error/, 'who waits gets EIO');
  t.match((await later).out, /^status 0\n.*I\/O error/, 'later reads give the end, and writes EIO');
});

t.test('a hang-up of a controlling terminal', async (t) => {
  const { tty, path } = await opened(t);
  const told = join(clients.directory, 'told');
  const ready = join(clients.directory, 'ready');
  const script = `trap "echo SIGHUP > ${told}; exit" HUP; exec < ${path}; : > ${ready}; while sleep 0.1; do :; done`;
  const leader = clients.sh(`setsid -w sh -c '${script}'`);
  await made(ready);
  tty.hangup();
  await leader;
  t.equal(await readFile(told, 'utf8'), 'SIGHUP\n');
});

t.test('a hang-up before it is ready', async (t) => {
  let ready = 0;
  const options = { whileClosed: 'keep', write: () => 0, ready: () => ready++ } as const;
  host.open('tty', { ...options, termios: 'raw' }).hangup();
  host.open('tty', { ...options, termios: 'cooked' }).hangup();
  await delay(100);
  t.equal(ready, 0);
  t.equal(ptyDescriptors(), 0);
});

t.test('a slave that cannot be opened for a while, as when a client keeps others out', async (t) => {
  const link = join(clients.directory, 'slave');
  let real = '';
  const load = (): OpenPty => {
    const open = loadPty();
    return (...size) => {
      const pair = open(...size);
      symlinkSync((real = pair.path), link);
      return { ...pair, path: link };
    };
  };
  const { tty } = await opened(t, {}, new PtyHost(log, { load }));
  const begun = join(clients.directory, 'begun');
  const reader = clients.sh(`{ : > ${begun}; head -c 3; sleep 0.5; head -c 3; } < ${real}`);
  while (!existsSync(begun)) await delay(5);
  unlinkSync(link);
  t.equal(tty.receive(Buffer.from('one')), 3);
  await delay(150);
  t.equal(tty.receive(Buffer.from('two')), 3);
  symlinkSync(real, link);
  t.equal((await reader).out, 'onetwo');
  t.equal(tty.receive(Buffer.from('three')), 5, 'it outlives the client');
  t.equal((await clients.sh(`head -c 5 ${real}`)).out, 'three');
});

t.test('one byte at a time takes no more memory than all at once', async (t) => {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect !== 'function') throw new Error('no gc');
  const used = (): number => {
    for (let again = 0; again < 3; again++) Reflect.apply(collect, undefined, []);
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  };
  const { tty } = await opened(t);
  const before = used();
  for (let n = 0; n < 20_000; n++) tty.receive(Uint8Array.of(n));
  const growth = used() - before;
  t.ok(growth < 1_000_000, `${growth} bytes for 20000`);
});

t.test('terminals that come and go faster than they can be set', async (t) => {
  let ready = 0;
  const options = { termios: 'raw', whileClosed: 'keep', write: () => 0, ready: () => ready++ } as const;
  const began = performance.now();
  for (let n = 0; n < 200; n++) host.open('tty', options).hangup();
  await opened(t);
  const took = performance.now() - began;
  t.ok(took < 1000, `${took} ms`);
  t.equal(ready, 0);
});

t.test('a host without terminals: one line in the log, and everything goes on', async (t) => {
  const log = new KernelLog();
  const lines = () => log.entries().map(({ text }) => text);
  const broken = new PtyHost(log, {
    load: () => {
      throw new Error("Cannot find module '@lydell/node-pty'\nRequire stack: …");
    },
  });
  const options = { termios: 'raw', write: () => 0, ready: () => t.fail('ready') } as const;
  const tty = broken.open('ttyRPMSG0', { ...options, whileClosed: 'keep' });
  t.strictSame(lines(), [
    "ttyRPMSG0 has no node, as the host has no terminal for it: Cannot find module '@lydell/node-pty'",
  ]);
  t.equal(tty.receive(new Uint8Array(10)), 10, 'lost');
  tty.room();
  tty.hangup();
  t.equal(broken.open('hvc0', { ...options, whileClosed: 'refuse' }).receive(new Uint8Array(10)), 0);

  const { PATH } = process.env;
  process.env['PATH'] = '/nowhere';
  const noStty = new PtyHost(log).open('ttyRPMSG1', { ...options, whileClosed: 'keep' });
  await until(() => lines().length === 3, 'a word about stty');
  process.env['PATH'] = PATH;
  t.match(lines()[2], /^ttyRPMSG1 has no node, .*: spawn stty ENOENT$/);
  t.equal(noStty.receive(new Uint8Array(1)), 0);
  t.equal(ptyDescriptors(), 0);
});

t.test('many come and go', async (t) => {
  for (let n = 0; n < 50; n++) {
    const { tty } = await opened(t, { termios: n % 2 === 0 ? 'raw' : 'cooked' });
    tty.receive(new Uint8Array(700_000));
    tty.hangup();
  }
  await delay(5);
  t.equal(ptyDescriptors(), 0);
});
