/** A whole Linux with virtio on fake hardware, and its trees, which are looked at without a mount. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debugfsTree } from '../../src/debugfs/index.js';
import { devfsTree } from '../../src/devfs/index.js';
import { Attribute, Directory, Symlink, type Node } from '../../src/fs/index.js';
import { KernelLog, type After } from '../../src/kernel/index.js';
import { storeState } from '../../src/rproc/attributes.js';
import { DEFAULT_TEMPLATE, genericDevices } from '../../src/rproc/drivers/generic_parameters.js';
import { Linux, type RemoteProc, type Uevent } from '../../src/rproc/index.js';
import { sysfsTree } from '../../src/sysfs/index.js';
import { Virtio, type TtyHost } from '../../src/virtio/index.js';
import { ascii, outcome, text } from '../rproc/bench.js';
import { buildElf, buildTable, vdevEntry } from '../rproc/elf-builder.js';
import { FakeHardware } from '../rproc/fake-hardware.js';

/** A firmware for the generic driver whose table lies in the memory of its device. */
export const image = (...entries: readonly Uint8Array[]): Uint8Array => {
  const address = DEFAULT_TEMPLATE.da;
  const table = buildTable(entries);
  return buildElf({ entry: address, segments: [{ paddr: address, data: table }], table, tableAddress: address });
};

/** With one vdev of this id. */
export const vdevImage = (id: number): Uint8Array => image(vdevEntry({ id }));

interface Teardown {
  teardown(action: () => Promise<void>): void;
}

interface Wish {
  /** Parameters of the generic driver; by default it has one device, which comes before all others. */
  readonly generic?: string;
  /** CPUs that are remote processors, and then the only ones. */
  readonly mask?: readonly number[];
  readonly hardware?: FakeHardware;
  readonly timer?: After;
  readonly ttys?: TtyHost;
}

const NONE = new AbortController().signal;
const REQUEST = { caller: { uid: 0, gid: 0, pid: 1 }, signal: NONE };

export class Lab {
  readonly events: Uevent[] = [];
  #seen = 0;

  private constructor(
    readonly linux: Linux,
    readonly virtio: Virtio,
    readonly sys: Directory,
    readonly dev: Directory,
    private readonly firmware: string,
  ) {
    linux.uevents.subscribe((event) => this.events.push(event));
  }

  static async boot(t: Teardown, wish: Wish = {}): Promise<Lab> {
    const { generic = '', mask, hardware = new FakeHardware() } = wish;
    const firmware = await mkdtemp(join(tmpdir(), 'mips-rprocfs-'));
    const log = new KernelLog();
    const virtio = new Virtio({ log, ...wish });
    const processors = mask === undefined ? { mask: [], devices: genericDevices(generic, DEFAULT_TEMPLATE) } : { mask };
    const { bindVdev } = virtio;
    const linux = await Linux.boot({ hardware, firmwareDirectories: [firmware], log, bindVdev, ...processors });
    t.teardown(async () => {
      await linux.close();
      await rm(firmware, { recursive: true });
    });
    const dev = devfsTree(linux, virtio);
    const sys = sysfsTree(linux, virtio, debugfsTree(linux, virtio));
    const lab = new Lab(linux, virtio, sys, dev, firmware);
    lab.lines();
    return lab;
  }

  rproc(index = 0): RemoteProc {
    const found = this.linux.rprocs.find((rproc) => rproc.index === index);
    if (found === undefined) throw new Error(`no remoteproc${index}`);
    return found;
  }

  /** Gives `ok`, or the errno's name. */
  async start(file: Uint8Array, index = 0): Promise<string> {
    await writeFile(join(this.firmware, this.rproc(index).firmware), file);
    return this.state('start', index);
  }

  state(verb: string, index = 0): Promise<string> {
    return outcome(storeState(this.rproc(index), ascii(`${verb}\n`)));
  }

  /** The kernel's lines since the last call. */
  lines(): string[] {
    const fresh = this.linux.log.entries().slice(this.#seen);
    this.#seen += fresh.length;
    return fresh.map(({ level, text }) => `<${level}>${text}`);
  }

  /** `action path` of the uevents since the last call. */
  uevents(): string[] {
    return this.events.splice(0).map(({ action, path }) => `${action} ${path}`);
  }

  /** Follows links on the way, and at its end. */
  node(path: string, root = this.sys): Node | undefined {
    let at: Node | undefined = root;
    for (const name of path.split('/').filter((part) => part !== '')) {
      if (name === '..') at = at?.parent;
      else at = at instanceof Directory ? at.get(name) : undefined;
      if (at instanceof Symlink && at.parent !== undefined) at = this.node(at.target, at.parent);
    }
    return at;
  }

  /** Names in a directory, sorted. */
  list(path: string, root = this.sys): string[] {
    const found = this.node(path, root);
    if (!(found instanceof Directory)) throw new Error(`no directory ${path}`);
    return [...found.entries()].map(([name]) => name).sort();
  }

  link(path: string, root = this.sys): string {
    const at = path.lastIndexOf('/');
    const holder = this.node(path.slice(0, Math.max(at, 0)), root);
    const found = holder instanceof Directory ? holder.get(path.slice(at + 1)) : undefined;
    if (!(found instanceof Symlink)) throw new Error(`no link ${path}`);
    return found.target;
  }

  async read(path: string): Promise<string> {
    const shown = await this.#attribute(path).handlers.show?.(REQUEST);
    return typeof shown === 'string' ? shown : text(shown ?? new Uint8Array());
  }

  write(path: string, value: string): Promise<string> {
    const { handlers } = this.#attribute(path);
    return outcome((async () => handlers.store?.(ascii(value), REQUEST))());
  }

  #attribute(path: string): Attribute {
    const found = this.node(path);
    if (!(found instanceof Attribute)) throw new Error(`no attribute ${path}`);
    return found;
  }
}
