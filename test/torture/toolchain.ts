/**
 * Compiles and links for one ISA. What it makes stays in the cache: a program's two images - for Linux and as a firmware - and,
 * for all programs, the run-time library and libgcc as one archive.
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, rename, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { repository } from '../support/repository.js';
import { cached } from './cache.js';
import { command, output } from './command.js';
import { wishes } from './directives.js';
import type { Isa } from './isas.js';
import { libgccFlags, members } from './libgcc.js';
import { pool } from './pool.js';
import type { Program } from './programs.js';
import type { Sources } from './sources.js';

const RUNTIME = join(repository, 'test/torture/runtime');
const INCLUDE = join(RUNTIME, 'include');
const SCRIPT = join(RUNTIME, 'program.ld');

/** No position independence, no $gp: a firmware has neither. */
const CODE = [
  '-mno-abicalls',
  '-fno-pic',
  '-fno-pie',
  '-G0',
  '-fno-stack-protector',
  '-fno-asynchronous-unwind-tables',
];
const RUNTIME_FLAGS = [
  ...['-O2', '-std=gnu11', '-Wall', '-Wextra', '-Werror', '-ffreestanding', '-fno-tree-loop-distribute-patterns'],
  ...['-fno-math-errno', '-ffunction-sections'],
];
/** The part of the run-time library that differs. */
const HOSTS = ['linux', 'firmware'] as const;

export type Images = Readonly<Record<(typeof HOSTS)[number], string>>;

/** Both images, or why there are none. */
export type Built = { readonly images: Images } | { readonly skip: string };

interface Paths {
  readonly compiler: string;
  /** Of the compiler itself: <stddef.h> and the like. */
  readonly include: string;
}

/** The same wherever the directory is: clones share what is in the cache. */
async function digestOf(directory: string): Promise<string> {
  const hash = createHash('sha256');
  for (const entry of (await readdir(directory, { recursive: true, withFileTypes: true }))
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name))
    .sort())
    hash.update(relative(directory, entry)).update(await readFile(entry));
  return hash.digest('hex');
}

const shortDigest = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 16);

/** The first error in what a compiler or linker said. */
const firstError = (text: string): string =>
  (/(?:error: |undefined reference to ).*/.exec(text)?.[0] ?? text.split('\n', 1)[0] ?? '').trim();

/** False when this ISA's compiler is not installed. */
export const hasCompiler = async ({ tools }: Isa): Promise<boolean> =>
  (await command(`${tools}-gcc`, ['--version'])).status === 0;

let temporaries = 0;

export class Toolchain {
  private constructor(
    private readonly isa: Isa,
    private readonly paths: Paths,
    /** In the cache; another one for other sources, tools or flags. */
    private readonly directory: string,
  ) {}

  /** With the libraries made. */
  static async for(isa: Isa, sources: Sources, jobs: number): Promise<Toolchain> {
    const compiler = `${isa.tools}-gcc`;
    const version = await output(compiler, ['--version']);
    const include = (await output(compiler, ['-print-file-name=include'])).trim();
    const digest = shortDigest([version, isa.flags, CODE, RUNTIME_FLAGS, sources.digest, await digestOf(RUNTIME)]);
    const parent = await cached('built', isa.name);
    for (const other of await readdir(parent))
      if (other !== digest) await rm(join(parent, other), { recursive: true, force: true });
    const toolchain = new Toolchain(isa, { compiler, include }, await cached('built', isa.name, digest));
    await toolchain.#makeLibraries(sources, jobs);
    return toolchain;
  }

