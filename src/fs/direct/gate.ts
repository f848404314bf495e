/** Keeps messages back while it is closed. */
export class Gate {
  #held: (() => void)[] = [];
  #closed = 0;

  /** Sends now, or as soon as the gate is open again. */
  pass(send: () => void): void {
    if (this.#closed > 0) this.#held.push(send);
    else send();
  }

  /** Closes it until the result is called; calling that again does nothing. */
  close(): () => void {
    this.#closed++;
    let open = false;
    return () => {
      if (open) return;
      open = true;
      if (--this.#closed > 0) return;
      const held = this.#held;
      this.#held = [];
      for (const send of held) send();
    };
  }
}
