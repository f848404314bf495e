/** What the direct adapter lets the kernel believe of names, message by message (src/fs/direct/names.ts, stale.ts). */
import { constants } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { OPCODE } from '../../src/fs/direct/protocol.js';
import { Session } from '../../src/fs/direct/session.js';
import { attribute, binary, directory, symlink, type Directory } from '../../src/fs/index.js';
import { ERRNO } from '../../src/kernel/index.js';

const ROOT = 1;
const ME = 100;
const ANOTHER = 200;
/** Milliseconds. */
const LEASE = 100;
const FOR_EVER = 0x7fff_ffff;
const SECOND = 1000;
/** A name that is asked for so often is lent. */
const OFTEN = 9;

const CACHE_SYMLINKS = 1 << 23;
const BY_READ = 1 << 1;

interface Entry {
  readonly id: number;
  readonly size: number;
  /** What may be believed of the name: seconds, and milliseconds. */
  readonly valid: readonly [number, number];
}

/** A session, and the kernel's side of it. */
class Kernel {
  #answer: Buffer = Buffer.alloc(0);
  readonly #session: Session;

  constructor(root: Directory, minor = 45) {
    this.#session = new Session(root, (message) => (this.#answer = message));
    const init = Buffer.alloc(64);
    init.writeUInt32LE(7, 0);
    init.writeUInt32LE(minor, 4);
    init.writeUInt32LE(CACHE_SYMLINKS, 12);
    this.ask(OPCODE.INIT, 0, init);
  }

  /** The payload of the answer; its errno when it is one. */
  ask(opcode: number, id: number, body: Buffer, pid = ME): Buffer | number {
    const message = Buffer.alloc(40 + body.length);
    message.writeUInt32LE(message.length, 0);
    message.writeUInt32LE(opcode, 4);
    message.writeUInt32LE(1, 8);
    message.writeUInt32LE(id, 16);
    message.writeUInt32LE(pid, 32);
    body.copy(message, 40);
    this.#session.receive(message);
    const error = this.#answer.readInt32LE(4);
    return error === 0 ? this.#answer.subarray(16) : -error;
  }

  lookUp(name: string, { holder = ROOT, pid = ME } = {}): Entry | number {
    const answer = this.ask(OPCODE.LOOKUP, holder, Buffer.from(`${name}\0`), pid);
    if (typeof answer === 'number') return answer;
    const valid = [answer.readUInt32LE(16), answer.readUInt32LE(32) / 1e6] as const;
    return { id: answer.readUInt32LE(0), size: answer.readUInt32LE(48), valid };
  }

  /** Asks for a name as a client does that opens it over and over. */
  lookUpOften(name: string): Entry {
    let entry: Entry | number = 0;
    for (let times = 0; times < OFTEN; times++) entry = this.lookUp(name);
    if (typeof entry === 'number') throw new Error(`errno ${entry}`);
    return entry;
  }

  /** The handle; a negative errno. */
  open(id: number, flags = constants.O_RDONLY, pid = ME): number {
    const body = Buffer.alloc(8);
    body.writeUInt32LE(flags, 0);
    const answer = this.ask(OPCODE.OPEN, id, body, pid);
    return typeof answer === 'number' ? -answer : answer.readUInt32LE(0);
  }

  read(id: number, handle: number, flags: number): void {
    const body = Buffer.alloc(40);
    body.writeUInt32LE(handle, 0);
    body.writeUInt32LE(4096, 16);
    body.writeUInt32LE(flags, 20);
    this.ask(OPCODE.READ, id, body);
  }

  /** Of one byte. */
  write(id: number, handle: number): void {
    const body = Buffer.alloc(41);
    body.writeUInt32LE(handle, 0);
    body.writeUInt32LE(1, 16);
    this.ask(OPCODE.WRITE, id, body);
  }

  release(id: number, handle: number): void {
    const body = Buffer.alloc(24);
    body.writeUInt32LE(handle, 0);
    this.ask(OPCODE.RELEASE, id, body);
  }

  /** 0, or an errno. */
  attributes(id: number, pid = ME): number {
    const answer = this.ask(OPCODE.GETATTR, id, Buffer.alloc(16), pid);
    return typeof answer === 'number' ? answer : 0;
  }
}

