/** What is true of an open file now, as poll(2) asks for it. */
export interface Readiness {
  readonly readable: boolean;
  readonly writable: boolean;
  readonly error?: boolean;
  readonly hangup?: boolean;
}

/** How one call is made on an open file. */
export interface Call {
  /** O_NONBLOCK */
  readonly nonblock: boolean;
  /** Aborted when a signal interrupts the caller. */
  readonly signal: AbortSignal;
}

/** An open character device. Operations throw Errno; one that is missing answers EINVAL (ioctl: ENOTTY). */
export interface CharFile {
  /** The next data, at most `size` bytes; none is end of file. */
  read?(size: number, call: Call): Uint8Array | Promise<Uint8Array>;
  /** How many bytes were taken. */
  write?(data: Uint8Array, call: Call): number | Promise<number>;
  /** `wake` is called once, at the next change. */
  readiness?(wake?: () => void): Readiness;
  /** `input` is what the command's number says that the caller passes; what is given goes back to the caller. */
  ioctl?(command: number, input: Uint8Array): Uint8Array | undefined;
  /** The last descriptor is closed. */
  release?(): void;
}

/** What stands in /dev for a device. */
export type DeviceNode =
  | { readonly kind: 'file'; readonly mode: number; open(): CharFile }
  /** A terminal of the host, at this path. */
  | { readonly kind: 'tty'; readonly path: string };

/** Where it stands: in a directory that is named after the class and that comes and goes with its members. */
export const classDevicePath = (parentPath: string | undefined, className: string, name: string): string =>
  `${parentPath ?? '/devices/virtual'}/${className}/${name}`;

/** A device of a class that has a number: a directory below its parent, a link in the class, and a node in /dev. */
export interface ClassDevice {
  /** Of its directory, and of its node. */
  readonly name: string;
  readonly className: string;
  /** Of its own directory, below /sys: {@link classDevicePath}, but right below a parent that is a class device itself. */
  readonly path: string;
  /** Of the device that it belongs to, below /sys; some have none. */
  readonly parentPath: string | undefined;
  readonly major: number;
  readonly minor: number;
  /** Its own files, mode 0444, besides those that every device has. */
  readonly attributes: Readonly<Record<string, () => string>>;
  /** Missing while it is still being made. */
  readonly node: DeviceNode | undefined;
  /** What `/sys/kernel/debug/<className>/<name>` shows. */
  readonly debug?: () => string;
}

/** `node-ready` tells of a node that was missing when the device was added, or that has taken another's place. */
export interface ClassDeviceEvent {
  readonly type: 'added' | 'removed' | 'node-ready';
  readonly device: ClassDevice;
}
