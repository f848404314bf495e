/** What ends every process that sees our mounts, also when this process is killed. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';

/**
 * Sends each signal that is named on standard input to whoever has a mount of that name in its namespace. When the input
 * ends, as it does when its starter dies, it sends SIGKILL until nobody is left.
 */
const SCRIPT = `PATH=$PATH:/usr/bin:/bin
each() {
  found=
  for file in $(grep -lsF " $name " /proc/[0-9]*/mountinfo); do
    pid=\${file#/proc/}
    kill -s "$1" "\${pid%/*}" && found=yes
  done
  test "$found"
}
read -r name
while read -r signal; do each "$signal"; done
for round in 1 2 3 4 5 6 7 8 9 10; do
  each KILL || exit
  sleep 0.05
done`;

export class Sweeper {
  #child: ChildProcessByStdio<Writable, null, null>;
  #over = false;

  /** `name` is the source of our mounts. */
  constructor(private readonly name: string) {
    this.#child = this.#start();
  }

  /** In a session of its own: no terminal ends it. */
  #start(): ChildProcessByStdio<Writable, null, null> {
    const child = spawn('/bin/sh', ['-c', SCRIPT], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, cwd: '/' });
    child.stdin.on('error', () => undefined);
    child.stdin.write(`${this.name}\n`);
    // whoever kills it does not get rid of it
    child.once('exit', () => {
      if (!this.#over) this.#child = this.#start();
    });
    return child;
  }

  signal(name: 'TERM'): void {
    this.#child.stdin.write(`${name}\n`);
  }

  /** Ends everybody, and itself. */
  async sweep(): Promise<void> {
    this.#over = true;
    const child = this.#child;
    child.stdin.end();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }

  /** Ends itself: nobody is left. */
  dismiss(): void {
    this.#over = true;
    this.#child.kill('SIGKILL');
  }
}
