import { DeviceLog } from '../../kernel/index.js';
import { Ids } from '../../rproc/index.js';
import type { CharFile, ClassDevice } from '../class_device.js';
import type { RpmsgHost } from './host.js';

export const RPMSG_CLASS = 'rpmsg';

interface Numbering {
  /** Of the devices' names. */
  readonly prefix: string;
  readonly major: number;
}

/** Where a device is, and what its files are. */
export interface Placement {
  readonly parentPath: string;
  /** Of the device's directory. */
  readonly path: (name: string) => string;
  readonly attributes: ClassDevice['attributes'];
  readonly open: () => CharFile;
}

/** Devices of the class rpmsg that are counted together: each has the lowest number that is free. */
export class NumberedDevices {
  readonly #ids = new Ids();

  constructor(
    private readonly host: RpmsgHost,
    private readonly numbering: Numbering,
  ) {}

  add({ parentPath, path, attributes, open }: Placement): NumberedDevice {
    const id = this.#ids.allocate();
    const name = `${this.numbering.prefix}${id}`;
    const device: ClassDevice = {
      name,
      className: RPMSG_CLASS,
      path: path(name),
      parentPath,
      major: this.numbering.major,
      minor: id,
      attributes,
      node: { kind: 'file', mode: 0o600, open },
    };
    return new NumberedDevice(this.host, device, () => this.#ids.free(id));
  }
}

/** A device that is there from now on. Its number is in use for as long as anybody has it open. */
export class NumberedDevice {
  readonly log: DeviceLog;
  #references = 1;

  constructor(
    private readonly host: RpmsgHost,
    private readonly device: ClassDevice,
    private readonly freeNumber: () => void,
  ) {
    this.log = new DeviceLog(host.log, `${RPMSG_CLASS} ${device.name}`);
    host.classDevices.notify({ type: 'added', device });
  }

  get path(): string {
    return this.device.path;
  }

  get(): void {
    this.#references++;
  }

  put(): void {
    if (--this.#references === 0) this.freeNumber();
  }

  remove(): void {
    this.host.classDevices.notify({ type: 'removed', device: this.device });
    this.put();
  }
}
