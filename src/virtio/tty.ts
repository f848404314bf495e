/** How a terminal is set when nobody has set it: as Linux's driver of its kind leaves it. */
export type TermiosDefaults =
  /** No ECHO, ICANON, OPOST and ONLCR, as rpmsg_tty has it. */
  | 'raw'
  /** tty_std_termios: lines, echo, and a carriage return with every newline. */
  | 'cooked';

/** What a driver does for its terminal. None of it is called from within {@link TtyHost.open}, or after a hang-up. */
export interface TtyOptions {
  readonly termios: TermiosDefaults;
  /** What becomes of received bytes while no client has the terminal open: up to 640 KiB are kept, or none are taken. */
  readonly whileClosed: 'keep' | 'refuse';
  /** Columns and rows; 0 and 0 when nothing is said. */
  readonly size?: readonly [columns: number, rows: number];
  /** The terminal stands at this path. Never called when the host has no terminals, which it has logged. */
  ready(path: string): void;
  /** What a client wrote, which is the driver's to keep. Gives how many bytes were taken; after fewer than all, {@link Tty.room} is awaited. */
  write(bytes: Uint8Array): number;
  /** {@link Tty.receive} may take again what it did not. */
  unthrottle?(): void;
}

/** A terminal of the host whose hardware side is a driver of ours. */
export interface Tty {
  /** What the remote side sent; it is copied. Gives how many bytes were taken. */
  receive(bytes: Uint8Array): number;
  /** The driver has room again for what `write` did not take. */
  room(): void;
  /** The device is gone: no client reads or writes any more, and who has it as controlling terminal gets SIGHUP. */
  hangup(): void;
}

/** Where terminals come from. */
export interface TtyHost {
  /** @param name Of the node, for the log. */
  open(name: string, options: TtyOptions): Tty;
}

/** A host without terminals: nobody reads, nobody writes. */
export const NO_TTYS: TtyHost = {
  open: (_name, { whileClosed }) => ({
    receive: (bytes) => (whileClosed === 'keep' ? bytes.length : 0),
    room: () => undefined,
    hangup: () => undefined,
  }),
};
