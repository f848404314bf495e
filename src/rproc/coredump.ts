/** The core dump of a crashed processor, for whoever asked for one: docs/reference/kernel-abi.md 3.7. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { headerOf } from './coredump_elf.js';
import type { Dump } from './devcoredump.js';
import type { RemoteProc } from './remoteproc.js';
import type { DumpSegment } from './resources.js';

/** What vmalloc() gives at most, bytes: more than any machine's memory. */
const LARGEST_COPY = 1 << 30;
/** Copied without letting anyone else run, bytes. */
const SLICE = 4 << 20;

/**
 * Makes the dump that `coredump` asks for: `enabled` copies the memory, `inline` waits until the dump is freed, and lets
 * it be read from the memory meanwhile. The caller holds the processor's lock, and has stopped it. Nobody is told of a
 * dump that could not be made.
 */
export async function coredump(rproc: RemoteProc): Promise<void> {
  const { coredump: mode, resources, options, host, log } = rproc;
  const segments = [...resources.dumpSegments];
  if (mode === 'disabled' || segments.length === 0) return;
  if (options.dump === undefined) {
    log.err('Elf class is not set');
    return;
  }
  const format = { elfClass: rproc.wide ? 'elf64' : 'elf32', ...options.dump } as const;
  const header = headerOf(format, rproc.endian, rproc.bootAddress, segments);
  const core = new CoreImage(rproc, header, segments);
  if (mode === 'inline') {
    await new Promise<void>((resolve) =>
      host.dumps.create(rproc, {
        size: core.size,
        read: (offset, size) => core.read(offset, size),
        free: resolve,
      }),
    );
    return;
  }
  if (core.size > LARGEST_COPY) {
    host.log.print('warn', `vmalloc error: size ${core.size}, exceeds total pages`);
    return;
  }
  host.dumps.create(rproc, copyOf(await core.copy()));
}

const copyOf = (bytes: Uint8Array): Dump => ({
  size: bytes.length,
  read: (offset, size) => bytes.subarray(offset, offset + size),
});

/** A core as it would be read now. */
class CoreImage {
  readonly size: number;

  constructor(
    private readonly rproc: RemoteProc,
    private readonly header: Uint8Array,
    private readonly segments: readonly DumpSegment[],
  ) {
    this.size = segments.reduce((sum, segment) => sum + Number(segment.size), header.length);
  }

  /** Copies it segment by segment; a large one in slices, between which others run. */
  async copy(): Promise<Uint8Array> {
    const core = new Uint8Array(this.size);
    core.set(this.header);
    let offset = this.header.length;
    for (const segment of this.segments) {
      const memory = this.#memory(segment, 0, Number(segment.size));
      for (let done = 0; done < memory.length; done += SLICE) {
        core.set(memory.subarray(done, done + SLICE), offset + done);
        if (memory.length > SLICE) await nextTurn();
      }
      offset += memory.length;
    }
    return core;
  }

  /** From the processor's memory. Says so in the log whenever less is there than was asked for. */
  read(offset: number, size: number): Uint8Array {
    const parts: Uint8Array[] = [];
    let at = offset;
    const end = offset + size;
    const take = (start: number, length: number, bytes: (offset: number, size: number) => Uint8Array): void => {
      if (at < start || at >= start + length || at >= end) return;
      const part = bytes(at - start, Math.min(end, start + length) - at);
      parts.push(part);
      at += part.length;
    };
    take(0, this.header.length, (from, count) => this.header.subarray(from, from + count));
    let start = this.header.length;
    for (const segment of this.segments) {
      const length = Number(segment.size);
      take(start, length, (from, count) => this.#memory(segment, from, count));
      start += length;
    }
    if (at < end) this.rproc.log.info(`Ramdump done, ${at} bytes read`);
    return Buffer.concat(parts);
  }

  /** A part of a segment; 0xff, and a message, where there is no memory. */
  #memory({ da }: DumpSegment, offset: number, size: number): Uint8Array {
    const memory = this.rproc.resources.translate(da + BigInt(offset), BigInt(size));
    if (memory !== undefined) return memory;
    const address = `0x${da.toString(16).padStart(16, '0')}`;
    this.rproc.log.err(`invalid copy request for segment ${address} with offset ${offset} and size ${size})`);
    return new Uint8Array(size).fill(0xff);
  }
}
