/** An interactive shell on a terminal of its own, typed into as a person does. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { AS_USER } from './environment.js';
import { within } from './board.js';

interface Test {
  teardown(clean: () => Promise<void>): void;
}

const HOME_KEY = '\x01';

export class ShellSession {
  #text = '';
  #marks = 0;
  #more = (): void => undefined;

  private constructor(private readonly type: (text: string) => void) {}

  /** `command` is run on a pseudoterminal; `path` goes in front of PATH. */
  static start(t: Test, command: string, path: string): ShellSession {
    const [env = '', ...rest] = AS_USER;
    const PATH = `${path}:${process.env['PATH'] ?? ''}`;
    const child = spawn(env, [...rest, 'TERM=dumb', `PATH=${PATH}`, 'script', '-qfec', command, '/dev/null'], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const exited = once(child, 'exit');
    t.teardown(async () => {
      child.stdin.destroy();
      child.kill('SIGKILL');
      await exited;
    });
    const session = new ShellSession((text) => child.stdin.write(text));
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      session.#text += text;
      session.#more();
    });
    return session;
  }

  /** Runs a command line, and returns when the shell has. */
  async run(line: string): Promise<void> {
    const mark = `mark-${++this.#marks}`;
    // typed it has quotes in it, printed it has none
    this.type(`${line}\necho "" ${mark}""-done\n`);
    await this.#shown(new RegExp(`${mark}-done`), line);
  }

  /** What the command line is after `keys`. */
  async lineAfter(keys: string): Promise<string> {
    const mark = `mark-${++this.#marks}`;
    this.type(`${keys}${HOME_KEY}echo ${mark}""-line \n`);
    const shown = await this.#shown(new RegExp(`${mark}-line (.*?)\\s*[\\r\\n]`), keys);
    return shown[1] ?? '';
  }

  async #shown(wanted: RegExp, what: string): Promise<RegExpExecArray> {
    for (;;) {
      const found = wanted.exec(this.#text);
      if (found !== null) return found;
      const more = new Promise<void>((resolve) => (this.#more = resolve));
      await within(more, () => `${what} on the terminal, which shows:\n${this.#text}`);
    }
  }
}
