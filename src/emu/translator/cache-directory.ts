/**
 * A directory of files that many processes write and read at once: a file appears under its name when it is whole, and what
 * has not been used for the longest time is removed when there is too much. Nobody else may write there. What goes wrong
 * turns the cache off for this process, which does without.
 */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { hasCode } from '../error-code.js';

const PRIVATE = 0o700;
const [MOST_BYTES, MOST_FILES] = [256 << 20, 2000];
/** What a process that was killed has not finished, ms. */
const ABANDONED = 60 * 60 * 1000;
const UNFINISHED = '.new-';

/** Node's own way, `recursive`, never returns where the kernel lets nobody make a directory, as in /proc. */
function makeWithParents(path: string): void {
  if (dirname(path) !== path) makeWithParents(dirname(path));
  try {
    mkdirSync(path, { mode: PRIVATE });
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  }
}

export class CacheDirectory {
  #isUsable: boolean;

  constructor(
    private readonly path: string,
    private readonly say: (line: string) => void,
    private readonly mostBytes = MOST_BYTES,
    private readonly mostFiles = MOST_FILES,
  ) {
    this.#isUsable = true;
    this.#try(() => this.#makePrivate());
  }

  get names(): readonly string[] {
    return this.#try(() => readdirSync(this.path)) ?? [];
  }

  /** Undefined when it is gone. Counts as a use of it. */
  read(name: string): Buffer | undefined {
    return this.#try(() => {
      try {
        const bytes = readFileSync(join(this.path, name));
        const now = new Date();
        utimesSync(join(this.path, name), now, now);
        return bytes;
      } catch (error) {
        // another process may have removed it
        if (hasCode(error, 'ENOENT')) return undefined;
        throw error;
      }
    });
  }

  write(name: string, bytes: Uint8Array): void {
    this.#try(() => {
      const unfinished = join(this.path, `${UNFINISHED}${randomBytes(8).toString('hex')}`);
      try {
        writeFileSync(unfinished, bytes, { flag: 'wx', mode: 0o600 });
        renameSync(unfinished, join(this.path, name));
      } catch (error) {
        rmSync(unfinished, { force: true });
        throw error;
      }
      this.#trim();
    });
  }

  remove(name: string): void {
    this.#try(() => rmSync(join(this.path, name), { force: true }));
  }

  #makePrivate(): void {
    makeWithParents(resolve(this.path));
    const status = lstatSync(this.path);
    if (!status.isDirectory() || status.uid !== process.geteuid?.())
      throw new Error('it is no directory, or belongs to somebody else');
    if ((status.mode & 0o077) !== 0) chmodSync(this.path, PRIVATE);
  }

  #trim(): void {
    const files = readdirSync(this.path)
      .map((name) => ({ name, status: lstatSync(join(this.path, name), { throwIfNoEntry: false }) }))
      .filter((each): each is { name: string; status: Stats } => each.status?.isFile() === true)
      .sort((a, b) => b.status.mtimeMs - a.status.mtimeMs);
    let [bytes, count] = [0, 0];
    for (const { name, status } of files) {
      const isAbandoned = name.startsWith(UNFINISHED) && Date.now() - status.mtimeMs > ABANDONED;
      bytes += status.size;
      count++;
      if (isAbandoned || bytes > this.mostBytes || count > this.mostFiles)
        rmSync(join(this.path, name), { force: true });
    }
  }

  #try<Result>(action: () => Result): Result | undefined {
    if (!this.#isUsable) return undefined;
    try {
      return action();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.#isUsable = false;
      this.say(`translations are neither kept nor looked for in ${this.path}: ${error.message}`);
      return undefined;
    }
  }
}
