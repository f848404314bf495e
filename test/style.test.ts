/** The house rules that a tool can check: eslint, prettier, shellcheck. */
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import t from 'tap';

/** Exit status and everything printed; status undefined: there is no such command. */
async function run(command: string, args: readonly string[]): Promise<{ status: number | undefined; output: string }> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | undefined>((resolve) => {
    child.on('error', () => resolve(undefined));
    child.on('close', (status) => resolve(status ?? -1));
  });
  const [out, error, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { status, output: out + error };
}

async function shellScripts(): Promise<string[]> {
  const { output } = await run('git', ['ls-files', '--cached', '--others', '--exclude-standard']);
  const files = output.split('\n').filter((name) => name !== '' && !name.startsWith('test/oracle/'));
  const isScript = async (name: string) => /^#!.*\b(sh|bash)\n/.test(await readFile(name, 'utf8').catch(() => ''));
  const found = await Promise.all(files.map(isScript));
  return files.filter((_, i) => found[i]);
}

t.test('eslint', async (t) => {
  // a program of this size fills a small young generation again and again
  const { status, output } = await run('node', ['--max-semi-space-size=64', 'node_modules/eslint/bin/eslint.js', '.']);
  t.equal(status, 0, output);
});

t.test('prettier', async (t) => {
  // what it has found to be in order is not read again
  const cached = ['--cache', '--cache-strategy', 'content'];
  const { status, output } = await run('node', ['node_modules/prettier/bin/prettier.cjs', ...cached, '--check', '.']);
  t.equal(status, 0, output);
});

const lacking = (await run('shellcheck', ['--version'])).status === undefined;

t.test('shellcheck', { skip: lacking && 'shellcheck is not installed: the scripts were not checked' }, async (t) => {
  const { status, output } = await run('shellcheck', await shellScripts());
  t.equal(status, 0, output);
});
