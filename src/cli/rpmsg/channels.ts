/** The rpmsg channels of a mounted machine, by their files: docs/reference/kernel-abi.md 7.5, 7.6. */
import { readdir, readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { codeOf } from '../../fs/index.js';
import type { MountedMachine } from '../mounted-machines.js';
import { lineOf } from '../processors.js';

/** Names of members are the keys of `rpmsg list --json` (docs/commands.md). */
export interface Channel {
  /** Of its device. */
  readonly channel: string;
  /** What it was announced as. */
  readonly name: string;
  /** Linux's address; null until a driver listens. */
  readonly src: number | null;
  /** The remote side's address; null when any will do. */
  readonly dst: number | null;
  readonly driver: string | null;
  /** In ROOT/dev: those that the driver made for it. */
  readonly files: readonly string[];
}

const DEVICES = 'sys/bus/rpmsg/devices';
const ANY = 0xffff_ffff;
/** Classes of what drivers make of a channel. */
const CLASSES = ['rpmsg', 'tty'];

export const channelFile = ({ root }: MountedMachine, channel: string, file: string): string =>
  join(root, DEVICES, channel, file);

/** In the order of their names; one that goes meanwhile is left out. */
export async function channelsOf(machine: MountedMachine): Promise<Channel[]> {
  const names = await readdir(join(machine.root, DEVICES));
  const found = await Promise.all(names.sort(inNumericOrder).map((name) => channelOf(machine, name)));
  return found.filter((channel) => channel !== undefined);
}

const { compare: inNumericOrder } = new Intl.Collator('en', { numeric: true });

async function channelOf(machine: MountedMachine, channel: string): Promise<Channel | undefined> {
  const file = (name: string): string => channelFile(machine, channel, name);
  const [name, src, dst] = await Promise.all(['name', 'src', 'dst'].map((attribute) => lineOf(file(attribute))));
  if (name === undefined || src === undefined || dst === undefined) return undefined;
  const [driver, ...files] = await Promise.all([
    driverAt(file('driver')),
    ...CLASSES.map((className) => namesIn(file(className))),
  ]);
  return { channel, name, src: address(src), dst: address(dst), driver, files: files.flat() };
}

const address = (text: string): number | null => (Number(text) === ANY ? null : Number(text));

const driverAt = (path: string): Promise<string | null> =>
  unlessAbsent(async () => basename(await readlink(path)), null);
const namesIn = (path: string): Promise<string[]> => unlessAbsent(() => readdir(path), []);

async function unlessAbsent<T>(read: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return otherwise;
    throw error;
  }
}