  /** Compiles and links, unless that was done before. */
  async build(program: Program, optimization: string): Promise<Built> {
    const own = [optimization, ...program.flags];
    const { flags, skip } = wishes(program.text, this.isa.abi, [...own, ...this.isa.flags]);
    if (skip !== undefined) return { skip };
    const all = [...own, ...flags];
    const base = join(this.directory, `${program.name.replaceAll('/', '--')}-${shortDigest([all, program.text])}`);
    const images: Images = { linux: `${base}.linux.elf`, firmware: `${base}.firmware.elf` };
    if (HOSTS.every((host) => existsSync(images[host]))) return { images };
    const temporary = `${base}.${process.pid}-${++temporaries}`;
    const objects = program.files.map((_, i) => `${temporary}.${i}.o`);
    try {
      for (const [i, file] of program.files.entries()) {
        const { status, err } = await this.#compile(file, objects[i] ?? '', all);
        if (status !== 0) return { skip: firstError(err) };
      }
      for (const host of HOSTS) {
        const { status, err } = await this.#link(host, objects, `${temporary}.elf`);
        if (status !== 0) return { skip: firstError(err) };
        await rename(`${temporary}.elf`, images[host]);
      }
      return { images };
    } finally {
      for (const file of [...objects, `${temporary}.elf`]) await rm(file, { force: true });
    }
  }

  #compile(file: string, object: string, flags: readonly string[]): ReturnType<typeof command> {
    const { compiler, include } = this.paths;
    const directories = ['-nostdinc', '-isystem', include, '-isystem', INCLUDE];
    return command(compiler, [...this.isa.flags, ...CODE, ...directories, ...flags, '-c', file, '-o', object]);
  }

  /** The program's own functions come before those of the libraries, also where both have one. */
  #link(host: (typeof HOSTS)[number], objects: readonly string[], image: string): ReturnType<typeof command> {
    const { tools, abi, endian } = this.isa;
    const format = { o32: 'elf32?tsmip', n32: 'elf32?tsmipn32', n64: 'elf64?tsmip' }[abi];
    const emulation = format.replace('?', endian === 'le' ? 'l' : 'b');
    return command(`${tools}-ld`, [
      ...['-m', emulation, '-T', SCRIPT, '-static', '-s', '-z', 'muldefs', '-z', 'max-page-size=4096'],
      ...['--gc-sections', '--no-warn-mismatch', '-o', image, this.#host(host), ...objects],
      this.#archive,
    ]);
  }

  #host(host: (typeof HOSTS)[number]): string {
    return join(this.directory, `${host}.o`);
  }

  get #archive(): string {
    return join(this.directory, 'libraries.a');
  }

  async #makeLibraries(sources: Sources, jobs: number): Promise<void> {
    if (existsSync(this.#archive)) return;
    const make = async (name: string, file: string, flags: readonly string[]): Promise<string> => {
      // its own: another process may be making the same
      const object = join(this.directory, `${name}.${process.pid}.o`);
      const { status, err } = await this.#compile(file, object, flags);
      if (status !== 0) throw new Error(`${this.isa.name}: ${file} does not compile:\n${err}`);
      return object;
    };
    const runtime = (await readdir(RUNTIME)).filter((name) => /\.[cS]$/.test(name));
    const isHost = (file: string): boolean => HOSTS.some((host) => file === `${host}.S`);
    const common = libgccFlags(sources, this.isa, join(RUNTIME, 'libgcc'));
    const work = [
      ...runtime.map((file) => ({ name: file.replace(/\..$/, ''), file: join(RUNTIME, file), flags: RUNTIME_FLAGS })),
      ...(await members(sources, this.isa)).map((each) => ({ ...each, flags: [...common, ...each.flags] })),
    ];
    const objects = await pool(work, jobs, ({ name, file, flags }) => make(name, file, flags));
    const archived = objects.filter((_, i) => !isHost(runtime[i] ?? ''));
    for (const host of HOSTS) await rename(join(this.directory, `${host}.${process.pid}.o`), this.#host(host));
    const temporary = `${this.#archive}.${process.pid}`;
    await output(`${this.isa.tools}-ar`, ['rcsD', temporary, ...archived]);
    await rename(temporary, this.#archive);
    for (const object of archived) await rm(object);
  }
}