const lent = [0, LEASE] as const;
const never = [0, 0] as const;
const forEver = [FOR_EVER, 0] as const;

const tree = (): Directory =>
  directory(0o755, {
    value: attribute({ mode: 0o644, show: () => 'value\n', store: () => undefined }),
    grown: binary({ mode: 0o444, size: 3 }),
    holder: directory(0o755, { value: attribute({ mode: 0o644, show: () => 'value\n' }) }),
    near: symlink('holder'),
    far: symlink('/dev/null'),
  });

const valid = (entry: Entry | number): unknown => (typeof entry === 'number' ? entry : entry.valid);

t.test('which names are believed', async (t) => {
  const kernel = new Kernel(tree());
  for (let times = 1; times < OFTEN; times++)
    t.strictSame(valid(kernel.lookUp('value')), never, `asked ${times} times`);
  t.strictSame(valid(kernel.lookUp('value')), lent, 'an attribute that is asked for often');
  t.strictSame(kernel.lookUpOften('near').valid, lent, 'a link');
  t.strictSame(kernel.lookUpOften('far').valid, never, 'a link that leads out of the tree');
  t.strictSame(kernel.lookUpOften('grown').valid, never, 'a binary file');
  t.strictSame(valid(kernel.lookUp('holder')), forEver, 'a directory');
  await delay(1.1 * SECOND);
  t.strictSame(valid(kernel.lookUp('value')), never, 'what was asked for often, a second later');
});

t.test('a kernel that cuts the targets that it keeps asks for each', (t) => {
  const kernel = new Kernel(tree(), 42);
  t.strictSame(valid(kernel.lookUp('near')), forEver);
  t.end();
});

t.test('who writes has to ask for the name, which is not believed any more', async (t) => {
  const kernel = new Kernel(tree());
  const { id } = kernel.lookUpOften('value');
  t.equal(kernel.open(id, constants.O_WRONLY), -ERRNO.ESTALE);
  t.strictSame(kernel.lookUp('value'), { id, size: 4096, valid: never }, 'the same inode: flock and inotify go on');
  const handle = kernel.open(id, constants.O_WRONLY);
  t.ok(handle > 0, 'and then opens it');
  kernel.release(id, handle);
  t.strictSame(kernel.lookUpOften('value').valid, never, 'nor soon after');
  t.ok(kernel.open(id, constants.O_WRONLY) > 0, 'the next to write need not ask twice');
  await delay(1.1 * SECOND);
  t.strictSame(kernel.lookUpOften('value').valid, never, 'nor as long as somebody can write');
});

t.test('it is believed again when nobody has written for a second', async (t) => {
  const kernel = new Kernel(tree());
  const { id } = kernel.lookUpOften('value');
  t.equal(kernel.open(id, constants.O_RDWR), -ERRNO.ESTALE);
  kernel.lookUp('value');
  const handle = kernel.open(id, constants.O_RDWR);
  await delay(1.1 * SECOND);
  kernel.release(id, handle);
  t.strictSame(kernel.lookUpOften('value').valid, never, 'closed just now');
  await delay(1.1 * SECOND);
  t.strictSame(kernel.lookUpOften('value').valid, lent);
});

t.test('who writes by a descriptor has no name to ask for; all others have', (t) => {
  const kernel = new Kernel(tree());
  const { id } = kernel.lookUpOften('value');
  kernel.open(id, constants.O_WRONLY);
  const handle = kernel.open(id, constants.O_WRONLY);
  t.ok(handle > 0);
  t.equal(kernel.open(id, constants.O_RDONLY, ANOTHER), -ERRNO.ESTALE, 'a reader');
  const asked = kernel.lookUp('value', { pid: ANOTHER });
  t.notMatch(asked, { id }, 'has an inode of its own while the file is open for writing');
  t.strictSame(valid(asked), never);
  t.end();
});

