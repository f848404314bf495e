import { Errno } from '../../kernel/index.js';
import type { Call, CharFile, Readiness } from '../class_device.js';
import type { Port } from './port.js';

/** What one write(2) takes at most. */
const LONGEST_WRITE = 32 * 1024;

/** `/dev/vport<M>p0` while it is open: port_fops of Linux. */
export class PortFile implements CharFile {
  /** Of the one change that a poller waits for. */
  #leave = (): void => undefined;

  private constructor(private readonly port: Port) {}

  /** @throws Errno ENXIO for a port that has gone, or is a console's, EBUSY when somebody has it open. */
  static open(port: Port): PortFile {
    if (port.unplugged || port.console !== undefined) throw new Errno('ENXIO');
    if (port.guestConnected) throw new Errno('EBUSY');
    port.guestConnected = true;
    port.output.reclaim();
    return new PortFile(port);
  }

  /** @throws Errno EAGAIN, EINTR; ENODEV when the port is gone. */
  read(size: number, call: Call): Promise<Uint8Array> {
    return this.#when(() => this.port.input.read(size), call);
  }

  /** @throws Errno EAGAIN, EINTR, ENOMEM; ENODEV when the port is gone. */
  async write(data: Uint8Array, call: Call): Promise<number> {
    if (data.length === 0) return 0;
    return this.#when(() => (this.#hasRoom ? this.port.output.send(data.subarray(0, LONGEST_WRITE)) : undefined), call);
  }

  readiness(wake?: () => void): Readiness {
    this.#leave();
    if (wake !== undefined)
      this.#leave = this.port.waits.add(() => {
        this.#leave();
        wake();
      });
    if (this.port.unplugged) return { readable: false, writable: false, hangup: true };
    return { readable: this.port.input.hasData, writable: this.#hasRoom };
  }

  release(): void {
    this.#leave();
    if (this.port.unplugged) return;
    this.port.guestConnected = false;
    this.port.input.discard();
    this.port.output.reclaim();
  }

  get #hasRoom(): boolean {
    this.port.output.reclaim();
    return !this.port.output.full;
  }

  async #when<T>(attempt: () => T | undefined, { nonblock, signal }: Call): Promise<T> {
    return this.port.waits.until(() => {
      if (this.port.unplugged) throw new Errno('ENODEV');
      const got = attempt();
      if (got === undefined && nonblock) throw new Errno('EAGAIN');
      return got;
    }, signal);
  }
}
