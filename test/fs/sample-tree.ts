import { ERRNO, Errno, isErrnoName } from '../../src/kernel/index.js';
import {
  attribute,
  binary,
  directory,
  POLL,
  stream,
  symlink,
  type Directory,
  type Node,
  type Request,
  type StreamFile,
} from '../../src/fs/index.js';

/** What FUSE can carry: docs/reference/fuse.md 4. */
export const sent = (name: string): boolean => name !== 'ENOSYS' && name !== 'ERESTARTSYS';

/** A tree with one node for every rule; all that a test wants from the server it asks through the tree itself. */
export function sampleTree(): Directory {
  let value = 'initial\n';
  let shown = 0;
  let trace = Buffer.from('first\n');
  let interruptions = 0;
  let waiters = 0;
  const commands: string[] = [];
  const contents = Buffer.alloc(10_000, 'abcdefghij');

  const refusing = (name: string): Node => {
    const refuse = (): never => {
      throw new Errno(isErrnoName(name) ? name : 'EIO');
    };
    return attribute({ mode: 0o644, show: refuse, store: refuse });
  };

  const plugged = directory(0o755);
  const links = directory(0o755, { device: symlink('../../device') });

  const root: Directory = directory(0o755, {
    value: attribute({
      mode: 0o644,
      show: () => value,
      store: (data) => {
        value = Buffer.from(data).toString();
      },
    }),
    count: attribute({ mode: 0o444, show: () => `${++shown} shown so far\n` }),
    later: attribute({ mode: 0o444, show: async () => Promise.resolve('later\n') }),
    command: attribute({
      mode: 0o200,
      store: (data) => {
        commands.push(`${data.length} ${JSON.stringify(Buffer.from(data.subarray(0, 20)).toString())}`);
      },
    }),
    commands: attribute({ mode: 0o444, show: () => commands.map((line) => `${line}\n`).join('') }),
    forget: attribute({ mode: 0o200, store: () => commands.splice(0).forEach(noop) }),
    unhandled: attribute({ mode: 0o644 }),
    long: attribute({ mode: 0o444, show: () => 'x'.repeat(10_000) }),
    broken: attribute({
      mode: 0o644,
      show: () => {
        throw new TypeError('a defect of a handler');
      },
    }),
    blocked: attribute({
      mode: 0o644,
      show: waitForSignal,
      store: (_data, request) => waitForSignal(request).then(noop),
    }),
    waiting: attribute({ mode: 0o444, show: () => `${waiters}\n` }),
    interruptions: attribute({ mode: 0o444, show: () => `${interruptions}\n` }),
    contents: binary({
      mode: 0o644,
      size: contents.length,
      read: (offset, size) => contents.subarray(offset, offset + size),
      write: (offset, data) => contents.set(data, offset),
    }),
    caller: attribute({ mode: 0o444, show: ({ caller }) => `${caller.uid} ${caller.gid} ${caller.pid}\n` }),
    remove: attribute({ mode: 0o200, store: (data) => remove(Buffer.from(data).toString().trim()) }),
    plug: attribute({ mode: 0o200, store: (data) => plug(Buffer.from(data).toString().trim()) }),
    unplug: attribute({ mode: 0o200, store: (data) => unplug(Buffer.from(data).toString().trim()) }),
    plugged,
    errno: directory(
      0o755,
      Object.fromEntries(
        Object.keys(ERRNO)
          .filter(sent)
          .map((name) => [name, refusing(name)]),
      ),
    ),
    device: directory(0o755, {
      power: directory(0o755, { control: attribute({ mode: 0o644, show: () => 'auto\n' }) }),
      subsystem: symlink('../class/things'),
      gone: attribute({ mode: 0o644, show: () => 'here\n', store: noop }),
    }),
    class: directory(0o755, { things: links }),
    kernel: directory(0o755, {
      debug: directory(
        0o700,
        {
          name: attribute({ mode: 0o400, show: () => 'mips\n' }),
          crash: attribute({ mode: 0o200, store: noop }),
          long: attribute({ mode: 0o400, show: () => 'x'.repeat(10_000) }),
          gone: attribute({ mode: 0o600, show: () => 'here\n', store: noop }),
          trace: binary({ mode: 0o400, read: (offset, size) => trace.subarray(offset, offset + size) }),
          append: attribute({ mode: 0o200, store: (data) => void (trace = Buffer.concat([trace, data])) }),
          sizes: attribute({ mode: 0o200, store: (data) => void commands.push(String(data.length)) }),
        },
        'debugfs',
      ),
    }),
    dev: directory(0o755, { echo: stream({ mode: 0o666, open: () => echo() }) }),
  });
  return root;

  function waitForSignal({ signal }: Request): Promise<string> {
    waiters++;
    return new Promise((_, reject) => {
      const stop = () => {
        interruptions++;
        waiters--;
        reject(new Errno('EINTR'));
      };
      if (signal.aborted) stop();
      else signal.addEventListener('abort', stop, { once: true });
    });
  }

  /** A device that comes, as hotplug does it: a directory, and a link to it from the class. */
  function plug(name: string): void {
    const power = directory(0o755, { control: attribute({ mode: 0o644, show: () => 'auto\n' }) });
    plugged.add(
      name,
      directory(0o755, { name: attribute({ mode: 0o644, show: () => `${name}\n`, store: noop }), power }),
    );
    links.add(name, symlink(`../../plugged/${name}`));
  }

  function unplug(name: string): void {
    if (!links.remove(name) || !plugged.remove(name)) throw new Errno('ENOENT');
  }

  function remove(path: string): void {
    const names = path.split('/');
    const name = names.pop() ?? '';
    const holder = names.reduce<Node | undefined>(
      (node, step) => (node?.kind === 'directory' ? node.get(step) : undefined),
      root,
    );
    if (holder?.kind !== 'directory' || !holder.remove(name)) throw new Errno('ENOENT');
  }
}

const noop = (): void => undefined;

/** What is written to one open file is read back from it, message by message. */
function echo(): StreamFile {
  const queue: Uint8Array[] = [];
  const wakers = new Set<() => void>();
  const wake = () => {
    const woken = [...wakers];
    wakers.clear();
    for (const waker of woken) waker();
  };
  return {
    read: async (size, { signal, nonblock }) => {
      for (;;) {
        const message = queue.shift();
        if (message !== undefined) return message.subarray(0, size);
        if (nonblock) throw new Errno('EAGAIN');
        await new Promise<void>((resolve, reject) => {
          wakers.add(resolve);
          signal.addEventListener('abort', () => reject(new Errno('EINTR')), { once: true });
        });
      }
    },
    write: (data) => {
      // the answer comes after the write has returned, so that a poller is woken and not only told
      setImmediate(() => {
        queue.push(data);
        wake();
      });
      return data.length;
    },
    poll: (waker) => {
      if (waker !== undefined) wakers.add(waker);
      return POLL.OUT | POLL.WRNORM | (queue.length > 0 ? POLL.IN | POLL.RDNORM : 0);
    },
    ioctl: ({ command, input, outputSize }) => {
      if ((command & 0xff) === 1)
        return { result: 7, output: Uint8Array.from(input).reverse().subarray(0, outputSize) };
      throw new Errno('EINVAL');
    },
  };
}
