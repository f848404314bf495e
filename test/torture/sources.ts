/**
 * The sources: GCC's tests (gcc.c-torture/execute) and its run-time library (libgcc), out of Debian's package gcc-12-source.
 * They stay in the cache; nothing of them is part of this project.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory, cached } from './cache.js';
import { output } from './command.js';

const PACKAGE = 'gcc-12-source';
/** What is taken out of GCC's source tree. */
const EXECUTE = 'gcc/testsuite/gcc.c-torture/execute';
const PARTS = [EXECUTE, 'libgcc', 'include/longlong.h'];
/** Where the package puts GCC's archive. */
const INSTALLED = '/usr/src/gcc-12';
const UNPACKED = join(cacheDirectory, PACKAGE);

export interface Sources {
  /** Path of a file or directory of GCC's source tree. */
  readonly path: (...parts: readonly string[]) => string;
  /** The directory of the tests. */
  readonly execute: string;
  /** Differs when anything in the tests differs. */
  readonly digest: string;
}

const complete = (directory: string): boolean => PARTS.every((part) => existsSync(join(directory, part)));

async function opened(directory: string): Promise<Sources> {
  const execute = join(directory, EXECUTE);
  const hash = createHash('sha256');
  for (const name of (await readdir(execute, { recursive: true })).sort())
    if (/\.[chx]$/.test(name)) hash.update(name).update(await readFile(join(execute, name)));
  return { path: (...parts) => join(directory, ...parts), execute, digest: hash.digest('hex') };
}

const find = async (directory: string, name: RegExp): Promise<string | undefined> =>
  existsSync(directory)
    ? (await readdir(directory))
        .filter((each) => name.test(each))
        .sort()
        .at(-1)
    : undefined;

const PACKAGE_FILE = /^gcc-12-source_.*\.deb$/;
const ARCHIVE = /^gcc-12.*\.tar\.xz$/;

/** Unpacks what is needed of GCC's archive, which `write`, a shell command, writes to its output. */
async function unpack(write: string, ...args: readonly string[]): Promise<void> {
  const fresh = await cached(`unpacking-${process.pid}`);
  const members = PARTS.map((part) => `'*/${part}*'`).join(' ');
  const extract = `tar -xJ -C "$0" --strip-components=1 --wildcards ${members}`;
  await output('bash', ['-c', `set -o pipefail; ${write} | ${extract}`, fresh, ...args]);
  // another process may have been faster
  if (complete(UNPACKED)) await rm(fresh, { recursive: true });
  else await rename(fresh, UNPACKED);
}

async function unpackPackage(directory: string, name: string): Promise<void> {
  const write = `dpkg-deb --fsys-tarfile "$1" | tar -xO --wildcards '.${INSTALLED}/gcc-12*.tar.xz'`;
  await unpack(write, join(directory, name));
  await rm(join(directory, name));
}

/** What there is without asking anybody: a directory that was given, the cache, the installed package. */
export async function availableSources(given?: string): Promise<Sources | undefined> {
  if (given !== undefined) {
    if (!complete(given)) throw new Error(`${given} is no source tree of GCC: it needs ${PARTS.join(', ')}`);
    return opened(given);
  }
  if (complete(UNPACKED)) return opened(UNPACKED);
  const downloaded = await find(cacheDirectory, PACKAGE_FILE);
  const archive = await find(INSTALLED, ARCHIVE);
  if (archive !== undefined) await unpack('cat "$1"', join(INSTALLED, archive));
  else if (downloaded !== undefined) await unpackPackage(cacheDirectory, downloaded);
  return complete(UNPACKED) ? opened(UNPACKED) : undefined;
}

/** Fetches the package when nothing is available. */
export async function sources(given: string | undefined, tell: (line: string) => void): Promise<Sources> {
  const available = await availableSources(given);
  if (available !== undefined) return available;
  tell(`fetching ${PACKAGE} (about 85 MB) to ${cacheDirectory}`);
  const directory = await cached();
  await output('sh', ['-c', `cd "$0" && apt-get download -qq ${PACKAGE}`, directory], 1800);
  const fetched = await availableSources();
  if (fetched === undefined) throw new Error(`${PACKAGE} has not brought ${PARTS.join(', ')}`);
  return fetched;
}
