/** The trees on a real mount: what is there, with which mode, and that the files do what src/rproc does. */
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import t from 'tap';
import { debugfsTree } from '../../src/debugfs/index.js';
import { mountTree } from '../../src/fs/mount.js';
import { Linux } from '../../src/rproc/index.js';
import { KernelLog } from '../../src/kernel/index.js';
import { Virtio } from '../../src/virtio/index.js';
import { sysfsTree } from '../../src/sysfs/index.js';
import { buildElf, buildTable, carveoutEntry, traceEntry, vdevEntry } from '../rproc/elf-builder.js';
import { FakeHardware } from '../rproc/fake-hardware.js';

const DA = 0x10000000;
const image = buildElf({
  segments: [{ paddr: DA, data: Buffer.from('hello from the firmware\n\0') }],
  table: buildTable([carveoutEntry({ da: DA, len: 0x10000 }), traceEntry({ da: DA }), vdevEntry()]),
  tableAddress: DA + 0x2000,
});

class Tree {
  private constructor(
    readonly linux: Linux,
    readonly sys: string,
  ) {}

  static async mount(t: { teardown(action: () => Promise<void>): void }): Promise<Tree> {
    const root = await mkdtemp(join(tmpdir(), 'mips-rprocfs-'));
    const [sys, firmware] = [join(root, 'sys'), join(root, 'firmware')];
    await mkdir(sys);
    await mkdir(firmware);
    await writeFile(join(firmware, 'fw.elf'), image);
    const log = new KernelLog();
    const virtio = new Virtio({ log });
    const { bindVdev } = virtio;
    const linux = await Linux.boot({ hardware: new FakeHardware(), firmwareDirectories: [firmware], log, bindVdev });
    const mounted = await mountTree(sysfsTree(linux, virtio, debugfsTree(linux, virtio)), sys);
    t.teardown(async () => {
      await mounted.unmount();
      await linux.close();
      await rm(root, { recursive: true });
    });
    return new Tree(linux, sys);
  }

  path(path: string): string {
    return join(this.sys, path);
  }

  read(path: string): Promise<string> {
    return readFile(this.path(path), 'latin1');
  }

  /** `ok`, or the errno that write(2) or open(2) gives; a shell's echo, with a time limit. */
  async write(path: string, text: string): Promise<string> {
    const error = await writeFile(this.path(path), text).catch((thrown: unknown) => thrown);
    if (error === undefined) return 'ok';
    return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  }

  async modes(path: string): Promise<string[]> {
    const names = (await readdir(this.path(path))).sort();
    const shown = names.map(async (name) => {
      const { mode } = await stat(join(this.path(path), name));
      return `${(mode & 0o7777).toString(8)} ${name}`;
    });
    return Promise.all(shown);
  }
}

const R = 'class/remoteproc/remoteproc0';
const D = 'kernel/debug/remoteproc/remoteproc0';

t.test('what is there', async (t) => {
  const tree = await Tree.mount(t);
  t.strictSame((await readdir(tree.path('class/remoteproc'))).sort(), ['remoteproc0', 'remoteproc1', 'remoteproc2']);
  t.equal(await readlink(tree.path(R)), '../../devices/mips-rproc/remoteproc/remoteproc0');
  t.equal(await readlink(tree.path(`${R}/device`)), '../../../mips-rproc');
  t.equal(await readlink(tree.path('dev/char/245:0')), '../../devices/mips-rproc/remoteproc/remoteproc0');
  t.equal(await readlink(tree.path(`${R}/subsystem`)), '../../../../class/remoteproc');
  t.strictSame(await tree.modes(R), [
    '644 coredump',
    '444 dev',
    '755 device',
    '644 firmware',
    '444 name',
    '755 power',
    '644 recovery',
    '644 state',
    '755 subsystem',
    '644 uevent',
  ]);
  t.strictSame(await tree.modes(D), [
    '400 carveout_memories',
    '600 coredump',
    '200 crash',
    '400 name',
    '600 recovery',
    '400 resource_table',
  ]);
  t.strictSame(await tree.modes('devices/system/cpu'), [
    ...['755 cpu0', '755 cpu1', '755 cpu2', '755 cpu3', '444 isolated', '444 kernel_max'],
    ...['444 offline', '444 online', '444 possible', '755 power', '444 present', '644 uevent'],
  ]);
  t.strictSame(await tree.modes('devices/system/cpu/cpu0'), [
    '755 hotplug',
    '755 power',
    '755 subsystem',
    '644 uevent',
  ]);
  t.strictSame(await tree.modes('devices/mips-rproc'), ['644 cpus', '755 power', '755 remoteproc', '644 uevent']);
  t.strictSame(await tree.modes(`${R}/power`), [
    '644 autosuspend_delay_ms',
    '644 control',
    '444 runtime_active_time',
    '444 runtime_status',
    '444 runtime_suspended_time',
  ]);
  t.strictSame(await tree.modes('bus/platform/drivers/rproc-virtio'), ['200 bind', '200 uevent', '200 unbind']);
  const values: [string, string][] = [
    [`${R}/name`, 'mips-cpu1\n'],
    [`${R}/state`, 'offline\n'],
    [`${R}/uevent`, 'MAJOR=245\nMINOR=0\nDEVNAME=remoteproc0\nDEVTYPE=remoteproc\n'],
    [`${R}/dev`, '245:0\n'],
    ['class/devcoredump/disabled', '0\n'],
    [`${R}/firmware`, 'rproc-mips-cpu1-fw\n'],
    [`${D}/name`, 'mips-cpu1\n'],
    ['devices/mips-rproc/cpus', '1-3\n'],
    ['devices/system/cpu/offline', '1-3\n'],
    ['devices/system/cpu/kernel_max', '63\n'],
    ['module/firmware_class/parameters/path', '\n'],
  ];
  for (const [path, value] of values) t.equal(await tree.read(path), value, path);
});

