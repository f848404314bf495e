/** The tree below /sys/kernel/debug, as data: docs/reference/kernel-abi.md 2. */
import { attribute, binary, directory, type Binary, type Directory, type Entries } from '../fs/index.js';
import { attributes, carveoutText, type Linux, type RemoteProc, type RemoteProcEvent } from '../rproc/index.js';
import type { Virtio } from '../virtio/index.js';
import { faultsTree } from './faults.js';

/** Directories of every Linux, in which this machine has nothing: programs find the debugfs that they know. */
const ELSEWHERE = [
  'bdi',
  'block',
  'clk',
  'device_component',
  'dma_buf',
  'opp',
  'pm_genpd',
  'regmap',
  'sched',
  'tracing',
];
const elsewhere = (): Entries => Object.fromEntries(ELSEWHERE.map((name) => [name, directory(0o755)]));

export function debugfsTree(linux: Linux, virtio: Virtio): Directory {
  const remoteprocs = directory(0o755);
  for (const rproc of linux.rprocs) remoteprocs.add(rproc.deviceName, remoteproc(rproc));
  linux.notifier.subscribe((event) => follow(remoteprocs, event));
  return directory(
    0o700,
    {
      ...elsewhere(),
      'mips-rproc': faultsTree(linux, virtio),
      remoteproc: remoteprocs,
      'virtio-ports': classDirectory('virtio-ports', virtio),
    },
    'debugfs',
  );
}

/** In the order in which the kernel makes them, which is how they are listed, backwards. */
const remoteproc = (rproc: RemoteProc): Directory =>
  directory(0o755, {
    name: attribute({ mode: 0o400, show: () => attributes.showDebugName(rproc) }),
    recovery: attribute({
      mode: 0o600,
      show: () => attributes.showRecovery(rproc),
      store: (bytes, { signal }) => attributes.storeDebugRecovery(rproc, bytes, signal),
    }),
    crash: attribute({ mode: 0o200, store: (bytes) => attributes.storeCrash(rproc, bytes) }),
    resource_table: attribute({ mode: 0o400, show: () => rproc.resources.tableText() }),
    carveout_memories: attribute({ mode: 0o400, show: () => carveoutText(rproc.resources.carveouts) }),
    coredump: attribute({
      mode: 0o600,
      show: () => attributes.showCoredump(rproc),
      store: (bytes) => attributes.storeDebugCoredump(rproc, bytes),
    }),
  });

/** What the devices of a class have to say to who debugs them. */
function classDirectory(className: string, { classDevices }: Virtio): Directory {
  const made = directory(0o755);
  classDevices.subscribe(({ type, device }) => {
    if (device.className !== className || device.debug === undefined) return;
    if (type === 'added') made.add(device.name, attribute({ mode: 0o444, show: device.debug }));
    if (type === 'removed') made.remove(device.name);
  });
  return made;
}

/** Live: a later read at the end finds what the firmware has written since. */
const trace = (rproc: RemoteProc, index: number): Binary =>
  binary({
    mode: 0o400,
    read: (offset, size) => rproc.resources.traceText(index).subarray(offset, offset + size),
  });

function follow(remoteprocs: Directory, event: RemoteProcEvent): void {
  switch (event.type) {
    case 'added':
      remoteprocs.add(event.rproc.deviceName, remoteproc(event.rproc));
      break;
    case 'removed':
      remoteprocs.remove(event.rproc.deviceName);
      break;
    case 'trace-added':
      at(remoteprocs, event.rproc)?.add(`trace${event.index}`, trace(event.rproc, event.index));
      break;
    case 'trace-removed':
      at(remoteprocs, event.rproc)?.remove(`trace${event.index}`);
      break;
    case 'vdev-added':
    case 'vdev-removed':
      break;
  }
}

/** Missing when the processor is gone already: what it still has is given back after its files. */
function at(remoteprocs: Directory, { deviceName }: RemoteProc): Directory | undefined {
  const found = remoteprocs.get(deviceName);
  return found?.kind === 'directory' ? found : undefined;
}