t.test('who comes to a file in which a write waits asks again', async (t) => {
  let goOn = (): void => undefined;
  const store = () => new Promise<void>((resolve) => (goOn = resolve));
  const kernel = new Kernel(directory(0o755, { value: attribute({ mode: 0o644, store }) }));
  const entry = kernel.lookUp('value');
  if (typeof entry === 'number') throw new Error('no file');
  const { id } = entry;
  const handle = kernel.open(id, constants.O_WRONLY);
  t.ok(kernel.open(id, constants.O_WRONLY, ANOTHER) > 0, 'before');
  kernel.write(id, handle);
  t.equal(kernel.open(id, constants.O_WRONLY, ANOTHER), -ERRNO.ESTALE, 'it would wait in the kernel');
  t.notMatch(kernel.lookUp('value', { pid: ANOTHER }), { id });
  t.ok(kernel.open(id, constants.O_WRONLY, ANOTHER) > 0, 'by a descriptor');
  goOn();
  await delay(0);
  t.ok(kernel.open(id, constants.O_WRONLY, ANOTHER) > 0, 'after');
});

t.test('what the kernel made of st_size as it read pages is made good for the next', (t) => {
  const kernel = new Kernel(tree());
  const { id } = kernel.lookUpOften('value');
  const handle = kernel.open(id);
  kernel.read(id, handle, BY_READ);
  t.ok(kernel.open(id, constants.O_RDONLY, ANOTHER) > 0, 'read(2) changes nothing');
  kernel.read(id, handle, 0);
  t.equal(kernel.open(id, constants.O_RDONLY, ANOTHER), -ERRNO.ESTALE, 'sendfile(2) does');
  t.strictSame(kernel.lookUp('value', { pid: ANOTHER }), { id, size: 4096, valid: never });
  t.ok(kernel.open(id, constants.O_RDONLY, ANOTHER) > 0);
  t.end();
});

t.test('what is gone', (t) => {
  const root = tree();
  const kernel = new Kernel(root);
  const { id } = kernel.lookUpOften('value');
  const handle = kernel.open(id);
  root.remove('value');
  t.equal(kernel.attributes(id), 0, 'fstat of an open file');
  t.equal(kernel.open(id), -ERRNO.ESTALE, 'open by the name');
  t.equal(kernel.lookUp('value'), ERRNO.ENOENT);
  kernel.release(id, handle);
  t.equal(kernel.attributes(id, ANOTHER), ERRNO.ESTALE, 'stat by the name');
  t.equal(kernel.attributes(id, ANOTHER), 0, 'by a descriptor');
  t.equal(kernel.open(id, constants.O_RDONLY, ANOTHER), -ERRNO.ENODEV, 'and open by it');
  root.add('value', attribute({ mode: 0o644 }));
  t.notMatch(kernel.lookUp('value'), { id }, 'another of that name');
  t.end();
});

t.test('a file of a directory that is gone, for whoever works there', (t) => {
  const root = tree();
  const kernel = new Kernel(root);
  const holder = kernel.lookUp('holder');
  if (typeof holder === 'number') throw new Error('no directory');
  let file: Entry | number = 0;
  for (let times = 0; times < OFTEN; times++) file = kernel.lookUp('value', { holder: holder.id });
  if (typeof file === 'number') throw new Error('no file');
  root.remove('holder');
  t.equal(kernel.open(file.id), -ERRNO.ESTALE);
  t.equal(kernel.lookUp('value', { holder: holder.id }), ERRNO.ENOENT, 'it asks for names already');
  t.end();
});

t.test('a link that is gone, and is another when the same process comes again', (t) => {
  const root = tree();
  const kernel = new Kernel(root);
  kernel.lookUpOften('near');
  const before = kernel.lookUp('holder');
  if (typeof before === 'number') throw new Error('no directory');
  root.remove('near');
  root.remove('holder');
  t.equal(kernel.lookUp('value', { holder: before.id }), ERRNO.ESTALE, 'by the link, which is lent');
  t.equal(kernel.lookUp('near'), ERRNO.ENOENT, 'the names once more, of which the first is not there');
  root.add('near', symlink('holder'));
  root.add('holder', directory(0o755, { value: attribute({ mode: 0o644 }) }));
  t.notMatch(kernel.lookUp('near'), ERRNO.ENOENT);
  t.equal(kernel.lookUp('value', { holder: before.id }), ERRNO.ESTALE, 'the kernel still has the directory behind it');
  t.notMatch(kernel.lookUp('holder'), { id: before.id });
  t.end();
});
