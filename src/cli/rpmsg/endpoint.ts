/** A channel as a file that messages go through, found or made by files alone. */
import { constants } from 'node:fs';
import { open, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { codeOf } from '../../fs/index.js';
import { CommandError } from '../command-error.js';
import type { MountedMachine } from '../mounted-machines.js';
import { lineOf } from '../processors.js';
import { channelFile, channelsOf, type Channel } from './channels.js';

/** Bytes that a message carries at most. */
export const LARGEST_MESSAGE = 496;

const DRIVER = 'rpmsg_chrdev';
/** While an answer may come any moment, it is looked for all the time; then every millisecond. ms. */
const [ATTENTIVE, PAUSE] = [10, 1];

/**
 * Gives `use` the channel that the user means: rpmsgN, the name of its device, or of its service. One that has no file gets
 * one for that long, as scripts do it, by driver_override and bind.
 *
 * @throws CommandError
 */
export async function withEndpoint<T>(
  machine: MountedMachine,
  which: string,
  use: (endpoint: Endpoint) => Promise<T>,
): Promise<T> {
  if (/^rpmsg\d+$/.test(which)) return opened(machine, which, which, use);
  const channel = await findChannel(machine, which);
  const [file] = channel.files;
  if (file !== undefined && channel.driver === DRIVER) return opened(machine, file, channel.name, use);
  if (channel.driver !== null) throw new CommandError(`${channel.channel} belongs to the driver ${channel.driver}`);
  const override = (driver: string): Promise<void> => write(machine, channel, 'driver_override', driver);
  await override(DRIVER);
  try {
    await control(machine, 'bind', channel);
    const bound = await fileOf(machine, channel);
    return await opened(machine, bound, channel.name, use).finally(() => control(machine, 'unbind', channel));
  } finally {
    await override('').catch(ignoreAbsence);
  }
}

async function findChannel(machine: MountedMachine, which: string): Promise<Channel> {
  const channels = await channelsOf(machine);
  const found = channels.find(({ channel }) => channel === which) ?? channels.find(({ name }) => name === which);
  if (found !== undefined) return found;
  const known = channels.map(({ name }) => name).filter((name) => name !== 'rpmsg_ctrl' && name !== 'rpmsg_ns');
  const there = known.length === 0 ? 'no processor has announced any' : `there are ${known.join(', ')}`;
  throw new CommandError(`${machine.root} has no rpmsg channel ${which}: ${there}`);
}

async function fileOf(machine: MountedMachine, { channel }: Channel): Promise<string> {
  const bound = (await channelsOf(machine)).find((one) => one.channel === channel);
  const [file] = bound?.files ?? [];
  if (file === undefined) throw new CommandError(`${channel} has gone`);
  return file;
}

const write = (machine: MountedMachine, { channel }: Channel, file: string, value: string): Promise<void> =>
  writeFile(channelFile(machine, channel, file), `${value}\n`);

/** A channel that has gone meanwhile is not bound. */
async function control({ root }: MountedMachine, file: 'bind' | 'unbind', { channel }: Channel): Promise<void> {
  const written = writeFile(join(root, 'sys/bus/rpmsg/drivers', DRIVER, file), `${channel}\n`);
  await (file === 'unbind' ? written.catch(ignoreAbsence) : written);
}

function ignoreAbsence(error: unknown): void {
  if (codeOf(error) !== 'ENODEV' && codeOf(error) !== 'ENOENT') throw error;
}

async function opened<T>(
  machine: MountedMachine,
  file: string,
  service: string,
  use: (endpoint: Endpoint) => Promise<T>,
): Promise<T> {
  const path = join(machine.root, 'dev', file);
  const handle = await open(path, constants.O_RDWR | constants.O_NONBLOCK).catch((error: unknown) => {
    throw new CommandError(`${path} cannot be opened (${String(codeOf(error))})${WHY[String(codeOf(error))] ?? ''}`, {
      cause: error,
    });
  });
  try {
    const number = async (name: string): Promise<number> =>
      Number(await lineOf(join(machine.root, 'sys/class/rpmsg', file, name)));
    const [src, dst] = await Promise.all([number('src'), number('dst')]);
    return await use(new Endpoint(handle, { path, service, src, dst }));
  } finally {
    await handle.close();
  }
}

const WHY: Readonly<Record<string, string>> = {
  EBUSY: ': another program has it open, and one at a time may',
  ENOENT: ': `mips-rprocfs rpmsg list` shows what there is',
  EACCES: ': only root may',
  EINVAL: ': its address is taken; `mips-rprocfs dmesg` tells more',
};

interface EndpointIdentity {
  readonly path: string;
  readonly service: string;
  /** -1: any. */
  readonly src: number;
  readonly dst: number;
}

/** An open one. Waiting costs no thread, so that a remote side that is silent keeps no process alive. */
export class Endpoint {
  readonly #buffer = Buffer.alloc(LARGEST_MESSAGE);

  constructor(
    private readonly handle: FileHandle,
    readonly identity: EndpointIdentity,
  ) {}

  /** Forgets what has come so far. */
  async drop(): Promise<void> {
    while ((await this.#read()) !== undefined);
  }

  /** False when the remote side has not made room for it in time, ms. */
  async send(message: Uint8Array, timeout: number): Promise<boolean> {
    const sent = await until(timeout, () => this.#try(() => this.handle.write(message)));
    return sent !== undefined;
  }

  /** The next message; undefined when none comes in time, ms. */
  receive(timeout: number): Promise<Buffer | undefined> {
    return until(timeout, () => this.#read());
  }

  async #read(): Promise<Buffer | undefined> {
    const read = await this.#try(() => this.handle.read(this.#buffer, 0, LARGEST_MESSAGE, null));
    return read && Buffer.from(this.#buffer.subarray(0, read.bytesRead));
  }

  /** Undefined when it can't be done now. */
  async #try<T>(operation: () => Promise<T>): Promise<T | undefined> {
    try {
      return await operation();
    } catch (error) {
      if (codeOf(error) === 'EAGAIN') return undefined;
      const gone = codeOf(error) === 'EPIPE' ? ' has gone: its processor was stopped, or crashed' : undefined;
      throw new CommandError(`${this.identity.path}${gone ?? ` failed (${String(codeOf(error))})`}`, { cause: error });
    }
  }
}

async function until<T>(timeout: number, attempt: () => Promise<T | undefined>): Promise<T | undefined> {
  const began = performance.now();
  for (;;) {
    const got = await attempt();
    const passed = performance.now() - began;
    if (got !== undefined || passed >= timeout) return got;
    await (passed < ATTENTIVE ? turn() : delay(PAUSE));
  }
}
