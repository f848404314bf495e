/** Who may enter a mount: only its own user, or everybody as far as modes go. For one adapter. */
import type { Test } from 'tap';
import { asOther, noOtherUser } from '../support/other-user.js';
import { run, serve } from './mounted.js';

export async function otherUsers(t: Test, adapter: string): Promise<void> {
  await t.test('others may not enter', { skip: noOtherUser }, async (t) => {
    const { path } = await serve(t, adapter);
    t.equal((await run('chmod', '777', path)).status, 0, 'whatever its mode');
    for (const script of ['ls "$1"', 'stat "$1"', 'cat "$1/value"', 'cat "$1/missing"', 'echo x > "$1/value"'])
      t.match(await asOther(script, path), { out: '', err: /Permission denied/ }, script);
    t.equal((await run('cat', `${path}/value`)).out, 'initial\n', 'its own user may');
  });

  await t.test('where they may, modes decide', { skip: noOtherUser }, async (t) => {
    const { path } = await serve(t, adapter, 'allow-other');
    t.equal((await run('chmod', '711', path)).status, 0);
    t.equal((await asOther('cat "$1/value"', path)).out, 'initial\n', 'others read what the mode lets them');
    for (const script of ['ls "$1"', 'dd if=/dev/null of="$1/value" conv=notrunc', 'cat "$1/kernel/debug/name"'])
      t.match(await asOther(script, path), { out: '', err: /Permission denied/ }, script);
  });
}
