/** `mips-rproc`: what a test needs and no kernel has. docs/fault-injection.md is its description. */
import { attribute, binary, directory, type Directory, type Entries, type Node } from '../fs/index.js';
import type { KernelModule } from '../kernel/index.js';
import {
  attributes,
  bytesOf,
  machineText,
  statusText,
  textOf,
  type Knob,
  type Linux,
  type RemoteProc,
  type RemoteProcEvent,
} from '../rproc/index.js';
import type { Virtio } from '../virtio/index.js';

export function faultsTree(linux: Linux, { modules }: Virtio): Directory {
  const root = directory(0o755, {
    insmod: attribute({
      mode: 0o600,
      show: () => modules.available.map(showModule).join(''),
      store: (bytes) => modules.insmod(words(bytes)),
    }),
    rmmod: attribute({ mode: 0o200, store: (bytes) => modules.rmmod(words(bytes).join(' ')) }),
    machine: attribute({ mode: 0o400, show: () => bytesOf(machineText(linux)) }),
    remove: attribute({ mode: 0o200, store: () => linux.generic.removeAll() }),
    reset: attribute({
      mode: 0o600,
      show: () => linux.showGenericParameters(),
      store: (bytes) => linux.resetGeneric(Buffer.from(bytes).toString('latin1')),
    }),
  });
  for (const rproc of linux.rprocs) root.add(rproc.deviceName, faults(rproc));
  linux.notifier.subscribe((event) => follow(root, event));
  return root;
}

const words = (bytes: Uint8Array): string[] => textOf(bytes).trim().split(/\s+/);

/** A module as it would be loaded: its name, and its parameters with their defaults. */
const showModule = ({ name, parameters }: KernelModule): string =>
  `${[name, ...Object.entries(parameters).map(([parameter, value]) => `${parameter}=${value}`)].join(' ')}\n`;

function follow(root: Directory, event: RemoteProcEvent): void {
  if (event.type === 'added') root.add(event.rproc.deviceName, faults(event.rproc));
  if (event.type === 'removed') root.remove(event.rproc.deviceName);
}

/** `remoteproc<N>`: a file a fault. */
const faults = (rproc: RemoteProc): Directory =>
  directory(0o755, {
    ...Object.fromEntries(Object.entries(rproc.faults.knobs).map(([name, of]) => [name, knob(of)])),
    status: attribute({ mode: 0o400, show: () => statusText(rproc) }),
    crash: attribute({ mode: 0o200, store: (bytes) => attributes.storeCrash(rproc, bytes) }),
    freeze: attribute({ mode: 0o200, store: (bytes) => attributes.storeFreeze(rproc, bytes) }),
    ...mem(rproc),
  });

const knob = (of: Knob): Node => attribute({ mode: 0o600, show: () => of.show(), store: (bytes) => of.store(bytes) });

/** The remote side's memory, from its start. */
function mem({ platform }: RemoteProc): Entries {
  const { ram } = platform;
  if (ram === undefined) return {};
  return {
    mem: binary({
      mode: 0o600,
      size: ram.length,
      read: (offset, size) => Uint8Array.from(ram.subarray(offset, offset + size)),
      write: (offset, data) => ram.set(data, offset),
    }),
  };
}
