/** Linux's side of a split ring against a device that keeps to the specification, and against one that does not. */
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import t from 'tap';
import type { Endian } from '../../src/emu/hardware.js';
import { DeviceLog, Errno, KernelLog } from '../../src/kernel/index.js';
import { vringSize } from '../../src/rproc/index.js';
import { RingMemory } from '../../src/virtio/ring_memory.js';
import { Virtqueue, type VirtqueueOptions } from '../../src/virtio/virtqueue.js';
import { DeviceRing } from './device-ring.js';

const ALIGN = 4096;
const buffer = (address: number, writable = true) => ({ address, length: 512, writable });

interface Wish extends Partial<Pick<VirtqueueOptions, 'eventIndices' | 'callback'>> {
  readonly num?: number;
  readonly align?: number;
  readonly endian?: Endian;
}

class Pair {
  readonly #log = new KernelLog();
  readonly device: DeviceRing;
  readonly queue: Virtqueue<number>;
  kicks = 0;
  calls = 0;

  constructor({ num = 16, align = ALIGN, endian = 'le', eventIndices = false, callback }: Wish = {}) {
    const memory = new Uint8Array(vringSize(num, align));
    this.device = new DeviceRing(memory, num, align, endian);
    this.queue = new Virtqueue<number>({
      name: 'requests',
      ring: new RingMemory(memory, num, align, endian),
      eventIndices,
      callback: () => {
        this.calls++;
        callback?.();
      },
      log: () => new DeviceLog(this.#log, 'virtio virtio0'),
      notify: () => this.kicks++,
    });
  }

  get lines(): string[] {
    return this.#log.entries().map(({ level, text }) => `<${level}>${text}`);
  }

  /** Everything that came back. */
  taken(): number[] {
    const tokens = [];
    for (let used = this.queue.take(); used !== undefined; used = this.queue.take()) tokens.push(used.token);
    return tokens;
  }
}

const codeOf = (action: () => unknown): string => {
  try {
    action();
    return 'ok';
  } catch (error) {
    if (error instanceof Errno) return error.code;
    throw error;
  }
};

for (const endian of ['le', 'be'] as const)
  t.test(`a ring, ${endian}`, (t) => {
    const { queue, device } = new Pair({ endian });
    t.equal(device.take(), undefined);
    queue.add([buffer(0x1000)], 1);
    queue.add([buffer(0x2000, false), buffer(0x3000), buffer(0xf000_0000)], 2);
    t.equal(queue.freeCount, 12);
    t.strictSame(device.take(), { head: 0, buffers: [{ address: 0x1000n, length: 512, writable: true }] });
    const chain = device.take();
    t.strictSame(
      chain?.buffers.map(({ address, writable }) => [address, writable]),
      [
        [0x2000n, false],
        [0x3000n, true],
        [0xf000_0000n, true],
      ],
    );
    t.equal(queue.take(), undefined);
    device.use(chain?.head ?? -1, 0xffff_ffff);
    device.use(0, 12);
    t.strictSame(queue.take(), { token: 2, length: 0xffff_ffff });
    t.strictSame(queue.take(), { token: 1, length: 12 });
    t.equal(queue.take(), undefined);
    t.equal(queue.freeCount, 16);
    t.end();
  });

t.test('what came back last goes out first, as Linux has it', (t) => {
  const { queue, device } = new Pair({ num: 4 });
  for (const token of [0, 1, 2]) queue.add([buffer(token)], token);
  for (const head of [1, 0]) device.use(head);
  t.strictSame([queue.take()?.token, queue.take()?.token], [1, 0]);
  while (device.take() !== undefined);
  for (const token of [3, 4, 5]) queue.add([buffer(token)], token);
  t.strictSame([device.take()?.head, device.take()?.head, device.take()?.head], [0, 1, 3]);
  t.end();
});

t.test('a full ring, and a broken one', (t) => {
  const pair = new Pair({ num: 2 });
  const { queue, device } = pair;
  queue.add([buffer(0)], 0);
  t.equal(
    codeOf(() => queue.add([buffer(1), buffer(2)], 1)),
    'ENOSPC',
  );
  t.equal(pair.kicks, 0);
  t.equal(
    codeOf(() => queue.add([buffer(1, false), buffer(2)], 1)),
    'ENOSPC',
  );
  t.equal(pair.kicks, 1, 'a sender without room rings');
  queue.add([buffer(1)], 1);
  t.equal(queue.freeCount, 0);
  device.use(7);
  t.equal(queue.take(), undefined);
  t.ok(queue.broken);
  t.equal(
    codeOf(() => queue.add([buffer(1)], 1)),
    'EIO',
  );
  t.strictSame([queue.detachUnused(), queue.detachUnused(), queue.detachUnused()], [0, 1, undefined]);
  t.equal(queue.freeCount, 2);
  device.memory.fill(0xa5);
  queue.disableCallbacks();
  t.ok(queue.enableCallbacks(), 'nothing will come');
  t.ok(
    device.memory.every((byte) => byte === 0xa5),
    "the memory may be another's",
  );
  t.end();
});

t.test('entries that make no sense', (t) => {
  const said = (spoil: (device: DeviceRing) => void): string[] => {
    const pair = new Pair();
    pair.queue.add([buffer(0)], 0);
    spoil(pair.device);
    for (let i = 0; i < 3; i++) {
      t.equal(pair.queue.take(), undefined);
      pair.queue.interrupt();
    }
    t.equal(pair.calls, 0, 'nobody is called for a broken ring');
    return pair.lines;
  };
  t.strictSame(
    said((device) => device.use(16)),
    ['<3>virtio virtio0: requests:id 16 out of range'],
  );
  t.strictSame(
    said((device) => device.use(0xffff_ffff)),
    ['<3>virtio virtio0: requests:id 4294967295 out of range'],
  );
  t.strictSame(
    said((device) => device.use(3)),
    ['<3>virtio virtio0: requests:id 3 is not a head!'],
  );
  t.end();
});

t.test('used twice', (t) => {
  const pair = new Pair();
  pair.queue.add([buffer(0)], 0);
  pair.queue.add([buffer(1)], 1);
  for (const head of [1, 1, 0]) pair.device.use(head);
  t.strictSame(pair.taken(), [1]);
  t.strictSame(pair.lines, ['<3>virtio virtio0: requests:id 1 is not a head!']);
  t.end();
});

t.test('kicks and interrupts, by flags', (t) => {
  const pair = new Pair();
  const { queue, device } = pair;
  queue.add([buffer(0)], 0);
  queue.kick();
  t.equal(pair.kicks, 1);
  device.kicksSuppressed = true;
  queue.add([buffer(1)], 1);
  queue.kick();
  t.equal(pair.kicks, 1);
  device.kicksSuppressed = false;
  queue.kick();
  t.equal(pair.kicks, 2, 'flags do not ask whether there is anything');
  t.notOk(queue.interrupt(), 'nothing was used');
  queue.disableCallbacks();
  t.ok(device.interruptsSuppressed);
  t.ok(queue.enableCallbacks());
  t.notOk(device.interruptsSuppressed);
  queue.disableCallbacks();
  device.use(0);
  t.notOk(queue.enableCallbacks(), 'what was used meanwhile is told');
  t.ok(queue.interrupt());
  t.equal(pair.calls, 1);
  t.end();
});

t.test('a queue without callback asks not to be interrupted', (t) => {
  const memory = new Uint8Array(vringSize(4, ALIGN));
  const device = new DeviceRing(memory, 4, ALIGN);
  const log = new DeviceLog(new KernelLog(), '');
  const ring = new RingMemory(memory, 4, ALIGN, 'le');
  const queue = new Virtqueue({ name: 'q', ring, eventIndices: false, log: () => log, notify: () => undefined });
  t.ok(device.interruptsSuppressed);
  device.use(0);
  t.ok(queue.interrupt());
  t.end();
});

t.test('kicks and interrupts, by event indices', (t) => {
  const pair = new Pair({ eventIndices: true });
  const { queue, device } = pair;
  device.kicksSuppressed = true;
  queue.add([buffer(0)], 0);
  queue.kick();
  t.equal(pair.kicks, 1, 'the flag does not count; event 0 was asked for');
  queue.add([buffer(1)], 1);
  queue.kick();
  t.equal(pair.kicks, 1, 'event 0 has passed');
  device.availableEvent = 3;
  queue.add([buffer(2)], 2);
  queue.kick();
  t.equal(pair.kicks, 1);
  queue.add([buffer(3)], 3);
  queue.add([buffer(4)], 4);
  queue.kick();
  t.equal(pair.kicks, 2, 'event 3 was among them');
  for (const head of [0, 1]) device.use(head);
  t.strictSame(pair.taken(), [0, 1]);
  t.equal(device.usedEvent, 2, 'the next one is to be told');
  queue.disableCallbacks();
  t.equal(device.usedEvent, 0);
  t.notOk(device.interruptsSuppressed);
  device.use(2);
  t.strictSame(pair.taken(), [2]);
  t.equal(device.usedEvent, 0);
  t.ok(queue.enableCallbacks());
  t.equal(device.usedEvent, 3);
  t.end();
});

t.test('indices go round', (t) => {
  for (const eventIndices of [false, true]) {
    const pair = new Pair({ num: 4, eventIndices });
    const { queue, device } = pair;
    let [sent, expected] = [0, 0];
    let wrong = 0;
    for (let round = 0; round < 70_000; round++) {
      device.availableEvent = device.availableIndex;
      for (let i = 0; i < 1 + (round % 3); i++) queue.add([buffer(sent)], sent++);
      const before = pair.kicks;
      queue.kick();
      if (pair.kicks !== before + 1) wrong++;
      for (let chain = device.take(); chain !== undefined; chain = device.take()) device.use(chain.head, 1);
      for (const token of pair.taken()) if (token !== expected++) wrong++;
    }
    t.equal(wrong, 0);
    t.equal(expected, sent);
    t.ok(sent > 2 * 65536);
    t.equal(queue.freeCount, 4);
  }
  t.end();
});

t.test('65535 additions without a kick make one', (t) => {
  const pair = new Pair({ num: 65536 });
  for (let token = 0; token < 65534; token++) pair.queue.add([buffer(token)], token);
  t.equal(pair.kicks, 0);
  pair.queue.add([buffer(0)], 65534);
  t.equal(pair.kicks, 1);
  t.end();
});

t.test('a sound device gets back each token once, in the order in which it used them', (t) => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const), length: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ kind: fc.constant('use' as const), which: fc.nat() }),
    fc.record({ kind: fc.constant('take' as const) }),
  );
  const num = fc.constantFrom(1, 2, 8, 64);
  fc.assert(
    fc.property(num, fc.array(step, { maxLength: 300 }), (num, steps) => {
      const { queue, device } = new Pair({ num });
      const held: number[] = [];
      const used: number[] = [];
      const outside = new Map<number, number>();
      let token = 0;
      let free: number = num;
      for (const each of steps) {
        if (each.kind === 'add') {
          const fits = each.length <= free;
          const buffers = Array.from({ length: each.length - 1 }, () => buffer(token));
          if (codeOf(() => queue.add([buffer(token), ...buffers], token)) !== (fits ? 'ok' : 'ENOSPC')) return false;
          if (!fits) continue;
          free -= each.length;
          const chain = device.take();
          if (chain?.buffers.length !== each.length || outside.has(chain.head)) return false;
          outside.set(chain.head, token++);
          held.push(chain.head);
        } else if (each.kind === 'use' && held.length > 0) {
          const [head = 0] = held.splice(each.which % held.length, 1);
          used.push(head);
          device.use(head, head);
        } else if (each.kind === 'take') {
          const back = queue.take();
          const head = used.shift();
          if (head === undefined && back !== undefined) return false;
          if (head === undefined) continue;
          if (back?.token !== outside.get(head) || back?.length !== head) return false;
          outside.delete(head);
          free = queue.freeCount;
        }
      }
      return queue.freeCount <= num && !queue.broken;
    }),
    { numRuns: 300 },
  );
  t.end();
});

