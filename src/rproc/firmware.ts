import { constants } from 'node:fs';
import { open, stat, type FileHandle } from 'node:fs/promises';
import { Errno, type DeviceLog, type KernelLog } from '../kernel/index.js';
import { bytesOf, cString, textOf } from './text.js';

export interface FirmwareOptions {
  /** Where firmware lies, in the place of the host's /lib/firmware; looked up in this order. */
  readonly directories: readonly string[];
  /** `uname -r` of the kernel, of which a subdirectory may be named. */
  readonly release: string;
  /** Largest image in bytes. */
  readonly limit: number;
  /** Where the file of a path really lies, when Linux sees the host's files elsewhere. */
  readonly locate?: ((path: Buffer) => Promise<Buffer>) | undefined;
}

const LONGEST_PATH = 4096;
const LONGEST_PARAMETER = 255;

/** request_firmware(): docs/reference/kernel-abi.md 9. */
export class FirmwareLoader {
  /** The parameter firmware_class.path as it was written, with its newline. */
  #parameter = '';
  readonly #closed = new AbortController();

  constructor(
    private readonly options: FirmwareOptions,
    private readonly log: KernelLog,
  ) {}

  /** `/sys/module/firmware_class/parameters/path` */
  showPath(): Uint8Array {
    return bytesOf(`${this.#parameter}\n`);
  }

  /** @throws Errno ENOSPC for more than 255 bytes. */
  storePath(bytes: Uint8Array): void {
    const value = cString(bytes);
    if (value.length > LONGEST_PARAMETER) {
      this.log.print('err', `firmware_class.path: string doesn't fit in ${LONGEST_PARAMETER} chars.`);
      throw new Errno('ENOSPC');
    }
    this.#parameter = value;
  }

  /** Ends what still waits. */
  close(): void {
    this.#closed.abort(new Errno('ERESTARTSYS'));
  }

  /**
   * The file's bytes from the first directory that has it. Every directory is tried; the error of the last one counts.
   *
   * @throws Errno after its messages on `log`, the device that asks.
   */
  async request(name: string, log: DeviceLog, signal?: AbortSignal): Promise<Uint8Array> {
    if (name === '') throw new Errno('EINVAL');
    if (name.split('/').includes('..')) {
      log.warn(`Firmware load for '${name}' refused, path contains '..' component`);
      throw new Errno('EINVAL');
    }
    let last = new Errno('ENOENT');
    for (const directory of this.directories) {
      const path = `${directory}/${name}`;
      if (path.length >= LONGEST_PATH) {
        last = new Errno('ENAMETOOLONG');
        break;
      }
      try {
        return await this.#read(path, log, signal);
      } catch (error) {
        last = errnoOf(error);
        if (last.code !== 'ENOENT') log.warn(`loading ${path} failed with error ${-last.number}`);
      }
    }
    log.warn(`Direct firmware load for ${name} failed with error ${-last.number}`);
    throw last;
  }

  /** Where an image is looked up, in this order. */
  get directories(): readonly string[] {
    const { directories, release } = this.options;
    const [parameter = ''] = this.#parameter.split('\n', 1);
    const below = directories
      .map((directory) => textOf(Buffer.from(directory)))
      .flatMap((base) => [`${base}/updates/${release}`, `${base}/updates`, `${base}/${release}`, base]);
    return parameter === '' ? below : [parameter, ...below];
  }

  async #read(path: string, log: DeviceLog, signal?: AbortSignal): Promise<Uint8Array> {
    // a path is bytes, whatever the host's encoding
    const seen = Buffer.from(bytesOf(path));
    const file = (await this.options.locate?.(seen)) ?? seen;
    if ((await stat(file)).isFIFO()) await this.#untilInterrupted(signal);
    const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return await this.#readRegular(handle, path, log);
    } finally {
      await handle.close();
    }
  }

  async #readRegular(handle: FileHandle, path: string, log: DeviceLog): Promise<Uint8Array> {
    const found = await handle.stat();
    if (!found.isFile() || found.size === 0) throw new Errno('EINVAL');
    if (found.size > this.options.limit) {
      log.err(`${path} has ${found.size} bytes, more than the ${this.options.limit} that firmware may have`);
      throw new Errno('EFBIG');
    }
    const image = buffer(found.size);
    for (let done = 0; done < image.length;) {
      const { bytesRead } = await handle.read(image, done, image.length - done, done);
      if (bytesRead === 0) throw new Errno('EIO');
      done += bytesRead;
    }
    return image;
  }

  /** The kernel opens a FIFO as any file, and so waits for a writer; only a signal to the caller ends that here. */
  async #untilInterrupted(signal?: AbortSignal): Promise<never> {
    if (signal === undefined) throw new Errno('EINVAL');
    const either = AbortSignal.any([signal, this.#closed.signal]);
    await new Promise<void>((resolve) => {
      if (either.aborted) resolve();
      else either.addEventListener('abort', () => resolve(), { once: true });
    });
    throw new Errno('ERESTARTSYS');
  }
}

/** An error of the host's file system, as our own; what is not one is a defect. */
function errnoOf(error: unknown): Errno {
  if (error instanceof Errno) return error;
  if (error instanceof Error && 'errno' in error && typeof error.errno === 'number')
    return new Errno(-error.errno, { cause: error });
  throw error;
}

/** @throws Errno ENOMEM when the host has not that much. */
function buffer(bytes: number): Uint8Array {
  try {
    return new Uint8Array(bytes);
  } catch (error) {
    throw new Errno('ENOMEM', { cause: error });
  }
}