t.test('a life', async (t) => {
  const tree = await Tree.mount(t);
  t.equal(await tree.write(`${R}/state`, 'start\n'), 'ENOENT');
  t.equal(await tree.write(`${R}/firmware`, 'fw.elf\n'), 'ok');
  t.equal(await tree.write(`${R}/state`, 'start\n'), 'ok');
  t.equal(await tree.read(`${R}/state`), 'running\n');
  t.equal(await tree.read('devices/system/cpu/present'), '0,2-3\n');
  t.equal(await tree.read(`${D}/trace0`), 'hello from the firmware\n');
  t.match(await tree.read(`${D}/resource_table`), /^Entry 0 is of type carveout\n {2}Device Address 0x10000000\n/);
  t.match(await tree.read(`${D}/carveout_memories`), '\tName: vdev0vring1\n');
  t.strictSame(await tree.modes(`${R}/rproc-virtio.0.auto`), [
    ...['755 driver', '644 driver_override', '444 modalias', '755 power', '755 subsystem', '644 uevent', '755 virtio0'],
  ]);
  const link = await readlink(tree.path('bus/platform/drivers/rproc-virtio/rproc-virtio.0.auto'));
  t.equal(link, '../../../../devices/mips-rproc/remoteproc/remoteproc0/rproc-virtio.0.auto');
  t.equal(await tree.write('bus/platform/drivers/rproc-virtio/bind', 'rproc-virtio.0.auto\n'), 'EBUSY');
  t.equal(await tree.write('bus/platform/drivers/rproc-virtio/bind', 'other\n'), 'ENODEV');
  t.equal(await tree.write(`${R}/firmware`, 'x'), 'EBUSY');
  t.equal(await tree.write(`${D}/recovery`, 'd'), 'ok');
  t.equal(await tree.read(`${R}/recovery`), 'disabled\n');
  t.equal(await tree.write(`${D}/crash`, '1\n'), 'ok');
  await tree.linux.rprocs[0]?.crash.settled();
  t.equal(await tree.read(`${R}/state`), 'crashed\n');
  t.equal(await tree.write(`${R}/state`, 'stop\n'), 'ok');
  t.equal(await tree.read(`${D}/resource_table`), 'No resource table found\n');
  t.notOk((await readdir(tree.path(D))).includes('trace0'));
  t.notOk((await readdir(tree.path(R))).includes('rproc-virtio.0.auto'));
  t.strictSame(await readdir(tree.path('bus/platform/devices')), []);
});

t.test('a CPU that goes to Linux takes its files with it', async (t) => {
  const tree = await Tree.mount(t);
  for (const cpu of [1, 2, 3]) t.equal(await tree.write(`devices/system/cpu/cpu${cpu}/online`, '1\n'), 'ok');
  t.strictSame(await readdir(tree.path('class/remoteproc')), []);
  t.strictSame(await readdir(tree.path('kernel/debug/remoteproc')), []);
  t.strictSame((await readdir(tree.path('devices/mips-rproc'))).sort(), ['cpus', 'power', 'uevent']);
  t.equal(await tree.write('devices/mips-rproc/cpus', '2\n'), 'ok');
  t.equal(await tree.write('devices/system/cpu/cpu2/online', '0\n'), 'ok');
  t.equal(await tree.read(`${R}/name`), 'mips-cpu2\n');
});

t.test('refusals', async (t) => {
  const tree = await Tree.mount(t);
  const cases: [string, string, string][] = [
    [`${R}/name`, 'x', 'EACCES'],
    [`${R}/state`, 'bogus\n', 'EINVAL'],
    [`${R}/uevent`, 'bogus\n', 'EINVAL'],
    [`${R}/uevent`, 'add\n', 'ok'],
    [`${R}/power/control`, 'bogus\n', 'EINVAL'],
    [`${R}/power/autosuspend_delay_ms`, '1\n', 'EIO'],
    [`${D}/name`, 'x', 'EINVAL'],
    [`${D}/crash`, 'x', 'EINVAL'],
    ['devices/system/cpu/cpu1/online', '2', 'EINVAL'],
    ['devices/mips-rproc/cpus', '99', 'ERANGE'],
    ['devices/mips-rproc/uevent', 'add', 'ok'],
    ['module/firmware_class/parameters/path', 'x'.repeat(256), 'ENOSPC'],
  ];
  for (const [path, text, result] of cases)
    t.equal(await tree.write(path, text), result, `${path} ${text.slice(0, 9)}`);
});

t.test('a shell sees what a program sees', async (t) => {
  const tree = await Tree.mount(t);
  const script = `cd ${tree.path(R)} && echo fw.elf > firmware && echo start > state && cat state && head -c 5 ${tree.path(D)}/trace0`;
  const { stdout } = await promisify(execFile)('timeout', ['20', 'sh', '-c', script]);
  t.equal(stdout, 'running\nhello');
});