t.test('no device makes it throw, loop, or speak twice', (t) => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('add' as const) }),
    fc.record({ kind: fc.constant('take' as const) }),
    fc.record({ kind: fc.constant('use' as const), id: fc.integer({ min: 0, max: 20 }), length: fc.nat(0xffff_ffff) }),
    fc.record({ kind: fc.constant('jump' as const), index: fc.nat(0xffff) }),
    fc.record({ kind: fc.constant('noise' as const), at: fc.nat(), bytes: fc.uint8Array({ maxLength: 64 }) }),
    fc.record({ kind: fc.constant('ring' as const) }),
    fc.record({ kind: fc.constant('callbacks' as const), on: fc.boolean() }),
    fc.record({ kind: fc.constant('detach' as const) }),
  );
  const shape = fc.record({
    num: fc.constantFrom(1, 2, 3, 5, 16),
    align: fc.constantFrom(1, 2, 3, 4, 6, 16, 4096, 65536),
    eventIndices: fc.boolean(),
    endian: fc.constantFrom('le' as const, 'be' as const),
  });
  fc.assert(
    fc.property(shape, fc.array(step, { maxLength: 60 }), (shape, steps) => {
      const pair = new Pair(shape);
      const { queue, device } = pair;
      const outside = new Set<number>();
      let token = 0;
      const back = (used: number | undefined): boolean => used === undefined || outside.delete(used);
      for (const each of steps) {
        if (each.kind === 'add' && codeOf(() => queue.add([buffer(token)], token)) === 'ok') outside.add(token++);
        else if (each.kind === 'take') {
          // at most what the driver has given
          for (let count = outside.size; count >= 0; count--) if (!back(queue.take()?.token)) return false;
          if (queue.take() !== undefined) return false;
        } else if (each.kind === 'use') device.use(each.id, each.length);
        else if (each.kind === 'jump') device.usedIndex = each.index;
        else if (each.kind === 'noise') {
          const at = each.at % device.memory.length;
          device.memory.set(each.bytes.subarray(0, device.memory.length - at), at);
        } else if (each.kind === 'ring') {
          queue.kick();
          queue.interrupt();
        } else if (each.kind === 'callbacks') {
          if (each.on) queue.enableCallbacks();
          else queue.disableCallbacks();
        } else if (each.kind === 'detach' && !back(queue.detachUnused())) return false;
        if (queue.freeCount !== shape.num - outside.size) return false;
      }
      return pair.lines.length <= 1 && (pair.lines.length === 1) === queue.broken;
    }),
    { numRuns: 2000 },
  );
  t.end();
});

t.test('every ring that fits lies inside its memory, whatever its alignment', (t) => {
  const num = fc.oneof(fc.integer({ min: 1, max: 70 }), fc.integer({ min: 65530, max: 65540 }));
  fc.assert(
    fc.property(num, fc.integer({ min: 1, max: 0x1_0000 }), fc.nat(3), (num, align, offset) => {
      const size = vringSize(num, align);
      const memory = new Uint8Array(size + 3).subarray(offset, offset + size);
      const fits = RingMemory.fits(memory, num, align);
      if (!fits) return offset % 2 === 1;
      const ring = new RingMemory(memory, num, align, 'be');
      ring.setDescriptor(num - 1, buffer(1), num);
      ring.setAvailable(num - 1, num - 1);
      ring.publish(0xffff);
      ring.usedEvent = 0xffff;
      const last = ring.used(num - 1);
      return last.id === 0 && ring.usedIndex === 0 && ring.availableEvent === 0 && !ring.kicksSuppressed;
    }),
    { numRuns: 1000 },
  );
  t.notOk(RingMemory.fits(new Uint8Array(vringSize(16, 4096) - 1), 16, 4096));
  t.end();
});

t.test('a device that uses without end gets a bounded part of each turn', async (t) => {
  let taken = 0;
  let ending = false;
  // uses every buffer at the moment in which it gets it back
  const pair: Pair = new Pair({
    num: 8,
    callback: () =>
      pair.queue.drain(({ token }) => {
        taken++;
        pair.queue.add([buffer(token)], token);
        if (!ending) device.use(device.take()?.head ?? -1);
      }),
  });
  const { queue, device } = pair;
  for (let token = 0; token < 8; token++) queue.add([buffer(token)], token);
  for (let token = 0; token < 8; token++) device.use(device.take()?.head ?? -1);
  queue.interrupt();
  t.equal(taken, 64);
  queue.interrupt();
  t.equal(taken, 64, 'nor do more interrupts help in the same turn');
  await turn();
  t.equal(taken, 128);
  await turn();
  t.equal(taken, 192);
  ending = true;
  await turn();
  t.equal(taken, 200, 'and the rest is taken without another interrupt');
  const { calls } = pair;
  await turn();
  t.equal(pair.calls, calls);
  t.strictSame(pair.lines, []);
});
